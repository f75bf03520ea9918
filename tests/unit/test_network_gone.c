/*
 * test_network_gone: the device of a running service is gone, and is started again.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "network_bench.h"

#include "guardian.h"
#include "sim_guard.h"

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
