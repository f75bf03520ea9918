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

#include "error.h"
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
        {1000, BOOT_PHASE_ENTRY, 0},    {3150, BOOT_PHASE_START, 0},  {43150, BOOT_PHASE_USB, 0},
        {53100, BOOT_PHASE_ADDRESS, 0}, {56000, BOOT_PHASE_FETCH, 0},
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
        {5000, BOOT_PHASE_ENTRY, 0}, {4000, BOOT_PHASE_START, 0}, {6000, BOOT_PHASE_USB, 0}};

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
        many[i] = (struct boot_timestamp){i * 40000000ull, i % 2 ? UINT32_MAX : 0, 0};
    timeline_take(many, 100);
    timeline_mark(BOOT_PHASE_SERVICE_MAIN);
    timeline_log();
    assert_non_null(strstr(sim_log(), "boot: other 40000.0, other 40000.0, "));
}

static void test_a_redeploy_begins_with_push_and_hand_back(void **state)
{
    static const struct boot_timestamp loader[] = {
        {7000000, BOOT_PHASE_PUSH_BEGIN, 0}, {7012000, BOOT_PHASE_PUSH, 0},
        {7013500, BOOT_PHASE_HAND_BACK, 0},  {7014000, BOOT_PHASE_START, 0},
        {7016000, BOOT_PHASE_PLACE, 0},      {7040250, BOOT_PHASE_SERVICE_MAIN, 0},
    };

    (void)state;
    timeline_take(loader, 6);
    timeline_log();
    assert_non_null(strstr(sim_log(), "boot: push 12.0, hand-back 1.5, loader start 0.5, "
                                      "place 2.0, main 24.2, in all 40 ms\n"));
    assert_int_equal(timeline_between_us(BOOT_PHASE_HAND_BACK, BOOT_PHASE_SERVICE_MAIN), 26750);
}

/* 32 bits of microseconds are 71.6 minutes. */
static void test_days_after_power_on_the_durations_are_exact(void **state)
{
    static const uint64_t day_us = 24 * 3600 * 1000000ull;
    static const struct boot_timestamp loader[] = {
        {day_us, BOOT_PHASE_PUSH_BEGIN, 0},
        {day_us + 12000, BOOT_PHASE_PUSH, 0},
        {day_us + 13500, BOOT_PHASE_HAND_BACK, 0},
    };

    (void)state;
    timeline_take(loader, 3);
    sim_advance_us(day_us);
    timeline_mark(BOOT_PHASE_SERVICE_MAIN);
    timeline_log();
    assert_non_null(
        strstr(sim_log(), "boot: push 12.0, hand-back 1.5, main 986.5, in all 1000 ms\n"));
    assert_in_range(timeline_between_us(BOOT_PHASE_HAND_BACK, BOOT_PHASE_SERVICE_MAIN), 986500,
                    986510);
}

/* A loader that waited for a server over night. */
static void test_a_phase_may_take_longer_than_32_bits_hold(void **state)
{
    static const struct boot_timestamp loader[] = {{1000, BOOT_PHASE_ENTRY, 0},
                                                   {8000001000, BOOT_PHASE_ADDRESS, 0},
                                                   {8000004000, BOOT_PHASE_FETCH, 0}};

    (void)state;
    timeline_take(loader, 3);
    timeline_log();
    assert_non_null(strstr(sim_log(), "boot: address 8000000.0, fetch 3.0, in all 8000003 ms\n"));
    assert_int_equal(timeline_between_us(BOOT_PHASE_ENTRY, BOOT_PHASE_FETCH), 8000003000);
}

static void test_there_is_nothing_between_phases_that_were_not_or_not_in_that_order(void **state)
{
    static const struct boot_timestamp loader[] = {{1, BOOT_PHASE_ENTRY, 0},
                                                   {5, BOOT_PHASE_USB, 0}};

    (void)state;
    timeline_take(loader, 2);
    assert_int_equal(timeline_between_us(BOOT_PHASE_HAND_BACK, BOOT_PHASE_USB), ERROR_ABSENT);
    assert_int_equal(timeline_between_us(BOOT_PHASE_ENTRY, BOOT_PHASE_PLACE), ERROR_ABSENT);
    assert_int_equal(timeline_between_us(BOOT_PHASE_USB, BOOT_PHASE_ENTRY), ERROR_ABSENT);
    assert_int_equal(timeline_between_us(BOOT_PHASE_ENTRY, BOOT_PHASE_USB), 4);
}

static void test_the_text_is_cut_to_the_room_there_is(void **state)
{
    static const struct boot_timestamp loader[] = {{0, BOOT_PHASE_ENTRY, 0},
                                                   {40000, BOOT_PHASE_USB, 0}};
    char text[32], whole[32];

    (void)state;
    assert_int_equal(timeline_text(text, sizeof text), 0);
    assert_string_equal(text, "");
    timeline_take(loader, 2);
    assert_int_equal(timeline_text(whole, sizeof whole), 22);
    assert_string_equal(whole, "usb 40.0, in all 40 ms");
    for (size_t room = 1; room <= 22; room++) {
        memset(text, '!', sizeof text);
        assert_int_equal(timeline_text(text, room), room - 1);
        assert_int_equal(strlen(text), room - 1);
        assert_memory_equal(text, whole, room - 1);
        assert_int_equal(text[room], '!');
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, set_up)
    const struct CMUnitTest tests[] = {
        TEST(test_the_line_gives_each_phase_its_duration),
        TEST(test_moments_that_go_backwards_are_left_out),
        TEST(test_one_moment_is_no_duration),
        TEST(test_unknown_phases_and_too_many_of_them_do_no_harm),
        TEST(test_a_redeploy_begins_with_push_and_hand_back),
        TEST(test_days_after_power_on_the_durations_are_exact),
        TEST(test_a_phase_may_take_longer_than_32_bits_hold),
        TEST(test_there_is_nothing_between_phases_that_were_not_or_not_in_that_order),
        TEST(test_the_text_is_cut_to_the_room_there_is),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
