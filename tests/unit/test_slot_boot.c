/*
 * test_slot_boot: which image is started, what that costs, and what becomes of it.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "slot_court.h"

/* ---- what is started ---- */

static void test_an_empty_store_has_nothing_to_start(void **state)
{
    (void)state;
    assert_int_equal(choose_as(NULL, NULL), ERROR_ABSENT);
    assert_string_equal(told, "all slots are empty\n");
    assert_int_equal(choose_as("dns", NULL), ERROR_ABSENT);
    assert_string_equal(told, "no slot has that service\n");
    assert_int_equal(choose_as(NULL, "dns"), ERROR_ABSENT);
}

static void test_a_trial_is_paid_for_before_it_is_started(void **state)
{
    (void)state;
    install("dns", "1");
    for (unsigned left = TRIES; left-- > 0;) {
        choose("dns", "1", 0);
        assert_string_equal(told, "");
        assert_int_equal(card.pending_count, 0);
        assert_int_equal(choice.state, SLOT_TRIAL);
        assert_int_equal(choice.tries, left);
        assert_int_equal(durable("dns", 0).state, SLOT_TRIAL);
        assert_int_equal(durable("dns", 0).tries, left);
    }
    assert_int_equal(choose_as(NULL, NULL), ERROR_ABSENT);
    assert_string_equal(told, "dns has no slot to start\n");
}

static void test_an_image_that_is_not_started_costs_no_try_and_no_write(void **state)
{
    uint64_t written;

    (void)state;
    install("dns", "1");
    written = card.blocks_written;
    strcpy(court.refused[0], "1");
    assert_int_equal(choose_as(NULL, NULL), ERROR_ABSENT);
    assert_string_equal(told, "dns A: not signed\ndns has no slot to start\n");
    bytes_at(0, 0)[3] ^= 1;
    court.asked = 0;
    assert_int_equal(choose_as(NULL, NULL), ERROR_ABSENT);
    assert_int_equal(court.asked, 0); /* nothing unverified is looked at */
    assert_int_equal(card.blocks_written, written);
    assert_int_equal(durable("dns", 0).tries, TRIES);
}

static void test_a_confirmed_image_started_again_writes_nothing(void **state)
{
    uint64_t written;

    (void)state;
    install_confirmed("dns", "1");
    open_store(); /* mirrors */
    written = card.blocks_written;
    for (unsigned i = 0; i < 5; i++) {
        open_store();
        choose("dns", "1", 0);
        assert_int_equal(choice.state, SLOT_CONFIRMED);
        assert_int_equal(choice.tries, 0);
    }
    assert_int_equal(card.blocks_written, written);
}

static void test_only_another_service_than_the_last_is_worth_a_note(void **state)
{
    uint64_t written;

    (void)state;
    install_confirmed("dns", "1");
    install_confirmed("echo", "1");
    written = card.blocks_written;
    assert_started(choose_as("dns", NULL), "dns", "1", 0);
    assert_int_equal(card.blocks_written, written + 1);
    assert_int_equal(store.table.last_service, 0);
    assert_started(choose_as("dns", NULL), "dns", "1", 0);
    assert_int_equal(card.blocks_written, written + 1);
    assert_started(choose_as("echo", NULL), "echo", "1", 0);
    assert_int_equal(card.blocks_written, written + 2);
}

static void test_a_trial_goes_before_the_confirmed_one_and_that_before_nothing(void **state)
{
    (void)state;
    install_confirmed("dns", "1");
    install("dns", "2");
    choose("dns", "2", 1);
    strcpy(court.refused[0], "2");
    choose("dns", "1", 0);
    assert_string_equal(told, "dns B: not signed\n");
    assert_int_equal(durable("dns", 1).tries, TRIES - 1);
    strcpy(court.refused[1], "1");
    assert_int_equal(choose_as(NULL, NULL), ERROR_ABSENT);
    assert_string_equal(told, "dns B: not signed\ndns A: not signed\ndns has no slot to start\n");
}

static void test_the_judge_is_told_the_floor(void **state)
{
    struct slot_table before;

    (void)state;
    install_confirmed("dns", "1");
    before = store.table;
    store.table.services[0].floor = 2;
    assert_int_equal(slot_store_commit(&store, &before, reason), 0);
    assert_int_equal(choose_as(NULL, NULL), ERROR_ABSENT);
    assert_string_equal(told, "dns A: below the floor 2\ndns has no slot to start\n");
}

static void test_three_failures_give_the_other_confirmed_one_a_start(void **state)
{
    (void)state;
    install_confirmed("dns", "1");
    install_confirmed("dns", "2");
    for (unsigned i = 0; i < 3; i++) {
        choose("dns", "2", 1);
        assert_int_equal(slot_boot_fail(&store, 0, 1, choice.install, false, reason), 0);
        assert_int_equal(durable("dns", 1).failures, i + 1);
    }
    choose("dns", "1", 0);
    assert_int_equal(durable("dns", 1).failures, 0);
    choose("dns", "2", 1);
}

/* ---- selections ---- */

static void test_the_wanted_service_is_the_one_selected_then_the_standard_one(void **state)
{
    (void)state;
    install_confirmed("dns", "1");
    install_confirmed("echo", "1");
    choose("dns", "1", 0);
    assert_started(choose_as(NULL, "echo"), "echo", "1", 0);
    assert_string_equal(told, "");
    assert_started(choose_as(NULL, "ecco"), "dns", "1", 0);
    assert_string_equal(told, "ecco, wanted by the configuration, is in no slot\n");
    select_service("dns", SLOT_ALWAYS);
    assert_started(choose_as(NULL, "ecco"), "dns", "1", 0);
    assert_string_equal(told, ""); /* it would not have counted */
    select_service("echo", SLOT_ONCE);
    choose("echo", "1", 0);
    open_store();
    assert_int_equal(store.table.once, SLOT_NOBODY);
    choose("dns", "1", 0);
}

static void test_a_selection_for_once_that_cannot_be_started_is_used_up(void **state)
{
    (void)state;
    install_confirmed("dns", "1");
    install_confirmed("echo", "2");
    select_service("dns", SLOT_ALWAYS);
    select_service("echo", SLOT_ONCE);
    strcpy(court.refused[0], "2");
    choose("dns", "1", 0);
    assert_string_equal(told, "echo A: not signed\necho has no slot to start\n");
    open_store();
    assert_int_equal(store.table.once, SLOT_NOBODY);
    assert_int_equal(store.table.standard, 0);
    /* Also when nothing else can be started. */
    select_service("echo", SLOT_ONCE);
    strcpy(court.refused[1], "1");
    assert_int_equal(choose_as(NULL, NULL), ERROR_ABSENT);
    open_store();
    assert_int_equal(store.table.once, SLOT_NOBODY);
    /* Or when it is the standard one as well: it is looked at once. */
    select_service("dns", SLOT_ONCE);
    court.asked = 0;
    assert_int_equal(choose_as(NULL, NULL), ERROR_ABSENT);
    assert_int_equal(court.asked, 1);
    open_store();
    assert_int_equal(store.table.once, SLOT_NOBODY);
}

static void test_a_named_service_leaves_a_selection_alone_when_it_cannot_be_started(void **state)
{
    (void)state;
    install_confirmed("dns", "1");
    install_confirmed("echo", "2");
    select_service("echo", SLOT_ONCE);
    strcpy(court.refused[0], "1");
    assert_int_equal(choose_as("dns", NULL), ERROR_ABSENT);
    open_store();
    assert_int_equal(store.table.once, 1);
    /* Its own selection too: it was for when nobody is named. */
    strcpy(court.refused[0], "2");
    assert_int_equal(choose_as("echo", NULL), ERROR_ABSENT);
    open_store();
    assert_int_equal(store.table.once, 1);
}

/* ---- what is in memory already ---- */

static void test_a_start_from_memory_is_paid_for_too(void **state)
{
    (void)state;
    install_confirmed("dns", "1");
    install("dns", "2");
    assert_int_equal(slot_boot_begin(&store, 0, 1, &choice, reason), 0);
    assert_string_equal(reason, "");
    assert_int_equal(choice.service, 0);
    assert_int_equal(choice.slot, 1);
    assert_int_equal(choice.state, SLOT_TRIAL);
    assert_int_equal(choice.tries, TRIES - 1);
    assert_int_equal(choice.install, 2);
    assert_string_equal(choice.image.version, "2");
    assert_int_equal(durable("dns", 1).tries, TRIES - 1);
    assert_int_equal(slot_boot_begin(&store, 0, 1, &choice, reason), 0);
    assert_int_equal(slot_boot_begin(&store, 0, 1, &choice, reason), 0);
    assert_int_equal(slot_boot_begin(&store, 0, 1, &choice, reason), ERROR_REFUSED);
    assert_string_equal(reason, "dns B cannot be started: trial");
    assert_int_equal(slot_boot_fail(&store, 0, 1, 2, false, reason), 0);
    assert_int_equal(slot_boot_begin(&store, 0, 1, &choice, reason), ERROR_REFUSED);
    assert_string_equal(reason, "dns B cannot be started: bad");
}

/* ---- afterwards ---- */

static void test_who_confirms_itself_is_confirmed_durably_and_raises_the_floor(void **state)
{
    uint64_t written;

    (void)state;
    install("dns", "1");
    choose("dns", "1", 0);
    assert_int_equal(slot_boot_confirm(&store, 0, 0, choice.install, 9, reason), 0);
    assert_string_equal(reason, "");
    assert_int_equal(durable("dns", 0).state, SLOT_CONFIRMED);
    assert_int_equal(store.table.services[0].floor, 9);
    written = card.blocks_written;
    assert_int_equal(slot_boot_confirm(&store, 0, 0, choice.install, 9, reason), 0);
    assert_int_equal(card.blocks_written, written);
}

static void test_a_trial_that_failed_is_bad_and_the_confirmed_one_is_back(void **state)
{
    (void)state;
    install_confirmed("dns", "1");
    install("dns", "2");
    choose("dns", "2", 1);
    assert_int_equal(slot_boot_fail(&store, 0, 1, choice.install, false, reason), 0);
    assert_int_equal(durable("dns", 1).state, SLOT_BAD);
    choose("dns", "1", 0);
    assert_string_equal(told, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_an_empty_store_has_nothing_to_start),
        CASE(test_a_trial_is_paid_for_before_it_is_started),
        CASE(test_an_image_that_is_not_started_costs_no_try_and_no_write),
        CASE(test_a_confirmed_image_started_again_writes_nothing),
        CASE(test_only_another_service_than_the_last_is_worth_a_note),
        CASE(test_a_trial_goes_before_the_confirmed_one_and_that_before_nothing),
        CASE(test_the_judge_is_told_the_floor),
        CASE(test_three_failures_give_the_other_confirmed_one_a_start),
        CASE(test_the_wanted_service_is_the_one_selected_then_the_standard_one),
        CASE(test_a_selection_for_once_that_cannot_be_started_is_used_up),
        CASE(test_a_named_service_leaves_a_selection_alone_when_it_cannot_be_started),
        CASE(test_a_start_from_memory_is_paid_for_too),
        CASE(test_who_confirms_itself_is_confirmed_durably_and_raises_the_floor),
        CASE(test_a_trial_that_failed_is_bad_and_the_confirmed_one_is_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
