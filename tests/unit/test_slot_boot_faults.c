/*
 * test_slot_boot_faults: which image is started from a card that cannot be written, or read
 * everywhere, or that is another one.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "slot_court.h"

static void test_71_no_trial_is_started_from_a_card_that_cannot_be_written(void **state)
{
    (void)state;
    install_confirmed("dns", "1");
    install("dns", "2");
    card.read_only = true;
    choose("dns", "1", 0);
    assert_string_equal(told, "dns B: the slot records cannot be written: refused\n");
    assert_true(store.is_read_only);
    assert_int_equal(durable("dns", 1).state, SLOT_PENDING);
    assert_int_equal(durable("dns", 1).tries, TRIES);
    /* Known to be so: the trial's image is not even read. */
    court.asked = 0;
    choose("dns", "1", 0);
    assert_string_equal(told, "dns B: no trial from a card that cannot be written\n");
    assert_int_equal(court.asked, 1);
    /* And a card on which there is nothing else starts nothing. */
    card.read_only = false;
    open_store();
    install("echo", "1");
    card.read_only = true;
    assert_int_equal(choose_as("echo", NULL), ERROR_ABSENT);
    assert_string_equal(told, "echo A: the slot records cannot be written: refused\n"
                              "echo has no slot to start\n");
}

static void test_71_a_confirmed_one_is_started_though_nothing_can_be_noted(void **state)
{
    (void)state;
    install_confirmed("dns", "1");
    install_confirmed("echo", "1");
    open_store();
    card.read_only = true;
    assert_started(choose_as("dns", NULL), "dns", "1", 0);
    assert_string_equal(told, "dns A: the slot records cannot be written: refused\n");
    assert_int_equal(store.table.last_service, 1);
    /* Said once. */
    assert_started(choose_as("dns", NULL), "dns", "1", 0);
    assert_string_equal(told, "");
}

static int fail_write(struct block_device *device, uint64_t first, uint32_t count,
                      const void *bytes)
{
    (void)device, (void)first, (void)count, (void)bytes;
    return ERROR_IO;
}

static int fail_flush(struct block_device *device)
{
    (void)device;
    return ERROR_TIMEOUT;
}

static void test_71_a_write_error_during_a_trials_start_starts_the_confirmed_one(void **state)
{
    int (*flush)(struct block_device *) = card.device.flush;
    int (*write)(struct block_device *, uint64_t, uint32_t, const void *) = card.device.write;

    (void)state;
    install_confirmed("dns", "1");
    install("dns", "2");
    card.device.write = fail_write;
    choose("dns", "1", 0);
    assert_string_equal(told, "dns B: the slot records cannot be written: input/output error\n");
    card.device.write = write;
    open_store();
    card.device.flush = fail_flush;
    choose("dns", "1", 0);
    assert_string_equal(told, "dns B: the slot records cannot be written: timeout\n");
    card.device.flush = flush;
    open_store();
    strcpy(court.refused[0], "1");
    card.device.write = fail_write;
    assert_int_equal(choose_as(NULL, NULL), ERROR_IO);
    card.device.write = write;
    open_store();
    choose("dns", "2", 1);
}

static void test_71_a_selection_that_cannot_be_forgotten_does_not_stop_the_boot(void **state)
{
    (void)state;
    install_confirmed("dns", "1");
    install("echo", "2");
    select_service("dns", SLOT_ALWAYS);
    select_service("echo", SLOT_ONCE);
    strcpy(court.refused[0], "2");
    card.read_only = true;
    choose("dns", "1", 0);
    assert_string_equal(told, "echo A: not signed\necho has no slot to start\n"
                              "the slot records cannot be written: refused\n");
    assert_int_equal(store.table.once, 1);
    /* Said once. */
    choose("dns", "1", 0);
    assert_string_equal(told, "echo A: no trial from a card that cannot be written\n"
                              "echo has no slot to start\n");
}

static void test_a_slot_that_cannot_be_read_does_not_stop_the_other(void **state)
{
    (void)state;
    install_confirmed("dns", "1");
    install("dns", "2");
    card.bad_block = STORE_FIRST + 2 * SLOT_UNIT_BLOCKS; /* the header of B */
    choose("dns", "1", 0);
    assert_string_equal(told, "dns B: reading block 24576: input/output error\n");
    card.bad_block += 9; /* ... and its image */
    choose("dns", "1", 0);
    assert_int_equal(durable("dns", 1).tries, TRIES);
    card.bad_block = STORE_FIRST + SLOT_UNIT_BLOCKS;
    choose("dns", "2", 1);
    strcpy(court.refused[0], "2");
    assert_int_equal(choose_as(NULL, NULL), ERROR_IO);
    card.gone = true;
    assert_int_equal(choose_as(NULL, NULL), ERROR_ABSENT);
    card.gone = false;
    card.slow = true;
    assert_int_equal(choose_as(NULL, NULL), ERROR_TIMEOUT);
}

static void test_an_image_without_room_for_it_is_passed_over(void **state)
{
    struct slot_image about;
    unsigned service, slot;

    (void)state;
    install_confirmed("dns", "1");
    about = make_image("dns", "2", IMAGE_BYTES + 1);
    assert_int_equal(slot_store_install(&store, file, &about, TRIES, &service, &slot, reason), 0);
    choose("dns", "1", 0);
    assert_string_equal(told, "dns B: 1501 bytes, there is room for 1500\n");
}

static void test_a_recovered_store_starts_the_later_image_on_trial(void **state)
{
    (void)state;
    install_confirmed("dns", "1");
    install_confirmed("dns", "2");
    lose_records();
    open_store();
    strcpy(court.refused[0], "2");
    choose("dns", "1", 0);
    assert_int_equal(choice.state, SLOT_TRIAL);
    assert_int_equal(choice.tries, TRIES - 1);
    strcpy(court.refused[0], "none");
    open_store();
    choose("dns", "2", 1);
    assert_int_equal(choice.state, SLOT_TRIAL);
    assert_int_equal(slot_boot_confirm(&store, 0, 1, choice.install, 1, reason), 0);
    open_store();
    choose("dns", "2", 1); /* the earlier one does not come back */
}

/* Another card, on which dns has version 3, and which the store is not opened from. */
static void make_other_card(bool with_b)
{
    swap_cards();
    open_store();
    install_confirmed("dns", "3");
    if (with_b)
        install("dns", "4");
    swap_cards();
    open_store();
}

static void test_72_a_trial_is_not_started_when_the_card_it_came_from_is_gone(void **state)
{
    uint64_t written;

    (void)state;
    make_other_card(false);
    install_confirmed("dns", "1");
    install("dns", "2");
    written = card.blocks_written;
    court.swaps = true;
    choose("dns", "3", 0); /* has the same number there; it was judged for itself */
    assert_string_equal(told, "dns B: this is not the card that was read before\n");
    assert_true(store.is_read_only);
    assert_int_equal(card.blocks_written, written);
    open_store();
    assert_int_equal(entry_of("dns", 0)->state, SLOT_CONFIRMED);
    assert_int_equal(entry_of("dns", 1)->state, SLOT_EMPTY);
    swap_cards();
    open_store();
    assert_int_equal(entry_of("dns", 1)->tries, TRIES);
    choose("dns", "2", 1);
}

static void test_72_a_slot_of_another_card_is_told_by_its_number(void **state)
{
    (void)state;
    make_other_card(true);
    install_confirmed("dns", "1");
    install("dns", "2");
    install("dns", "5"); /* in B, number 3 */
    swap_cards();
    choose("dns", "3", 0);
    assert_string_equal(told, "dns B: its header is of install 2, the record says 3\n");
}

static void test_72_an_image_installed_on_another_card_is_not_begun(void **state)
{
    uint64_t written;

    (void)state;
    make_other_card(true);
    install_confirmed("dns", "1");
    install("dns", "2");
    choose("dns", "2", 1);
    /* Another image under the same number, on a card with another history. */
    swap_cards();
    assert_int_equal(slot_boot_begin(&store, 0, 1, &choice, reason), ERROR_ABSENT);
    assert_string_equal(reason, "this is not the card that was read before");
    swap_cards();
    open_store();
    install("dns", "5");
    written = card.blocks_written;
    swap_cards();
    assert_int_equal(slot_boot_begin(&store, 0, 1, &choice, reason), ERROR_CORRUPT);
    assert_string_equal(reason, "dns B: its header is of install 2, the record says 3");
    assert_int_equal(card.blocks_written, written);
}

/* Two cards made by the same steps, one image apart: records and numbers are the same, and only
 * the digest tells. Who begins compares it with what is in memory. */
static void test_72_of_a_cards_twin_the_digest_is_another(void **state)
{
    struct slot_image first;

    (void)state;
    make_other_card(true);
    install_confirmed("dns", "3");
    install("dns", "2");
    assert_int_equal(slot_store_header(&store, 0, 1, &first, reason), 0);
    swap_cards();
    open_store();
    assert_int_equal(slot_boot_begin(&store, 0, 1, &choice, reason), 0);
    assert_int_equal(choice.install, 2);
    assert_memory_not_equal(choice.image.digest, first.digest, sizeof first.digest);
}

static void test_72_what_ran_is_neither_confirmed_nor_failed_in_a_slot_filled_anew(void **state)
{
    struct slot_table before;

    (void)state;
    install_confirmed("dns", "1");
    install("dns", "2");
    choose("dns", "2", 1);
    install("dns", "3"); /* in its place */
    before = store.table;
    assert_int_equal(slot_boot_confirm(&store, 0, 1, choice.install, 7, reason), 0);
    assert_string_equal(reason, "dns B has another image now: install 3, not 2");
    assert_int_equal(slot_boot_fail(&store, 0, 1, choice.install, false, reason), 0);
    assert_string_equal(reason, "dns B has another image now: install 3, not 2");
    assert_memory_equal(&store.table, &before, sizeof before);
}

static void test_71_a_start_from_memory_that_cannot_be_paid_for_is_refused(void **state)
{
    (void)state;
    install_confirmed("dns", "1");
    install("dns", "2");
    card.read_only = true;
    assert_int_equal(slot_boot_begin(&store, 0, 1, &choice, reason), ERROR_REFUSED);
    assert_string_equal(reason, "the slot records cannot be written: refused");
    assert_int_equal(entry_of("dns", 1)->state, SLOT_PENDING);
    /* But a confirmed one costs nothing. */
    card.read_only = false;
    open_store();
    install_confirmed("echo", "1");
    card.read_only = true;
    assert_int_equal(slot_boot_begin(&store, 0, 0, &choice, reason), 0);
    assert_string_equal(reason, "the slot records cannot be written: refused");
    assert_int_equal(choice.state, SLOT_CONFIRMED);
}

static void test_71_a_confirmation_that_cannot_be_written_is_an_error(void **state)
{
    (void)state;
    install("dns", "1");
    choose("dns", "1", 0);
    card.read_only = true;
    assert_int_equal(slot_boot_confirm(&store, 0, 0, choice.install, 9, reason), ERROR_REFUSED);
    assert_string_equal(reason, "the slot records cannot be written: refused");
    assert_int_equal(entry_of("dns", 0)->state, SLOT_TRIAL);
    assert_int_equal(store.table.services[0].floor, 0);
    assert_int_equal(slot_boot_fail(&store, 0, 0, choice.install, false, reason), ERROR_REFUSED);
    assert_string_equal(reason, "the card is read-only");
    assert_int_equal(durable("dns", 0).state, SLOT_TRIAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_71_no_trial_is_started_from_a_card_that_cannot_be_written),
        CASE(test_71_a_confirmed_one_is_started_though_nothing_can_be_noted),
        CASE(test_71_a_write_error_during_a_trials_start_starts_the_confirmed_one),
        CASE(test_71_a_selection_that_cannot_be_forgotten_does_not_stop_the_boot),
        CASE(test_a_slot_that_cannot_be_read_does_not_stop_the_other),
        CASE(test_an_image_without_room_for_it_is_passed_over),
        CASE(test_a_recovered_store_starts_the_later_image_on_trial),
        CASE(test_72_a_trial_is_not_started_when_the_card_it_came_from_is_gone),
        CASE(test_72_a_slot_of_another_card_is_told_by_its_number),
        CASE(test_72_an_image_installed_on_another_card_is_not_begun),
        CASE(test_72_of_a_cards_twin_the_digest_is_another),
        CASE(test_72_what_ran_is_neither_confirmed_nor_failed_in_a_slot_filled_anew),
        CASE(test_71_a_start_from_memory_that_cannot_be_paid_for_is_refused),
        CASE(test_71_a_confirmation_that_cannot_be_written_is_an_error),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
