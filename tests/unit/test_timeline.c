/*
 * test_timeline: where the time of a boot went, in one line.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "sim.h"
#include "timeline.h"

static int set_up(void **state)
{
    (void)state;
    sim_reset();
    timeline_take(NULL, 0);
    return 0;
}

static void test_the_line_gives_each_phase_its_duration(void **state)
{
    static const struct boot_timestamp loader[] = {
        {BOOT_PHASE_ENTRY, 1000},    {BOOT_PHASE_START, 3150},  {BOOT_PHASE_USB, 43150},
        {BOOT_PHASE_ADDRESS, 53100}, {BOOT_PHASE_FETCH, 56000},
    };

    (void)state;
    timeline_take(loader, 5);
    sim_advance_us(20000);
    timeline_mark(BOOT_PHASE_SERVICE_MAIN);
    timeline_log();
    assert_non_null(strstr(sim_log(), "boot: loader start 2.1, usb 40.0, address 9.9, fetch 2.9, "
                                      "main 964.0, in all 1019 ms\n"));
}

static void test_moments_that_go_backwards_are_left_out(void **state)
{
    static const struct boot_timestamp loader[] = {
        {BOOT_PHASE_ENTRY, 5000}, {BOOT_PHASE_START, 4000}, {BOOT_PHASE_USB, 6000}};

    (void)state;
    timeline_take(loader, 3);
    timeline_log();
    assert_non_null(strstr(sim_log(), "boot: usb 1.0, in all 1 ms\n"));
}

static void test_one_moment_is_no_duration(void **state)
{
    (void)state;
    timeline_mark(BOOT_PHASE_SERVICE_ENTRY);
    timeline_log();
    assert_string_equal(sim_log(), "");
}

static void test_unknown_phases_and_too_many_of_them_do_no_harm(void **state)
{
    struct boot_timestamp many[100];

    (void)state;
    for (unsigned i = 0; i < 100; i++)
        many[i] = (struct boot_timestamp){i % 2 ? UINT32_MAX : 0, i * 40000000};
    timeline_take(many, 100);
    timeline_mark(BOOT_PHASE_SERVICE_MAIN);
    timeline_log();
    assert_non_null(strstr(sim_log(), "boot: other 40000.0, other 40000.0, "));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, set_up)
    const struct CMUnitTest tests[] = {
        TEST(test_the_line_gives_each_phase_its_duration),
        TEST(test_moments_that_go_backwards_are_left_out),
        TEST(test_one_moment_is_no_duration),
        TEST(test_unknown_phases_and_too_many_of_them_do_no_harm),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
