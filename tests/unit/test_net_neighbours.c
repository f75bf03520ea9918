/*
 * Unit tests of net_neighbours: what ARP knows, given on and taken over.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "net_bench.h"

static struct net_udp *out;

static struct net_neighbour neighbour(uint8_t last, uint8_t mac_last)
{
    return (struct net_neighbour){.address = {{10, 0, 0, last}}, .mac = {2, 0, 0, 0, 0, mac_last}};
}

static void add(uint8_t last, uint8_t mac_last)
{
    struct net_neighbour one = neighbour(last, mac_last);

    net_neighbour_add(&one);
}

static void send_to(uint8_t last)
{
    out = out ? out : net_udp_open(0, false, take, &got);
    assert_int_equal(net_udp_send(out, (struct net_address){{10, 0, 0, last}}, 9, "x", 1), 0);
}

static int set_up_out(void **state)
{
    out = NULL;
    return set_up(state);
}

#define ARP_TEST(test) cmocka_unit_test_setup_teardown(test, set_up_out, tear_down)

static void test_nobody_is_known_at_the_start(void **state)
{
    struct net_neighbour known[8];

    (void)state;
    assert_int_equal(net_neighbours(known, 8), 0);
}

static void test_who_answered_arp_is_known(void **state)
{
    struct net_neighbour known[8];

    (void)state;
    send_to(1);
    sim_net_settle();
    assert_int_equal(net_neighbours(known, 8), 1);
    assert_memory_equal(known[0].address.ip, them, 4);
    assert_memory_equal(known[0].mac, sim.cable.end[1].device.mac, 6);
    assert_int_equal(net_neighbours(known, 0), 0);
}

static void test_who_is_asked_but_silent_is_not_known(void **state)
{
    struct net_neighbour known[8];

    (void)state;
    sim.peer.silent_arp = true;
    send_to(1);
    sim_net_settle();
    assert_int_equal(net_neighbours(known, 8), 0);
}

static void test_the_first_packet_to_a_neighbour_taken_over_needs_no_arp(void **state)
{
    (void)state;
    sim.peer.silent_arp = true;
    add(1, 2); /* the MAC of the other end */
    sim.peer.arp_requests = 0;
    send_to(1);
    sim_net_settle();
    assert_int_equal(sim.peer.datagrams, 1);
    assert_int_equal(sim.peer.datagram.bytes[5], 2);
    assert_int_equal(sim.peer.arp_requests, 0);
}

static void test_a_neighbour_that_is_taken_over_is_given_on(void **state)
{
    struct net_neighbour known[8];

    (void)state;
    add(7, 0x77);
    assert_int_equal(net_neighbours(known, 8), 1);
    assert_int_equal(known[0].address.ip[3], 7);
    assert_int_equal(known[0].mac[5], 0x77);
}

static void test_those_in_use_come_first(void **state)
{
    struct net_neighbour known[8];

    (void)state;
    add(7, 0x77);
    add(8, 0x88);
    add(9, 0x99);
    send_to(9);
    assert_int_equal(net_neighbours(known, 8), 3);
    assert_int_equal(known[0].address.ip[3], 9);
    assert_int_equal(net_neighbours(known, 1), 1);
    assert_int_equal(known[0].address.ip[3], 9);
}

static void test_what_nobody_can_have_is_passed_over(void **state)
{
    static const struct net_neighbour none[] = {
        {{{10, 0, 0, 2}}, {2, 0, 0, 0, 0, 9}},        /* our address */
        {{{10, 0, 0, 0}}, {2, 0, 0, 0, 0, 9}},        /* the network's number */
        {{{10, 0, 0, 255}}, {2, 0, 0, 0, 0, 9}},      /* its broadcast */
        {{{255, 255, 255, 255}}, {2, 0, 0, 0, 0, 9}}, /* any broadcast */
        {{{224, 0, 0, 1}}, {2, 0, 0, 0, 0, 9}},       /* a group's */
        {{{0, 0, 0, 0}}, {2, 0, 0, 0, 0, 9}},         /* none */
        {{{127, 0, 0, 1}}, {2, 0, 0, 0, 0, 9}},       /* a machine's own */
        {{{192, 0, 2, 1}}, {2, 0, 0, 0, 0, 9}},       /* beyond the router */
        {{{10, 0, 0, 9}}, {0, 0, 0, 0, 0, 0}},        /* no MAC */
        {{{10, 0, 0, 9}}, {255, 255, 255, 255, 255, 255}},
        {{{10, 0, 0, 9}}, {1, 0, 0x5e, 0, 0, 1}}, /* a group's */
        {{{10, 0, 0, 9}}, {2, 0, 0, 0, 0, 1}},    /* ours: see below */
    };
    struct net_neighbour known[8];

    (void)state;
    assert_memory_equal(none[11].mac, sim.cable.end[0].device.mac, 6);
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++) {
        net_neighbour_add(&none[i]);
        assert_int_equal(net_neighbours(known, 8), 0);
    }
}

static void test_more_than_the_table_holds_displace_the_oldest(void **state)
{
    struct net_neighbour known[32];

    (void)state;
    for (uint8_t i = 0; i < 20; i++)
        add((uint8_t)(50 + i), i);
    assert_int_equal(net_neighbours(known, 32), 8);
}

static void test_without_address_or_stack_nothing_is_taken_over(void **state)
{
    struct net_neighbour known[8];

    (void)state;
    net_dhcp_start(); /* takes the address away */
    add(7, 0x77);
    assert_int_equal(net_neighbours(known, 8), 0);
    net_stop();
    add(7, 0x77);
    assert_int_equal(net_neighbours(known, 8), 0);
}

/* Counts ARP announcements (RFC 5227, 3) of 10.0.0.77 and 10.0.0.78 among what arrives. */
static void look_for_announcements(void *context)
{
    const struct sim_cable_end *end = &sim.cable.end[1];
    const struct sim_cable_frame *frame = &end->queue[end->queued - 1];

    if (bytes_be16(frame->bytes + 12) == 0x0806 &&
        memcmp(frame->bytes + 28, frame->bytes + 38, 4) == 0 && frame->bytes[31] >= 77)
        (*(unsigned *)context)++;
}

static void test_an_adopted_address_is_announced_to_the_neighbours(void **state)
{
    struct net_lease lease = {.address = {{10, 0, 0, 77}},
                              .mask = {{255, 255, 255, 0}},
                              .gateway = {{10, 0, 0, 1}},
                              .dhcp_server = {{10, 0, 0, 1}}};
    unsigned announcements = 0;

    (void)state;
    sim.cable.end[1].arrived = look_for_announcements;
    sim.cable.end[1].context = &announcements;
    net_adopt(&lease, 1000);
    assert_int_equal(announcements, 1);
    memset(&lease.dhcp_server, 0, sizeof lease.dhcp_server); /* a static one too */
    lease.address.ip[3] = 78;
    net_adopt(&lease, UINT32_MAX);
    assert_int_equal(announcements, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ARP_TEST(test_nobody_is_known_at_the_start),
        ARP_TEST(test_who_answered_arp_is_known),
        ARP_TEST(test_who_is_asked_but_silent_is_not_known),
        ARP_TEST(test_the_first_packet_to_a_neighbour_taken_over_needs_no_arp),
        ARP_TEST(test_a_neighbour_that_is_taken_over_is_given_on),
        ARP_TEST(test_those_in_use_come_first),
        ARP_TEST(test_what_nobody_can_have_is_passed_over),
        ARP_TEST(test_more_than_the_table_holds_displace_the_oldest),
        ARP_TEST(test_an_adopted_address_is_announced_to_the_neighbours),
        ARP_TEST(test_without_address_or_stack_nothing_is_taken_over),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
