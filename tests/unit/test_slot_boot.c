/*
 * test_slot_boot: which image is started, what it costs, and what is said when it cannot be.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <stdio.h>

#include "slot_boot.h"
#include "slot_card.h"

static _Alignas(8) uint8_t buffer[IMAGE_BYTES];
static struct slot_choice choice;
static char told[1000];

/* A judge that refuses the versions it was told to, and wants the floor kept. */
static struct {
    struct slot_judge judge;
    char refused[2][16];
    unsigned asked;
    bool swaps; /* the card, while it is asked */
} court;

static int judge(struct slot_judge *self, const void *bytes, size_t length,
                 const struct slot_image *about, uint32_t floor, char *why)
{
    uint8_t digest[32];

    (void)self;
    court.asked++;
    if (court.swaps)
        swap_cards();
    court.swaps = false;
    crypto_hash_sha256(digest, bytes, length);
    assert_memory_equal(digest, about->digest, 32);
    assert_int_equal(length, about->bytes);
    if (about->security_counter < floor) {
        snprintf(why, SLOT_REASON_BYTES, "below the floor %u", floor);
        return ERROR_REFUSED;
    }
    for (unsigned i = 0; i < 2; i++) {
        if (strcmp(about->version, court.refused[i]) == 0) {
            strcpy(why, "not signed");
            return ERROR_REFUSED;
        }
    }
    return 0;
}

static void tell(struct slot_judge *self, const char *sentence)
{
    (void)self;
    assert_true(strlen(told) + strlen(sentence) + 2 < sizeof told);
    strcat(told, sentence);
    strcat(told, "\n");
}

static int set_up_court(void **state)
{
    set_up(state);
    memset(&court, 0, sizeof court);
    court.judge = (struct slot_judge){judge, tell};
    for (unsigned i = 0; i < 2; i++)
        strcpy(court.refused[i], "none");
    open_store();
    return 0;
}

/* ---- in short ---- */

static int64_t choose_as(const char *named, const char *preferred)
{
    told[0] = '\0';
    memset(&choice, 0x55, sizeof choice);
    memset(buffer, 0, sizeof buffer);
    return slot_boot_choose(&store, named, preferred, buffer, sizeof buffer, &court.judge, &choice);
}

static void assert_started(int64_t length, const char *name, const char *version, unsigned slot)
{
    make_image(name, version, IMAGE_BYTES);
    if (length < 0)
        fail_msg("not started: %s", told);
    assert_int_equal(length, IMAGE_BYTES);
    assert_memory_equal(buffer, file, IMAGE_BYTES);
    assert_string_equal(choice.image.name, name);
    assert_string_equal(choice.image.version, version);
    assert_int_equal(choice.service, slot_table_find(&store.table, name));
    assert_int_equal(choice.slot, slot);
    assert_int_equal(choice.install, entry_of(name, slot)->install);
    assert_int_equal(choice.state, entry_of(name, slot)->state);
    assert_int_equal(choice.tries, entry_of(name, slot)->tries);
}

static void choose(const char *name, const char *version, unsigned slot)
{
    assert_started(choose_as(NULL, NULL), name, version, slot);
}

static void select_service(const char *name, enum slot_when when)
{
    struct slot_table before = store.table;

    assert_int_equal(slot_table_select(&store.table, name, when), 0);
    assert_int_equal(slot_store_commit(&store, &before, reason), 0);
}

/* What counts after power-on. */
static struct slot_entry durable(const char *name, unsigned slot)
{
    static struct slot_records records;
    static struct slot_table table;
    int service;

    assert_int_equal(slot_records_open(&records, &card.device, RING_0, RING_1, &table), 0);
    service = slot_table_find(&table, name);
    assert_true(service >= 0);
    return table.services[service].slots[slot];
}

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
    select_service("dns", SLOT_ALWAYS);
    assert_started(choose_as(NULL, "echo"), "dns", "1", 0);
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
}

/* ---- 71: the card cannot be written ---- */

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
}

/* ---- a card that cannot be read everywhere ---- */

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

/* ---- 72: the card is swapped ---- */

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

#undef CASE
#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up_court, tear_down)

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
        CASE(test_a_start_from_memory_is_paid_for_too),
        CASE(test_71_a_start_from_memory_that_cannot_be_paid_for_is_refused),
        CASE(test_who_confirms_itself_is_confirmed_durably_and_raises_the_floor),
        CASE(test_71_a_confirmation_that_cannot_be_written_is_an_error),
        CASE(test_a_trial_that_failed_is_bad_and_the_confirmed_one_is_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
