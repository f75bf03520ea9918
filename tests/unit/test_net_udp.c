/*
 * Unit tests of net/: sockets, ARP and ping on a simulated cable.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "net_bench.h"

#include "clock.h"

static void test_datagrams_of_every_length_arrive_and_come_back(void **state)
{
    uint8_t bytes[NET_UDP_MAX];

    (void)state;
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(i * 7 + i / 256);
    got.echo_on = net_udp_open(7, false, take, &got);
    for (size_t length = 0; length <= NET_UDP_MAX; length++) {
        struct sim_frame frame = datagram(7, bytes, length);

        arrive(&frame);
        assert_int_equal(got.count, length + 1);
        assert_int_equal(got.length, length);
        assert_memory_equal(got.bytes, bytes, length);
        assert_int_equal(got.port, 4000);
        assert_int_equal(sim.peer.datagrams, length + 1);
        assert_int_equal(sim.peer.datagram.length, DATA + length);
        assert_memory_equal(sim.peer.datagram.bytes + DATA, bytes, length);
    }
    assert_int_equal(sim.peer.bad_checksums, 0);
}

static void test_padding_behind_the_datagram_is_not_delivered(void **state)
{
    (void)state;
    assert_non_null(net_udp_open(7, false, take, &got));

    struct sim_frame frame = datagram(7, "abc", 3);

    memset(frame.bytes + frame.length, 0x55, 60 - frame.length);
    frame.length = 60;
    arrive(&frame);
    assert_int_equal(got.length, 3);
}

static void test_a_datagram_waits_for_arp(void **state)
{
    struct net_udp *socket;

    (void)state;
    socket = net_udp_open(0, false, take, &got);
    assert_true(net_udp_port(socket) >= 49152);
    sim.peer.silent_arp = true;

    char text[] = "hello";

    assert_int_equal(net_udp_send(socket, (struct net_address){{10, 0, 0, 1}}, 9, text, 5), 0);
    memset(text, 0, sizeof text); /* it was copied */
    sim_net_settle();
    assert_int_equal(sim.peer.arp_requests, 1);
    assert_int_equal(sim.peer.datagrams, 0);
    sim.peer.silent_arp = false;
    sim_net_run_us(&sim, 2000000);
    assert_true(sim.peer.arp_requests >= 2);
    assert_int_equal(sim.peer.datagrams, 1);
    assert_memory_equal(sim.peer.datagram.bytes + DATA, "hello", 5);
}

static void test_an_empty_datagram_waits_for_arp_while_others_are_sent(void **state)
{
    struct net_address peer = {{10, 0, 0, 1}}, other = {{10, 0, 0, 200}};
    struct net_udp *socket;

    (void)state;
    socket = net_udp_open(0, false, take, &got);
    sim.peer.silent_arp = true;
    assert_int_equal(net_udp_send(socket, peer, 9, "", 0), 0);
    assert_int_equal(net_udp_send(socket, other, 10, "hello", 5), 0);
    assert_int_equal(net_udp_send(socket, other, 11, "", 0), 0);
    sim.peer.silent_arp = false;
    sim_net_run_us(&sim, 2000000);
    assert_int_equal(sim.peer.datagrams, 1);
    assert_int_equal(sim.peer.datagram.length, DATA);
    assert_int_equal(bytes_be16(sim.peer.datagram.bytes + UDP + 2), 9);
}

static void test_a_checksum_that_comes_to_zero_is_sent_as_all_ones(void **state)
{
    struct net_address peer = {{10, 0, 0, 1}};
    unsigned all_ones = 0;
    struct net_udp *socket;

    (void)state;
    socket = net_udp_open(1000, false, take, &got);
    for (unsigned value = 0; value < 65536; value++) {
        uint16_t word = (uint16_t)value;

        assert_int_equal(net_udp_send(socket, peer, 9, &word, sizeof word), 0);
        if (value == 0)
            sim_net_settle(); /* ARP */

        uint16_t sum = bytes_be16(sim.peer.datagram.bytes + UDP + 6);

        assert_int_not_equal(sum, 0);
        all_ones += sum == 0xffff;
    }
    assert_in_range(all_ones, 1, 2);
}

static void test_a_known_way_is_forgotten_with_the_address_and_after_a_second(void **state)
{
    struct net_address peer = {{10, 0, 0, 1}};
    struct net_lease elsewhere = {.address = {{192, 0, 2, 2}}, .mask = {{255, 255, 255, 0}}};
    struct net_udp *socket;

    (void)state;
    socket = net_udp_open(1000, false, take, &got);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(net_udp_send(socket, peer, 9, "x", 1), 0);
        sim_net_settle();
    }
    assert_int_equal(sim.peer.datagrams, 3);
    assert_int_equal(sim.peer.arp_requests, 1);
    net_static(&elsewhere);
    assert_int_equal(net_udp_send(socket, peer, 9, "x", 1), ERROR_ABSENT);
    sim_net_static();
    assert_int_equal(net_udp_send(socket, peer, 9, "x", 1), 0);
    sim_net_settle();
    assert_int_equal(sim.peer.datagrams, 4);

    /* The peer's network card is replaced, and it says so. */
    struct sim_frame arp = {.length = 60};
    static const uint8_t card[] = {2, 0, 0, 0, 0, 9};

    memset(arp.bytes, 0xff, 6);
    memcpy(arp.bytes + 6, card, 6);
    memcpy(arp.bytes + 12, "\x08\x06\0\1\x08\0\6\4\0\2", 10);
    memcpy(arp.bytes + 22, card, 6);
    memcpy(arp.bytes + 28, them, 4);
    memcpy(arp.bytes + 38, us, 4);
    arrive(&arp);
    sim_net_run_us(&sim, 1100000);
    assert_int_equal(net_udp_send(socket, peer, 9, "x", 1), 0);
    assert_memory_equal(sim.peer.datagram.bytes, card, 6);
}

static void test_what_arp_never_answers_is_given_up(void **state)
{
    struct net_udp *socket;

    (void)state;
    socket = net_udp_open(0, false, take, &got);
    sim.peer.silent_arp = true;
    for (uint8_t i = 0; i < 40; i++) { /* more addresses than the table has entries */
        struct net_address to = {{10, 0, 0, (uint8_t)(100 + i)}};
        int status = net_udp_send(socket, to, 9, got.bytes, NET_UDP_MAX);

        assert_true(status == 0 || status == ERROR_NO_MEMORY);
    }
    sim_net_run_us(&sim, 20000000);
    assert_int_equal(sim.peer.datagrams, 0); /* the teardown finds the heap empty */
}

static void test_sending_says_why_it_cannot(void **state)
{
    struct net_address peer = {{10, 0, 0, 1}}, far = {{192, 0, 2, 1}};
    struct net_address all = {{255, 255, 255, 255}};
    struct net_udp *socket;
    struct net_lease no_gateway = {.address = {{10, 0, 0, 2}}, .mask = {{255, 255, 255, 0}}};

    (void)state;
    socket = net_udp_open(0, false, take, &got);
    assert_int_equal(net_udp_send(socket, peer, 9, got.bytes, NET_UDP_MAX + 1), ERROR_TOO_LARGE);
    assert_int_equal(net_udp_send(socket, peer, 9, "x", 1), 0);
    sim_net_settle();
    sim.cable.end[0].send_is_full = true;
    assert_int_equal(net_udp_send(socket, peer, 9, "x", 1), ERROR_BUSY);
    sim.cable.end[0].send_is_full = false;
    assert_int_equal(net_udp_send(socket, far, 9, "x", 1), 0); /* by the gateway */
    net_static(&no_gateway);
    assert_int_equal(net_udp_send(socket, far, 9, "x", 1), ERROR_ABSENT);
    sim.peer.serves_dhcp = false;
    net_dhcp_start(); /* sends by broadcast, which we may not without an address */
    assert_int_equal(sim.peer.discovers, 1);
    assert_int_equal(net_udp_send(socket, all, 9, "x", 1), ERROR_ABSENT);
    assert_int_equal(net_udp_send(socket, peer, 9, "x", 1), ERROR_ABSENT);
    sim_net_static();
    assert_int_equal(net_udp_send(socket, peer, 9, "x", 1), 0);
    sim_net_settle();
    sim_cable_plug(&sim.cable, false);
    sim_net_run_us(&sim, 1000000); /* seen by the next look at the cable */
    assert_int_equal(net_udp_send(socket, peer, 9, "x", 1), ERROR_ABSENT);
}

static void test_a_device_that_is_gone_is_an_error_and_not_a_hang(void **state)
{
    struct net_udp *socket;

    (void)state;
    socket = net_udp_open(0, false, take, &got);
    sim.cable.end[0].gone = true;
    sim_net_run_us(&sim, 3000000);
    assert_int_equal(net_udp_send(socket, (struct net_address){{10, 0, 0, 1}}, 9, "x", 1),
                     ERROR_ABSENT);
}

static void test_ports_are_taken_once_and_sockets_run_out(void **state)
{
    struct net_udp *sockets[NET_UDP_SOCKETS];

    (void)state;
    for (int i = 0; i < NET_UDP_SOCKETS; i++)
        assert_non_null(sockets[i] = net_udp_open((uint16_t)(100 + i), false, take, &got));
    assert_null(net_udp_open(0, false, take, &got));
    net_udp_close(sockets[3]);
    assert_null(net_udp_open(100, false, take, &got));
    assert_null(net_udp_open(68, false, take, &got)); /* DHCP's */
    assert_non_null(net_udp_open(103, false, take, &got));
}

static void test_a_socket_may_close_itself_in_its_callback(void **state)
{
    (void)state;
    got.close = net_udp_open(7, false, take, &got);

    struct sim_frame frame = datagram(7, "x", 1);

    sim_peer_send(&sim.peer, &frame);
    sim_peer_send(&sim.peer, &frame);
    sim_net_settle();
    assert_int_equal(got.count, 1);
}

static void test_a_ping_is_answered(void **state)
{
    (void)state;
    for (uint16_t length = 8; length <= 1480; length += 92) {
        struct sim_frame frame = datagram(7, "", 0);
        uint32_t sum = 0;

        memset(frame.bytes + UDP, 0x5a, length);
        frame.bytes[UDP] = 8;
        frame.bytes[UDP + 1] = frame.bytes[UDP + 2] = frame.bytes[UDP + 3] = 0;
        for (uint16_t i = 0; i < length; i += 2)
            sum += bytes_be16(frame.bytes + UDP + i);
        while (sum >> 16)
            sum = (sum & 0xffff) + (sum >> 16);
        bytes_put_be16(frame.bytes + UDP + 2, (uint16_t)~sum);
        frame.bytes[IP + 9] = 1;
        bytes_put_be16(frame.bytes + IP + 2, (uint16_t)(20 + length));
        frame.length = UDP + length;
        sim_frame_seal(&frame);
        sim.peer.icmp = 0;
        arrive(&frame);
        sim_net_settle();
        assert_int_equal(sim.peer.icmp, 1);
        assert_int_equal(sim.peer.icmp_type, 0);
        assert_int_equal(sim.peer.icmp_bytes, length);
    }
}

static void test_an_idle_interface_wakes_four_times_a_second(void **state)
{
    (void)state;
    sim_net_run_us(&sim, 2000000);
    sim.wake_ups = 0;
    sim_net_run_us(&sim, 100000000);
    assert_in_range(sim.wake_ups, 399, 402);
}

static void test_a_lossy_cable_loses_only_what_it_loses(void **state)
{
    unsigned sent = 0;

    (void)state;
    got.echo_on = net_udp_open(7, false, take, &got);
    sim.cable.loss_percent = 30;
    sim.cable.duplicate_percent = 20;
    sim.cable.reorder_percent = 20;
    for (; sent < 1000; sent++) {
        struct sim_frame frame = datagram(7, &sent, sizeof sent);

        sim_peer_send(&sim.peer, &frame);
        sim_net_run_us(&sim, 10000); /* so that ARP can ask again when its frames are lost */
    }
    assert_in_range(got.count, 700, 1000);
    assert_in_range(sim.peer.datagrams, 400, 900);
}

static void test_start_refuses_what_cannot_work(void **state)
{
    struct net_identity bad = {.mac = {2, 0, 0, 0, 0, 1}, .class_id = "pilotlight"};
    struct ethernet_device *device = &sim.cable.end[0].device;

    (void)state;
    assert_int_equal(net_start(device, &bad), ERROR_INVALID); /* runs already */
    net_stop();
    assert_int_equal(net_deadline_us(), CLOCK_NEVER);
    assert_false(net_poll());
    assert_int_equal(net_start(NULL, &bad), ERROR_INVALID);
    bad.class_id = "a class id that is much too long for its option";
    assert_int_equal(net_start(device, &bad), ERROR_INVALID);
    bad.class_id = "pilotlight";
    bad.mac[0] = 3;
    assert_int_equal(net_start(device, &bad), ERROR_INVALID);
    bad.mac[0] = bad.mac[5] = 0;
    assert_int_equal(net_start(device, &bad), ERROR_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_CABLE(test_datagrams_of_every_length_arrive_and_come_back),
        ON_CABLE(test_padding_behind_the_datagram_is_not_delivered),
        ON_CABLE(test_a_datagram_waits_for_arp),
        ON_CABLE(test_an_empty_datagram_waits_for_arp_while_others_are_sent),
        ON_CABLE(test_a_checksum_that_comes_to_zero_is_sent_as_all_ones),
        ON_CABLE(test_a_known_way_is_forgotten_with_the_address_and_after_a_second),
        ON_CABLE(test_what_arp_never_answers_is_given_up),
        ON_CABLE(test_sending_says_why_it_cannot),
        ON_CABLE(test_a_device_that_is_gone_is_an_error_and_not_a_hang),
        ON_CABLE(test_ports_are_taken_once_and_sockets_run_out),
        ON_CABLE(test_a_socket_may_close_itself_in_its_callback),
        ON_CABLE(test_a_ping_is_answered),
        ON_CABLE(test_an_idle_interface_wakes_four_times_a_second),
        ON_CABLE(test_a_lossy_cable_loses_only_what_it_loses),
        ON_CABLE(test_start_refuses_what_cannot_work),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
