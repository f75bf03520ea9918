/*
 * policy: which failures count, and what services that fail for ever come to.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <limits.h>

#include "policy_bench.h"

static unsigned count(unsigned before, uint64_t ran_us, enum policy_reason reason, bool confirmed,
                      int status, enum configuration_exit exit)
{
    struct policy_facts facts = {
        .reason = reason, .confirmed = confirmed, .status = status, .exit = exit, .failures = 99};

    return policy_failures(before, ran_us, &facts);
}

static void test_failures_in_a_row_are_counted(void **state)
{
    (void)state;
    for (unsigned reason = POLICY_CRASH; reason <= POLICY_UNCONFIRMED; reason++) {
        assert_int_equal(count(0, 5, reason, true, 0, 0), 1);
        assert_int_equal(count(2, POLICY_STABLE_US - 1, reason, false, 0, 0), 3);
        assert_int_equal(count(UINT_MAX, 5, reason, true, 0, 0), UINT_MAX);
    }
    assert_int_equal(count(1, 5, POLICY_EXIT, true, 1, CONFIGURATION_EXIT_WAIT), 2);
    assert_int_equal(count(1, 5, POLICY_EXIT, true, -1, CONFIGURATION_EXIT_OFF), 2);
}

static void test_a_long_run_ends_a_row_of_failures(void **state)
{
    (void)state;
    assert_int_equal(count(5, POLICY_STABLE_US, POLICY_CRASH, true, 0, 0), 1);
    assert_int_equal(count(5, UINT64_MAX, POLICY_HANG, false, 0, 0), 1);
}

static void test_what_was_asked_for_ends_a_row_of_failures(void **state)
{
    (void)state;
    assert_int_equal(count(5, 5, POLICY_POWER_ON, false, 0, 0), 0);
    assert_int_equal(count(5, 5, POLICY_DEPLOY, false, 0, 0), 0);
    assert_int_equal(count(5, 5, POLICY_REBOOT, true, 0, 0), 0);
    assert_int_equal(count(5, 5, POLICY_NEXT, true, 0, 0), 0);
    assert_int_equal(count(5, 5, POLICY_SELECTED, false, 0, 0), 0);
    assert_int_equal(count(5, 5, POLICY_EXIT, false, 0, CONFIGURATION_EXIT_WAIT), 0);
}

static void test_a_service_that_ends_itself_at_once_counts_as_failing(void **state)
{
    (void)state;
    assert_int_equal(count(2, 5, POLICY_REBOOT, false, 0, 0), 3);
    assert_int_equal(count(2, 5, POLICY_NEXT, false, 0, 0), 3);
    assert_int_equal(count(2, 5, POLICY_EXIT, true, 0, CONFIGURATION_EXIT_RESTART), 3);
    assert_int_equal(count(2, POLICY_STABLE_US, POLICY_EXIT, true, 0, CONFIGURATION_EXIT_RESTART),
                     1);
}

static bool is_failure(enum policy_reason reason, bool confirmed, int status,
                       enum configuration_exit exit)
{
    struct policy_facts facts = {
        .reason = reason, .confirmed = confirmed, .status = status, .exit = exit};

    return policy_is_failure(&facts);
}

static void test_what_costs_a_trial_its_slot(void **state)
{
    (void)state;
    for (unsigned confirmed = 0; confirmed < 2; confirmed++) {
        for (unsigned reason = POLICY_CRASH; reason <= POLICY_UNCONFIRMED; reason++)
            assert_true(is_failure(reason, confirmed, 0, CONFIGURATION_EXIT_WAIT));
        assert_true(is_failure(POLICY_EXIT, confirmed, 1, CONFIGURATION_EXIT_WAIT));
        assert_true(is_failure(POLICY_EXIT, confirmed, -1, CONFIGURATION_EXIT_OFF));
        assert_false(is_failure(POLICY_EXIT, confirmed, 0, CONFIGURATION_EXIT_WAIT));
        assert_false(is_failure(POLICY_EXIT, confirmed, 0, CONFIGURATION_EXIT_OFF));
        assert_false(is_failure(POLICY_POWER_ON, confirmed, 0, 0));
        assert_false(is_failure(POLICY_DEPLOY, confirmed, 0, 0));
        assert_false(is_failure(POLICY_SELECTED, confirmed, 0, 0));
        /* What ends itself before it confirmed: not what did so after. */
        assert_int_equal(is_failure(POLICY_REBOOT, confirmed, 0, 0), !confirmed);
        assert_int_equal(is_failure(POLICY_NEXT, confirmed, 0, 0), !confirmed);
        assert_int_equal(is_failure(POLICY_EXIT, confirmed, 0, CONFIGURATION_EXIT_RESTART),
                         !confirmed);
    }
}

/* A board on which every service ends a moment after its start, always for the same reason. What
 * comes from the boot sources confirms itself or does not; what confirmed is kept or is not. */
struct life {
    enum policy_reason reason;
    bool confirms, fits;
    bool has_fallback;
    enum configuration_exit exit;

    bool runs_fallback;
    unsigned failures, starts, boots, fallbacks;
    uint64_t paused_us;
};

/* Returns false once the board only waits. */
static bool live_once(struct life *board)
{
    struct policy_facts facts = {
        .reason = board->reason,
        .confirmed = board->confirms || board->runs_fallback,
        .running_is_kept = board->runs_fallback || (board->confirms && board->fits),
        .fallback_is_kept = board->has_fallback,
        .exit = board->exit,
    };
    struct policy_decision decision;

    facts.failures = board->failures = policy_failures(board->failures, 20000, &facts);
    decision = policy_decide(&facts);
    board->paused_us += decision.delay_us;
    if (decision.action == POLICY_WAIT || decision.action == POLICY_POWER_OFF)
        return false;
    if (decision.action == POLICY_START_FALLBACK)
        board->runs_fallback = true;
    else if (decision.action != POLICY_START_RUNNING)
        board->runs_fallback = false;
    board->starts++;
    board->boots += decision.action == POLICY_BOOT;
    board->fallbacks += decision.action == POLICY_START_FALLBACK;
    return true;
}

static void test_no_failure_makes_a_tight_loop(void **state)
{
    (void)state;
    for (unsigned reason = POLICY_REBOOT; reason <= POLICY_UNCONFIRMED; reason++)
        for (unsigned service = 0; service < 8; service++) {
            struct life board = {.reason = reason,
                                 .confirms = service & 1,
                                 .fits = service & 2,
                                 .has_fallback = service & 4,
                                 .exit = CONFIGURATION_EXIT_RESTART};

            /* Somebody who confirmed may reboot as often as they like, and somebody outside
             * select as often. */
            if (reason == POLICY_SELECTED)
                continue;
            if (board.confirms && (reason == POLICY_REBOOT || reason == POLICY_NEXT))
                continue;
            for (unsigned i = 0; i < 100; i++)
                assert_true(live_once(&board));
            if (board.paused_us < 90ull * 16 * S)
                fail_msg("%s, service %u: 100 starts with %llu us of pause", reasons[reason],
                         service, (unsigned long long)board.paused_us);
        }
}

static void test_boot_sources_and_fallback_that_both_fail_alternate(void **state)
{
    struct life board = {.reason = POLICY_CRASH, .has_fallback = true};

    (void)state;
    for (unsigned i = 0; i < 100; i++)
        assert_true(live_once(&board));
    assert_in_range(board.boots, 48, 50);
    assert_in_range(board.fallbacks, 48, 51);
}

static void test_a_developer_who_pushes_bad_images_always_gets_the_fallback_at_once(void **state)
{
    unsigned failures = 0;

    (void)state;
    for (unsigned i = 0; i < 20; i++) {
        struct policy_facts deploy = {.reason = POLICY_DEPLOY, .confirmed = true};
        struct policy_facts crash = {.reason = POLICY_CRASH, .fallback_is_kept = true};
        struct policy_decision decision;

        deploy.failures = failures = policy_failures(failures, 3 * S, &deploy);
        assert_int_equal(policy_decide(&deploy).action, POLICY_START_UPLOADED);
        crash.failures = failures = policy_failures(failures, 20000, &crash);
        decision = policy_decide(&crash);
        assert_int_equal(decision.action, POLICY_START_FALLBACK);
        assert_int_equal(decision.delay_us, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_failures_in_a_row_are_counted),
        cmocka_unit_test(test_a_long_run_ends_a_row_of_failures),
        cmocka_unit_test(test_what_was_asked_for_ends_a_row_of_failures),
        cmocka_unit_test(test_a_service_that_ends_itself_at_once_counts_as_failing),
        cmocka_unit_test(test_what_costs_a_trial_its_slot),
        cmocka_unit_test(test_no_failure_makes_a_tight_loop),
        cmocka_unit_test(test_boot_sources_and_fallback_that_both_fail_alternate),
        cmocka_unit_test(test_a_developer_who_pushes_bad_images_always_gets_the_fallback_at_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
