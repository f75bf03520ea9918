/*
 * test_memory_check: the CRC of the read-only area, whole and in slices.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "crc32c.h"
#include "error.h"
#include "memory_check.h"
#include "sim.h"

#define BYTES  (10 * MEMORY_CHECK_SLICE_BYTES + 77)
#define SLICES 11

static uint8_t area[BYTES];

static int set_up(void **state)
{
    (void)state;
    sim_reset();
    for (size_t i = 0; i < sizeof area; i++)
        area[i] = (uint8_t)(i * 7 + i / 256);
    return 0;
}

static void test_a_whole_area_is_accepted_at_start_and_in_every_round(void **state)
{
    (void)state;
    assert_int_equal(memory_check_start(area, BYTES, crc32c(0, area, BYTES)), 0);
    assert_int_equal(memory_check_count(), 1);
    for (unsigned round = 2; round < 5; round++) {
        for (unsigned i = 0; i < SLICES; i++) {
            assert_int_equal(memory_check_count(), round - 1);
            assert_int_equal(memory_check_step(clock_now_us()), 0);
        }
        assert_int_equal(memory_check_count(), round);
    }
}

static void test_a_wrong_crc_at_start_is_corrupt_and_logged_with_both_values(void **state)
{
    char sentence[100];
    uint32_t right = crc32c(0, area, BYTES);

    (void)state;
    assert_int_equal(memory_check_start(area, BYTES, right ^ 1), ERROR_CORRUPT);
    snprintf(sentence, sizeof sentence, "CRC-32C 0x%08x instead of 0x%08x", right, right ^ 1);
    assert_non_null(strstr(sim_log(), sentence));
    assert_true(memory_check_deadline_us() == CLOCK_NEVER);
}

static void test_a_changed_bit_anywhere_is_found_within_two_rounds(void **state)
{
    static const size_t places[] = {
        0, 1, MEMORY_CHECK_SLICE_BYTES - 1, MEMORY_CHECK_SLICE_BYTES, BYTES / 2, BYTES - 1};

    (void)state;
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        unsigned steps = 0;

        assert_int_equal(memory_check_start(area, BYTES, crc32c(0, area, BYTES)), 0);
        for (unsigned j = 0; j < 5; j++)
            assert_int_equal(memory_check_step(clock_now_us()), 0);
        area[places[i]] ^= 0x10; /* in the middle of a round */
        while (memory_check_step(clock_now_us()) == 0)
            assert_in_range(++steps, 1, 2 * SLICES);
        area[places[i]] ^= 0x10;
    }
}

static void test_slices_come_twice_a_second(void **state)
{
    uint64_t now_us = clock_now_us();

    (void)state;
    assert_int_equal(memory_check_start(area, BYTES, crc32c(0, area, BYTES)), 0);
    assert_in_range(memory_check_deadline_us(), now_us + MEMORY_CHECK_INTERVAL_US,
                    now_us + MEMORY_CHECK_INTERVAL_US + 10);
    assert_int_equal(memory_check_step(now_us + 900000), 0);
    assert_true(memory_check_deadline_us() == now_us + 900000 + MEMORY_CHECK_INTERVAL_US);
}

static void test_an_area_smaller_than_a_slice_is_checked_in_one_step(void **state)
{
    (void)state;
    assert_int_equal(memory_check_start(area, 10, crc32c(0, area, 10)), 0);
    assert_int_equal(memory_check_step(clock_now_us()), 0);
    assert_int_equal(memory_check_count(), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_a_whole_area_is_accepted_at_start_and_in_every_round, set_up),
        cmocka_unit_test_setup(test_a_wrong_crc_at_start_is_corrupt_and_logged_with_both_values,
                               set_up),
        cmocka_unit_test_setup(test_a_changed_bit_anywhere_is_found_within_two_rounds, set_up),
        cmocka_unit_test_setup(test_slices_come_twice_a_second, set_up),
        cmocka_unit_test_setup(test_an_area_smaller_than_a_slice_is_checked_in_one_step, set_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
