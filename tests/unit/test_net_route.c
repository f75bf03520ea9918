/*
 * Unit tests of net_route: answers to somebody ARP does not know yet.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "net_bench.h"

/* From any address, with the MAC of the other end of the cable. */
static struct sim_frame question(const uint8_t from[4])
{
    struct sim_frame frame;

    sim_peer_make_udp(&sim.peer, &frame, from, 4000, us, 7, "x", 1);
    return frame;
}

/* The echo is tried; whether it could be sent does not matter here. */
static void try_echo(void *context, struct net_address from, uint16_t from_port,
                     const uint8_t *bytes, size_t length)
{
    struct net_udp **socket = context;

    got.count++;
    (void)net_udp_send(*socket, from, from_port, bytes, length);
}

static struct net_udp *socket_7;

/* An echo on port 7, and nobody who answers ARP. */
static void prepare(void)
{
    socket_7 = net_udp_open(7, false, try_echo, &socket_7);
    assert_non_null(socket_7);
    sim.peer.silent_arp = true;
}

static void test_a_burst_of_100_gets_100_answers_before_arp_is_answered(void **state)
{
    struct sim_frame frame;

    (void)state;
    prepare();
    frame = question(them);
    for (int half = 0; half < 2; half++) { /* the cable holds 64 frames */
        for (int i = 0; i < 50; i++)
            sim_peer_send(&sim.peer, &frame);
        sim_net_settle();
    }
    assert_int_equal(got.count, 100);
    assert_int_equal(sim.peer.datagrams, 100);
    assert_memory_equal(sim.peer.datagram.bytes, sim.cable.end[1].device.mac, 6);
    assert_memory_equal(sim.peer.datagram.bytes + 6, sim.cable.end[0].device.mac, 6);
    assert_int_equal(sim.peer.arp_requests, 1);
    assert_int_equal(sim.cable.lost, 0);
}

static void test_an_answer_finds_its_way_through_a_router(void **state)
{
    static const uint8_t far[4] = {192, 0, 2, 9};
    struct sim_frame frame;

    (void)state;
    prepare();
    frame = question(far);
    for (int i = 0; i < 3; i++)
        arrive(&frame);
    assert_int_equal(sim.peer.datagrams, 3);
    assert_memory_equal(sim.peer.datagram.bytes + IP + 16, far, 4);
    assert_int_equal(sim.peer.arp_requests, 1); /* for the router */
}

static void test_without_a_router_nothing_goes_beyond_the_network(void **state)
{
    static const uint8_t far[4] = {192, 0, 2, 9};
    struct net_lease lease = {.address = {{10, 0, 0, 2}}, .mask = {{255, 255, 255, 0}}};
    struct sim_frame frame;

    (void)state;
    net_static(&lease);
    prepare();
    frame = question(far);
    arrive(&frame);
    assert_int_equal(got.count, 1);
    assert_int_equal(sim.peer.datagrams, 0);
}

static void test_what_arp_knows_goes_before_where_a_datagram_came_from(void **state)
{
    static const uint8_t other[6] = {2, 0, 0, 0, 0, 9};
    struct net_address peer = {{10, 0, 0, 1}};
    struct sim_frame frame;

    (void)state;
    prepare();
    sim.peer.silent_arp = false;
    assert_int_equal(net_udp_send(socket_7, peer, 9, "x", 1), 0);
    sim_net_run_us(&sim, 1100000); /* the way is forgotten, ARP's entry is not */
    frame = question(them);
    memcpy(frame.bytes + 6, other, 6);
    arrive(&frame);
    assert_int_equal(sim.peer.datagrams, 2);
    assert_memory_equal(sim.peer.datagram.bytes, sim.cable.end[1].device.mac, 6);
}

static void test_arp_s_answer_counts_from_the_next_second_on(void **state)
{
    static const uint8_t other[6] = {2, 0, 0, 0, 0, 9};
    struct sim_frame frame;

    (void)state;
    prepare();
    sim.peer.silent_arp = false;
    frame = question(them);
    memcpy(frame.bytes + 6, other, 6);
    arrive(&frame);
    assert_memory_equal(sim.peer.datagram.bytes, other, 6);
    sim_net_run_us(&sim, 1100000);
    arrive(&frame);
    assert_memory_equal(sim.peer.datagram.bytes, sim.cable.end[1].device.mac, 6);
    assert_int_equal(sim.peer.datagrams, 2);
}

static void test_a_way_back_is_forgotten_after_a_second(void **state)
{
    struct net_address peer = {{10, 0, 0, 1}};
    struct sim_frame frame;

    (void)state;
    prepare();
    frame = question(them);
    arrive(&frame);
    assert_int_equal(net_udp_send(socket_7, peer, 9, "x", 1), 0);
    assert_int_equal(sim.peer.datagrams, 2);
    sim_net_run_us(&sim, 1100000);
    assert_int_equal(net_udp_send(socket_7, peer, 9, "x", 1), 0); /* waits for ARP */
    sim_net_settle();
    assert_int_equal(sim.peer.datagrams, 2);
}

static void test_addresses_no_host_has_are_not_learnt(void **state)
{
    static const uint8_t sources[][4] = {
        {10, 0, 0, 2}, {10, 0, 0, 0},  {10, 0, 0, 255}, {255, 255, 255, 255}, {0, 0, 0, 0},
        {0, 0, 0, 9},  {127, 0, 0, 1}, {224, 0, 0, 1},  {240, 0, 0, 1},
    };

    (void)state;
    prepare();
    for (unsigned i = 0; i < sizeof sources / sizeof *sources; i++) {
        struct sim_frame frame = question(sources[i]);

        arrive(&frame);
        assert_int_equal(sim.peer.datagrams, 0);
    }
}

static void test_macs_no_card_has_are_not_learnt(void **state)
{
    static const uint8_t macs[][6] = {
        {0},
        {0xff, 0xff, 0xff, 0xff, 0xff, 0xff},
        {1, 0, 0x5e, 0, 0, 1},
        {2, 0, 0, 0, 0, 1}, /* ours */
    };

    (void)state;
    prepare();
    for (unsigned i = 0; i < sizeof macs / sizeof *macs; i++) {
        struct sim_frame frame = question(them);

        memcpy(frame.bytes + 6, macs[i], 6);
        arrive(&frame);
        assert_int_equal(got.count, i + 1);
        assert_int_equal(sim.peer.datagrams, 0);
    }
}

static void other_answer(void *context, struct net_address from, uint16_t from_port,
                         const uint8_t *bytes, size_t length)
{
    struct net_address third = {{10, 0, 0, 99}};

    (void)context;
    (void)from;
    assert_int_equal(net_udp_send(socket_7, third, from_port, bytes, length), 0);
}

static void test_only_the_sender_s_way_is_learnt(void **state)
{
    struct sim_frame frame;

    (void)state;
    prepare();
    assert_non_null(net_udp_open(8, true, other_answer, NULL));
    frame = question(them);
    bytes_put_be16(frame.bytes + UDP + 2, 8);
    sim_frame_seal(&frame);
    arrive(&frame);
    assert_int_equal(sim.peer.datagrams, 0); /* the third waits for ARP */
}

static void test_a_broadcast_teaches_no_way(void **state)
{
    struct sim_frame frame;

    (void)state;
    prepare();
    net_udp_close(socket_7);
    socket_7 = net_udp_open(7, true, try_echo, &socket_7);
    frame = question(them);
    memset(frame.bytes + IP + 16, 255, 4);
    sim_frame_seal(&frame);
    arrive(&frame);
    assert_int_equal(got.count, 1);
    assert_int_equal(sim.peer.datagrams, 0);
}

static void test_a_damaged_datagram_teaches_no_way(void **state)
{
    struct net_address peer = {{10, 0, 0, 1}};
    struct sim_frame frame;

    (void)state;
    prepare();
    frame = question(them);
    frame.bytes[DATA] ^= 1;
    arrive(&frame);
    assert_int_equal(got.count, 0);
    assert_int_equal(net_udp_send(socket_7, peer, 9, "x", 1), 0);
    sim_net_settle();
    assert_int_equal(sim.peer.datagrams, 0);
}

static void test_nothing_is_answered_before_the_cable_is_seen_again(void **state)
{
    struct sim_frame frame;

    (void)state;
    prepare();
    frame = question(them);
    sim_cable_plug(&sim.cable, false);
    sim_net_run_us(&sim, 1100000);
    sim_cable_plug(&sim.cable, true);
    sim_peer_send(&sim.peer, &frame);
    net_poll();
    assert_int_equal(got.count, 1);
    assert_int_equal(sim.peer.datagrams, 0);
    sim_net_run_us(&sim, 200000);
    arrive(&frame);
    assert_int_equal(sim.peer.datagrams, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_CABLE(test_a_burst_of_100_gets_100_answers_before_arp_is_answered),
        ON_CABLE(test_an_answer_finds_its_way_through_a_router),
        ON_CABLE(test_without_a_router_nothing_goes_beyond_the_network),
        ON_CABLE(test_what_arp_knows_goes_before_where_a_datagram_came_from),
        ON_CABLE(test_arp_s_answer_counts_from_the_next_second_on),
        ON_CABLE(test_a_way_back_is_forgotten_after_a_second),
        ON_CABLE(test_addresses_no_host_has_are_not_learnt),
        ON_CABLE(test_macs_no_card_has_are_not_learnt),
        ON_CABLE(test_only_the_sender_s_way_is_learnt),
        ON_CABLE(test_a_broadcast_teaches_no_way),
        ON_CABLE(test_a_damaged_datagram_teaches_no_way),
        ON_CABLE(test_nothing_is_answered_before_the_cable_is_seen_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
