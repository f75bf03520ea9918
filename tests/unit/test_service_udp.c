/*
 * test_service_udp: a service's sockets, on the real stack over a simulated cable.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "service.h"
#include "service_parts.h"
#include "sim.h"
#include "sim_net.h"

#define SOCKETS 16

static struct sim_net sim;
static const uint8_t us[4] = {10, 0, 0, 2}, them[4] = {10, 0, 0, 1};

static struct {
    unsigned count;
    struct service_udp *socket;
    void *context;
    struct service_address from;
    uint8_t bytes[SERVICE_UDP_MAX];
    size_t length;
    bool close;
} got;

static void receive(struct service_udp *socket, void *context, const struct service_address *from,
                    const uint8_t *bytes, size_t length)
{
    assert_in_range(length, 0, SERVICE_UDP_MAX);
    got.count++;
    got.socket = socket;
    got.context = context;
    got.from = *from;
    memcpy(got.bytes, bytes, length);
    got.length = length;
    if (got.close)
        service_udp_close(socket);
}

static int set_up(void **state)
{
    (void)state;
    memset(&got, 0, sizeof got);
    sim_net_start(&sim);
    sim_net_static();
    sim_net_settle();
    service_udp_init();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    /* Every test closes what it opened: the kernel's count of open sockets says so. */
    return sim_net_stop(&sim) && !service_udp_any() ? 0 : -1;
}

static void arrive(uint16_t port, const void *bytes, size_t length)
{
    struct sim_frame frame;

    sim_peer_make_udp(&sim.peer, &frame, them, 4321, us, port, bytes, length);
    sim_peer_send(&sim.peer, &frame);
    sim_net_settle();
}

static void test_a_datagram_arrives_with_sender_context_and_bytes(void **state)
{
    struct service_udp *socket = service_udp_open(7, receive, &got);

    (void)state;
    assert_non_null(socket);
    assert_true(service_udp_any());
    assert_int_equal(service_udp_port(socket), 7);
    arrive(7, "hello", 5);
    assert_int_equal(got.count, 1);
    assert_ptr_equal(got.socket, socket);
    assert_ptr_equal(got.context, &got);
    assert_memory_equal(got.from.ip, them, 4);
    assert_int_equal(got.from.port, 4321);
    assert_int_equal(got.length, 5);
    assert_memory_equal(got.bytes, "hello", 5);
    arrive(8, "other", 5);
    assert_int_equal(got.count, 1);
    service_udp_close(socket);
    assert_false(service_udp_any());
}

static void test_datagrams_of_no_bytes_and_of_all_bytes_arrive(void **state)
{
    static uint8_t all[SERVICE_UDP_MAX];
    struct service_udp *socket = service_udp_open(7, receive, NULL);

    (void)state;
    memset(all, 0x5a, sizeof all);
    arrive(7, "", 0);
    assert_int_equal(got.count, 1);
    assert_int_equal(got.length, 0);
    arrive(7, all, sizeof all);
    assert_int_equal(got.length, sizeof all);
    assert_memory_equal(got.bytes, all, sizeof all);
    service_udp_close(socket);
}

static void test_a_reply_reaches_its_sender(void **state)
{
    struct service_address to = {{10, 0, 0, 1}, 4321};
    struct service_udp *socket = service_udp_open(7, receive, NULL);

    (void)state;
    assert_int_equal(service_udp_send(socket, &to, "pong", 4), 0);
    sim_net_settle();
    assert_int_equal(sim.peer.datagrams, 1);
    assert_memory_equal(sim.peer.datagram.bytes + 26, us, 4);
    assert_memory_equal(sim.peer.datagram.bytes + 34, ((uint8_t[]){0, 7, 4321 >> 8, 4321 & 255}),
                        4);
    assert_memory_equal(sim.peer.datagram.bytes + 42, "pong", 4);
    service_udp_close(socket);
}

static void test_too_long_a_datagram_is_refused(void **state)
{
    static const uint8_t bytes[SERVICE_UDP_MAX + 1];
    struct service_address to = {{10, 0, 0, 1}, 4321};
    struct service_udp *socket = service_udp_open(7, receive, NULL);

    (void)state;
    assert_int_equal(service_udp_send(socket, &to, bytes, sizeof bytes), ERROR_TOO_LARGE);
    assert_int_equal(service_udp_send(socket, &to, bytes, SIZE_MAX), ERROR_TOO_LARGE);
    assert_int_equal(service_udp_send(socket, &to, bytes, SERVICE_UDP_MAX), 0);
    service_udp_close(socket);
}

static void test_a_taken_port_is_refused_with_a_line_in_the_log(void **state)
{
    struct service_udp *socket = service_udp_open(7, receive, NULL);

    (void)state;
    assert_null(service_udp_open(7, receive, NULL));
    assert_non_null(strstr(sim_log(), "udp: port 7 is not opened: it is taken"));
    service_udp_close(socket);
    socket = service_udp_open(7, receive, NULL);
    assert_non_null(socket);
    service_udp_close(socket);
}

static void test_sixteen_sockets_can_be_open_and_the_seventeenth_is_refused(void **state)
{
    struct service_udp *socket[SOCKETS];

    (void)state;
    for (unsigned i = 0; i < SOCKETS; i++) {
        socket[i] = service_udp_open(0, receive, NULL);
        assert_non_null(socket[i]);
        assert_in_range(service_udp_port(socket[i]), 49152, 65535);
        for (unsigned j = 0; j < i; j++)
            assert_int_not_equal(service_udp_port(socket[i]), service_udp_port(socket[j]));
    }
    assert_null(service_udp_open(0, receive, NULL));
    assert_non_null(strstr(sim_log(), "all sockets are in use"));
    for (unsigned i = 0; i < SOCKETS; i++) {
        assert_true(service_udp_any());
        service_udp_close(socket[i]);
    }
    assert_false(service_udp_any());
}

static void test_a_callback_can_close_its_socket(void **state)
{
    (void)state;
    assert_non_null(service_udp_open(7, receive, NULL));
    got.close = true;
    arrive(7, "a", 1);
    arrive(7, "b", 1);
    assert_int_equal(got.count, 1);
}

static void send_on(void *socket)
{
    struct service_address to = {{10, 0, 0, 1}, 4321};

    service_udp_send(socket, &to, "x", 1);
}

static void close_socket(void *socket)
{
    service_udp_close(socket);
}

static void ask_port(void *socket)
{
    service_udp_port(socket);
}

static void open_without_callback(void *context)
{
    (void)context;
    service_udp_open(9, NULL, NULL);
}

static void test_a_socket_that_is_not_open_or_not_one_stops_with_a_report(void **state)
{
    struct service_udp *socket = service_udp_open(7, receive, NULL);

    (void)state;
    service_udp_close(socket);
    assert_true(sim_expect_stop(send_on, socket));
    assert_true(sim_expect_stop(close_socket, socket));
    assert_true(sim_expect_stop(ask_port, socket));
    assert_true(sim_expect_stop(send_on, NULL));
    assert_true(sim_expect_stop(send_on, &got));
    assert_true(sim_expect_stop(open_without_callback, NULL));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_a_datagram_arrives_with_sender_context_and_bytes),
        TEST(test_datagrams_of_no_bytes_and_of_all_bytes_arrive),
        TEST(test_a_reply_reaches_its_sender),
        TEST(test_too_long_a_datagram_is_refused),
        TEST(test_a_taken_port_is_refused_with_a_line_in_the_log),
        TEST(test_sixteen_sockets_can_be_open_and_the_seventeenth_is_refused),
        TEST(test_a_callback_can_close_its_socket),
        TEST(test_a_socket_that_is_not_open_or_not_one_stops_with_a_report),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
