/*
 * The drivers of the board's Ethernet chips: what matters only after somebody else, or in the
 * wrong moment. Each test runs on both chips.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "usb_chip_bench.h"

#include "bytes.h"
#include "ethernet_lan.h"

static struct sim_usb_bus next; /* the second program; the machine is the first one's */
static struct boot_usb usb;

/* ---- registers, as another program would use them ---- */

static uint32_t read_register(uint16_t offset)
{
    const struct chip_setup setup = {0xc0, 0xa1, 0, offset, 4};
    uint8_t bytes[4];

    assert_int_equal(chip.chip->type->control(chip.chip, &setup, bytes), 4);
    return bytes_le32(bytes);
}

static void write_register(uint16_t offset, uint32_t value)
{
    const struct chip_setup setup = {0x40, 0xa0, 0, offset, 4};
    uint8_t bytes[4];

    bytes_put_le32(bytes, value);
    assert_int_equal(chip.chip->type->control(chip.chip, &setup, bytes), 4);
}

static bool is_lan9514(void)
{
    return machine->type == &chip_lan9514;
}

static void let_it_be_used_by_another(uint16_t offset, uint32_t value)
{
    bring_up();
    assert_int_equal(sim_usb_bus_stop(&bus, &usb), 0);
    write_register(offset, value);
    sim_usb_bus_init_program(&next);
    assert_int_equal(sim_usb_bus_adopt(&next, &usb), 0);
    device = next.ethernet;
    assert_true(wait_for_link(true, 10 * NEGOTIATION_US));
}

static void exchange(void)
{
    static const unsigned lengths[] = {60, 61, 999, 1514};

    for (uint32_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        uint32_t number = 99;
        unsigned before = chip.sent_count;

        deliver(lengths[i], i);
        assert_int_equal(take(&number, 20000), lengths[i]);
        assert_int_equal(number, i);
        send_numbered(lengths[i], i);
        sim_usb_bus_run(2000);
        assert_int_equal(chip.sent_count, before + 1);
        assert_int_equal(chip.sent_length, lengths[i]);
    }
}

/* The register is as we have it again, though another had it otherwise. */
static void check_register(uint16_t offset, uint32_t other)
{
    uint32_t ours;

    bring_up();
    ours = read_register(offset);
    assert_int_not_equal(ours, other);
    let_it_be_used_by_another(offset, other);
    assert_int_equal(read_register(offset), ours);
    exchange();
}

static void test_checksum_engines_that_another_left_on_are_switched_off(void **state)
{
    (void)state;
    if (is_lan9514())
        check_register(0x130, 0x10001); /* COE_CR: both */
    else
        check_register(0x0b0,
                       0x7f82); /* RFE_CTL: all of them, unicast, broadcast, perfect filter */
}

static void test_time_that_a_burst_is_waited_for_does_not_stay_another_s(void **state)
{
    (void)state;
    check_register(is_lan9514() ? 0x6c : 0x94, 0x2000); /* BULK_IN_DLY of Linux and U-Boot */
}

/* ---- sends when the link changes ---- */

static uint64_t takes_sends_at_us;
static int (*out_of_chip)(struct sim_usb_device *, unsigned, const uint8_t *, unsigned);

static int take_later(struct sim_usb_device *self, unsigned endpoint, const uint8_t *bytes,
                      unsigned length)
{
    if (!clock_passed(takes_sends_at_us))
        return SIM_USB_NAK;
    return out_of_chip(self, endpoint, bytes, length);
}

/* Both ends agree again, on something else, while the chip's FIFO has no room: what was given to
 * the driver before goes out. */
static void test_frames_under_way_when_the_link_changes_are_sent(void **state)
{
    unsigned before;

    (void)state;
    bring_up();
    out_of_chip = chip.usb.out;
    chip.usb.out = take_later;
    chip.chip->negotiation_us = 0;
    before = chip.sent_count;
    sim_usb_chip_plug(&chip, false);
    chip.chip->partner_pauses = false;
    sim_usb_chip_plug(&chip, true);
    takes_sends_at_us = clock_now_us() + 5000;
    for (uint32_t i = 0; i < 4; i++)
        send_numbered(1000, i);
    device->link_event = true;
    assert_int_equal(device->update_link(device), 0);
    assert_true(clock_passed(takes_sends_at_us));
    sim_usb_bus_run(5000);
    assert_false(((struct ethernet_lan *)device)->link.pause_send);
    assert_int_equal(chip.sent_count, before + 4);
    assert_int_equal(device->statistics.send_errors, 0);
}

/* ---- framing ---- */

static void deliver_badly(unsigned bursts)
{
    chip.chip->faults.bad_length = bursts;
    for (uint32_t i = 0, number; i < bursts; i++) {
        deliver(500, i);
        assert_int_equal(take(&number, 2000), 0);
    }
    assert_int_equal(chip.chip->faults.bad_length, 0);
}

static void test_reception_begun_anew_forgets_the_bursts_before_it(void **state)
{
    unsigned requests;

    (void)state;
    bring_up();
    requests = chip.usb.requests;
    deliver_badly(2);
    assert_int_equal(chip.usb.requests, requests);
    deliver_badly(1);
    assert_int_not_equal(chip.usb.requests, requests); /* begun anew, with empty FIFOs */
    for (unsigned i = 0; i < 2; i++) {
        requests = chip.usb.requests;
        deliver_badly(2);
        assert_int_equal(chip.usb.requests, requests);
        exchange();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_checksum_engines_that_another_left_on_are_switched_off),
        cmocka_unit_test(test_time_that_a_burst_is_waited_for_does_not_stay_another_s),
        cmocka_unit_test(test_frames_under_way_when_the_link_changes_are_sent),
        cmocka_unit_test(test_reception_begun_anew_forgets_the_bursts_before_it),
    };

    return run_on_machines(tests, sizeof tests / sizeof *tests, 2);
}
