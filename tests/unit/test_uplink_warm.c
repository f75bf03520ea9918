/*
 * loader/uplink: a network that a service left running, what of it is believed, and what the
 * loader hands over itself.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "uplink_bench.h"

static struct boot_lease some_lease(uint32_t seconds_left)
{
    struct boot_lease lease = {.address = {10, 0, 0, 77},
                               .mask = {255, 255, 255, 0},
                               .gateway = {10, 0, 0, 1},
                               .server = {10, 0, 0, 1},
                               .seconds_left = seconds_left};

    memcpy(lease.mac, cable.end[0].device.mac, sizeof lease.mac);
    return lease;
}

/* A service has left everything running, and said so. */
static void leave_running(uint32_t seconds_left)
{
    sim_board.adopt_network_status = 0;
    keep.over = (struct hand_over){.has_usb = true,
                                   .has_lease = true,
                                   .lease = some_lease(seconds_left),
                                   .usb = {.driver = "cdc-ecm", .in.toggle = 1}};
    keep.over_us = clock_now_us();
    keep.at_rest = true;
}

static void test_what_a_service_left_is_taken_over_with_its_address(void **state)
{
    struct net_lease lease;

    (void)state;
    leave_running(100);
    keep.boot_server = (struct net_address){{10, 0, 0, 9}};
    strcpy(keep.boot_file, "dns.elf");
    sim_advance_us(10000000);
    assert_int_equal(uplink_start(&loader), 0);
    assert_int_equal(sim_board.network_adoptions, 1);
    assert_int_equal(sim_board.network_starts, 0);
    assert_int_equal(sim_board.adopted_network.in.toggle, 1);
    assert_true(net_lease(&lease));
    assert_int_equal(lease.address.ip[3], 77);
    assert_in_range(lease.seconds, 89, 90);
    assert_int_equal(lease.boot_server.ip[3], 9);
    assert_string_equal(lease.boot_file, "dns.elf");
    assert_int_equal(peer.discovers, 0);
}

static void test_a_device_that_is_not_what_it_was_is_started_from_the_beginning(void **state)
{
    (void)state;
    leave_running(100);
    sim_board.adopt_network_status = ERROR_CORRUPT;
    assert_int_equal(uplink_start(&loader), 0);
    assert_int_equal(sim_board.network_starts, 1);
    assert_non_null(strstr(sim_log(), "network: not taken over: corrupt\n"));
    assert_true(net_lease(NULL)); /* the address is as good as before */
    assert_false(keep.over.has_usb);
}

static void test_a_lease_that_ran_out_meanwhile_is_asked_for_anew(void **state)
{
    (void)state;
    leave_running(10);
    sim_advance_us(10000000);
    assert_int_equal(uplink_start(&loader), 0);
    assert_false(net_lease(NULL));
    idle_us(5000000);
    assert_true(net_lease(NULL));
    assert_true(peer.discovers > 0);
}

static void test_a_lease_of_another_adapter_is_not_ours(void **state)
{
    (void)state;
    leave_running(100);
    keep.over.lease.mac[5] ^= 1;
    assert_int_equal(uplink_start(&loader), 0);
    assert_false(net_lease(NULL));
}

static void assert_asked_for_anew(void)
{
    struct net_lease lease;

    assert_int_equal(uplink_start(&loader), 0);
    assert_false(net_lease(NULL));
    idle_us(5000000);
    assert_true(net_lease(&lease));
    assert_memory_equal(lease.address.ip, peer.offered, 4);
}

/* What a service hands back may be wrong: the loader must not leave the network for it. */
static void test_an_address_that_nobody_can_have_is_asked_for_anew(void **state)
{
    (void)state;
    leave_running(UINT32_MAX);
    memset(keep.over.lease.address, 0, 4);
    assert_asked_for_anew();
}

static void test_a_static_address_that_is_not_configured_is_asked_for_anew(void **state)
{
    (void)state;
    leave_running(UINT32_MAX);
    memset(keep.over.lease.server, 0, 4);
    assert_asked_for_anew();
}

static void test_a_configured_address_counts_more_than_a_lease(void **state)
{
    struct net_lease lease;

    (void)state;
    leave_running(100);
    loader.configuration.is_static = true;
    loader.configuration.address = (struct net_address){{10, 0, 0, 5}};
    assert_int_equal(uplink_start(&loader), 0);
    assert_true(net_lease(&lease));
    assert_int_equal(lease.address.ip[3], 5);
}

static void test_what_the_loader_leaves_is_described(void **state)
{
    (void)state;
    sim_board.describe_network_status = 0;
    sim_board.network_description = (struct boot_usb){.driver = "cdc-ecm", .out.toggle = 1};
    assert_int_equal(uplink_start(&loader), 0);
    idle_us(5000000);
    struct net_neighbour neighbour = {.address = {{10, 0, 0, 9}}, .mac = {2, 0, 0, 0, 0, 9}};

    net_neighbour_add(&neighbour);
    uplink_hand_over(&loader);
    assert_false(loader.network_is_up);
    assert_int_equal(sim_board.quiesces, 1);
    assert_true(keep.over.has_usb && keep.over.has_lease && keep.at_rest);
    assert_int_equal(keep.over.usb.out.toggle, 1);
    assert_memory_equal(keep.over.lease.address, peer.offered, 4);
    assert_memory_equal(keep.boot_server.ip, peer.ip, 4);
    assert_int_equal(keep.over.neighbour_count, 1);
    assert_memory_equal(keep.over.neighbours[0].address, neighbour.address.ip, 4);
    assert_memory_equal(keep.over.neighbours[0].mac, neighbour.mac, 6);
}

static void test_what_the_loader_did_not_touch_is_passed_on_as_it_was(void **state)
{
    (void)state;
    leave_running(100);
    sim_advance_us(20000000);
    uplink_hand_over(&loader);
    assert_int_equal(sim_board.network_starts + sim_board.network_adoptions, 0);
    assert_true(keep.over.has_usb && keep.over.has_lease);
    assert_int_equal(keep.over.usb.in.toggle, 1);
    assert_in_range(keep.over.lease.seconds_left, 79, 80);
    sim_advance_us(90000000);
    uplink_hand_over(&loader);
    assert_false(keep.over.has_lease);
}

static void test_devices_of_a_service_that_was_cut_off_are_stopped_first(void **state)
{
    (void)state;
    leave_running(100);
    sim_board.describe_network_status = 0;
    sim_board.network_description = (struct boot_usb){.driver = "cdc-ecm"};
    keep.at_rest = false;
    uplink_recover(&loader);
    assert_int_equal(sim_board.network_adoptions, 1);
    assert_int_equal(sim_board.adopted_network.in.toggle, 2); /* nobody knows */
    assert_int_equal(sim_board.adopted_network.out.toggle, 2);
    uplink_hand_over(&loader);
    assert_int_equal(sim_board.quiesces, 1);
    assert_true(keep.over.has_usb && keep.over.has_lease);
    uplink_recover(&loader); /* at rest: nothing to do */
    assert_int_equal(sim_board.network_adoptions, 1);
}

static void test_toggles_of_a_service_that_was_cut_off_are_not_believed(void **state)
{
    (void)state;
    leave_running(100);
    keep.at_rest = false;
    assert_int_equal(uplink_start(&loader), 0); /* to send its core, or to wait */
    assert_int_equal(sim_board.adopted_network.in.toggle, BOOT_USB_TOGGLE_UNKNOWN);
    assert_int_equal(sim_board.adopted_network.out.toggle, BOOT_USB_TOGGLE_UNKNOWN);
}

static void test_without_a_description_a_cut_off_service_costs_a_full_start(void **state)
{
    (void)state;
    keep.at_rest = false;
    uplink_recover(&loader);
    assert_int_equal(sim_board.network_starts, 1);
    assert_true(keep.at_rest);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_what_a_service_left_is_taken_over_with_its_address,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(
            test_a_device_that_is_not_what_it_was_is_started_from_the_beginning, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_lease_that_ran_out_meanwhile_is_asked_for_anew,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_lease_of_another_adapter_is_not_ours, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_an_address_that_nobody_can_have_is_asked_for_anew,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(
            test_a_static_address_that_is_not_configured_is_asked_for_anew, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_configured_address_counts_more_than_a_lease, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_what_the_loader_leaves_is_described, setup, teardown),
        cmocka_unit_test_setup_teardown(test_what_the_loader_did_not_touch_is_passed_on_as_it_was,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(
            test_devices_of_a_service_that_was_cut_off_are_stopped_first, setup, teardown),
        cmocka_unit_test_setup_teardown(test_toggles_of_a_service_that_was_cut_off_are_not_believed,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(
            test_without_a_description_a_cut_off_service_costs_a_full_start, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
