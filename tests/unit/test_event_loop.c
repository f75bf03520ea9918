/*
 * test_event_loop: rounds of the kernel's event loop in virtual time, with the real
 * network stack on a simulated cable.
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
#include "console.h"
#include "crc32c.h"
#include "event_loop.h"
#include "irq.h"
#include "log.h"
#include "memory_check.h"
#include "net.h"
#include "service.h"
#include "service_parts.h"
#include "sim.h"
#include "sim_net.h"
#include "timers.h"

#define LINE 9 /* an interrupt; USB's on the board */

static struct sim_net sim;
static struct service_timer timer;
static struct sim_event event;
static unsigned calls, interrupts;

static int set_up(void **state)
{
    (void)state;
    sim_net_start(&sim);
    sim_net_static();
    service_udp_init();
    timers_reset();
    memset(&timer, 0, sizeof timer);
    memset(&event_loop_statistics, 0, sizeof event_loop_statistics);
    calls = interrupts = 0;
    for (int i = 0; i < 50; i++) /* link up, address announced, log drained */
        event_loop_round(clock_now_us());
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    irq_disable(LINE);
    return sim_net_stop(&sim) ? 0 : -1;
}

static void count(void *context)
{
    (void)context;
    calls++;
}

static void handle(void *context)
{
    (void)context;
    interrupts++;
    sim_irq_set(LINE, false);
}

static void raise_line(void *context)
{
    (void)context;
    sim_irq_set(LINE, true);
}

static void test_the_loop_sleeps_to_the_timers_deadline_and_no_longer(void **state)
{
    uint64_t start_us = clock_now_us();

    (void)state;
    service_timer_once(&timer, 50000, count, NULL);
    event_loop_round(CLOCK_NEVER);
    assert_int_equal(calls, 0);
    assert_in_range(clock_now_us(), start_us + 50000, start_us + 50010);
    event_loop_round(CLOCK_NEVER);
    assert_int_equal(calls, 1);
}

static void test_sleep_is_counted_as_idle_and_work_is_not(void **state)
{
    uint64_t idle_us = event_loop_statistics.idle_us, wakeups = event_loop_statistics.wakeups;

    (void)state;
    service_timer_once(&timer, 30000, count, NULL);
    event_loop_round(CLOCK_NEVER);
    assert_in_range(event_loop_statistics.idle_us - idle_us, 29990, 30010);
    assert_int_equal(event_loop_statistics.wakeups, wakeups + 1);
    sim_advance_us(7000); /* a callback that takes long */
    event_loop_round(CLOCK_NEVER);
    assert_in_range(event_loop_statistics.idle_us - idle_us, 29990, 30010);
    assert_int_equal(event_loop_statistics.wakeups, wakeups + 1);
}

static void test_until_bounds_the_sleep(void **state)
{
    uint64_t start_us = clock_now_us();

    (void)state;
    event_loop_round(start_us + 3000);
    assert_in_range(clock_now_us(), start_us + 3000, start_us + 3010);
}

static void test_the_network_stacks_own_deadline_bounds_the_sleep(void **state)
{
    uint64_t start_us = clock_now_us(), net_us = net_deadline_us();

    (void)state;
    assert_in_range(net_us - start_us, 0, 1000000); /* it looks at the cable every second */
    event_loop_round(start_us + 100000000);
    assert_in_range(clock_now_us(), net_us, net_us + 10);
}

static void test_an_interrupt_wakes_and_its_handler_runs_in_the_next_round(void **state)
{
    uint64_t start_us = clock_now_us();

    (void)state;
    assert_int_equal(irq_enable(LINE, handle, NULL), 0);
    sim_after_us(&event, 20000, raise_line, NULL);
    event_loop_round(CLOCK_NEVER);
    assert_in_range(clock_now_us(), start_us + 20000, start_us + 20010);
    assert_int_equal(interrupts, 0);
    event_loop_round(clock_now_us());
    assert_int_equal(interrupts, 1);
}

static void test_after_work_the_loop_looks_again_before_it_sleeps(void **state)
{
    uint64_t start_us = clock_now_us();

    (void)state;
    service_timer_once(&timer, 0, count, NULL);
    sim_advance_us(10);
    event_loop_round(CLOCK_NEVER);
    assert_int_equal(calls, 1);
    assert_in_range(clock_now_us(), start_us + 10, start_us + 30);
}

/* ---- the log ---- */

static size_t line_room; /* how many bytes the line takes before it is full */
static size_t line_taken;

static size_t take_some(struct console *self, const char *bytes, size_t length)
{
    size_t part = length < line_room ? length : line_room;

    (void)self;
    (void)bytes;
    line_room -= part;
    line_taken += part;
    return part;
}

static void test_a_log_that_a_slow_line_has_not_taken_wakes_the_loop_each_millisecond(void **state)
{
    static struct console slow = {.name = "slow", .write = take_some};
    unsigned rounds = 0;

    (void)state;
    line_room = SIZE_MAX;
    log_add_console(&slow); /* takes what is there */
    line_room = 0;
    line_taken = 0;
    log_line("test", "forty characters or so, with the time");
    do {
        uint64_t start_us = clock_now_us();

        event_loop_round(CLOCK_NEVER);
        assert_in_range(clock_now_us() - start_us, 990, 1010);
        line_room = 16;
        rounds++;
        assert_in_range(rounds, 1, 10);
    } while (line_taken < 40);
    line_room = SIZE_MAX;
    event_loop_round(clock_now_us());
    assert_true(log_drain());
    assert_int_equal(rounds, 4); /* 0, 16, 32 and 48 bytes */
}

static void set_itself(void *context)
{
    calls++;
    service_timer_once(context, 0, set_itself, context);
}

static void test_a_service_that_is_always_busy_does_not_hold_up_the_log(void **state)
{
    (void)state;
    line_room = 0;
    log_line("test", "pending");
    event_loop_round(clock_now_us()); /* finds out that the line is behind */
    service_timer_once(&timer, 0, set_itself, &timer);
    line_room = SIZE_MAX;
    line_taken = 0;
    for (int i = 0; i < 3; i++) {
        sim_advance_us(10);
        event_loop_round(CLOCK_NEVER);
    }
    assert_int_equal(calls, 3);
    assert_in_range(line_taken, 10, 100);
}

/* ---- memory ---- */

static uint8_t area[3000];

static void test_the_read_only_area_is_checked_when_idle(void **state)
{
    uint32_t rounds;

    (void)state;
    assert_int_equal(memory_check_start(area, sizeof area, crc32c(0, area, sizeof area)), 0);
    rounds = memory_check_count();
    for (uint64_t end_us = clock_now_us() + 10000000; clock_now_us() < end_us;)
        event_loop_round(end_us);
    assert_in_range(memory_check_count() - rounds, 5, 8); /* 3 slices, 2 a second, 10 s */
}

static void run_for_ten_seconds(void *context)
{
    uint64_t end_us = clock_now_us() + 10000000;

    (void)context;
    while (clock_now_us() < end_us)
        event_loop_round(end_us);
}

static void test_a_changed_read_only_area_stops_the_service_with_a_report(void **state)
{
    (void)state;
    assert_int_equal(memory_check_start(area, sizeof area, crc32c(0, area, sizeof area)), 0);
    area[1234] ^= 1;
    assert_true(sim_expect_stop(run_for_ten_seconds, NULL));
    area[1234] ^= 1;
    assert_non_null(strstr(sim_stop_message(), "read-only memory is whole"));
    assert_non_null(strstr(sim_log(), "memory: code or constants changed: CRC-32C"));
    assert_true(memory_check_deadline_us() == CLOCK_NEVER);
}

/* ---- the end ---- */

static void run(void *context)
{
    (void)context;
    event_loop_run();
}

static void test_with_no_timer_and_no_socket_the_service_is_done(void **state)
{
    (void)state;
    assert_true(sim_expect_stop(run, NULL));
    assert_string_equal(sim_stop_message(), "off");
    assert_non_null(strstr(sim_log(), "kernel: the service ended with status 0: power off"));
}

static void test_the_loop_ends_after_its_last_timer(void **state)
{
    uint64_t start_us = clock_now_us();

    (void)state;
    service_timer_once(&timer, 5000000, count, NULL);
    assert_true(sim_expect_stop(run, NULL));
    assert_string_equal(sim_stop_message(), "off");
    assert_int_equal(calls, 1);
    assert_in_range(clock_now_us(), start_us + 5000000, start_us + 5001000);
}

/* ---- packets ---- */

static const uint8_t us[4] = {10, 0, 0, 2}, them[4] = {10, 0, 0, 1};

static void echo(struct service_udp *socket, void *context, const struct service_address *from,
                 const uint8_t *bytes, size_t length)
{
    (void)context;
    calls++;
    assert_int_equal(service_udp_send(socket, from, bytes, length), 0);
    if (bytes[0] == 'q')
        service_udp_close(socket);
}

static void send_datagram(void *context)
{
    struct sim_frame frame;

    sim_peer_make_udp(&sim.peer, &frame, them, 4000, us, 7, context, 1);
    sim_peer_send(&sim.peer, &frame);
    sim_irq_set(LINE, true);
}

static void test_a_datagram_wakes_the_loop_and_the_last_sockets_end_ends_the_service(void **state)
{
    struct sim_event first = {0}, last = {0};

    (void)state;
    assert_int_equal(irq_enable(LINE, handle, NULL), 0);
    assert_non_null(service_udp_open(7, echo, NULL));
    sim_after_us(&first, 3000000, send_datagram, (char[]){'x'});
    sim_after_us(&last, 4000000, send_datagram, (char[]){'q'});
    assert_true(sim_expect_stop(run, NULL));
    assert_string_equal(sim_stop_message(), "off");
    assert_int_equal(calls, 2);
    assert_int_equal(sim.peer.datagrams, 2);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_the_loop_sleeps_to_the_timers_deadline_and_no_longer),
        TEST(test_sleep_is_counted_as_idle_and_work_is_not),
        TEST(test_until_bounds_the_sleep),
        TEST(test_the_network_stacks_own_deadline_bounds_the_sleep),
        TEST(test_an_interrupt_wakes_and_its_handler_runs_in_the_next_round),
        TEST(test_after_work_the_loop_looks_again_before_it_sleeps),
        TEST(test_with_no_timer_and_no_socket_the_service_is_done),
        TEST(test_the_loop_ends_after_its_last_timer),
        TEST(test_a_datagram_wakes_the_loop_and_the_last_sockets_end_ends_the_service),
        TEST(test_the_read_only_area_is_checked_when_idle),
        TEST(test_a_changed_read_only_area_stops_the_service_with_a_report),
        TEST(test_a_log_that_a_slow_line_has_not_taken_wakes_the_loop_each_millisecond),
        TEST(test_a_service_that_is_always_busy_does_not_hold_up_the_log),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
