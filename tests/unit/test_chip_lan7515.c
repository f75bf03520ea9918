/*
 * The LAN7515's model as a USB device: identity, what registers hold and take, interrupts.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "chip_lan7515_bench.h"

static void test_it_says_what_it_is(void **state)
{
    (void)state;
    power_on();
    assert_ptr_equal(chip_find("lan7515"), &chip_lan7515);
    assert_memory_equal(chip->type->device + 8, "\x24\x04\x00\x78", 4);
    assert_int_equal(chip->type->device[0], 18);
    assert_int_equal(read_register(0x000), 0x78000002);
    expect_silence();
}

static void test_its_configuration_has_one_interface_and_three_endpoints(void **state)
{
    const uint8_t *bytes;
    unsigned endpoints = 0;

    (void)state;
    power_on();
    bytes = chip->type->configuration;
    unsigned total = bytes[2] | bytes[3] << 8;
    for (unsigned at = 0; at < total; at += bytes[at]) {
        assert_true(bytes[at] >= 7 && at + bytes[at] <= total);
        if (bytes[at + 1] != 5)
            continue;
        static const uint8_t expected[3][3] = {{0x81, 2, 2}, {0x02, 2, 2}, {0x83, 3, 0}};
        assert_true(endpoints < 3);
        assert_int_equal(bytes[at + 2], expected[endpoints][0]);
        assert_int_equal(bytes[at + 3], expected[endpoints][1]);
        assert_int_equal(bytes[at + 5], expected[endpoints][2]); /* times 256 bytes */
        endpoints++;
    }
    assert_int_equal(endpoints, 3);
}

static void test_registers_begin_with_the_manuals_values(void **state)
{
    static const struct {
        uint16_t offset;
        uint32_t value;
    } expected[] = {{0x00c, 0},      {0x010, 0},          {0x024, 0x80000000},  {0x080, 0},
                    {0x090, 0},      {0x094, 0x800},      {0x098, 0},           {0x0b0, 0},
                    {0x0b4, 0x8100}, {0x0c0, 0x00200000}, {0x0c4, 0x00200000},  {0x0c8, 23},
                    {0x0cc, 23},     {0x0d0, 0},          {0x104, 1518u << 16}, {0x108, 0},
                    {0x10c, 0},      {0x120, 0},          {0x140, 0},           {0x400, 0}};

    (void)state;
    power_on();
    for (unsigned i = 0; i < sizeof expected / sizeof expected[0]; i++)
        assert_int_equal(read_register(expected[i].offset), expected[i].value);
    assert_true(read_register(0x014) & 1 << 7);
    expect_silence();
}

static void test_the_address_is_loaded_from_the_eeprom_or_the_otp_or_is_all_ones(void **state)
{
    (void)state;
    power_on();
    assert_int_equal(read_register(0x11c), 0x01eb27b8);
    assert_int_equal(read_register(0x118), 0x0302);
    assert_int_equal(read_register(0x100) & 3 << 11, 3 << 11);
    chip->otp_only = true;
    chip->type->power_on(chip);
    assert_int_equal(read_register(0x11c), 0x01eb27b8);
    assert_int_equal(read_register(0x100) & 3 << 11, 0);
    chip->faults.no_eeprom = true;
    chip->type->power_on(chip);
    assert_int_equal(read_register(0x11c), 0xffffffff);
    assert_int_equal(read_register(0x118), 0xffff);
    expect_silence();
}

static void test_undefined_registers_are_complained_of(void **state)
{
    static const uint16_t undefined[] = {0x008, 0x034, 0x0dc,  0x148, 0x508, 0x6c8,
                                         0x704, 0x710, 0x1100, 0x012, 0xfffc};

    (void)state;
    power_on();
    for (unsigned i = 0; i < sizeof undefined / sizeof undefined[0]; i++) {
        read_register(undefined[i]);
        expect_complaint("undefined-register");
        write_register(undefined[i], 1);
        expect_complaint("undefined-register");
    }
}

static void test_writes_that_cannot_be_are_complained_of(void **state)
{
    (void)state;
    power_on();
    write_register(0x000, 1);
    expect_complaint("read-only-register");
    write_register(0x0b0, 1 << 15);
    expect_complaint("reserved-bits");
    write_register(0x104, 1 << 8);
    expect_complaint("reserved-bits");
    write_register(0x400, 1 << 16);
    expect_complaint("reserved-bits");
    write_register(0x0c8, 24); /* 12.5 KB of 12 */
    expect_complaint("reserved-bits");
    assert_int_equal(read_register(0x0c8), 23);
    write_register(0x010, 1);
    expect_complaint("soft-reset-detaches");
}

static void test_other_requests_stall_and_are_complained_of(void **state)
{
    static const struct chip_setup others[] = {
        {0xc0, 0xa1, 0, 0, 2}, {0xc0, 0xa1, 1, 0, 4}, {0x40, 0xa0, 1, 0x94, 4},
        {0xc0, 0xa0, 0, 0, 4}, {0xc0, 0xa3, 0, 0, 4}, {0x40, 0xa1, 0, 0, 4},
    };
    uint8_t data[4] = {0};

    (void)state;
    power_on();
    for (unsigned i = 0; i < sizeof others / sizeof others[0]; i++) {
        assert_int_equal(chip->type->control(chip, &others[i], data), CHIP_STALL);
        expect_complaint("undefined-request");
    }
    assert_int_equal(read_register(0x94), 0x800);
}

static void test_a_change_of_the_link_is_told_once_until_the_phy_was_read(void **state)
{
    uint8_t status[64];

    (void)state;
    bring_up();
    read_mii(26);
    write_mii(25, 1 << 15 | 1 << 13);
    write_register(0x098, 1 << 17);
    assert_int_equal(chip->type->interrupt_in(chip, status, sizeof status), CHIP_NAK);
    chip->type->plug(chip, false);
    assert_int_equal(chip->type->interrupt_in(chip, status, sizeof status), 4);
    assert_int_equal(little32(status), 1 << 17);
    assert_int_equal(chip->type->interrupt_in(chip, status, sizeof status), CHIP_NAK);
    write_register(0x00c, 1 << 17); /* the PHY still says so */
    assert_int_equal(read_register(0x00c), 1 << 17);
    read_mii(26);
    assert_int_equal(read_register(0x00c), 0);
    assert_int_equal(chip->type->interrupt_in(chip, status, sizeof status), CHIP_NAK);
    chip->type->plug(chip, true);
    bench_now_us += 2001;
    assert_int_equal(chip->type->interrupt_in(chip, status, sizeof status), 4);
    expect_silence();
}

static void test_an_interrupt_that_is_not_enabled_is_not_told(void **state)
{
    uint8_t status[64];

    (void)state;
    bring_up();
    write_mii(25, 1 << 15 | 1 << 13);
    chip->type->plug(chip, false);
    assert_int_equal(chip->type->interrupt_in(chip, status, sizeof status), CHIP_NAK);
    write_register(0x098, 0x80000000); /* always, whatever there is */
    assert_int_equal(chip->type->interrupt_in(chip, status, sizeof status), 4);
    assert_int_equal(chip->type->interrupt_in(chip, status, sizeof status), 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_it_says_what_it_is),
        cmocka_unit_test(test_its_configuration_has_one_interface_and_three_endpoints),
        cmocka_unit_test(test_registers_begin_with_the_manuals_values),
        cmocka_unit_test(test_the_address_is_loaded_from_the_eeprom_or_the_otp_or_is_all_ones),
        cmocka_unit_test(test_undefined_registers_are_complained_of),
        cmocka_unit_test(test_writes_that_cannot_be_are_complained_of),
        cmocka_unit_test(test_other_requests_stall_and_are_complained_of),
        cmocka_unit_test(test_a_change_of_the_link_is_told_once_until_the_phy_was_read),
        cmocka_unit_test(test_an_interrupt_that_is_not_enabled_is_not_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
