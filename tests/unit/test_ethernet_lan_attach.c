/*
 * Attaching a LAN95xx: at once, though the link takes its time, or not at all when the chip does
 * not do what it should.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "ethernet_lan_bench.h"

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

static void test_reset_that_takes_its_time_is_waited_for(void **state)
{
    (void)state;
    chip.chip->faults.reset_us = 400000;
    assert_int_equal(sim_usb_bus_start(&bus), 0);
    assert_true(wait_for_link(3000000));
}

static void test_reset_that_never_ends_is_given_up(void **state)
{
    uint64_t begin_us;

    (void)state;
    chip.chip->faults.never_ends_reset = true;
    begin_us = clock_now_us();
    assert_int_equal(sim_usb_bus_start(&bus), ERROR_TIMEOUT);
    assert_in_range(clock_now_us() - begin_us, 400000, 1200000);
    assert_false(ethernet_lan_is_attached(lan));
    assert_null(bus.ethernet);
}

static void test_mii_that_is_slow_is_waited_for(void **state)
{
    (void)state;
    chip.chip->faults.phy_busy = 20;
    assert_int_equal(sim_usb_bus_start(&bus), 0);
    chip.chip->faults.phy_busy = 5;
    assert_true(wait_for_link(3000000));
}

static void test_mii_that_never_ends_keeps_the_chip_from_being_attached(void **state)
{
    (void)state;
    chip.chip->faults.phy_busy_forever = 1;
    assert_int_equal(sim_usb_bus_start(&bus), ERROR_TIMEOUT);
    assert_false(ethernet_lan_is_attached(lan));
}

static void test_each_request_that_stalls_while_attaching_is_an_error(void **state)
{
    unsigned all;

    (void)state;
    assert_int_equal(sim_usb_bus_start(&bus), 0);
    all = register_requests;
    for (unsigned at = 1; at <= all; at++) {
        switch_on(false);
        stalled_request = at;
        assert_int_equal(sim_usb_bus_start(&bus), ERROR_STALLED);
        assert_false(ethernet_lan_is_attached(lan));
        assert_int_equal(receives_under_way(), 0);
        assert_false(is_receiving());
    }
}

/* As if the program before had begun it: QEMU's devices do not see a reset of the bus. */
static int reset_first(struct sim_usb_device *self, const struct usb_setup *setup, uint8_t *data)
{
    const struct chip_setup reset = {0x40, 0xa0, 0, 0x14, 4}; /* HW_CFG.LRST */

    if (register_requests == 0)
        assert_int_equal(chip.chip->type->control(chip.chip, &reset, (uint8_t[]){8, 0, 0, 0}), 4);
    return count_or_stall(self, setup, data);
}

static void test_reset_begun_by_the_program_before_is_waited_for(void **state)
{
    (void)state;
    chip.chip->faults.reset_us = 300000;
    chip.usb.control = reset_first;
    assert_int_equal(sim_usb_bus_start(&bus), 0); /* the model would have complained */
    assert_int_equal(chip.chip->statistics.resets, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_chip_is_attached_without_waiting_for_the_link, set_up_off),
        cmocka_unit_test_setup(
            test_nothing_is_received_and_no_transfer_under_way_until_the_link_is_up, set_up_off),
        cmocka_unit_test_setup(test_reset_that_takes_its_time_is_waited_for, set_up_off),
        cmocka_unit_test_setup(test_reset_that_never_ends_is_given_up, set_up_off),
        cmocka_unit_test_setup(test_mii_that_is_slow_is_waited_for, set_up_off),
        cmocka_unit_test_setup(test_mii_that_never_ends_keeps_the_chip_from_being_attached,
                               set_up_off),
        cmocka_unit_test_setup(test_each_request_that_stalls_while_attaching_is_an_error,
                               set_up_off),
        cmocka_unit_test_setup(test_reset_begun_by_the_program_before_is_waited_for, set_up_off),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
