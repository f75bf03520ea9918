/*
 * Whose MAC address a LAN95xx gets: the board's, the EEPROM's, one from the serial number, any.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "ethernet_lan_bench.h"
#include "sick_eeprom.h"

enum { EEPROM_COMMAND = 0x30 };

static const uint8_t eeprom_mac[6] = {0x00, 0x80, 0x0f, 0x11, 0x22, 0x33};

/* A machine that knows of itself just this. */
static void start(const uint8_t *mac, uint64_t serial, bool has_eeprom)
{
    switch_on(false);
    memcpy(chip.chip->eeprom_mac, eeprom_mac, 6);
    chip.chip->faults.no_eeprom = !has_eeprom;
    chip.chip->type->power_on(chip.chip);
    sim_usb_bus_set_mac(&bus, mac, serial);
    assert_int_equal(sim_usb_bus_start(&bus), 0);
    /* The chip was told. */
    assert_int_equal(register_of_chip(0x108), bytes_le32(device->mac));
    assert_int_equal(register_of_chip(0x104), bytes_le16(device->mac + 4));
}

static void assert_local(const uint8_t mac[6])
{
    assert_int_equal(mac[0] & 3, 2); /* locally administered, of no group */
}

static void test_the_boards_address_goes_before_all_others(void **state)
{
    (void)state;
    start(board_mac, 0x1234, true);
    assert_memory_equal(device->mac, board_mac, 6);
}

static void test_eeprom_goes_before_the_serial_number(void **state)
{
    static const uint8_t zeros[6];

    (void)state;
    start(NULL, 0x1234, true);
    assert_memory_equal(device->mac, eeprom_mac, 6);
    start(zeros, 0x1234, true);
    assert_memory_equal(device->mac, eeprom_mac, 6);
}

static void test_impossible_addresses_of_firmware_and_eeprom_are_passed_over(void **state)
{
    static const uint8_t group[6] = {0x01, 0x00, 0x5e, 0, 0, 1};
    static const uint8_t ones[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
    static const uint8_t zeros[6];
    const uint8_t *wrong[] = {group, ones, zeros};

    (void)state;
    for (unsigned i = 0; i < 3; i++) {
        start(wrong[i], 0x1234, true);
        assert_memory_equal(device->mac, eeprom_mac, 6);
        switch_on(false);
        memcpy(chip.chip->eeprom_mac, wrong[i], 6);
        chip.chip->type->power_on(chip.chip);
        sim_usb_bus_set_mac(&bus, NULL, 0x1234);
        assert_int_equal(sim_usb_bus_start(&bus), 0);
        assert_local(device->mac);
    }
}

static void test_without_eeprom_the_serial_number_gives_the_same_at_each_start(void **state)
{
    uint8_t first[6], other[6];

    (void)state;
    start(NULL, 0x1234, false);
    memcpy(first, device->mac, 6);
    assert_local(first);
    assert_non_null(strstr(sim_log(), "derived from the board's serial number"));
    start(NULL, 0x1234, false);
    assert_memory_equal(device->mac, first, 6);
    for (unsigned bit = 0; bit < 64; bit++) {
        start(NULL, 0x1234 ^ 1ull << bit, false);
        memcpy(other, device->mac, 6);
        assert_local(other);
        assert_memory_not_equal(other, first, 6);
    }
}

static void test_without_anything_it_is_random(void **state)
{
    uint8_t first[6];

    (void)state;
    start(NULL, 0, false);
    memcpy(first, device->mac, 6);
    assert_local(first);
    assert_non_null(strstr(sim_log(), "random"));
    switch_on(false);
    chip.chip->faults.no_eeprom = true;
    chip.chip->type->power_on(chip.chip);
    sim_usb_bus_set_mac(&bus, NULL, 0);
    sim_random_seed(77);
    assert_int_equal(sim_usb_bus_start(&bus), 0);
    assert_local(device->mac);
    assert_memory_not_equal(device->mac, first, 6);
}

/* ---- EEPROMs that are not well ---- */

/* Returns how long the start took. */
static uint64_t start_with_eeprom(uint32_t bits, uint8_t mark)
{
    uint64_t begin_us;

    switch_on(false);
    make_eeprom_sick(&chip.usb, EEPROM_COMMAND, bits, mark);
    sim_usb_bus_set_mac(&bus, NULL, 0x1234);
    begin_us = clock_now_us();
    assert_int_equal(sim_usb_bus_start(&bus), 0);
    return clock_now_us() - begin_us;
}

static void test_eeprom_that_stays_busy_is_given_up(void **state)
{
    uint64_t well_us = start_with_eeprom(0, 0);

    (void)state;
    assert_int_equal(device->mac[0] & 2, 0); /* there is one, and this harness reads it */
    assert_in_range(start_with_eeprom(EEPROM_STAYS_BUSY, 0) - well_us, 50000, 70000);
    assert_local(device->mac);
}

static void test_eeprom_that_does_not_answer_is_absent(void **state)
{
    (void)state;
    start_with_eeprom(EEPROM_IS_SILENT, 0);
    assert_local(device->mac);
}

static void test_eeprom_that_is_not_programmed_is_not_believed(void **state)
{
    (void)state;
    start_with_eeprom(0, 0xff);
    assert_local(device->mac);
    start_with_eeprom(0, 0xa4);
    assert_local(device->mac);
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
