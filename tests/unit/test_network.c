/*
 * test_network: how a service comes to its address.
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
#include "boot_record.h"
#include "clock.h"
#include "error.h"
#include "net.h"
#include "network.h"
#include "service.h"
#include "sim.h"
#include "sim_cable.h"
#include "sim_peer.h"

static struct sim_cable cable;
static struct sim_peer peer;
static struct board board;
static struct boot_record record;
static int start_status;

int board_start_network(struct board *which)
{
    assert_ptr_equal(which, &board);
    if (start_status == 0)
        which->ethernet = &cable.end[0].device;
    return start_status;
}

int board_quiesce(struct board *which)
{
    (void)which;
    return 0;
}

static void receive_nothing(struct service_udp *socket, void *context,
                            const struct service_address *from, const uint8_t *bytes, size_t length)
{
    (void)socket;
    (void)context;
    (void)from;
    (void)bytes;
    (void)length;
}

static int set_up(void **state)
{
    (void)state;
    sim_reset();
    sim_cable_init(&cable, 1);
    sim_peer_init(&peer, &cable);
    memset(&board, 0, sizeof board);
    memset(&record, 0, sizeof record);
    strcpy(board.serial, "00000000c0ffee01");
    start_status = 0;
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    net_stop();
    sim_cable_clear(&cable);
    return 0;
}

static void give_lease(void)
{
    record.lease = (struct boot_lease){
        .mac = {2, 0, 0, 0, 0, 1},
        .address = {10, 0, 0, 9},
        .mask = {255, 255, 255, 0},
        .gateway = {10, 0, 0, 1},
        .server = {10, 0, 0, 1},
        .dns = {10, 0, 0, 3},
        .seconds_left = 1000,
    };
    record.has_lease = true;
}

static void test_without_a_lease_the_address_comes_by_dhcp(void **state)
{
    struct net_lease lease;

    (void)state;
    assert_int_equal(network_start(&board, &record), 0);
    assert_true(net_lease(&lease));
    assert_memory_equal(lease.address.ip, peer.offered, 4);
    assert_in_range(peer.discovers, 1, 2);
}

static void test_the_loaders_lease_is_used_at_once(void **state)
{
    uint64_t start_us = clock_now_us();
    struct net_lease lease;

    (void)state;
    give_lease();
    assert_int_equal(network_start(&board, &record), 0);
    assert_in_range(clock_now_us() - start_us, 0, 1000);
    assert_true(net_lease(&lease));
    assert_memory_equal(lease.address.ip, "\12\0\0\11", 4);
    assert_memory_equal(lease.mask.ip, "\377\377\377\0", 4);
    assert_memory_equal(lease.gateway.ip, "\12\0\0\1", 4);
    assert_memory_equal(lease.dns.ip, "\12\0\0\3", 4);
    assert_int_equal(peer.discovers, 0);
}

static void test_a_lease_of_another_device_is_not_used(void **state)
{
    struct net_lease lease;

    (void)state;
    give_lease();
    record.lease.mac[5] = 9;
    assert_int_equal(network_start(&board, &record), 0);
    assert_true(net_lease(&lease));
    assert_memory_equal(lease.address.ip, peer.offered, 4);
}

static void test_without_a_server_the_start_goes_on_after_ten_seconds(void **state)
{
    uint64_t start_us = clock_now_us();

    (void)state;
    peer.serves_dhcp = false;
    assert_int_equal(network_start(&board, &record), ERROR_TIMEOUT);
    assert_in_range(clock_now_us() - start_us, 9990000, 10100000);
    assert_non_null(strstr(sim_log(), "network: no address within 10 s; still asking"));
    assert_in_range(peer.discovers, 0, 16);
}

static void test_without_a_device_there_is_no_network_and_no_socket(void **state)
{
    (void)state;
    start_status = ERROR_ABSENT;
    assert_int_equal(network_start(&board, &record), ERROR_ABSENT);
    assert_non_null(strstr(sim_log(), "network: none: absent"));
    assert_null(board.ethernet);
    assert_null(service_udp_open(7, receive_nothing, NULL));
    assert_non_null(strstr(sim_log(), "udp: port 7 is not opened: there is no network"));
}

static void test_a_device_without_a_proper_mac_is_not_used(void **state)
{
    (void)state;
    memset(cable.end[0].device.mac, 0xff, 6);
    assert_int_equal(network_start(&board, &record), ERROR_INVALID);
    assert_non_null(strstr(sim_log(), "does not start: invalid"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_without_a_device_there_is_no_network_and_no_socket), /* first: no network yet */
        TEST(test_without_a_lease_the_address_comes_by_dhcp),
        TEST(test_the_loaders_lease_is_used_at_once),
        TEST(test_a_lease_of_another_device_is_not_used),
        TEST(test_without_a_server_the_start_goes_on_after_ten_seconds),
        TEST(test_a_device_without_a_proper_mac_is_not_used),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
