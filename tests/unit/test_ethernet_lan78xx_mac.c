/*
 * Whose MAC address a LAN7515 gets: the board's, the EEPROM's, one from the serial number, any. On
 * a 3B+ the first is always there and an EEPROM never; the OTP is not looked at.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "ethernet_lan78xx_bench.h"
#include "sick_eeprom.h"

#define BOARD_MAC  "\xb8\x27\xeb\xc0\xff\xee"
#define MEMORY_MAC "\x00\x80\x0f\x78\x00\x01"
#define SERIAL     0x12345678

enum { EEPROM_COMMAND = 0x040 };

enum memory { EEPROM, OTP, NONE };

/* A chip just switched on, with that in the memory. */
static void switch_on_with(enum memory memory, const char *mac)
{
    switch_on(false);
    chip.chip->otp_only = memory == OTP;
    chip.chip->faults.no_eeprom = memory == NONE;
    memcpy(chip.chip->eeprom_mac, mac, 6);
    chip.chip->type->power_on(chip.chip);
}

/* On a machine that knows of itself just this. */
static void start(enum memory memory, const char *board_mac, uint64_t serial)
{
    switch_on_with(memory, MEMORY_MAC);
    sim_usb_bus_set_mac(&bus, (const uint8_t *)board_mac, serial);
    bring_up();
    assert_works(); /* frames for that address are let through */
}

static void assert_local(void)
{
    assert_int_equal(device->mac[0] & 3, 2); /* locally administered, of no group */
}

static void test_the_boards_address_goes_before_all_others(void **state)
{
    (void)state;
    for (enum memory memory = EEPROM; memory <= NONE; memory++) {
        start(memory, BOARD_MAC, SERIAL);
        assert_memory_equal(device->mac, BOARD_MAC, 6);
    }
}

static void test_eeprom_goes_before_the_serial_number(void **state)
{
    (void)state;
    start(EEPROM, NULL, SERIAL);
    assert_memory_equal(device->mac, MEMORY_MAC, 6);
}

static void test_impossible_addresses_of_firmware_and_eeprom_are_passed_over(void **state)
{
    static const char *const wrong[] = {"\x01\0\x5e\0\0\x01", "\xff\xff\xff\xff\xff\xff",
                                        "\0\0\0\0\0\0"};

    (void)state;
    for (unsigned i = 0; i < 3; i++) {
        start(EEPROM, wrong[i], SERIAL);
        assert_memory_equal(device->mac, MEMORY_MAC, 6);
        switch_on_with(EEPROM, wrong[i]);
        sim_usb_bus_set_mac(&bus, NULL, SERIAL);
        bring_up();
        assert_local();
        assert_works();
    }
}

static void test_without_eeprom_the_serial_number_gives_the_same_at_each_start(void **state)
{
    uint8_t first[6];

    (void)state;
    start(NONE, NULL, SERIAL);
    memcpy(first, device->mac, 6);
    assert_local();
    assert_non_null(strstr(sim_log(), "derived from the board's serial number"));
    start(OTP, NULL, SERIAL);
    assert_memory_equal(device->mac, first, 6);
    start(NONE, NULL, SERIAL + 1);
    assert_local();
    assert_memory_not_equal(device->mac, first, 6);
}

static void test_without_anything_it_is_random(void **state)
{
    (void)state;
    start(NONE, NULL, 0);
    assert_local();
    assert_non_null(strstr(sim_log(), "random"));
}

/* ---- EEPROMs that are not well ---- */

/* Returns how long the start took, but for the link. */
static uint64_t start_with_eeprom(uint32_t bits, uint8_t mark)
{
    uint64_t begin_us, took_us;

    switch_on_with(EEPROM, MEMORY_MAC);
    make_eeprom_sick(&chip.usb, EEPROM_COMMAND, bits, mark);
    sim_usb_bus_set_mac(&bus, NULL, SERIAL);
    begin_us = clock_now_us();
    assert_int_equal(sim_usb_bus_start(&bus), 0);
    took_us = clock_now_us() - begin_us;
    device = bus.ethernet;
    assert_true(wait_for_link(true, 10 * NEGOTIATION_US));
    assert_works();
    return took_us;
}

static void test_eeprom_that_stays_busy_is_given_up(void **state)
{
    uint64_t well_us = start_with_eeprom(0, 0);

    (void)state;
    assert_memory_equal(device->mac, MEMORY_MAC, 6); /* it is read, but for the sickness */
    assert_in_range(start_with_eeprom(EEPROM_STAYS_BUSY, 0) - well_us, 50000, 70000);
    assert_local();
}

static void test_eeprom_that_does_not_answer_is_absent(void **state)
{
    (void)state;
    start_with_eeprom(EEPROM_IS_SILENT, 0);
    assert_local();
}

static void test_eeprom_that_is_not_programmed_is_not_believed(void **state)
{
    (void)state;
    start_with_eeprom(0, 0xff);
    assert_local();
    start_with_eeprom(0, 0xa4);
    assert_local();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_boards_address_goes_before_all_others),
        cmocka_unit_test(test_eeprom_goes_before_the_serial_number),
        cmocka_unit_test(test_impossible_addresses_of_firmware_and_eeprom_are_passed_over),
        cmocka_unit_test(test_without_eeprom_the_serial_number_gives_the_same_at_each_start),
        cmocka_unit_test(test_without_anything_it_is_random),
        cmocka_unit_test(test_eeprom_that_stays_busy_is_given_up),
        cmocka_unit_test(test_eeprom_that_does_not_answer_is_absent),
        cmocka_unit_test(test_eeprom_that_is_not_programmed_is_not_believed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
