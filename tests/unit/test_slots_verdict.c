/*
 * loader/slots: what the card is told of an image that was started from it: that it has confirmed
 * itself, or that it has failed.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "slots_pair.h"

/* ---- confirmed ---- */

static void test_a_confirmation_is_on_the_card_when_it_is_answered(void **state)
{
    (void)state;
    run_trial();
    assert_int_equal(slots_confirm(&loader, reason), 0);
    assert_says("slots: fetched B confirmed\n");
    assert_entry("fetched", 'B', SLOT_CONFIRMED, 0);
    assert_int_equal(on_card.table.services[0].floor, 0); /* of its note, not of the header */
    assert_int_equal(keep.images[keep.running].origin.state, SLOT_CONFIRMED);
    assert_int_equal(keep.slots.services[0].slots[1].state, SLOT_CONFIRMED);
}

static void test_the_card_is_taken_over_and_left_at_rest(void **state)
{
    unsigned starts = sim_board.card_starts;

    (void)state;
    run_trial();
    keep.over.has_card = true;
    sim_board.card_description.address = 0x990000;
    assert_int_equal(slots_confirm(&loader, reason), 0);
    assert_int_equal(sim_board.card_starts, starts);
    assert_int_equal(sim_board.card_adoptions, 1);
    assert_null(loader.board.card);
    assert_true(loader.service.card_was_used);
    assert_int_equal(keep.over.card.address, 0x990000);
}

static void test_a_card_that_cannot_be_taken_over_is_started(void **state)
{
    unsigned starts = sim_board.card_starts;

    (void)state;
    run_trial();
    keep.over.has_card = true;
    sim_board.adopt_card_status = ERROR_CORRUPT;
    assert_int_equal(slots_confirm(&loader, reason), 0);
    assert_int_equal(sim_board.card_starts, starts + 1);
}

static void test_what_is_confirmed_already_does_not_touch_the_card(void **state)
{
    (void)state;
    put_confirmed(&fetched);
    run_from(&fetched, 'A');
    uint64_t reads = card.reads;

    assert_int_equal(slots_confirm(&loader, reason), 0);
    assert_int_equal(card.reads, reads);
    assert_int_equal(sim_board.card_adoptions, 0);
    keep.origin.slot = 0; /* nor what is from no slot */
    assert_int_equal(slots_confirm(&loader, reason), 0);
    assert_int_equal(card.reads, reads);
}

static void test_a_card_that_cannot_be_told_is_asked_again(void **state)
{
    (void)state;
    run_trial();
    card.read_only = true;
    assert_true(slots_confirm(&loader, reason) < 0);
    assert_true(reason[0] != '\0');
    assert_says("slots: fetched B is not confirmed on the card: ");
    assert_int_equal(keep.origin.state, SLOT_TRIAL);
    card.read_only = false;
    assert_int_equal(slots_confirm(&loader, reason), 0);
    assert_entry("fetched", 'B', SLOT_CONFIRMED, 0);
}

static void test_a_slot_that_cannot_be_read_is_neither_confirmed_nor_given_up(void **state)
{
    (void)state;
    run_trial();
    card.bad_block = 3 * SLOT_UNIT_BLOCKS; /* B's header */
    assert_int_equal(slots_confirm(&loader, reason), ERROR_IO);
    assert_says("slots: fetched B is not confirmed on the card: fetched B: reading block 24576: ");
    assert_int_equal(keep.origin.state, SLOT_TRIAL);
    come_back();
    assert_false(slots_fail(&loader, false));
    assert_says("slots: the card is not told that fetched B failed: fetched B: reading block ");
    card.bad_block = SIM_BLOCK_NEVER;
    assert_int_equal(slots_confirm(&loader, reason), 0);
    assert_entry("fetched", 'B', SLOT_CONFIRMED, 0);
}

/* Its last try was taken for one that nobody came back from, while the card could not be told. */
static void test_a_slot_that_was_given_up_meanwhile_is_not_said_to_be_confirmed(void **state)
{
    (void)state;
    run_trial();
    change(be_bad, "fetched", 'B');
    assert_int_equal(slots_confirm(&loader, reason), ERROR_REFUSED);
    assert_says("slots: fetched B is not confirmed on the card: it is bad there\n");
    assert_int_equal(keep.origin.state, SLOT_TRIAL);
    assert_entry("fetched", 'B', SLOT_BAD, 0);
}

static void be_found_again(struct slot_entry *slot)
{
    slot->state = SLOT_PENDING;
    slot->tries = SLOT_TRIES;
}

/* All records were lost meanwhile, so that nobody knows any more that it was started. */
static void test_a_slot_that_was_found_again_is_neither_confirmed_nor_said_to_be_bad(void **state)
{
    (void)state;
    run_trial();
    change(be_found_again, "fetched", 'B');
    assert_int_equal(slots_confirm(&loader, reason), ERROR_REFUSED);
    assert_says("slots: fetched B is not confirmed on the card: it is pending there\n");
    come_back();
    slots_fail(&loader, false);
    assert_silent_about("is bad");
    assert_entry("fetched", 'B', SLOT_PENDING, SLOT_TRIES);
}

static void test_a_slot_that_was_filled_anew_is_not_confirmed_by_who_ran_from_it(void **state)
{
    (void)state;
    run_trial();
    put_image(&second); /* B again */
    assert_int_equal(slots_confirm(&loader, reason), 0);
    assert_says("what runs is not on this card any more");
    assert_silent_about("confirmed");
    assert_entry("fetched", 'B', SLOT_PENDING, 3);
}

static void test_another_card_with_the_same_numbers_is_left_alone(void **state)
{
    (void)state;
    run_trial();
    /* The same service, slot and install, but not what was started. */
    memset(card_storage + CARD_BYTES - SLOT_UNIT_BLOCKS * SLOT_BLOCK_BYTES, 0,
           32 * SLOT_BLOCK_BYTES);
    memset(card_storage + SLOT_UNIT_BLOCKS * SLOT_BLOCK_BYTES, 0, 32 * SLOT_BLOCK_BYTES);
    memset(card_storage + 2 * SLOT_UNIT_BLOCKS * SLOT_BLOCK_BYTES, 0, SLOT_BLOCK_BYTES);
    memset(card_storage + 3 * SLOT_UNIT_BLOCKS * SLOT_BLOCK_BYTES, 0, SLOT_BLOCK_BYTES);
    put_confirmed(&fetched);
    put_image(&fetched);
    change(be_on_trial, "fetched", 'B');
    assert_int_equal(entry("fetched", 'B').install, keep.origin.install);
    assert_int_equal(slots_confirm(&loader, reason), 0);
    assert_entry("fetched", 'B', SLOT_TRIAL, 3);
}

/* ---- failed ---- */

static void test_a_trial_that_failed_is_bad(void **state)
{
    (void)state;
    run_trial();
    come_back();
    assert_true(slots_fail(&loader, false));
    assert_says("slots: fetched B failed its trial and is bad\n");
    assert_entry("fetched", 'B', SLOT_BAD, 0);
    assert_entry("fetched", 'A', SLOT_CONFIRMED, 0);
}

static void test_the_last_try_of_a_trial_is_not_cleaned_away_before_it_confirms(void **state)
{
    (void)state;
    loader.configuration.tries = 1;
    run_trial();
    change(be_bad, "fetched", 'A');
    open_own();
    struct slot_table before = on_card.table;

    on_card.table.services[0].slots[1].tries = 0;
    assert_int_equal(slot_store_commit(&on_card, &before, reason), 0);
    const char *table;

    slots_text(&loader, &table); /* somebody looks */
    assert_entry("fetched", 'B', SLOT_TRIAL, 0);
    assert_int_equal(slots_confirm(&loader, reason), 0);
    assert_entry("fetched", 'B', SLOT_CONFIRMED, 0);
}

static void be_on_its_last_try(struct slot_entry *slot)
{
    slot->tries = 1;
}

static void test_a_confirmation_that_the_card_was_not_told_is_not_cleaned_away(void **state)
{
    (void)state;
    put_image(&fetched);
    change(be_on_its_last_try, "fetched", 'A');
    run_from(&fetched, 'A');
    keep.confirmed = true; /* the card did not answer then, nor at the service's end */
    come_back();
    assert_entry("fetched", 'A', SLOT_TRIAL, 0);
    assert_int_equal(slots_confirm(&loader, reason), 0);
    come_back();
    assert_entry("fetched", 'A', SLOT_CONFIRMED, 0);
}

static void test_failures_of_a_confirmed_one_are_counted_until_the_others_turn(void **state)
{
    (void)state;
    put_confirmed(&second);
    put_confirmed(&fetched);
    run_from(&fetched, 'B');
    come_back();
    assert_false(slots_fail(&loader, false));
    assert_false(slots_fail(&loader, false));
    assert_int_equal(entry("fetched", 'B').failures, 2);
    assert_true(slots_fail(&loader, false));
    assert_entry("fetched", 'B', SLOT_CONFIRMED, 0);
    assert_starts(try_slots, &second);
    assert_int_equal(keep.origin.slot, 'A');
}

static void test_a_long_run_begins_the_count_anew(void **state)
{
    (void)state;
    put_confirmed(&second);
    put_confirmed(&fetched);
    run_from(&fetched, 'B');
    come_back();
    slots_fail(&loader, false);
    slots_fail(&loader, false);
    assert_false(slots_fail(&loader, true));
    assert_int_equal(entry("fetched", 'B').failures, 1);
}

static void test_a_failure_that_the_card_cannot_be_told_is_logged(void **state)
{
    (void)state;
    run_trial();
    come_back();
    card.read_only = true;
    assert_false(slots_fail(&loader, false));
    assert_says("slots: the card is not told that fetched B failed: ");
    card.read_only = false;
    assert_entry("fetched", 'B', SLOT_TRIAL, 2);
}

static void test_what_is_from_no_slot_fails_without_the_card(void **state)
{
    (void)state;
    uint64_t reads = card.reads;

    assert_false(slots_fail(&loader, false));
    assert_int_equal(card.reads, reads);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BOTH_TEST(test_a_confirmation_is_on_the_card_when_it_is_answered),
        BOTH_TEST(test_the_card_is_taken_over_and_left_at_rest),
        BOTH_TEST(test_a_card_that_cannot_be_taken_over_is_started),
        BOTH_TEST(test_what_is_confirmed_already_does_not_touch_the_card),
        BOTH_TEST(test_a_card_that_cannot_be_told_is_asked_again),
        BOTH_TEST(test_a_slot_that_cannot_be_read_is_neither_confirmed_nor_given_up),
        BOTH_TEST(test_a_slot_that_was_given_up_meanwhile_is_not_said_to_be_confirmed),
        BOTH_TEST(test_a_slot_that_was_found_again_is_neither_confirmed_nor_said_to_be_bad),
        BOTH_TEST(test_a_slot_that_was_filled_anew_is_not_confirmed_by_who_ran_from_it),
        BOTH_TEST(test_another_card_with_the_same_numbers_is_left_alone),
        BOTH_TEST(test_a_trial_that_failed_is_bad),
        BOTH_TEST(test_the_last_try_of_a_trial_is_not_cleaned_away_before_it_confirms),
        SLOTS_TEST(test_a_confirmation_that_the_card_was_not_told_is_not_cleaned_away),
        BOTH_TEST(test_failures_of_a_confirmed_one_are_counted_until_the_others_turn),
        BOTH_TEST(test_a_long_run_begins_the_count_anew),
        BOTH_TEST(test_a_failure_that_the_card_cannot_be_told_is_logged),
        BOTH_TEST(test_what_is_from_no_slot_fails_without_the_card),
    };

    return cmocka_run_group_tests(tests, group_setup, NULL);
}
