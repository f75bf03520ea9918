/*
 * net_hand_over: address, neighbours and the last push, from one program to the next, and what a
 * program that means harm, or is broken, may not put in their place.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "clock.h"
#include "net_files.h"
#include "net_hand_over.h"
#include "sim.h"
#include "sim_net.h"

#define HOUR_S 3600u

static struct sim_net sim;
static struct hand_over over;
static struct net_lease taken;
static const uint8_t *mac;
static struct tftp_server_files no_files;

static int set_up(void **state)
{
    (void)state;
    sim_net_start(&sim);
    mac = sim.cable.end[0].device.mac;
    memset(&taken, 0, sizeof taken);
    over = (struct hand_over){.has_lease = true,
                              .lease = {.address = {10, 0, 0, 9},
                                        .mask = {255, 255, 255, 0},
                                        .gateway = {10, 0, 0, 1},
                                        .server = {10, 0, 0, 1},
                                        .dns = {10, 0, 0, 3},
                                        .seconds_left = HOUR_S}};
    memcpy(over.lease.mac, mac, sizeof over.lease.mac);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    net_files_stop();
    return sim_net_stop(&sim) ? 0 : -1;
}

static bool adopt(void)
{
    return net_hand_over_adopt(&over, mac, clock_now_us(), &taken);
}

/* Nothing has changed: the stack goes on without an address. */
static void assert_refused(void)
{
    assert_false(adopt());
    assert_false(net_lease(NULL));
    assert_int_equal(sim.peer.requests, 0);
}

/* ---- there and back ---- */

static void test_what_is_described_is_what_is_taken_over(void **state)
{
    static const struct net_neighbour other = {{{10, 0, 0, 40}}, {2, 0, 0, 0, 0, 40}};
    struct net_neighbour known[4];
    struct net_lease before, after;

    (void)state;
    net_dhcp_start();
    sim_net_run_us(&sim, 5000000);
    assert_true(net_lease(&before));
    net_neighbour_add(&other);
    memset(&over, 0xee, sizeof over);
    net_hand_over_describe(&over, mac);
    assert_true(over.has_lease);
    assert_false(over.has_transfer);
    assert_int_equal(over.neighbour_count, 1);
    assert_true(sim_net_stop(&sim));

    sim_net_start(&sim); /* the next program */
    strcpy(taken.boot_file, "dns.elf");
    taken.boot_server = (struct net_address){{10, 0, 0, 5}};
    assert_true(adopt());
    assert_true(net_lease(&after));
    assert_memory_equal(&after.address, &before.address, 4);
    assert_memory_equal(&after.mask, &before.mask, 4);
    assert_memory_equal(&after.gateway, &before.gateway, 4);
    assert_memory_equal(&after.dns, &before.dns, 4);
    assert_memory_equal(&after.dhcp_server, &before.dhcp_server, 4);
    assert_string_equal(after.boot_file, "dns.elf");
    assert_int_equal(after.boot_server.ip[3], 5);
    assert_int_equal(net_neighbours(known, 4), 1);
    assert_memory_equal(known, &other, sizeof other);
    sim_net_settle();
    assert_int_equal(sim.peer.discovers, 0);
    assert_int_equal(sim.peer.requests, 1); /* it is confirmed in the background */
}

static void test_without_an_address_none_is_described(void **state)
{
    (void)state;
    over.neighbour_count = 3;
    over.has_transfer = true;
    net_hand_over_describe(&over, mac);
    assert_false(over.has_lease || over.has_transfer);
    assert_int_equal(over.neighbour_count, 0);
    assert_refused();
}

static void test_a_lease_is_described_with_the_device_and_the_time_that_is_left(void **state)
{
    static const uint8_t other[6] = {2, 0, 0, 0, 0, 99};

    (void)state;
    assert_true(adopt());
    sim_advance_us(600 * 1000000ull);
    net_hand_over_describe(&over, other);
    assert_memory_equal(over.lease.mac, other, 6);
    assert_in_range(over.lease.seconds_left, HOUR_S - 601, HOUR_S - 600);
    assert_int_equal(over.lease.link_mbps, 0);
    sim_advance_us(2 * HOUR_S * 1000000ull); /* nobody polled: it is not given up yet */
    net_hand_over_describe(&over, mac);
    assert_int_equal(over.lease.seconds_left, 0);
    assert_false(adopt());
}

static void test_a_static_address_stays_one_for_ever(void **state)
{
    struct net_lease lease;

    (void)state;
    sim_net_static();
    net_hand_over_describe(&over, mac);
    sim_advance_us(100 * HOUR_S * 1000000ull);
    assert_int_equal(over.lease.seconds_left, UINT32_MAX);
    assert_int_equal(net_hand_over_seconds_left(&over.lease, 0), UINT32_MAX);
    assert_memory_equal(over.lease.server, "\0\0\0\0", 4);
    memset(over.lease.mask, 0, sizeof over.lease.mask); /* it may come without */
    assert_true(adopt());
    assert_true(net_lease(&lease));
    assert_int_equal(lease.seconds, UINT32_MAX);
    sim_net_run_us(&sim, 5000000);
    assert_int_equal(sim.peer.requests, 0);
}

static void test_the_last_push_is_described_and_remembered(void **state)
{
    static const struct tftp_server_peer client = {{{10, 0, 0, 5}}, 4000};
    static const struct net_address nowhere;
    struct tftp_server_peer peer;
    uint16_t block;

    (void)state;
    assert_int_equal(net_files_start(&no_files, "one", "host", nowhere), 0);
    net_files_remember(&client, 77);
    net_hand_over_describe(&over, mac);
    assert_true(over.has_transfer);
    net_files_stop();

    assert_int_equal(net_files_start(&no_files, "two", "host", nowhere), 0);
    assert_false(net_files_last(&peer, &block));
    net_hand_over_remember(&over);
    assert_true(net_files_last(&peer, &block));
    assert_memory_equal(&peer, &client, sizeof client);
    assert_int_equal(block, 77);
    net_files_stop();

    assert_int_equal(net_files_start(&no_files, "three", "host", nowhere), 0);
    over.has_transfer = false;
    net_hand_over_remember(&over);
    assert_false(net_files_last(&peer, &block));
}

/* ---- time ---- */

static void test_the_time_since_a_lease_was_described_is_gone(void **state)
{
    uint64_t described_us = clock_now_us();
    struct net_lease lease;

    (void)state;
    sim_advance_us((HOUR_S - 2) * 1000000ull);
    assert_int_equal(net_hand_over_seconds_left(&over.lease, described_us), 2);
    assert_true(net_hand_over_adopt(&over, mac, described_us, &taken));
    assert_true(net_lease(&lease));
    assert_int_equal(lease.seconds, 2);
    net_static(&lease);
    sim_advance_us(2 * 1000000ull);
    assert_int_equal(net_hand_over_seconds_left(&over.lease, described_us), 0);
    assert_false(net_hand_over_adopt(&over, mac, described_us, &taken));
}

/* A clock beyond 32 bits of seconds does not wrap to a lease that is fresh. */
static void test_a_lease_of_long_ago_has_run_out(void **state)
{
    (void)state;
    sim_advance_us(((uint64_t)UINT32_MAX + 10) * 1000000);
    assert_int_equal(net_hand_over_seconds_left(&over.lease, 0), 0);
}

/* ---- what is not taken over ---- */

static void test_a_lease_of_another_device_is_refused(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 6; i++) {
        over.lease.mac[i] ^= 0x10;
        assert_refused();
        over.lease.mac[i] ^= 0x10;
    }
    over.has_lease = false;
    assert_refused();
    over.has_lease = true;
    assert_true(adopt());
}

static void test_an_address_that_no_host_has_is_refused(void **state)
{
    static const uint8_t bad[][4] = {
        {0, 0, 0, 0},   {0, 0, 0, 9},  {127, 0, 0, 1},  {224, 0, 0, 1},       {239, 255, 255, 250},
        {240, 0, 0, 1}, {10, 0, 0, 0}, {10, 0, 0, 255}, {255, 255, 255, 255},
    };

    (void)state;
    for (unsigned i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        memcpy(over.lease.address, bad[i], 4);
        assert_refused();
        over.lease.server[0] = 0; /* nor as a static address */
        assert_refused();
        over.lease.server[0] = 10;
    }
}

static void test_a_mask_that_is_none_is_refused(void **state)
{
    static const uint8_t bad[][4] = {
        {255, 0, 255, 0}, {0, 0, 0, 255}, {127, 255, 255, 0}, {255, 255, 255, 1}};

    (void)state;
    for (unsigned i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        memcpy(over.lease.mask, bad[i], 4);
        assert_refused();
    }
    memset(over.lease.mask, 255, 4); /* alone on its net */
    assert_true(adopt());
}

static void test_neighbours_that_nobody_can_be_are_passed_over(void **state)
{
    struct net_neighbour known[HAND_OVER_NEIGHBOURS];

    (void)state;
    over.neighbour_count = 4;
    over.neighbours[0] = (struct boot_neighbour){{10, 0, 0, 40}, {2, 0, 0, 0, 0, 40}, {0}};
    over.neighbours[1] = (struct boot_neighbour){{10, 0, 0, 41}, {3, 0, 0, 0, 0, 41}, {0}};
    over.neighbours[2] = (struct boot_neighbour){{192, 0, 2, 1}, {2, 0, 0, 0, 0, 42}, {0}};
    over.neighbours[3] = (struct boot_neighbour){{10, 0, 0, 255}, {2, 0, 0, 0, 0, 43}, {0}};
    assert_true(adopt());
    assert_int_equal(net_neighbours(known, HAND_OVER_NEIGHBOURS), 1);
    assert_int_equal(known[0].address.ip[3], 40);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_what_is_described_is_what_is_taken_over),
        TEST(test_without_an_address_none_is_described),
        TEST(test_a_lease_is_described_with_the_device_and_the_time_that_is_left),
        TEST(test_a_static_address_stays_one_for_ever),
        TEST(test_the_last_push_is_described_and_remembered),
        TEST(test_the_time_since_a_lease_was_described_is_gone),
        TEST(test_a_lease_of_long_ago_has_run_out),
        TEST(test_a_lease_of_another_device_is_refused),
        TEST(test_an_address_that_no_host_has_is_refused),
        TEST(test_a_mask_that_is_none_is_refused),
        TEST(test_neighbours_that_nobody_can_be_are_passed_over),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
