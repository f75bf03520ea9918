/*
 * Requests for registers of the LAN95xx: nobody answers them, and which ones are made. And none to
 * either of the board's Ethernet chips that has just been reset.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "ethernet_lan_bench.h"

#define REQUEST_US 60000 /* what one request may take in vain, and a little */

/* ---- requests ---- */

static void test_requests_that_nobody_answers_hold_nothing_up(void **state)
{
    (void)state;
    poll(5000000);
    assert_in_range(poll(5000000), 100, 10000); /* now and then it looks at the PHY */
    chip.usb.busy = true;
    device->link_event = true;
    assert_in_range(poll(1000000), 40000, REQUEST_US);
    chip.usb.busy = false;
    assert_true(poll(1000000) < 10000);
    assert_true(device->link_is_up(device));
    assert_works();
    /* When there is more to ask for: everything is mended, or the cable has been pulled. */
    lan->send_broken = true;
    chip.usb.busy = true;
    assert_in_range(poll(1000000), 40000, REQUEST_US);
    chip.usb.busy = false;
    poll(1000000);
    assert_works();
    sim_usb_chip_plug(&chip, false);
    device->link_event = true;
    chip.usb.busy = true;
    assert_in_range(poll(1000000), 40000, REQUEST_US);
    chip.usb.busy = false;
    assert_in_range(poll(1000000), 100, 11000);
    assert_false(device->link_is_up(device));
    chip.usb.busy = true;
    poll(2500000);
    assert_int_equal(device->update_link(device), ERROR_IO); /* it has been given up */
}

static unsigned status_writes;

static int count_status_writes(struct sim_usb_device *self, const struct usb_setup *setup,
                               uint8_t *data)
{
    status_writes += setup->request == 0xa0 && setup->index == 0x08;
    return count_or_stall(self, setup, data);
}

/* INT_STS: bit 15 is read-only, no other is let through. */
static void test_interrupt_of_the_phy_is_acknowledged_in_the_phy_alone(void **state)
{
    (void)state;
    chip.usb.control = count_status_writes;
    status_writes = 0;
    for (unsigned i = 0; i < 4; i++) {
        sim_usb_chip_plug(&chip, i & 1);
        poll(2500000);
        assert_int_equal(device->link_is_up(device), i & 1);
    }
    assert_int_equal(status_writes, 0);
    assert_works();
}

/* ---- resets ---- */

static uint64_t reset_us;
static unsigned resets_seen;

static int watch_resets(struct sim_usb_device *self, const struct usb_setup *setup, uint8_t *data)
{
    bool lan9514 = chip.chip->type == &chip_lan9514;
    uint32_t value = setup->request == 0xa0 ? bytes_le32(data) : 0;

    if (reset_us)
        assert_true(clock_now_us() >= reset_us + 1000);
    reset_us = 0;
    if ((setup->index == (lan9514 ? 0x14 : 0x10) && value & (lan9514 ? 1 << 3 : 1 << 1)) ||
        (setup->index == (lan9514 ? 0x20 : 0x14) && value & 1 << 4)) {
        reset_us = clock_now_us();
        resets_seen++;
    }
    return control_of_chip(self, setup, data);
}

static void test_chip_is_left_alone_for_a_millisecond_after_a_reset(void **state)
{
    const struct chip_type *const types[] = {&chip_lan9514, &chip_lan7515};

    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        sim_usb_chip_init(&chip, types[i]);
        control_of_chip = chip.usb.control;
        chip.usb.control = watch_resets;
        reset_us = resets_seen = 0;
        sim_usb_bus_init(&bus, false, &chip.usb);
        assert_int_equal(sim_usb_bus_start(&bus), 0);
        assert_int_equal(resets_seen, 2); /* chip and PHY */
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_requests_that_nobody_answers_hold_nothing_up, set_up),
        cmocka_unit_test_setup(test_interrupt_of_the_phy_is_acknowledged_in_the_phy_alone, set_up),
        cmocka_unit_test(test_chip_is_left_alone_for_a_millisecond_after_a_reset),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
