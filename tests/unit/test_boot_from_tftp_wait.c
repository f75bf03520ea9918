/*
 * The network boot source: cables, addresses and servers that are late, away or lossy, and how
 * long it waits for them.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "boot_from_tftp_bench.h"

static void test_no_address_ends_at_the_deadline(void **state)
{
    uint64_t start = clock_now_us();

    (void)state;
    net.peer.serves_dhcp = false;
    net_dhcp_start();
    assert_int_equal(fetch(7000000), ERROR_TIMEOUT);
    assert_in_range(clock_now_us() - start, 7000000, 7100000);
    assert_logged("no address: no answer from a DHCP server, or no cable");
}

static void test_lossy_cable_delivers(void **state)
{
    (void)state;
    strcpy(configuration.file, "dns.elf");
    net_dhcp_start();
    net.cable.loss_percent = 5;
    net.cable.duplicate_percent = 5;
    net.cable.reorder_percent = 5;
    assert_fetched("tftp://10.0.0.1/dns.elf");
}

static void test_cable_that_is_plugged_in_late_delivers(void **state)
{
    (void)state;
    strcpy(configuration.file, "dns.elf");
    sim_cable_plug(&net.cable, false);
    net_dhcp_start();
    assert_int_equal(fetch(3000000), ERROR_TIMEOUT);
    sim_cable_plug(&net.cable, true);
    assert_fetched("tftp://10.0.0.1/dns.elf");
}

static void test_server_that_is_away_is_reported_at_the_deadline(void **state)
{
    (void)state;
    strcpy(configuration.file, "dns.elf");
    cable.tftp.away_until_us = CLOCK_NEVER;
    net_dhcp_start();
    assert_int_equal(fetch(12000000), ERROR_TIMEOUT);
    assert_logged("/dns.elf: the server does not answer");
}

static void test_packets_that_can_not_leave_are_told_from_a_server_that_is_silent(void **state)
{
    (void)state;
    sim_net_static();
    configuration.server = (struct net_address){{10, 0, 0, 1}};
    strcpy(configuration.file, "dns.elf");
    cable.tftp.away_until_us = CLOCK_NEVER;
    assert_int_equal(fetch(3000000), ERROR_TIMEOUT);
    assert_logged("/dns.elf: the server does not answer\n");
    sim_cable_plug(&net.cable, false);
    assert_int_equal(fetch(3000000), ERROR_TIMEOUT);
    assert_logged("/dns.elf: the server does not answer; nothing can be sent: no cable, no device "
                  "or no address\n");
}

static void test_address_that_came_late_leaves_the_server_all_its_time(void **state)
{
    uint64_t start;

    (void)state;
    strcpy(configuration.file, "dns.elf");
    cable.tftp.away_until_us = CLOCK_NEVER;
    sim_cable_plug(&net.cable, false);
    net_dhcp_start();
    sim_cable_plug(&net.cable, true);
    start = clock_now_us();
    assert_int_equal(fetch(4000000), ERROR_TIMEOUT);
    assert_logged("/dns.elf: the server does not answer\n");
    /* The cable is looked at ten times a second: the address takes a moment. */
    assert_in_range(clock_now_us() - start, 4000001, 8100000);
}

static void test_server_that_says_nothing_to_the_first_name_gives_the_second(void **state)
{
    uint64_t start;

    (void)state;
    strcpy(configuration.file, "dns.elf");
    cable.tftp.mute_name = SERIAL "/dns.elf";
    sim_net_static();
    configuration.server = (struct net_address){{10, 0, 0, 1}};
    start = clock_now_us();
    assert_fetched("tftp://10.0.0.1/dns.elf");
    assert_logged("tftp://10.0.0.1/" SERIAL "/dns.elf: the server does not answer\n");
    assert_null(strstr(sim_log(), "there is room for"));
    assert_in_range(clock_now_us() - start, 60000000, 61000000);
}

static void test_server_that_comes_back_late_gives_a_board_its_own_file(void **state)
{
    uint64_t start;

    (void)state;
    strcpy(configuration.file, "dns.elf");
    cable.tftp.name = NULL; /* it has both */
    sim_net_static();
    configuration.server = (struct net_address){{10, 0, 0, 1}};
    start = clock_now_us();
    cable.tftp.away_until_us = start + 45000000;
    assert_fetched("tftp://10.0.0.1/" SERIAL "/dns.elf");
    assert_in_range(clock_now_us() - start, 45000000, 48000000);
}

static void test_server_that_is_away_costs_the_time_once(void **state)
{
    uint64_t start;

    (void)state;
    strcpy(configuration.file, "dns.elf");
    cable.tftp.away_until_us = CLOCK_NEVER;
    sim_net_static();
    configuration.server = (struct net_address){{10, 0, 0, 1}};
    start = clock_now_us();
    assert_int_equal(fetch(12000000), ERROR_TIMEOUT);
    assert_in_range(clock_now_us() - start, 12000000, 12100000);
    assert_logged("tftp://10.0.0.1/" SERIAL "/dns.elf: the server does not answer\n");
    assert_logged("tftp://10.0.0.1/dns.elf: the server does not answer\n");
}

static void test_a_fetch_is_given_up_when_the_loader_wants_to_go_on(void **state)
{
    (void)state;
    strcpy(net.peer.file, "dns.elf");
    net_dhcp_start();
    cable.tftp.away_until_us = CLOCK_NEVER;
    gives_up_at_us = clock_now_us() + 20000000;
    assert_int_equal(fetch(60000000), ERROR_CANCELLED);
    assert_in_range(clock_now_us(), gives_up_at_us, gives_up_at_us + 1100000);
    assert_logged("given up for a push");
}

static void test_waiting_for_an_address_is_given_up_as_well(void **state)
{
    (void)state;
    net.peer.serves_dhcp = false;
    gives_up_at_us = clock_now_us() + 2000000;
    assert_int_equal(fetch(60000000), ERROR_CANCELLED);
    assert_in_range(clock_now_us(), gives_up_at_us, gives_up_at_us + 1100000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_fetch_is_given_up_when_the_loader_wants_to_go_on,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_waiting_for_an_address_is_given_up_as_well, set_up,
                                        tear_down),
        TEST(test_no_address_ends_at_the_deadline),
        TEST(test_lossy_cable_delivers),
        TEST(test_cable_that_is_plugged_in_late_delivers),
        TEST(test_server_that_is_away_is_reported_at_the_deadline),
        TEST(test_packets_that_can_not_leave_are_told_from_a_server_that_is_silent),
        TEST(test_address_that_came_late_leaves_the_server_all_its_time),
        TEST(test_server_that_says_nothing_to_the_first_name_gives_the_second),
        TEST(test_server_that_comes_back_late_gives_a_board_its_own_file),
        TEST(test_server_that_is_away_costs_the_time_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
