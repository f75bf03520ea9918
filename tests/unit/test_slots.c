/*
 * loader/slots: what is started from the card, and that the card has it before it is started. What
 * becomes of it: test_slots_verdict.c.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "slots_pair.h"

#include "transfer_list.h"

static void test_a_confirmed_image_is_started_and_nothing_is_written(void **state)
{
    (void)state;
    put_confirmed(&fetched);
    assert_starts(try_slots, &fetched); /* notes what was started last */
    loader.service.bytes = 0;
    loader.board.card = &card.device;
    settle();
    assert_starts(try_slots, &fetched);
    assert_says("slots: fetched A is started, confirmed\n");
    assert_says("loader: starting fetched 1.0.0 from slot:fetched/A\n");
    assert_nothing_written();
    assert_true(keep.confirmed);
    assert_int_equal(keep.fallback, keep.running);
    assert_int_equal(keep.images[keep.running].origin.slot, 'A');
    assert_int_equal(loader.service.confirm_at_us, CLOCK_NEVER); /* it need not do it again */
}

static void test_a_trial_has_its_try_spent_and_is_told_what_is_left(void **state)
{
    const struct boot_service *told;
    size_t bytes;

    (void)state;
    put_image(&fetched);
    assert_starts(try_slots, &fetched);
    assert_says("slots: fetched A is started on trial, 2 tries left\n");
    assert_entry("fetched", 'A', SLOT_TRIAL, 2);
    assert_false(keep.confirmed);
    assert_int_equal(keep.fallback, KEEP_NOTHING);
    told =
        transfer_list_find((const void *)loader.list.base, BOOT_TAG_SERVICE, sizeof *told, &bytes);
    assert_non_null(told);
    assert_int_equal(told->slot, 'A');
    assert_int_equal(told->state, SLOT_TRIAL);
    assert_int_equal(told->tries_left, 2);
}

static void test_a_trial_whose_try_cannot_be_spent_is_not_started(void **state)
{
    (void)state;
    put_confirmed(&fetched);
    put_image(&second);
    card.read_only = true;
    assert_starts(try_slots, &fetched);
    assert_int_equal(keep.origin.slot, 'A');
    card.read_only = false;
    assert_entry("fetched", 'B', SLOT_PENDING, 3);
}

static void test_what_is_refused_costs_no_try(void **state)
{
    static const char junk[600] = "this is no ELF file";

    (void)state;
    put_confirmed(&fetched);
    put("fetched", junk, sizeof junk);
    assert_starts(try_slots, &fetched);
    assert_says("slots: fetched B: refused: ");
    assert_entry("fetched", 'B', SLOT_PENDING, 3);
}

static void test_an_image_under_anothers_name_is_refused(void **state)
{
    (void)state;
    put("other", fetched.bytes, sizeof fetched.bytes);
    assert_returns(try_slots);
    assert_says("slots: other A: refused: it is fetched\n");
    assert_entry("other", 'A', SLOT_PENDING, 3);
}

static void test_the_named_service_is_started_and_else_the_preferred(void **state)
{
    (void)state;
    put_confirmed(&fetched);
    put_confirmed(&other);
    strcpy(loader.configuration.service, "other");
    assert_starts(try_slots, &other);
    loader.service.bytes = 0;
    loader.board.card = &card.device;
    char name[] = "fetched";

    assert_true(sim_expect_stop(try_slots, name));
    assert_string_equal(keep.name, "fetched");
}

static void test_without_a_card_or_a_store_nothing_is_said(void **state)
{
    (void)state;
    card_storage[446 + 4] = 0x83;
    slots_look(&loader);
    assert_returns(try_slots);
    assert_int_equal(status, ERROR_ABSENT);
    loader.board.card = NULL;
    assert_returns(try_slots);
    assert_int_equal(status, ERROR_ABSENT);
    assert_string_equal(sim_log(), "");
}

static void test_who_asks_by_name_has_the_card_looked_for(void **state)
{
    char name[] = "fetched";

    (void)state;
    put_confirmed(&fetched);
    loader.board.card = NULL;
    assert_true(sim_expect_stop(try_slots, name));
    assert_string_equal(keep.name, "fetched");
    assert_int_equal(keep.over.card.address, 0x70000); /* and handed over as it was found */
}

static void test_a_card_that_fails_is_told_of(void **state)
{
    (void)state;
    put_confirmed(&fetched);
    slots_look(&loader);
    sim_log_clear();
    card.slow = true;
    assert_returns(try_slots);
    assert_int_equal(status, ERROR_TIMEOUT);
    assert_says("slots: ");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BOTH_TEST(test_a_confirmed_image_is_started_and_nothing_is_written),
        BOTH_TEST(test_a_trial_has_its_try_spent_and_is_told_what_is_left),
        BOTH_TEST(test_a_trial_whose_try_cannot_be_spent_is_not_started),
        BOTH_TEST(test_what_is_refused_costs_no_try),
        BOTH_TEST(test_an_image_under_anothers_name_is_refused),
        BOTH_TEST(test_the_named_service_is_started_and_else_the_preferred),
        BOTH_TEST(test_without_a_card_or_a_store_nothing_is_said),
        BOTH_TEST(test_who_asks_by_name_has_the_card_looked_for),
        BOTH_TEST(test_a_card_that_fails_is_told_of),
    };

    return cmocka_run_group_tests(tests, group_setup, NULL);
}
