/*
 * Attaching a LAN95xx, and its link: up, down, and what of it is seen when.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "ethernet_lan_bench.h"

static int set_up(void **state)
{
    (void)state;
    switch_on(false);
    return 0;
}

static int set_up_with_link(void **state)
{
    (void)state;
    start_with_link(false);
    return 0;
}

/* ---- attaching ---- */

static void test_chip_is_attached_without_waiting_for_the_link(void **state)
{
    (void)state;
    chip.chip->negotiation_us = 3000000;
    assert_int_equal(sim_usb_bus_start(&bus), 0);
    assert_true(ethernet_lan_is_attached(lan));
    assert_false(device->link_is_up(device));
    assert_int_equal(chip.chip->statistics.resets, 1);
    assert_memory_equal(device->mac, board_mac, 6);
    assert_string_equal(device->name, "lan95xx");
}

static void test_nothing_is_received_and_no_transfer_under_way_until_the_link_is_up(void **state)
{
    uint64_t end_us;

    (void)state;
    assert_int_equal(sim_usb_bus_start(&bus), 0);
    end_us = clock_now_us() + 1400000;
    while (!clock_passed(end_us)) {
        assert_int_equal(device->update_link(device), 0);
        assert_false(is_receiving());
        assert_int_equal(receives_under_way(), 0);
        sim_usb_bus_run(100000);
    }
    assert_true(wait_for_link(1000000));
    assert_true(is_receiving());
    assert_int_equal(receives_under_way(), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_chip_is_attached_without_waiting_for_the_link, set_up),
        cmocka_unit_test_setup(
            test_nothing_is_received_and_no_transfer_under_way_until_the_link_is_up, set_up),
    };

    (void)set_up_with_link;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
