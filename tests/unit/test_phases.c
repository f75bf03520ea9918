/*
 * phases: the times of the round that led to a service, in order.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../../loader/phases.c"
#include "sim.h"

static int setup(void **state)
{
    (void)state;
    sim_reset();
    used = 0;
    return 0;
}

static void expect(const uint32_t *numbers, unsigned count)
{
    unsigned have;
    const struct boot_timestamp *at = phases(&have);

    assert_int_equal(have, count);
    for (unsigned i = 0; i < count; i++) {
        assert_int_equal(at[i].phase, numbers[i]);
        if (i > 0)
            assert_true(at[i].at_us >= at[i - 1].at_us);
    }
}

static void test_nothing_has_ended_at_the_start(void **state)
{
    unsigned count = 7;

    (void)state;
    assert_non_null(phases(&count));
    assert_int_equal(count, 0);
}

static void test_each_phase_has_the_moment_of_its_end(void **state)
{
    unsigned count;

    (void)state;
    phases_end(BOOT_PHASE_ENTRY);
    sim_advance_us(5000);
    phases_end(BOOT_PHASE_CARD);
    expect((uint32_t[]){BOOT_PHASE_ENTRY, BOOT_PHASE_CARD}, 2);
    assert_in_range(phases(&count)[0].at_us, 1000000, 1000001);
    assert_in_range(phases(&count)[1].at_us, 1005000, 1005001);
}

static void test_a_phase_that_ends_again_counts_anew(void **state)
{
    unsigned count;

    (void)state;
    phases_end(BOOT_PHASE_ENTRY);
    phases_end(BOOT_PHASE_USB);
    phases_end(BOOT_PHASE_FETCH);
    sim_advance_us(1000000);      /* the next round */
    phases_end(BOOT_PHASE_FETCH); /* the last may come again */
    phases_end(BOOT_PHASE_USB);
    phases_end(BOOT_PHASE_FETCH);
    expect((uint32_t[]){BOOT_PHASE_ENTRY, BOOT_PHASE_USB, BOOT_PHASE_FETCH}, 3);
    assert_true(phases(&count)[1].at_us >= 2000000);
}

static void test_ten_thousand_rounds_need_no_more_room(void **state)
{
    (void)state;
    for (unsigned round = 0; round < 10000; round++)
        for (unsigned phase = 1; phase <= PHASES_MAX; phase++)
            phases_end(phase);
    expect((uint32_t[]){1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}, PHASES_MAX);
}

static void test_days_after_power_on_the_moments_are_exact(void **state)
{
    uint64_t day_us = 24 * 3600 * 1000000ull;
    unsigned count;

    (void)state;
    sim_advance_us(3 * day_us);
    phases_begin_push(3 * day_us + 1, 3 * day_us + 40001);
    phases_end(BOOT_PHASE_HAND_BACK);
    const struct boot_timestamp *at = phases(&count);

    assert_int_equal(count, 3);
    assert_int_equal(at[0].phase, BOOT_PHASE_PUSH_BEGIN);
    assert_int_equal(at[0].at_us, 3 * day_us + 1);
    assert_int_equal(at[1].phase, BOOT_PHASE_PUSH);
    assert_int_equal(at[1].at_us, 3 * day_us + 40001);
    assert_int_equal(at[2].phase, BOOT_PHASE_HAND_BACK);
    assert_in_range(at[2].at_us, 3 * day_us + 1000000, 3 * day_us + 1000010);
}

static void test_what_does_not_fit_is_left_out(void **state)
{
    unsigned count;

    (void)state;
    for (unsigned phase = 1; phase <= PHASES_MAX + 3; phase++)
        phases_end(phase);
    phases(&count);
    assert_int_equal(count, PHASES_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_nothing_has_ended_at_the_start, setup),
        cmocka_unit_test_setup(test_each_phase_has_the_moment_of_its_end, setup),
        cmocka_unit_test_setup(test_a_phase_that_ends_again_counts_anew, setup),
        cmocka_unit_test_setup(test_ten_thousand_rounds_need_no_more_room, setup),
        cmocka_unit_test_setup(test_days_after_power_on_the_moments_are_exact, setup),
        cmocka_unit_test_setup(test_what_does_not_fit_is_left_out, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
