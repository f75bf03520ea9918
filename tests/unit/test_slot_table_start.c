/*
 * slot_table: what a start changes, and what a service does to its slot by confirming itself or
 * failing.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "slot_table_bench.h"

/* ---- starting, confirming, failing ---- */

static void test_each_start_of_a_trial_spends_a_try_until_none_is_left(void **state)
{
    (void)state;
    install("dns");
    for (unsigned left = SLOT_TRIES; left > 0; left--) {
        assert_string_equal(order("dns"), "A");
        assert_true(start("dns", A));
        assert_int_equal(entry("dns", A)->state, SLOT_TRIAL);
        assert_int_equal(entry("dns", A)->tries, left - 1);
        assert_true(slot_table_is_sound(&table));
    }
    assert_string_equal(order("dns"), "");
    assert_true(slot_table_clean(&table));
    assert_int_equal(entry("dns", A)->state, SLOT_BAD);
}

static void test_trial_confirms_itself_in_its_last_try(void **state)
{
    (void)state;
    unsigned slot = begin("dns");

    slot_table_end_install(&table, 0, slot, 1);
    start("dns", slot);
    assert_true(slot_table_confirmed(&table, 0, slot, 0));
    assert_int_equal(entry("dns", slot)->state, SLOT_CONFIRMED);
    assert_int_equal(entry("dns", slot)->tries, 0);
    assert_false(slot_table_clean(&table));
    assert_true(slot_table_is_sound(&table));
}

static void test_starting_a_confirmed_slot_again_changes_nothing(void **state)
{
    (void)state;
    install_and_confirm("dns");
    put("dns", A, "C21");
    before = table;
    assert_false(start("dns", A));
    assert_unchanged();
    assert_false(slot_table_confirmed(&table, 0, A, 0));
    assert_unchanged();
}

static void test_start_notes_who_was_started_and_uses_up_its_selection_for_once(void **state)
{
    (void)state;
    install_and_confirm("dns");
    install_and_confirm("echo");
    assert_int_equal(table.last_service, 1);
    assert_int_equal(slot_table_select(&table, "echo", SLOT_ONCE), 0);
    assert_true(start("dns", A));
    assert_int_equal(table.last_service, 0);
    assert_int_equal(table.last_slot, A);
    assert_int_equal(table.once, 1); /* another's start is not what was asked for */
    assert_true(start("echo", A));
    assert_int_equal(table.once, SLOT_NOBODY);
    install_and_confirm("dns");
    assert_int_equal(table.last_slot, B);
}

static unsigned tried_slot;

static void start_tried(void *context)
{
    (void)context;
    slot_table_started(&table, 0, tried_slot);
}

static void test_slot_that_may_not_start_is_not_started(void **state)
{
    static const char *const entries[] = {"E00", "W01", "T01", "B01"};

    (void)state;
    begin("dns");
    for (size_t i = 0; i < sizeof entries / sizeof *entries; i++) {
        tried_slot = A;
        put("dns", A, entries[i]);
        assert_true(sim_expect_stop(start_tried, NULL));
        assert_non_null(strstr(sim_stop_message(), "may_start"));
    }
}

static void test_trial_seen_to_fail_is_bad_at_once(void **state)
{
    (void)state;
    install("dns");
    start("dns", A);
    assert_int_equal(entry("dns", A)->tries, SLOT_TRIES - 1);
    assert_true(crash("dns", A));
    assert_int_equal(entry("dns", A)->state, SLOT_BAD);
    assert_int_equal(entry("dns", A)->tries, 0);
    assert_string_equal(order("dns"), "");
    assert_true(slot_table_is_sound(&table));
    install("echo");
    start("echo", A);
    assert_true(slot_table_failed(&table, 1, A, true));
    assert_int_equal(entry("echo", A)->state, SLOT_BAD);
}

static void test_what_neither_runs_nor_ran_can_neither_confirm_itself_nor_fail(void **state)
{
    static const char *const entries[] = {"E00", "W01", "P31", "B01"};

    (void)state;
    begin("dns");
    for (size_t i = 0; i < sizeof entries / sizeof *entries; i++) {
        put("dns", A, entries[i]);
        before = table;
        assert_false(slot_table_confirmed(&table, 0, A, 9));
        assert_false(crash("dns", A));
        assert_false(slot_table_failed(&table, 0, A, true));
        assert_unchanged();
    }
}

static void test_three_failures_in_a_row_start_the_other_confirmed_slot_once(void **state)
{
    (void)state;
    install_and_confirm("dns");
    install_and_confirm("dns");
    for (unsigned i = 1; i <= SLOT_FAILURES_MAX; i++) {
        assert_string_equal(order("dns"), "BA");
        start("dns", B);
        assert_true(crash("dns", B));
        assert_int_equal(entry("dns", B)->failures, i);
    }
    assert_string_equal(order("dns"), "AB");
    assert_true(start("dns", A));
    assert_int_equal(entry("dns", B)->failures, 0);
    assert_int_equal(entry("dns", B)->state, SLOT_CONFIRMED);
    assert_string_equal(order("dns"), "BA");
}

/* A service may confirm itself within a second of each start. */
static void test_crash_after_each_confirm_is_still_a_row_of_failures(void **state)
{
    (void)state;
    install_and_confirm("dns");
    install_and_confirm("dns");
    for (unsigned i = 0; i < SLOT_FAILURES_MAX; i++) {
        start("dns", B);
        slot_table_confirmed(&table, 0, B, 0);
        crash("dns", B);
    }
    assert_string_equal(order("dns"), "AB");
}

static void test_start_of_a_trial_does_not_forgive_a_confirmed_slot_its_failures(void **state)
{
    (void)state;
    install_and_confirm("dns");
    put("dns", A, "C31");
    install("dns");
    start("dns", B);
    assert_int_equal(entry("dns", A)->failures, SLOT_FAILURES_MAX);
}

static void test_only_a_whole_row_of_failures_is_forgiven(void **state)
{
    (void)state;
    install_and_confirm("dns");
    install_and_confirm("dns");
    put("dns", B, "C22");
    start("dns", A);
    assert_int_equal(entry("dns", B)->failures, SLOT_FAILURES_MAX - 1);
}

static void test_failure_after_a_stable_run_is_the_first_of_a_row(void **state)
{
    (void)state;
    install_and_confirm("dns");
    crash("dns", A);
    crash("dns", A);
    assert_true(slot_table_failed(&table, 0, A, true));
    assert_int_equal(entry("dns", A)->failures, 1);
    assert_false(slot_table_failed(&table, 0, A, true));
    assert_int_equal(entry("dns", A)->failures, 1);
}

static void test_endless_failures_of_the_only_confirmed_slot_stop_changing_the_card(void **state)
{
    (void)state;
    install_and_confirm("dns");
    for (unsigned i = 0; i < SLOT_FAILURES_MAX; i++)
        assert_true(crash("dns", A));
    for (unsigned i = 0; i < 300; i++) {
        assert_string_equal(order("dns"), "A");
        assert_false(start("dns", A));
        assert_false(crash("dns", A));
    }
    assert_int_equal(entry("dns", A)->failures, SLOT_FAILURES_MAX);
}

static void test_floor_rises_at_confirm_and_never_falls(void **state)
{
    (void)state;
    install("dns");
    start("dns", A);
    assert_int_equal(table.services[0].floor, 0);
    assert_true(slot_table_confirmed(&table, 0, A, 7));
    assert_int_equal(table.services[0].floor, 7);
    assert_false(slot_table_confirmed(&table, 0, A, 6));
    assert_int_equal(table.services[0].floor, 7);
    assert_true(slot_table_confirmed(&table, 0, A, 8));
    assert_int_equal(table.services[0].floor, 8);
    install_and_confirm("dns");
    assert_int_equal(table.services[0].floor, 8);
    install("echo");
    assert_int_equal(table.services[1].floor, 0);
}

/* ---- our own mistakes ---- */

static unsigned far_service, far_slot;

static void call_started(void *context)
{
    (void)context;
    slot_table_started(&table, far_service, far_slot);
}

static void call_confirmed(void *context)
{
    (void)context;
    slot_table_confirmed(&table, far_service, far_slot, 0);
}

static void call_failed(void *context)
{
    (void)context;
    slot_table_failed(&table, far_service, far_slot, false);
}

static void call_end_install(void *context)
{
    slot_table_end_install(&table, far_service, far_slot, *(unsigned *)context);
}

static void call_order(void *context)
{
    slot_table_order(&table, far_service, context);
}

static void test_index_out_of_range_stops(void **state)
{
    static const struct {
        unsigned service, slot;
    } far[] = {{SLOT_SERVICES_MAX, 0}, {0, SLOT_SLOTS}, {SLOT_NOBODY, 0}, {0, UINT32_MAX}};
    unsigned tries = 1;
    uint8_t slots[SLOT_SLOTS];

    (void)state;
    install_and_confirm("dns");
    for (size_t i = 0; i < sizeof far / sizeof *far; i++) {
        far_service = far[i].service;
        far_slot = far[i].slot;
        assert_true(sim_expect_stop(call_started, NULL));
        assert_true(sim_expect_stop(call_confirmed, NULL));
        assert_true(sim_expect_stop(call_failed, NULL));
        assert_true(sim_expect_stop(call_end_install, &tries));
        assert_int_equal(sim_expect_stop(call_order, slots), far_service >= SLOT_SERVICES_MAX);
    }
}

static void test_install_ends_once_and_with_some_tries(void **state)
{
    static unsigned good = 1, none = 0, many = SLOT_TRIES_MAX + 1;

    (void)state;
    far_service = 0;
    far_slot = begin("dns");
    assert_true(sim_expect_stop(call_end_install, &none));
    assert_true(sim_expect_stop(call_end_install, &many));
    assert_false(sim_expect_stop(call_end_install, &good));
    assert_true(sim_expect_stop(call_end_install, &good));
}

static void test_states_have_names(void **state)
{
    (void)state;
    assert_string_equal(slot_state_name(SLOT_EMPTY), "empty");
    assert_string_equal(slot_state_name(SLOT_WRITING), "writing");
    assert_string_equal(slot_state_name(SLOT_PENDING), "pending");
    assert_string_equal(slot_state_name(SLOT_TRIAL), "trial");
    assert_string_equal(slot_state_name(SLOT_CONFIRMED), "confirmed");
    assert_string_equal(slot_state_name(SLOT_BAD), "bad");
    assert_string_equal(slot_state_name(SLOT_BAD + 1), "unknown");
    assert_string_equal(slot_state_name(~0u), "unknown");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_each_start_of_a_trial_spends_a_try_until_none_is_left, setup),
        cmocka_unit_test_setup(test_trial_confirms_itself_in_its_last_try, setup),
        cmocka_unit_test_setup(test_starting_a_confirmed_slot_again_changes_nothing, setup),
        cmocka_unit_test_setup(test_start_notes_who_was_started_and_uses_up_its_selection_for_once,
                               setup),
        cmocka_unit_test_setup(test_slot_that_may_not_start_is_not_started, setup),
        cmocka_unit_test_setup(test_trial_seen_to_fail_is_bad_at_once, setup),
        cmocka_unit_test_setup(test_what_neither_runs_nor_ran_can_neither_confirm_itself_nor_fail,
                               setup),
        cmocka_unit_test_setup(test_three_failures_in_a_row_start_the_other_confirmed_slot_once,
                               setup),
        cmocka_unit_test_setup(test_crash_after_each_confirm_is_still_a_row_of_failures, setup),
        cmocka_unit_test_setup(test_start_of_a_trial_does_not_forgive_a_confirmed_slot_its_failures,
                               setup),
        cmocka_unit_test_setup(test_only_a_whole_row_of_failures_is_forgiven, setup),
        cmocka_unit_test_setup(test_failure_after_a_stable_run_is_the_first_of_a_row, setup),
        cmocka_unit_test_setup(
            test_endless_failures_of_the_only_confirmed_slot_stop_changing_the_card, setup),
        cmocka_unit_test_setup(test_floor_rises_at_confirm_and_never_falls, setup),
        cmocka_unit_test_setup(test_index_out_of_range_stops, setup),
        cmocka_unit_test_setup(test_install_ends_once_and_with_some_tries, setup),
        cmocka_unit_test_setup(test_states_have_names, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
