/*
 * test_timers: service_timer_* in virtual time.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "clock.h"
#include "service.h"
#include "sim.h"
#include "timers.h"

#define TIMERS 4

static struct service_timer timer[TIMERS];
static char calls[64]; /* a letter for each call, in order */
static uint64_t called_at_us[64];
static unsigned call_count;

static int set_up(void **state)
{
    (void)state;
    sim_reset();
    timers_reset();
    memset(timer, 0, sizeof timer);
    memset(calls, 0, sizeof calls);
    call_count = 0;
    return 0;
}

static void note(void *context)
{
    assert_in_range(call_count, 0, sizeof calls - 2);
    called_at_us[call_count] = clock_now_us();
    calls[call_count++] = *(const char *)context;
}

/* What the event loop does with timers until the time given. */
static void run_until(uint64_t end_us)
{
    while (clock_now_us() < end_us) {
        uint64_t next_us = timers_deadline_us() < end_us ? timers_deadline_us() : end_us;

        if (next_us > clock_now_us())
            sim_advance_us(next_us - clock_now_us());
        timers_run(clock_now_us());
    }
}

static void test_a_timer_fires_once_at_its_moment(void **state)
{
    uint64_t set_us = clock_now_us();

    (void)state;
    service_timer_once(&timer[0], 5000, note, "a");
    assert_true(timers_any());
    timers_run(set_us + 4999);
    assert_int_equal(call_count, 0);
    run_until(set_us + 50000);
    assert_string_equal(calls, "a");
    assert_in_range(called_at_us[0], set_us + 5000, set_us + 5010);
    assert_false(timers_any());
    assert_true(timers_deadline_us() == CLOCK_NEVER);
}

static void test_timers_fire_in_order_of_deadline_and_equal_ones_in_order_of_setting(void **state)
{
    (void)state;
    service_timer_once(&timer[0], 9000, note, "d");
    service_timer_once(&timer[1], 1000, note, "a");
    service_timer_once(&timer[2], 5000, note, "b");
    service_timer_once(&timer[3], 5000, note, "c");
    timer[3].deadline_us = timer[2].deadline_us;
    run_until(clock_now_us() + 10000);
    assert_string_equal(calls, "abcd");
}

static void test_setting_a_running_timer_moves_it(void **state)
{
    (void)state;
    service_timer_once(&timer[0], 1000, note, "a");
    service_timer_once(&timer[0], 20000, note, "b");
    run_until(clock_now_us() + 10000);
    assert_string_equal(calls, "");
    run_until(clock_now_us() + 20000);
    assert_string_equal(calls, "b");
}

static void test_a_periodic_timer_does_not_drift(void **state)
{
    uint64_t set_us = clock_now_us();

    (void)state;
    assert_int_equal(service_timer_every(&timer[0], 1000, note, "p"), 0);
    for (unsigned i = 1; i <= 20; i++) {
        timers_run(set_us + i * 1000 + i % 3 * 100 + 50); /* called late, by varying times */
        assert_int_equal(call_count, i);
        assert_in_range(timers_deadline_us(), set_us + (i + 1) * 1000, set_us + (i + 1) * 1000 + 2);
    }
}

static void test_missed_beats_are_skipped_and_the_rhythm_stays(void **state)
{
    uint64_t first_us;

    (void)state;
    assert_int_equal(service_timer_every(&timer[0], 1000, note, "p"), 0);
    first_us = timers_deadline_us();
    timers_run(first_us + 7500);
    assert_int_equal(call_count, 1);
    assert_true(timers_deadline_us() == first_us + 8000);
    timers_run(first_us + 8000); /* exactly on the beat: none is lost */
    assert_int_equal(call_count, 2);
    assert_true(timers_deadline_us() == first_us + 9000);
}

static void test_periods_below_100_us_are_refused(void **state)
{
    (void)state;
    assert_int_equal(service_timer_every(&timer[0], 0, note, "p"), ERROR_INVALID);
    assert_int_equal(service_timer_every(&timer[0], 99, note, "p"), ERROR_INVALID);
    assert_false(timers_any());
    assert_int_equal(service_timer_every(&timer[0], 100, note, "p"), 0);
}

static void test_a_refused_period_leaves_a_running_timer_as_it_was(void **state)
{
    (void)state;
    service_timer_once(&timer[0], 1000, note, "a");
    assert_int_equal(service_timer_every(&timer[0], 1, note, "p"), ERROR_INVALID);
    run_until(clock_now_us() + 5000);
    assert_string_equal(calls, "a");
}

static void set_itself_again(void *context)
{
    note("r");
    service_timer_once(context, 0, set_itself_again, context);
}

static void test_a_timer_that_sets_itself_with_no_delay_does_not_hold_up_the_loop(void **state)
{
    (void)state;
    service_timer_once(&timer[0], 0, set_itself_again, &timer[0]);
    timers_run(clock_now_us() + 1000); /* even where now is behind the snapshot */
    assert_int_equal(call_count, 1);
    sim_advance_us(2000);
    timers_run(clock_now_us());
    assert_int_equal(call_count, 2);
}

static void stop_from_inside(void *context)
{
    note("s");
    service_timer_stop(context);
}

static void test_a_periodic_timer_can_stop_itself(void **state)
{
    (void)state;
    assert_int_equal(service_timer_every(&timer[0], 1000, stop_from_inside, &timer[0]), 0);
    run_until(clock_now_us() + 10000);
    assert_string_equal(calls, "s");
    assert_false(timers_any());
}

static void test_a_callback_can_stop_another_timer_that_is_due(void **state)
{
    (void)state;
    service_timer_once(&timer[0], 1000, stop_from_inside, &timer[1]);
    service_timer_once(&timer[1], 1000, note, "x");
    sim_advance_us(5000);
    timers_run(clock_now_us());
    assert_string_equal(calls, "s");
    assert_false(timers_any());
}

static void test_a_callback_can_free_its_timer(void **state)
{
    struct service_timer *own = test_malloc(sizeof *own);

    (void)state;
    memset(own, 0, sizeof *own);
    service_timer_once(own, 100, note, "f");
    run_until(clock_now_us() + 1000);
    test_free(own);
    assert_string_equal(calls, "f");
    assert_false(timers_any());
}

static void test_stopping_a_timer_that_does_not_run_does_nothing(void **state)
{
    (void)state;
    service_timer_stop(&timer[0]);
    service_timer_once(&timer[1], 1000, note, "a");
    service_timer_stop(&timer[0]);
    service_timer_stop(&timer[1]);
    service_timer_stop(&timer[1]);
    run_until(clock_now_us() + 5000);
    assert_string_equal(calls, "");
}

static void test_delays_past_the_end_of_time_never_come(void **state)
{
    (void)state;
    service_timer_once(&timer[0], UINT64_MAX, note, "x");
    assert_int_equal(service_timer_every(&timer[1], UINT64_MAX - 1, note, "y"), 0);
    service_timer_once(&timer[2], 1000, note, "a");
    run_until(clock_now_us() + 100000);
    assert_string_equal(calls, "a");
    assert_true(timers_deadline_us() == CLOCK_NEVER);
    assert_true(timers_any());
}

static void set_without_callback(void *context)
{
    service_timer_once(context, 0, NULL, NULL);
}

static void stop_timer(void *context)
{
    service_timer_stop(context);
}

static void test_a_timer_without_callback_or_never_zeroed_stops_with_a_report(void **state)
{
    struct service_timer garbage;

    (void)state;
    assert_true(sim_expect_stop(set_without_callback, &timer[0]));
    memset(&garbage, 1, sizeof garbage);
    assert_true(sim_expect_stop(stop_timer, &garbage));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_a_timer_fires_once_at_its_moment, set_up),
        cmocka_unit_test_setup(
            test_timers_fire_in_order_of_deadline_and_equal_ones_in_order_of_setting, set_up),
        cmocka_unit_test_setup(test_setting_a_running_timer_moves_it, set_up),
        cmocka_unit_test_setup(test_a_periodic_timer_does_not_drift, set_up),
        cmocka_unit_test_setup(test_missed_beats_are_skipped_and_the_rhythm_stays, set_up),
        cmocka_unit_test_setup(test_periods_below_100_us_are_refused, set_up),
        cmocka_unit_test_setup(test_a_refused_period_leaves_a_running_timer_as_it_was, set_up),
        cmocka_unit_test_setup(
            test_a_timer_that_sets_itself_with_no_delay_does_not_hold_up_the_loop, set_up),
        cmocka_unit_test_setup(test_a_periodic_timer_can_stop_itself, set_up),
        cmocka_unit_test_setup(test_a_callback_can_stop_another_timer_that_is_due, set_up),
        cmocka_unit_test_setup(test_a_callback_can_free_its_timer, set_up),
        cmocka_unit_test_setup(test_stopping_a_timer_that_does_not_run_does_nothing, set_up),
        cmocka_unit_test_setup(test_delays_past_the_end_of_time_never_come, set_up),
        cmocka_unit_test_setup(test_a_timer_without_callback_or_never_zeroed_stops_with_a_report,
                               set_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
