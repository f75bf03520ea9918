/*
 * What the LAN95xx part of the driver reads and writes: frames in the pipes, byte for byte, and
 * the registers as it leaves them. All numbers are the manual's.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <stdlib.h>

#include "ethernet_lan_bench.h"

static const struct ethernet_lan_chip *const type = &ethernet_lan95xx;
static const uint8_t *frame;
static uint32_t length, used;

/* Looks at exactly these bytes: behind them is nothing that may be read. */
static int take_from(const uint8_t *bytes, uint32_t left)
{
    static uint8_t *copy;
    int status;

    free(copy);
    copy = malloc(left ? left : 1);
    assert_non_null(copy);
    if (left)
        memcpy(copy, bytes, left);
    frame = NULL;
    length = used = 0;
    status = type->take_frame(copy, left, &frame, &length, &used);
    assert_true(used <= left);
    if (status == 0) {
        assert_true(frame >= copy && frame + length <= copy + left);
        frame = bytes + (frame - copy);
    }
    return status;
}

static uint8_t burst[4096];

/* A record that says a length, with this status. */
static int take_saying(uint32_t said, uint32_t status, uint32_t left)
{
    bytes_put_le32(burst, said << 16 | status);
    return take_from(burst, left);
}

static void test_frame_stands_behind_its_status_without_its_checksum(void **state)
{
    (void)state;
    assert_int_equal(take_saying(64, 0, 68), 0);
    assert_ptr_equal(frame, burst + 4);
    assert_int_equal(length, 60);
    assert_int_equal(used, 68);
    /* Marks that are no damage: broadcast, multicast, type, length, filter. */
    assert_int_equal(take_saying(1518, 0x40003420, 2000), 0);
    assert_int_equal(length, 1514);
}

static void test_next_frame_begins_at_a_multiple_of_four_the_last_one_may_end_before(void **state)
{
    (void)state;
    for (uint32_t said = 64; said < 72; said++) {
        assert_int_equal(take_saying(said, 0, 200), 0);
        assert_int_equal(used, (4 + said + 3) / 4 * 4);
        assert_int_equal(take_saying(said, 0, 4 + said), 0);
        assert_int_equal(used, 4 + said);
        assert_int_equal(length, said - 4);
    }
}

static void test_damage_is_told_and_stepped_over(void **state)
{
    (void)state;
    assert_int_equal(take_saying(64, 0x8002, 200), ERROR_IO);
    assert_int_equal(used, 68);
    assert_int_equal(take_saying(10, 0x8800, 200), ERROR_IO); /* a runt */
    assert_int_equal(used, 16);
    assert_int_equal(take_saying(2560, 0x8010, 4000), ERROR_IO); /* the watchdog */
    assert_int_equal(used, 2564);
}

static void test_what_cannot_be_a_frame_is_not_stepped_over(void **state)
{
    (void)state;
    for (uint32_t left = 0; left < 4; left++)
        assert_int_equal(take_from(burst, left), ERROR_CORRUPT);
    assert_int_equal(take_saying(0, 0, 100), ERROR_CORRUPT);
    assert_int_equal(take_saying(3, 0, 100), ERROR_CORRUPT);
    assert_int_equal(take_saying(64, 0, 67), ERROR_CORRUPT); /* one byte is missing */
    assert_int_equal(take_saying(64, 0x8000, 67), ERROR_CORRUPT);
    assert_int_equal(take_saying(2561, 0, 4000), ERROR_CORRUPT);
    assert_int_equal(take_saying(0x3fff, 0, 4096), ERROR_CORRUPT);
}

static void test_no_bytes_lead_out_of_the_burst(void **state)
{
    uint32_t number = 1;

    (void)state;
    for (unsigned round = 0; round < 20000; round++) {
        uint32_t left;

        for (unsigned i = 0; i < 8; i++)
            burst[i] = (uint8_t)((number = number * 1664525 + 1013904223) >> 24);
        burst[3] &= number & 1 ? 0x07 : 0xff; /* lengths that may be, too */
        left = (number >> 8) % 2100;
        if (take_from(burst, left) == ERROR_CORRUPT)
            assert_int_equal(used, 0);
        else
            assert_true(used >= 8 && used <= left);
    }
}

static void test_frame_to_send_is_one_segment_that_the_chip_completes(void **state)
{
    uint8_t header[8];

    (void)state;
    assert_int_equal(type->send_header_bytes, 8);
    type->put_send_header(header, 14);
    assert_memory_equal(header, "\x0e\x30\x00\x00\x0e\x00\x00\x00", 8);
    type->put_send_header(header, 1514);
    assert_memory_equal(header, "\xea\x35\x00\x00\xea\x05\x00\x00", 8);
}

static void test_registers_are_as_the_boards_need_them(void **state)
{
    static const struct {
        uint16_t offset;
        uint32_t value;
    } expected[] = {
        {0x010, 4},          /* TX_CFG: ON */
        {0x014, 0x1022},     /* HW_CFG: BIR, MEF, BCE; RXDOFF 0 */
        {0x024, 0x01110000}, /* LED_GPIO_CFG */
        {0x02c, 0x00f830a1}, /* AFC_CFG */
        {0x038, 32},         /* BURST_CAP: 16 KB */
        {0x068, 0x8000},     /* INT_EP_CTL: PHY_INT */
        {0x06c, 0x800},      /* BULK_IN_DLY */
        {0x100, 0x0018000c}, /* MAC_CR: MCPAS, FDPX, TXEN, RXEN; not PRMS */
        {0x104, 0x5634},     /* ADDRH */
        {0x108, 0x12eb27b8}, /* ADDRL */
        {0x11c, 0xffff0002}, /* FLOW */
        {0x130, 0},          /* COE_CR */
    };

    (void)state;
    start_with_link(false);
    for (unsigned i = 0; i < sizeof expected / sizeof *expected; i++)
        assert_int_equal(register_of_chip(expected[i].offset), expected[i].value);
}

static uint32_t identity;

static int other_chip(struct sim_usb_device *self, const struct usb_setup *setup, uint8_t *data)
{
    int moved = count_or_stall(self, setup, data);

    if (setup->request == 0xa1 && setup->index == 0)
        bytes_put_le32(data, identity);
    return moved;
}

static int start_as(uint32_t identity_of_chip)
{
    switch_on(false);
    identity = identity_of_chip;
    chip.usb.control = other_chip;
    return sim_usb_bus_start(&bus);
}

static void test_another_chip_is_not_taken_for_one(void **state)
{
    (void)state;
    assert_int_equal(start_as(0xec000002), 0);
    assert_int_equal(start_as(0x95000002), 0);
    assert_int_equal(start_as(0x9e000001), 0);
    assert_int_equal(start_as(0x78000002), ERROR_CORRUPT);
    assert_int_equal(start_as(0xffffffff), ERROR_CORRUPT);
    assert_int_equal(start_as(0), ERROR_CORRUPT);
    assert_int_equal(chip.chip->statistics.resets, 0); /* it is left alone */
}

/* ---- descriptors ---- */

static uint8_t configuration[39], descriptor[18];
static const uint8_t *configurations[] = {configuration};

/* The chip with a byte of its descriptors changed. */
static int start_with(uint8_t *bytes, unsigned at, uint8_t value)
{
    switch_on(false);
    memcpy(configuration, chip.usb.configurations[0], sizeof configuration);
    memcpy(descriptor, chip.usb.device_descriptor, sizeof descriptor);
    if (bytes)
        bytes[at] = value;
    chip.usb.configurations = configurations;
    chip.usb.device_descriptor = descriptor;
    return sim_usb_bus_start(&bus);
}

static void test_only_what_the_descriptors_show_is_used(void **state)
{
    (void)state;
    assert_int_equal(start_with(NULL, 0, 0), 0);
    assert_int_equal(start_with(descriptor, 8, 0x25), ERROR_ABSENT);    /* vendor */
    assert_int_equal(start_with(descriptor, 10, 0x01), ERROR_ABSENT);   /* product */
    assert_int_equal(start_with(configuration, 14, 2), ERROR_ABSENT);   /* class */
    assert_int_equal(start_with(configuration, 21, 3), ERROR_ABSENT);   /* no bulk IN */
    assert_int_equal(start_with(configuration, 28, 3), ERROR_ABSENT);   /* no bulk OUT */
    assert_int_equal(start_with(configuration, 35, 2), ERROR_ABSENT);   /* no interrupt IN */
    assert_int_equal(start_with(configuration, 22, 1), ERROR_ABSENT);   /* packets of 513 bytes */
    assert_int_equal(start_with(configuration, 36, 128), ERROR_ABSENT); /* more than its buffer */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_frame_stands_behind_its_status_without_its_checksum),
        cmocka_unit_test(test_next_frame_begins_at_a_multiple_of_four_the_last_one_may_end_before),
        cmocka_unit_test(test_damage_is_told_and_stepped_over),
        cmocka_unit_test(test_what_cannot_be_a_frame_is_not_stepped_over),
        cmocka_unit_test(test_no_bytes_lead_out_of_the_burst),
        cmocka_unit_test(test_frame_to_send_is_one_segment_that_the_chip_completes),
        cmocka_unit_test(test_registers_are_as_the_boards_need_them),
        cmocka_unit_test(test_another_chip_is_not_taken_for_one),
        cmocka_unit_test(test_only_what_the_descriptors_show_is_used),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
