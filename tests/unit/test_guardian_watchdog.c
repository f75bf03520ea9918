/*
 * test_guardian_watchdog: the kernel's loop feeds the watchdog as long as the service goes on, and
 * not where it hangs.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "guardian_bench.h"

static void test_the_loop_feeds_the_watchdog_at_a_quarter_of_its_time(void **state)
{
    unsigned fed;

    (void)state;
    begin_and_reach_the_loop(true);
    assert_int_equal(sim_guard.watchdog_ms, 3000);
    fed = sim_guard_calls(GUARD_WATCHDOG);
    run_for_us(30000000);
    assert_in_range(sim_guard_calls(GUARD_WATCHDOG) - fed, 39, 41);
}

static void test_a_start_has_longer_than_the_watchdogs_own_time(void **state)
{
    (void)state;
    begin();
    assert_int_equal(sim_guard.watchdog_ms, GUARDIAN_START_MS);
    sim_advance_us(10000000); /* a bus that takes its time */
    guardian_main_begins();
    assert_int_equal(sim_guard.watchdog_ms, 3000);
}

static void test_a_watchdog_longer_than_a_start_is_left_alone(void **state)
{
    (void)state;
    record.guard.watchdog_ms = 100000;
    begin();
    assert_int_equal(sim_guard.watchdog_ms, 100000);
}

static void test_without_a_watchdog_of_the_loader_none_is_set(void **state)
{
    (void)state;
    record.guard.watchdog_ms = 0;
    begin_and_reach_the_loop(true);
    run_for_us(60000000);
    assert_int_equal(sim_guard.watchdog_ms, 0);
    assert_int_equal(guardian_deadline_us(), CLOCK_NEVER);
}

static void run_a_callback_that_hangs(void *context)
{
    (void)context;
    run_for_us(10000000);
    sim_advance_us(3000000); /* and the loop does not go round */
}

static void test_a_callback_that_hangs_is_not_fed_for(void **state)
{
    (void)state;
    begin_and_reach_the_loop(true);
    assert_true(sim_expect_stop(run_a_callback_that_hangs, NULL));
    assert_string_equal(sim_stop_message(), "hung");
}

static void set_watchdog(void *context)
{
    assert_int_equal(service_watchdog(*(uint32_t *)context), 0);
}

/* The loop sleeps towards a deadline that was right before the callback. */
static void test_a_shorter_watchdog_set_by_a_callback_is_fed_in_time(void **state)
{
    unsigned fed;

    (void)state;
    begin_and_reach_the_loop(true);
    run_for_us(100000);
    service_timer_once(&timer, 1000, set_watchdog, &(uint32_t){8});
    run_for_us(2000);
    fed = sim_guard_calls(GUARD_WATCHDOG);
    assert_int_equal(sim_guard.watchdog_ms, 8);
    run_for_us(1000000);
    assert_in_range(sim_guard_calls(GUARD_WATCHDOG) - fed, 480, 500);
    assert_int_equal(service_watchdog(0), 0);
    fed = sim_guard_calls(GUARD_WATCHDOG);
    run_for_us(1000000);
    assert_int_equal(sim_guard_calls(GUARD_WATCHDOG), fed);
}

static void test_a_watchdog_that_the_guard_refuses_changes_nothing(void **state)
{
    (void)state;
    begin_and_reach_the_loop(true);
    assert_int_equal(service_watchdog(GUARD_WATCHDOG_MAX_MS + 1), ERROR_INVALID);
    assert_int_equal(sim_guard.watchdog_ms, 3000);
    assert_int_equal(service_watchdog(GUARD_WATCHDOG_MAX_MS), 0);
    run_for_us(2ull * GUARD_WATCHDOG_MAX_MS * 1000);
}

static void set_itself(void *context)
{
    service_timer_once(context, 0, set_itself, context);
}

static void test_a_loop_that_never_idles_is_fed_for_all_the_same(void **state)
{
    uint64_t wakeups;

    (void)state;
    begin_and_reach_the_loop(true);
    run_for_us(1000);
    wakeups = event_loop_statistics.wakeups;
    service_timer_once(&timer, 0, set_itself, &timer);
    for (int i = 0; i < 10000; i++) { /* "hung" stops the test */
        sim_advance_us(1000);
        event_loop_round(CLOCK_NEVER);
    }
    assert_int_equal(event_loop_statistics.wakeups, wakeups);
    service_timer_stop(&timer);
    assert_in_range(sim_guard_calls(GUARD_WATCHDOG), 14, 16);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_the_loop_feeds_the_watchdog_at_a_quarter_of_its_time),
        TEST(test_a_start_has_longer_than_the_watchdogs_own_time),
        TEST(test_a_watchdog_longer_than_a_start_is_left_alone),
        TEST(test_without_a_watchdog_of_the_loader_none_is_set),
        TEST(test_a_callback_that_hangs_is_not_fed_for),
        TEST(test_a_shorter_watchdog_set_by_a_callback_is_fed_in_time),
        TEST(test_a_watchdog_that_the_guard_refuses_changes_nothing),
        TEST(test_a_loop_that_never_idles_is_fed_for_all_the_same),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
