/*
 * endpoint0: standard requests answered from descriptors.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "devices_chip.h"
#include "endpoint0.h"

static struct devices_chip chip;
static struct endpoint0 endpoint0;
static uint8_t data[512];

static int set_up(void **state)
{
    (void)state;
    devices_chip_init(&chip);
    endpoint0_reset(&endpoint0, chip.chip.type);
    assert_true(endpoint0_configure(&endpoint0, 1));
    memset(data, 0xaa, sizeof(data));
    return 0;
}

static int ask(uint8_t type, uint8_t request, uint16_t value, uint16_t index, uint16_t length)
{
    struct chip_setup setup = {type, request, value, index, length};
    return endpoint0_request(&endpoint0, &setup, data);
}

static void test_descriptors_come_whole_or_as_much_as_is_asked_for(void **state)
{
    (void)state;
    assert_int_equal(ask(0x80, 6, 0x0100, 0, 64), 18);
    assert_memory_equal(data, chip.chip.type->device, 18);
    memset(data, 0xaa, sizeof(data));
    assert_int_equal(ask(0x80, 6, 0x0200, 0, 9), 9);
    assert_int_equal(data[9], 0xaa);
    assert_int_equal(ask(0x80, 6, 0x0200, 0, 512), 39);
    assert_memory_equal(data, chip.chip.type->configuration, 39);
    assert_int_equal(ask(0x80, 6, 0x0201, 0, 9), CHIP_STALL);
    assert_int_equal(ask(0x80, 6, 0x0600, 0, 10), CHIP_STALL); /* no device qualifier */
}

static void test_strings_are_utf_16_behind_the_languages(void **state)
{
    (void)state;
    static const uint8_t languages[] = {4, 3, 0x09, 0x04};
    static const uint8_t beginning[] = {22, 3, 'P', 0, 'i', 0};
    assert_int_equal(ask(0x80, 6, 0x0300, 0, 255), 4);
    assert_memory_equal(data, languages, 4);
    assert_int_equal(ask(0x80, 6, 0x0301, 0x409, 255), 22);
    assert_memory_equal(data, beginning, 6);
    assert_int_equal(ask(0x80, 6, 0x0302, 0x409, 255), CHIP_STALL);
}

static void test_status_tells_power_wakeup_and_halts(void **state)
{
    (void)state;
    assert_int_equal(ask(0x80, 0, 0, 0, 2), 2);
    assert_int_equal(data[0], 1); /* self-powered */
    assert_int_equal(ask(0x00, 3, 1, 0, 0), 0);
    ask(0x80, 0, 0, 0, 2);
    assert_int_equal(data[0], 3);
    assert_int_equal(ask(0x02, 3, 0, 0x02, 0), 0);
    ask(0x82, 0, 0, 0x02, 2);
    assert_int_equal(data[0], 1);
    ask(0x82, 0, 0, 0x81, 2);
    assert_int_equal(data[0], 0);
    assert_int_equal(ask(0x02, 1, 0, 0x02, 0), 0);
    ask(0x82, 0, 0, 0x02, 2);
    assert_int_equal(data[0], 0);
}

static void test_an_endpoint_that_is_not_there_stalls(void **state)
{
    (void)state;
    assert_int_equal(ask(0x82, 0, 0, 0x84, 2), CHIP_STALL);
    assert_int_equal(ask(0x02, 1, 0, 0x01, 0), CHIP_STALL);
    assert_true(endpoint0_configure(&endpoint0, 0));
    assert_int_equal(ask(0x82, 0, 0, 0x81, 2), CHIP_STALL);
}

static void test_a_configuration_ends_halts_and_has_to_exist(void **state)
{
    (void)state;
    ask(0x02, 3, 0, 0x81, 0);
    assert_true(endpoint0.halted[1][1]);
    assert_false(endpoint0_configure(&endpoint0, 2));
    assert_true(endpoint0.halted[1][1]);
    assert_true(endpoint0_configure(&endpoint0, 1));
    assert_false(endpoint0.halted[1][1]);
}

static void test_what_no_device_has_stalls(void **state)
{
    (void)state;
    assert_int_equal(ask(0x00, 3, 2, 0, 0), CHIP_STALL); /* TEST_MODE */
    assert_int_equal(ask(0x00, 7, 0x100, 0, 18), CHIP_STALL);
    assert_int_equal(ask(0x80, 12, 0, 0, 2), CHIP_STALL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_descriptors_come_whole_or_as_much_as_is_asked_for, set_up),
        cmocka_unit_test_setup(test_strings_are_utf_16_behind_the_languages, set_up),
        cmocka_unit_test_setup(test_status_tells_power_wakeup_and_halts, set_up),
        cmocka_unit_test_setup(test_an_endpoint_that_is_not_there_stalls, set_up),
        cmocka_unit_test_setup(test_a_configuration_ends_halts_and_has_to_exist, set_up),
        cmocka_unit_test_setup(test_what_no_device_has_stalls, set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
