/*
 * test_service_statistics: the numbers come from where they should.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "board.h"
#include "clock.h"
#include "crc32c.h"
#include "event_loop.h"
#include "heap.h"
#include "image_layout.h"
#include "libc.h"
#include "memory_check.h"
#include "service.h"
#include "service_parts.h"
#include "sim.h"
#include "sim_net.h"

static struct sim_net sim;
static struct board board;

/* Linker symbols and the C library's heap are the target's: here they are numbers. */
size_t image_layout_stack_bytes(void)
{
    return 65536;
}

size_t image_layout_stack_peak(void)
{
    return 3000;
}

size_t libc_heap_free_bytes(void)
{
    return 100;
}

static int set_up(void **state)
{
    static uint8_t memory[5000];

    (void)state;
    sim_net_start(&sim);
    sim_net_static();
    sim_net_settle();
    memset(&board, 0, sizeof board);
    heap_init(memory, sizeof memory);
    memset(&event_loop_statistics, 0, sizeof event_loop_statistics);
    service_udp_init();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    return sim_net_stop(&sim) ? 0 : -1;
}

static void test_time_heap_stack_and_memory_checks_are_told(void **state)
{
    struct service_statistics statistics;

    (void)state;
    service_statistics_init(&board, clock_now_us());
    sim_advance_us(123456);
    heap_grow(2000);
    heap_grow(-500);
    event_loop_statistics.idle_us = 55;
    event_loop_statistics.wakeups = 66;
    memory_check_start("abc", 3, crc32c(0, "abc", 3));
    memset(&statistics, 0xff, sizeof statistics);
    service_statistics(&statistics);
    assert_in_range(statistics.uptime_us, 123456, 123470);
    assert_true(statistics.idle_us == 55 && statistics.wakeups == 66);
    assert_int_equal(statistics.heap_bytes, 5000);
    assert_int_equal(statistics.heap_used_bytes, 1400);
    assert_int_equal(statistics.heap_peak_bytes, 2000);
    assert_int_equal(statistics.stack_bytes, 65536);
    assert_int_equal(statistics.stack_peak_bytes, 3000);
    assert_int_equal(statistics.memory_checks, 1);
    assert_true(statistics.random_is_strong);
}

static void test_without_network_its_numbers_are_zero(void **state)
{
    struct service_statistics statistics;

    (void)state;
    service_statistics_init(&board, clock_now_us());
    memset(&statistics, 0xff, sizeof statistics);
    service_statistics(&statistics);
    assert_int_equal(statistics.frames_received | statistics.frames_sent, 0);
    assert_int_equal(statistics.udp_received | statistics.udp_sent | statistics.udp_dropped, 0);
}

static void receive(struct service_udp *socket, void *context, const struct service_address *from,
                    const uint8_t *bytes, size_t length)
{
    (void)context;
    assert_int_equal(service_udp_send(socket, from, bytes, length), 0);
    service_udp_close(socket);
}

static void test_a_datagram_and_its_echo_are_counted(void **state)
{
    static const uint8_t us[4] = {10, 0, 0, 2}, them[4] = {10, 0, 0, 1};
    struct service_statistics before, after;
    struct sim_frame frame;

    (void)state;
    board.ethernet = &sim.cable.end[0].device;
    service_statistics_init(&board, clock_now_us());
    service_statistics(&before);
    assert_non_null(service_udp_open(7, receive, NULL));
    sim_peer_make_udp(&sim.peer, &frame, them, 4000, us, 7, "x", 1);
    sim_peer_send(&sim.peer, &frame);
    sim_peer_make_udp(&sim.peer, &frame, them, 4000, us, 8, "y", 1);
    sim_peer_send(&sim.peer, &frame);
    frame.bytes[frame.length - 1] ^= 1;
    sim_peer_send(&sim.peer, &frame);
    sim_net_settle();
    service_statistics(&after);
    assert_int_equal(after.udp_received - before.udp_received, 1);
    assert_int_equal(after.udp_sent - before.udp_sent, 1);
    assert_int_equal(after.udp_dropped - before.udp_dropped, 1);
    assert_int_equal(after.checksum_errors - before.checksum_errors, 1);
    assert_in_range(after.frames_received - before.frames_received, 3, 5); /* and ARP */
    assert_in_range(after.frames_sent - before.frames_sent, 1, 4);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_time_heap_stack_and_memory_checks_are_told),
        TEST(test_without_network_its_numbers_are_zero),
        TEST(test_a_datagram_and_its_echo_are_counted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
