/*
 * ranges: what overlaps or touches becomes one; when the list is full, nothing is lost.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ranges.h"

#define CAPACITY 4

static struct board_range ranges[CAPACITY];
static unsigned count;

static int setup(void **state)
{
    (void)state;
    count = 0;
    return 0;
}

static bool add(uint64_t base, uint64_t bytes)
{
    return ranges_add(ranges, &count, CAPACITY, (struct board_range){base, bytes});
}

static bool holds(uint64_t base, uint64_t bytes)
{
    for (unsigned i = 0; i < count; i++)
        if (ranges[i].base == base && ranges[i].bytes == bytes)
            return true;
    return false;
}

static void test_ranges_apart_stay_apart(void **state)
{
    (void)state;
    assert_true(add(0x1000, 0x1000));
    assert_true(add(0x2001, 0x1000));
    assert_true(add(0, 0xfff));
    assert_int_equal(count, 3);
    assert_true(holds(0, 0xfff) && holds(0x1000, 0x1000) && holds(0x2001, 0x1000));
}

static void test_touching_and_overlapping_ranges_become_one(void **state)
{
    (void)state;
    assert_true(add(0x1000, 0x1000));
    assert_true(add(0x2000, 0x1000)); /* touches */
    assert_true(add(0x1800, 0x400));  /* inside */
    assert_true(add(0x800, 0x1000));  /* overlaps the front */
    assert_int_equal(count, 1);
    assert_true(holds(0x800, 0x2800));
    assert_true(add(0, 0x10000)); /* around */
    assert_int_equal(count, 1);
    assert_true(holds(0, 0x10000));
}

static void test_one_that_bridges_several_joins_them_all(void **state)
{
    (void)state;
    add(0x1000, 0x100);
    add(0x2000, 0x100);
    add(0x3000, 0x100);
    assert_true(add(0x1100, 0x1f00));
    assert_int_equal(count, 1);
    assert_true(holds(0x1000, 0x2100));
}

static void test_full_list_grows_its_nearest_entry(void **state)
{
    (void)state;
    for (unsigned i = 0; i < CAPACITY; i++)
        assert_true(add(i * 0x10000, 0x1000));
    assert_false(add(0x22000, 0x1000));
    assert_int_equal(count, CAPACITY);
    assert_true(holds(0x20000, 0x3000));
    assert_true(add(0x30800, 0x1000)); /* joins without a gap: nothing too much */
    assert_true(holds(0x30000, 0x1800));
    assert_false(add(0xe000, 0x800));
    assert_true(holds(0xe000, 0x3000));
}

static void test_ranges_at_the_top_do_not_wrap(void **state)
{
    (void)state;
    assert_true(add(UINT64_MAX - 0x1000, 0x1000));
    assert_true(add(0, UINT64_MAX));
    assert_int_equal(count, 1);
    assert_true(holds(0, UINT64_MAX));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_ranges_apart_stay_apart, setup),
        cmocka_unit_test_setup(test_touching_and_overlapping_ranges_become_one, setup),
        cmocka_unit_test_setup(test_one_that_bridges_several_joins_them_all, setup),
        cmocka_unit_test_setup(test_full_list_grows_its_nearest_entry, setup),
        cmocka_unit_test_setup(test_ranges_at_the_top_do_not_wrap, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
