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
#include "duties.h"
#include "error.h"
#include "event_loop.h"
#include "guardian.h"
#include "net.h"
#include "network.h"
#include "service.h"
#include "sim.h"
#include "sim_board.h"
#include "sim_cable.h"
#include "sim_guard.h"
#include "sim_peer.h"

static struct sim_cable cable;
static struct sim_peer peer;
static struct boot_record record;

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
    sim_board_reset();
    sim_board.ethernet = &cable.end[0].device;
    memset(&record, 0, sizeof record);
    strcpy(sim_board.machine.serial, "00000000c0ffee01");
    sim_board.network_status = 0;
    duties_due_us = 0;
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
    record.over.lease = (struct boot_lease){
        .mac = {2, 0, 0, 0, 0, 1},
        .address = {10, 0, 0, 9},
        .mask = {255, 255, 255, 0},
        .gateway = {10, 0, 0, 1},
        .server = {10, 0, 0, 1},
        .dns = {10, 0, 0, 3},
        .seconds_left = 1000,
    };
    record.over.has_lease = true;
}

static void test_without_a_lease_the_address_comes_by_dhcp(void **state)
{
    struct net_lease lease;

    (void)state;
    assert_int_equal(network_start(&sim_board.machine, &record), 0);
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
    assert_int_equal(network_start(&sim_board.machine, &record), 0);
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
    record.over.lease.mac[5] = 9;
    assert_int_equal(network_start(&sim_board.machine, &record), 0);
    assert_true(net_lease(&lease));
    assert_memory_equal(lease.address.ip, peer.offered, 4);
}

static void test_a_lease_without_an_address_is_not_used(void **state)
{
    struct net_lease lease;

    (void)state;
    give_lease();
    memset(record.over.lease.address, 0, 4);
    memset(record.over.lease.server, 0, 4);
    assert_int_equal(network_start(&sim_board.machine, &record), 0);
    assert_true(net_lease(&lease));
    assert_memory_equal(lease.address.ip, peer.offered, 4);
}

static void test_without_a_server_the_start_goes_on_after_ten_seconds(void **state)
{
    uint64_t start_us = clock_now_us();

    (void)state;
    peer.serves_dhcp = false;
    assert_int_equal(network_start(&sim_board.machine, &record), ERROR_TIMEOUT);
    assert_in_range(clock_now_us() - start_us, 9990000, 10100000);
    assert_non_null(strstr(sim_log(), "network: no address within 10 s; still asking"));
    assert_in_range(peer.discovers, 0, 16);
}

static void test_without_a_device_there_is_no_network_and_no_socket(void **state)
{
    (void)state;
    sim_board.network_status = ERROR_ABSENT;
    assert_int_equal(network_start(&sim_board.machine, &record), ERROR_ABSENT);
    assert_non_null(strstr(sim_log(), "network: none: absent"));
    assert_null(sim_board.machine.ethernet);
    assert_null(service_udp_open(7, receive_nothing, NULL));
    assert_non_null(strstr(sim_log(), "udp: port 7 is not opened: there is no network"));
}

static void test_a_device_without_a_proper_mac_is_not_used(void **state)
{
    (void)state;
    memset(cable.end[0].device.mac, 0xff, 6);
    assert_int_equal(network_start(&sim_board.machine, &record), ERROR_INVALID);
    assert_non_null(strstr(sim_log(), "does not start: invalid"));
}

/* ---- taken over running ---- */

static void give_device(void)
{
    sim_board.adopt_network_status = 0;
    record.loader.features = BOOT_FEATURE_WARM;
    record.over.has_usb = true;
    record.over.usb = (struct boot_usb){.driver = "cdc-ecm", .device_count = 1};
}

static void test_a_device_that_the_loader_left_running_is_not_started_anew(void **state)
{
    (void)state;
    give_device();
    give_lease();
    assert_int_equal(network_start(&sim_board.machine, &record), 0);
    assert_int_equal(sim_board.network_adoptions, 1);
    assert_string_equal(sim_board.adopted_network.driver, "cdc-ecm");
    assert_int_equal(sim_board.network_starts, 0);
    assert_string_equal(sim_log(), "");
}

static void test_a_device_that_cannot_be_taken_over_is_started_anew(void **state)
{
    (void)state;
    give_device();
    give_lease();
    sim_board.adopt_network_status = ERROR_CORRUPT;
    assert_int_equal(network_start(&sim_board.machine, &record), 0);
    assert_int_equal(sim_board.network_starts, 1);
    assert_ptr_equal(sim_board.machine.ethernet, &cable.end[0].device);
    assert_non_null(strstr(sim_log(), "network: not taken over from the loader: corrupt\n"));
}

static void test_with_warm_off_nothing_is_taken_over(void **state)
{
    (void)state;
    give_device();
    record.loader.features = 0;
    assert_int_equal(network_start(&sim_board.machine, &record), 0);
    assert_int_equal(sim_board.network_adoptions, 0);
    assert_int_equal(sim_board.network_starts, 1);
}

static void test_neighbours_of_the_loader_need_no_arp(void **state)
{
    static const uint8_t mac[6] = {2, 0, 0, 0, 0, 5};
    struct net_neighbour neighbour;

    (void)state;
    give_device();
    give_lease();
    record.over.neighbour_count = 1;
    record.over.neighbours[0] =
        (struct boot_neighbour){.address = {10, 0, 0, 5}, .mac = {2, 0, 0, 0, 0, 5}};
    assert_int_equal(network_start(&sim_board.machine, &record), 0);
    assert_int_equal(net_neighbours(&neighbour, 1), 1);
    assert_memory_equal(neighbour.address.ip, "\12\0\0\5", 4);
    assert_memory_equal(neighbour.mac, mac, 6);
}

/* ---- whether the board can be reached ---- */

static void run_for_us(uint64_t duration_us)
{
    for (uint64_t end_us = clock_now_us() + duration_us; clock_now_us() < end_us;)
        event_loop_round(end_us);
}

static void test_a_network_that_never_was_known_to_work_owes_no_proof(void **state)
{
    (void)state;
    strcpy(record.service.location, "sd:demo.elf");
    peer.serves_dhcp = false;
    assert_int_equal(network_start(&sim_board.machine, &record), ERROR_TIMEOUT);
    assert_true(network_is_proven());
    tear_down(NULL);
    set_up(NULL);
    sim_board.network_status = ERROR_ABSENT;
    assert_int_equal(network_start(&sim_board.machine, &record), ERROR_ABSENT);
    assert_true(network_is_proven());
}

static void test_an_address_by_dhcp_is_proof_enough(void **state)
{
    (void)state;
    strcpy(record.service.location, "push:10.0.0.1/demo.elf");
    assert_int_equal(network_start(&sim_board.machine, &record), 0);
    assert_true(network_is_proven());
    net_stop(); /* whatever comes later */
    assert_true(network_is_proven());
}

static void test_a_pushed_image_owes_an_address_until_it_has_one(void **state)
{
    (void)state;
    strcpy(record.service.location, "push:10.0.0.1/demo.elf");
    peer.serves_dhcp = false;
    assert_int_equal(network_start(&sim_board.machine, &record), ERROR_TIMEOUT);
    assert_false(network_is_proven());
    peer.serves_dhcp = true;
    run_for_us(20000000);
    assert_true(network_is_proven());
}

static void test_an_address_that_was_taken_over_is_no_proof_until_something_is_received(
    void **state)
{
    (void)state;
    give_lease();
    peer.serves_dhcp = false;
    assert_int_equal(network_start(&sim_board.machine, &record), 0);
    run_for_us(1000000);
    assert_int_equal(cable.end[0].device.statistics.frames_received, 0);
    assert_false(network_is_proven());
    peer.serves_dhcp = true; /* the request is repeated, and answered */
    run_for_us(20000000);
    assert_true(network_is_proven());
}

static void test_a_static_address_on_a_silent_net_is_taken_for_good(void **state)
{
    (void)state;
    give_lease();
    memset(record.over.lease.server, 0, 4);
    assert_int_equal(network_start(&sim_board.machine, &record), 0);
    assert_true(network_is_proven());
}

static void test_without_its_device_a_network_that_worked_is_not_proven(void **state)
{
    (void)state;
    give_lease();
    sim_board.network_status = ERROR_ABSENT;
    assert_int_equal(network_start(&sim_board.machine, &record), ERROR_ABSENT);
    run_for_us(20000000);
    assert_false(network_is_proven());
}

/* ---- a device that is gone ---- */

static unsigned times_logged(const char *sentence)
{
    unsigned count = 0;

    for (const char *at = sim_log(); (at = strstr(at, sentence)) != NULL; at++)
        count++;
    return count;
}

static uint64_t stopping_takes_us;

/* As a driver's that is started again: its numbers begin at 0. */
static int stop_and_come_back(struct ethernet_device *device)
{
    sim_advance_us(stopping_takes_us);
    memset(&device->statistics, 0, sizeof device->statistics);
    cable.end[0].gone = cable.end[0].link_seen_up = false;
    return 0;
}

static void start_with_an_address(void)
{
    assert_int_equal(network_start(&sim_board.machine, &record), 0);
    run_for_us(1000000);
    stopping_takes_us = 0;
    cable.end[0].device.stop = stop_and_come_back;
    sim_board.network_starts = 0;
}

static void test_a_device_that_is_gone_is_started_again_and_its_lease_confirmed(void **state)
{
    struct ethernet_statistics before;
    struct net_lease lease;
    unsigned requests, discovers;

    (void)state;
    start_with_an_address();
    before = cable.end[0].device.statistics;
    requests = peer.requests;
    discovers = peer.discovers;
    cable.end[0].gone = true;
    run_for_us(2000000);
    assert_int_equal(sim_board.network_starts, 1);
    assert_ptr_equal(sim_board.machine.ethernet, &cable.end[0].device);
    assert_int_equal(network_deadline_us(), CLOCK_NEVER);
    assert_int_equal(times_logged("network: sim-cable-0 is gone: USB is started again\n"), 1);
    assert_int_equal(times_logged("net: link down\n"), 1);
    assert_int_equal(times_logged("network: sim-cable-0 is back after "), 1);
    assert_int_equal(times_logged("net: link up\n"), 1);
    assert_true(net_lease(&lease));
    assert_memory_equal(lease.address.ip, peer.offered, 4);
    assert_int_equal(peer.requests, requests + 1);
    assert_int_equal(peer.discovers, discovers);
    assert_true(cable.end[0].device.statistics.frames_received > before.frames_received);
    assert_true(cable.end[0].device.statistics.frames_sent > before.frames_sent);
}

static void test_a_device_with_another_mac_gets_another_address(void **state)
{
    struct net_lease lease;
    unsigned discovers;

    (void)state;
    start_with_an_address();
    discovers = peer.discovers;
    cable.end[0].gone = true;
    cable.end[0].device.mac[5] = 9;
    peer.offered[3] = 99;
    run_for_us(5000000);
    assert_true(net_lease(&lease));
    assert_int_equal(lease.address.ip[3], 99);
    assert_int_equal(peer.board_mac[5], 9);
    assert_int_equal(peer.discovers, discovers + 1);
}

/* The server's lease is of an hour: it would be renewed, and ends, while there is no device. */
static void test_a_lease_that_ends_without_a_device_is_asked_for_anew(void **state)
{
    unsigned discovers;

    (void)state;
    start_with_an_address();
    discovers = peer.discovers;
    sim_board.network_status = ERROR_TIMEOUT;
    cable.end[0].gone = true;
    run_for_us(3500000000);
    assert_true(net_lease(NULL));
    run_for_us(200000000);
    assert_false(net_lease(NULL));
    assert_int_equal(peer.discovers, discovers);
    sim_board.network_status = 0;
    run_for_us(65000000);
    assert_true(net_lease(NULL));
    assert_int_equal(peer.discovers, discovers + 1);
}

/* A minute of virtual time and more passes between the tries: none may be kept awake for. */
static void test_what_does_not_start_is_tried_again_after_1_2_4_and_up_to_60_s(void **state)
{
    static const unsigned pauses_s[] = {1, 2, 4, 8, 16, 32, 60, 60, 60};
    uint64_t wakeups;

    (void)state;
    start_with_an_address();
    sim_board.network_status = ERROR_TIMEOUT;
    cable.end[0].gone = true;
    run_for_us(500000); /* it is noticed within 250 ms */
    assert_int_equal(sim_board.network_starts, 1);
    assert_null(sim_board.machine.ethernet);
    assert_false(network_deadline_us() == CLOCK_NEVER);
    for (unsigned i = 0; i < sizeof pauses_s / sizeof *pauses_s; i++) {
        run_for_us(pauses_s[i] * 1000000 - 500000);
        assert_int_equal(sim_board.network_starts, i + 1);
        run_for_us(500000);
        assert_int_equal(sim_board.network_starts, i + 2);
    }
    assert_int_equal(times_logged("network: still gone: timeout\n"), 1);
    wakeups = event_loop_statistics.wakeups;
    run_for_us(10000000);
    assert_in_range(event_loop_statistics.wakeups - wakeups, 9, 70);
    sim_board.network_status = 0;
    run_for_us(60000000);
    assert_int_equal(times_logged("network: sim-cable-0 is back after "), 1);
    assert_true(net_lease(NULL));
}

static int never_well(struct ethernet_device *device)
{
    (void)device;
    return ERROR_IO;
}

static void test_a_device_that_does_not_stay_is_not_started_over_and_over(void **state)
{
    (void)state;
    start_with_an_address();
    cable.end[0].device.update_link = never_well;
    run_for_us(120000000);
    assert_in_range(sim_board.network_starts, 7, 9); /* 0, 1, 3, 7, 15, 31, 63 s, and so on */
}

static void test_a_device_that_stayed_for_a_minute_is_started_again_at_once(void **state)
{
    (void)state;
    start_with_an_address();
    for (unsigned i = 1; i < 4; i++) {
        cable.end[0].gone = true;
        run_for_us(500000);
        assert_int_equal(sim_board.network_starts, i);
        run_for_us(61000000);
        assert_int_equal(sim_board.network_starts, i);
    }
}

/* sim_guard stops the test when it is not fed in time. */
static void test_the_watchdog_does_not_take_a_long_start_for_a_hang(void **state)
{
    (void)state;
    sim_guard_begin();
    record.loader.features = BOOT_FEATURE_GUARD;
    record.guard.watchdog_ms = 1000;
    guardian_init(&record);
    guardian_main_begins();
    start_with_an_address();
    stopping_takes_us = 3500000;
    cable.end[0].gone = true;
    run_for_us(10000000);
    assert_int_equal(sim_board.network_starts, 1);
    assert_true(net_lease(NULL));
    assert_int_equal(sim_guard.watchdog_ms, 1000);
    sim_guard_reset();
    guardian_init(&(struct boot_record){0});
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_without_a_device_there_is_no_network_and_no_socket), /* first: no network yet */
        TEST(test_without_a_lease_the_address_comes_by_dhcp),
        TEST(test_the_loaders_lease_is_used_at_once),
        TEST(test_a_lease_of_another_device_is_not_used),
        TEST(test_a_lease_without_an_address_is_not_used),
        TEST(test_without_a_server_the_start_goes_on_after_ten_seconds),
        TEST(test_a_device_without_a_proper_mac_is_not_used),
        TEST(test_a_device_that_the_loader_left_running_is_not_started_anew),
        TEST(test_a_device_that_cannot_be_taken_over_is_started_anew),
        TEST(test_with_warm_off_nothing_is_taken_over),
        TEST(test_neighbours_of_the_loader_need_no_arp),
        TEST(test_a_network_that_never_was_known_to_work_owes_no_proof),
        TEST(test_an_address_by_dhcp_is_proof_enough),
        TEST(test_a_pushed_image_owes_an_address_until_it_has_one),
        TEST(test_an_address_that_was_taken_over_is_no_proof_until_something_is_received),
        TEST(test_a_static_address_on_a_silent_net_is_taken_for_good),
        TEST(test_without_its_device_a_network_that_worked_is_not_proven),
        TEST(test_a_device_that_is_gone_is_started_again_and_its_lease_confirmed),
        TEST(test_a_device_with_another_mac_gets_another_address),
        TEST(test_a_lease_that_ends_without_a_device_is_asked_for_anew),
        TEST(test_what_does_not_start_is_tried_again_after_1_2_4_and_up_to_60_s),
        TEST(test_a_device_that_does_not_stay_is_not_started_over_and_over),
        TEST(test_a_device_that_stayed_for_a_minute_is_started_again_at_once),
        TEST(test_the_watchdog_does_not_take_a_long_start_for_a_hang),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
