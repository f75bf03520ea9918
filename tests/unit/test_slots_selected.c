/*
 * loader/slots_asked: selections, and the table of what is on the card.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "slots_machine.h"

/* ---- selections ---- */

static void test_a_selection_is_durable(void **state)
{
    (void)state;
    put_confirmed(&fetched);
    put_confirmed(&other);
    come_back();
    assert_int_equal(slots_select(&loader, "other", SLOT_ALWAYS, reason), 0);
    assert_says("slots: other is selected: always\n");
    assert_starts(try_slots, &other);
    come_back();
    assert_int_equal(slots_select(&loader, "fetched", SLOT_ONCE, reason), 0);
    assert_starts(try_slots, &fetched);
    come_back();
    assert_starts(try_slots, &other);
}

static void test_now_only_asks_whether_it_could_be(void **state)
{
    (void)state;
    put_confirmed(&fetched);
    put_confirmed(&other);
    settle();
    come_back();
    assert_int_equal(slots_select(&loader, "other", SLOT_NOW, reason), 0);
    assert_nothing_written();
}

/* Who runs would make room for nothing. */
static void test_now_is_refused_for_a_service_that_would_not_start(void **state)
{
    (void)state;
    put_image(&fetched);
    card.read_only = true; /* and not mirrored yet */
    come_back();
    assert_int_equal(slots_select(&loader, "fetched", SLOT_NOW, reason), ERROR_REFUSED);
    assert_string_equal(reason, "fetched A: no trial from a card that cannot be written");
    card.read_only = false;
    come_back();
    assert_int_equal(slots_select(&loader, "fetched", SLOT_NOW, reason), 0);
    card_storage[(2 * SLOT_UNIT_BLOCKS + SLOT_IMAGE_BLOCK) * SLOT_BLOCK_BYTES] ^= 1;
    assert_int_equal(slots_select(&loader, "fetched", SLOT_NOW, reason), ERROR_REFUSED);
    assert_non_null(strstr(reason, "fetched A: the SHA-256 of its bytes is "));
    put_confirmed(&fetched); /* B */
    come_back();
    assert_int_equal(slots_select(&loader, "fetched", SLOT_NOW, reason), 0);
    /* The other way round: what is tried first is not all there is. */
    card_storage[(2 * SLOT_UNIT_BLOCKS + SLOT_IMAGE_BLOCK) * SLOT_BLOCK_BYTES] ^= 1;
    card_storage[(3 * SLOT_UNIT_BLOCKS + SLOT_IMAGE_BLOCK) * SLOT_BLOCK_BYTES] ^= 1;
    assert_int_equal(slots_select(&loader, "fetched", SLOT_NOW, reason), 0);
}

/* Its bytes are those of its header, and still nothing for this loader. */
static void test_now_is_refused_by_the_service_that_runs_for_what_is_no_service(void **state)
{
    static uint8_t text[700] = "not an ELF";

    (void)state;
    put_confirmed(&fetched);
    put("other", text, sizeof text);
    run_from(&fetched, 'A');
    upload(&pushed);
    assert_int_equal(slots_select(&loader, "other", SLOT_NOW, reason), ERROR_REFUSED);
    assert_non_null(strstr(reason, "other A: refused: "));
    assert_int_equal(keep.uploaded.bytes, 0); /* where it was, that image has been */
    uint64_t room = loader.staging.bytes;

    loader.staging.bytes = sizeof text - 1;
    assert_int_equal(slots_select(&loader, "other", SLOT_NOW, reason), ERROR_REFUSED);
    assert_string_equal(reason, "other A: 700 bytes, there is room for 699");
    loader.staging.bytes = room;
    assert_int_equal(slots_select(&loader, "fetched", SLOT_NOW, reason), 0);
    assert_null(loader.board.card);
}

/* One of the two goes to who asked, the other into the log. */
static void test_what_is_wrong_with_either_slot_is_said(void **state)
{
    (void)state;
    put_confirmed(&fetched);
    put_confirmed(&pushed);
    put_confirmed(&pushed);
    run_from(&fetched, 'A');
    card_storage[(4 * SLOT_UNIT_BLOCKS + SLOT_IMAGE_BLOCK) * SLOT_BLOCK_BYTES] ^= 1;
    card_storage[(5 * SLOT_UNIT_BLOCKS + SLOT_IMAGE_BLOCK) * SLOT_BLOCK_BYTES] ^= 1;
    assert_int_equal(slots_select(&loader, "pushed", SLOT_NOW, reason), ERROR_REFUSED);
    assert_non_null(strstr(reason, "pushed A: the SHA-256 of its bytes is "));
    assert_says("slots: pushed B: the SHA-256 of its bytes is ");
}

static void test_what_cannot_be_selected_is_refused_with_a_reason(void **state)
{
    (void)state;
    put_image(&fetched);
    change(be_bad, "fetched", 'A');
    settle();
    come_back();
    assert_int_equal(slots_select(&loader, "nobody", SLOT_ALWAYS, reason), ERROR_ABSENT);
    assert_string_equal(reason, "there is no service nobody on this card");
    assert_int_equal(slots_select(&loader, "fetched", SLOT_ONCE, reason), ERROR_REFUSED);
    assert_string_equal(reason, "fetched has no slot that can be started");
    assert_int_equal(slots_select(&loader, "fetched", 3, reason), ERROR_INVALID);
    loader.configuration.source_count = 1;
    loader.configuration.sources[0] = CONFIGURATION_NETWORK;
    assert_int_equal(slots_select(&loader, "fetched", SLOT_NOW, reason), ERROR_REFUSED);
    assert_string_equal(reason, "slots is not among the sources of this board");
    assert_nothing_written();
}

/* ---- the table ---- */

static void test_the_table_marks_what_runs(void **state)
{
    const char *table;

    (void)state;
    put_confirmed(&fetched);
    run_from(&fetched, 'A');
    size_t length = slots_text(&loader, &table);
    char running[SLOT_TEXT_BYTES];

    assert_int_equal(length, strlen(table));
    strcpy(running, table);
    keep.origin.install++; /* what runs is from elsewhere */
    slots_text(&loader, &table);
    assert_string_not_equal(table, running);
    assert_null(loader.board.card);
}

static void test_without_a_store_there_is_no_table_and_a_card_that_fails_is_told_of(void **state)
{
    const char *table;

    (void)state;
    card.slow = true;
    loader.service.bytes = 1;
    loader.board.card = NULL;
    assert_true(slots_text(&loader, &table) > 0);
    assert_non_null(strstr(table, "timeout"));
    card.slow = false;
    card_storage[446 + 4] = 0x83;
    assert_int_equal(slots_text(&loader, &table), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SLOTS_TEST(test_a_selection_is_durable),
        SLOTS_TEST(test_now_only_asks_whether_it_could_be),
        SLOTS_TEST(test_now_is_refused_for_a_service_that_would_not_start),
        SLOTS_TEST(test_now_is_refused_by_the_service_that_runs_for_what_is_no_service),
        SLOTS_TEST(test_what_is_wrong_with_either_slot_is_said),
        SLOTS_TEST(test_what_cannot_be_selected_is_refused_with_a_reason),
        SLOTS_TEST(test_the_table_marks_what_runs),
        SLOTS_TEST(test_without_a_store_there_is_no_table_and_a_card_that_fails_is_told_of),
    };

    return cmocka_run_group_tests(tests, group_setup, NULL);
}
