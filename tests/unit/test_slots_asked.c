/*
 * loader/slots_asked: installs and their starts; and the floors of security counters, which hold
 * for every source. Selections: test_slots_selected.c.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "slots_machine.h"

/* ---- installs ---- */

static void test_an_install_fills_the_free_slot_and_is_noted(void **state)
{
    (void)state;
    put_confirmed(&pushed);
    come_back();
    upload(&pushed);
    assert_int_equal(slots_install(&loader, reason), 0);
    assert_says("slots: pushed 1.0.0 installed as B, 12864 bytes\n");
    assert_entry("pushed", 'A', SLOT_CONFIRMED, 0);
    assert_entry("pushed", 'B', SLOT_PENDING, 3);
    assert_int_equal(keep.uploaded.origin.slot, 'B');
    assert_int_equal(keep.uploaded.origin.install, entry("pushed", 'B').install);
    struct slot_image about;

    assert_int_equal(slot_store_header(&on_card, 0, 1, &about, reason), 0);
    assert_memory_equal(about.digest, keep.uploaded.digest, sizeof about.digest);
    assert_string_equal(about.location, "push:10.0.0.1/x");
    assert_int_equal(about.bytes, sizeof pushed.bytes);
}

static void test_an_install_during_a_service_leaves_its_trial_alone(void **state)
{
    (void)state;
    loader.configuration.tries = 1;
    put_image(&fetched);
    open_own();
    struct slot_table before = on_card.table;

    on_card.table.services[0].slots[0].tries = 1;
    assert_int_equal(slot_store_commit(&on_card, &before, reason), 0);
    run_from(&fetched, 'A');
    assert_entry("fetched", 'A', SLOT_TRIAL, 0);
    upload(&pushed);
    assert_int_equal(slots_install(&loader, reason), 0);
    assert_entry("fetched", 'A', SLOT_TRIAL, 0);
    assert_entry("pushed", 'A', SLOT_PENDING, 1);
    assert_null(loader.board.card);
}

static void test_what_cannot_be_installed_is_not_started_either(void **state)
{
    (void)state;
    put_confirmed(&pushed);
    come_back();
    upload(&pushed);
    card.read_only = true;
    assert_true(slots_install(&loader, reason) < 0);
    assert_true(reason[0] != '\0');
    assert_int_equal(keep.uploaded.bytes, 0);
    card.read_only = false;
    assert_entry("pushed", 'A', SLOT_CONFIRMED, 0);
}

static void test_without_a_card_an_install_says_so(void **state)
{
    (void)state;
    upload(&pushed);
    loader.board.card = NULL;
    sim_board.card_status = ERROR_ABSENT;
    assert_int_equal(slots_install(&loader, reason), ERROR_ABSENT);
    assert_string_equal(reason, "no usable card: absent");
}

static void test_nothing_is_installed_where_it_would_never_be_started_from_again(void **state)
{
    (void)state;
    upload(&pushed);
    settle();
    loader.configuration.source_count = 1;
    loader.configuration.sources[0] = CONFIGURATION_NETWORK;
    assert_int_equal(slots_install(&loader, reason), ERROR_REFUSED);
    assert_string_equal(reason, "slots is not among the sources of this board");
    assert_int_equal(keep.uploaded.bytes, 0);
    assert_nothing_written();
}

/* ---- its start ---- */

static void start_it(void *context)
{
    (void)context;
    start_pushed(&loader);
}

static void test_an_installed_image_has_its_try_spent_when_it_starts(void **state)
{
    (void)state;
    upload(&pushed);
    assert_int_equal(slots_install(&loader, reason), 0);
    assert_starts(start_it, &pushed);
    assert_says("slots: pushed A is started on trial, 2 tries left\n");
    assert_entry("pushed", 'A', SLOT_TRIAL, 2);
    assert_int_equal(keep.origin.slot, 'A');
    assert_int_equal(keep.origin.tries, 2);
    assert_false(keep.confirmed);
}

static void test_an_installed_image_whose_try_cannot_be_spent_is_not_started(void **state)
{
    (void)state;
    upload(&pushed);
    assert_int_equal(slots_install(&loader, reason), 0);
    slots_look(&loader);
    card.read_only = true;
    assert_returns(start_it);
    assert_says("slots: slot A is not started: ");
    card.read_only = false;
    assert_entry("pushed", 'A', SLOT_PENDING, 3);
}

static void test_an_installed_image_is_not_started_when_its_card_is_gone(void **state)
{
    (void)state;
    upload(&pushed);
    assert_int_equal(slots_install(&loader, reason), 0);
    open_own();
    struct slot_table before = on_card.table;

    on_card.table.services[0].slots[0].install = ++on_card.table.installs;
    assert_int_equal(slot_store_commit(&on_card, &before, reason), 0);
    slots_look(&loader);
    assert_returns(start_it);
    assert_says("the card has something else there now");
}

static void test_a_push_that_is_not_installed_touches_no_card(void **state)
{
    (void)state;
    uint64_t reads = card.reads;

    upload(&pushed);
    assert_starts(start_it, &pushed);
    assert_int_equal(card.reads, reads);
    assert_int_equal(keep.origin.slot, 0);
}

/* ---- floors ---- */

static void set_counter(struct image *image, const char *name, uint32_t counter)
{
    make_image(image, name, 0x55);
    ((struct image_note *)(b.note + 24))->security_counter = counter;
    memcpy(image->bytes, b.bytes, sizeof image->bytes);
}

static void test_the_floor_is_what_was_confirmed_and_holds_for_every_source(void **state)
{
    struct image old, equal;

    (void)state;
    set_counter(&pushed, "pushed", 7);
    set_counter(&old, "pushed", 6);
    set_counter(&equal, "pushed", 7);
    assert_int_equal(slots_floor(&loader, "pushed"), 0);
    upload(&pushed);
    assert_int_equal(slots_install(&loader, reason), 0);
    assert_starts(start_it, &pushed);
    assert_int_equal(slots_floor(&loader, "pushed"), 0); /* not before it is confirmed */
    assert_int_equal(slots_confirm(&loader, reason), 0);
    assert_int_equal(slots_floor(&loader, "pushed"), 7);
    upload(&equal);
    memcpy((void *)loader.staging.base, old.bytes, sizeof old.bytes);
    assert_int_equal(pushed_check(&loader, sizeof old.bytes, "", reason), ERROR_REFUSED);
    assert_string_equal(reason,
                        "its security counter 6 is below 7, which pushed has reached on this card");
    /* After the next power-on, before any slot was asked for. */
    memset(&keep.slots, 0, sizeof keep.slots);
    come_back();
    assert_int_equal(slots_floor(&loader, "pushed"), 7);
    /* A card that cannot be read does not take it back. */
    card.slow = true;
    slots_look(&loader);
    assert_int_equal(slots_floor(&loader, "pushed"), 7);
    card.slow = false;
    card.bad_block = 0;
    slots_look(&loader);
    assert_int_equal(slots_floor(&loader, "pushed"), 7);
    card.bad_block = SIM_BLOCK_NEVER;
    /* Nor does one that is taken out while it is looked at. */
    for (unsigned read = 1; read <= 3; read++) {
        card.reads_to_gone = read;
        slots_look(&loader);
        card.device.block_count = CARD_BLOCKS;
        assert_int_equal(slots_floor(&loader, "pushed"), 7);
    }
    /* Another card knows nothing of it. */
    card_storage[446 + 4] = 0x83;
    slots_look(&loader);
    assert_int_equal(slots_floor(&loader, "pushed"), 0);
}

static void test_a_card_that_was_put_in_meanwhile_tells_its_floor_before_an_install(void **state)
{
    struct image old;

    (void)state;
    set_counter(&old, "fetched", 1);
    put_confirmed(&fetched);
    open_own();
    struct slot_table before = on_card.table;

    on_card.table.services[0].floor = 2;
    assert_int_equal(slot_store_commit(&on_card, &before, reason), 0);
    settle();
    loader.service.bytes = 1; /* which was started without a card */
    loader.board.card = NULL;
    upload(&old);
    assert_int_equal(slots_install(&loader, reason), ERROR_REFUSED);
    assert_string_equal(
        reason, "its security counter 1 is below 2, which fetched has reached on this card");
    assert_int_equal(keep.uploaded.bytes, 0);
    assert_nothing_written();
}

static void test_an_old_image_in_a_slot_is_passed_over(void **state)
{
    struct image old;

    (void)state;
    set_counter(&old, "fetched", 1);
    set_counter(&fetched, "fetched", 2);
    put_confirmed(&fetched);
    put_image(&old);
    open_own();
    struct slot_table before = on_card.table;

    on_card.table.services[0].floor = 2;
    assert_int_equal(slot_store_commit(&on_card, &before, reason), 0);
    assert_starts(try_slots, &fetched);
    assert_says("slots: fetched B: refused: its security counter 1 is below 2");
    assert_int_equal(keep.origin.slot, 'A');
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SLOTS_TEST(test_an_install_fills_the_free_slot_and_is_noted),
        SLOTS_TEST(test_an_install_during_a_service_leaves_its_trial_alone),
        SLOTS_TEST(test_what_cannot_be_installed_is_not_started_either),
        SLOTS_TEST(test_without_a_card_an_install_says_so),
        SLOTS_TEST(test_nothing_is_installed_where_it_would_never_be_started_from_again),
        SLOTS_TEST(test_an_installed_image_has_its_try_spent_when_it_starts),
        SLOTS_TEST(test_an_installed_image_whose_try_cannot_be_spent_is_not_started),
        SLOTS_TEST(test_an_installed_image_is_not_started_when_its_card_is_gone),
        SLOTS_TEST(test_a_push_that_is_not_installed_touches_no_card),
        SLOTS_TEST(test_the_floor_is_what_was_confirmed_and_holds_for_every_source),
        SLOTS_TEST(test_a_card_that_was_put_in_meanwhile_tells_its_floor_before_an_install),
        SLOTS_TEST(test_an_old_image_in_a_slot_is_passed_over),
    };

    return cmocka_run_group_tests(tests, group_setup, NULL);
}
