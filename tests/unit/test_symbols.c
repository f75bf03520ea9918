/*
 * symbols: the function an address belongs to, or nothing.
 *
 * The table that host/symbols.c would make is made here, as it makes it: offsets in
 * instructions, names one after another, pairs of bytes as one.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "symbols.h"

uint32_t symbol_table_count;
uint16_t symbol_table_offsets[8];
const uint8_t symbol_table_text[] = "\x81rt\0a\0\0la\x80_of_all\0far\0"
                                    "\x81\x81\x81\x81\x81\x81\x81\x81\x81\x81\x81"
                                    "\x81\x81\x81\x81\x81\x81\x81\x81\x81\x81\x81";
const uint8_t symbol_table_pairs[][2] = {{'s', 't'}, {0x80, 'a'}, {'x', 'x'}};

static int setup(void **state)
{
    const uint16_t offsets[] = {0x1000 / 4, 0x1010 / 4, 0x1014 / 4, 0x2000 / 4, 0x3fffc / 4};

    (void)state;
    memcpy(symbol_table_offsets, offsets, sizeof offsets);
    symbol_table_count = 5;
    return 0;
}

static void found(uint64_t offset, const char *name, uint32_t distance)
{
    uint32_t into = 0xdead;

    assert_string_equal(symbols_find(offset, &into), name);
    assert_int_equal(into, distance);
}

static void missing(uint64_t offset)
{
    uint32_t into = 0xdead;

    assert_null(symbols_find(offset, &into));
    assert_int_equal(into, 0xdead);
}

static void test_every_byte_of_a_function_belongs_to_it(void **state)
{
    (void)state;
    found(0x1000, "start", 0);
    found(0x1001, "start", 1);
    found(0x100f, "start", 15);
    found(0x1010, "a", 0);
    found(0x1013, "a", 3);
    found(0x1014, "", 0);
    found(0x1fff, "", 0xfeb);
    found(0x2000, "last_of_all", 0);
    found(0x11fff, "last_of_all", 0xffff);
    found(0x3fffc, "far", 0); /* the highest a table can hold */
}

static void test_before_the_first_function_there_is_none(void **state)
{
    (void)state;
    missing(0);
    missing(0xfff);
}

static void test_64_kib_behind_a_function_nothing_belongs_to_it(void **state)
{
    (void)state;
    missing(0x12000);
    missing(0x3fffb);
    missing(0x4fffc);
    missing(UINT64_MAX);
    missing(0x100001000); /* no truncation to 32 bits */
}

static void test_a_program_without_a_table_has_no_names(void **state)
{
    (void)state;
    symbol_table_count = 0;
    missing(0);
    missing(0x1000);
}

static void test_a_table_of_one_function_works(void **state)
{
    (void)state;
    symbol_table_count = 1;
    missing(0xfff);
    found(0x1000, "start", 0);
    found(0x2000, "start", 0x1000);
}

static void test_functions_at_the_same_address_give_one_of_their_names(void **state)
{
    (void)state;
    symbol_table_offsets[1] = symbol_table_offsets[0];
    found(0x1000, "a", 0);
    found(0x1013, "a", 0x13);
}

static void test_a_long_name_is_cut_off(void **state)
{
    (void)state;
    symbol_table_offsets[5] = symbol_table_offsets[4];
    symbol_table_count = 6;
    found(0x3fffc, "stastastastastastastastastastastastastastastastastastastastasta", 0);
    found(0x1000, "start", 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_every_byte_of_a_function_belongs_to_it, setup),
        cmocka_unit_test_setup(test_before_the_first_function_there_is_none, setup),
        cmocka_unit_test_setup(test_64_kib_behind_a_function_nothing_belongs_to_it, setup),
        cmocka_unit_test_setup(test_a_program_without_a_table_has_no_names, setup),
        cmocka_unit_test_setup(test_a_table_of_one_function_works, setup),
        cmocka_unit_test_setup(test_a_long_name_is_cut_off, setup),
        cmocka_unit_test_setup(test_functions_at_the_same_address_give_one_of_their_names, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
