/*
 * test_slot_store_faults: power cuts, a card that does not take what is written, and a card that is
 * swapped for another.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "slot_card.h"

static char steps[64];
static int (*plain_write)(struct block_device *, uint64_t, uint32_t, const void *);
static int (*plain_flush)(struct block_device *);

static int note_write(struct block_device *device, uint64_t first, uint32_t count,
                      const void *buffer)
{
    uint64_t slots = RING_0 + SLOT_UNIT_BLOCKS;

    if (first < slots || first >= RING_1)
        strcat(steps, "r");
    else
        strcat(steps, (first - slots) % SLOT_BLOCKS == 0 ? "h" : "i");
    return plain_write(device, first, count, buffer);
}

static int note_flush(struct block_device *device)
{
    strcat(steps, ".");
    return plain_flush(device);
}

/* Records, image, header: each is durable before the next is written. */
static void test_an_install_flushes_between_its_steps(void **state)
{
    (void)state;
    open_store();
    plain_write = card.device.write;
    plain_flush = card.device.flush;
    card.device.write = note_write;
    card.device.flush = note_flush;
    steps[0] = '\0';
    install("dns", "1");
    assert_string_equal(steps, "r.ii.h.r.");
}

static void install_second(void *status)
{
    struct slot_image about = make_image("dns", "2", IMAGE_BYTES);
    unsigned service, slot;

    *(int *)status = slot_store_install(&store, file, &about, TRIES, &service, &slot, reason);
}

/* The power goes while a block is written, and of what was not flushed everything, nothing, or
 * every second block arrives. */
static void test_an_install_cut_anywhere_costs_nothing_that_was_confirmed(void **state)
{
    static const uint64_t survivors[] = {0, ~0ull, 0x5555555555555555, 0xaaaaaaaaaaaaaaaa};
    unsigned cuts = 0, pending = 0;
    bool was_cut = true;

    (void)state;
    for (unsigned i = 0; was_cut; i++) {
        int status = 1;

        tear_down(NULL);
        set_up(NULL);
        open_store();
        install_confirmed("dns", "1");
        open_store(); /* mirrors */
        card.blocks_to_cut = 1 + i / 4;
        card.survivors = survivors[i % 4];
        card.torn_bytes = i % 5 * 100;
        card.torn_fill = 0xff;
        was_cut = sim_expect_stop(install_second, &status);
        assert_int_equal(status, was_cut ? 1 : 0);
        cuts += was_cut;
        sim_block_init(&card, card.storage, CARD_BLOCKS);
        open_store();
        assert_int_equal(entry_of("dns", 0)->state, SLOT_CONFIRMED);
        assert_true(holds("dns", 0, "1"));
        if (entry_of("dns", 1)->state == SLOT_PENDING) {
            assert_true(holds("dns", 1, "2"));
            pending += was_cut;
        } else {
            assert_int_equal(entry_of("dns", 1)->state, SLOT_EMPTY);
        }
        assert_int_equal(install("dns", "2"), 1);
        assert_true(holds("dns", 1, "2"));
    }
    /* WRITING, 3 blocks of the image, its header, PENDING. */
    assert_int_equal(cuts, 4 * 6);
    assert_int_equal(pending, 0); /* a record counts when it is whole */
}

/* ---- 71: a card that does not take it ---- */

static void test_71_an_error_while_an_image_is_written_leaves_the_confirmed_one(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 3; i++) {
        static const char *const sentences[] = {"dns B: writing block 24584: input/output error",
                                                "dns B: writing block 24586: input/output error",
                                                "dns B: writing block 24576: input/output error"};
        static const unsigned stuck[] = {8, 10, 0};
        struct slot_image about;
        unsigned service, slot;

        tear_down(NULL);
        set_up(NULL);
        open_store();
        install_confirmed("dns", "1");
        about = make_image("dns", "2", IMAGE_BYTES);
        card.stuck_block = STORE_FIRST + 2 * SLOT_UNIT_BLOCKS + stuck[i];
        assert_int_equal(slot_store_install(&store, file, &about, TRIES, &service, &slot, reason),
                         ERROR_IO);
        assert_string_equal(reason, sentences[i]);
        assert_true(store.is_read_only);
        assert_int_equal(entry_of("dns", 1)->state, SLOT_WRITING);
        refuse_install(&about, ERROR_REFUSED, "the card is read-only");
        open_store();
        assert_int_equal(entry_of("dns", 1)->state, SLOT_EMPTY);
        assert_int_equal(entry_of("dns", 0)->state, SLOT_CONFIRMED);
        assert_true(holds("dns", 0, "1"));
    }
}

static void test_71_a_card_that_is_read_only_is_opened_and_said_to_be(void **state)
{
    struct slot_image about;
    unsigned service, slot;

    (void)state;
    open_store();
    install_confirmed("dns", "1");
    card.read_only = true;
    about = make_image("dns", "2", IMAGE_BYTES);
    assert_int_equal(slot_store_install(&store, file, &about, TRIES, &service, &slot, reason),
                     ERROR_REFUSED);
    assert_string_equal(reason, "the slot records cannot be written: refused");
    assert_int_equal(entry_of("dns", 1)->state, SLOT_EMPTY);
    assert_true(store.is_read_only);
    /* The mirror could not be written. */
    open_store();
    assert_string_equal(reason, "the slot records cannot be written: refused");
    assert_true(store.is_read_only);
    assert_true(holds("dns", 0, "1"));
    assert_int_equal(entry_of("dns", 0)->state, SLOT_CONFIRMED);
    refuse_install(&about, ERROR_REFUSED, "the card is read-only");
    card.read_only = false;
    open_store();
    assert_false(store.is_read_only);
    assert_string_equal(reason, "");
}

static void test_71_a_change_that_was_not_written_did_not_happen(void **state)
{
    struct slot_table before;
    uint64_t written;

    (void)state;
    open_store();
    install("dns", "1");
    before = store.table;
    card.read_only = true;
    slot_table_started(&store.table, 0, 0);
    assert_int_equal(slot_store_commit(&store, &before, reason), ERROR_REFUSED);
    assert_memory_equal(&store.table, &before, sizeof before);
    assert_true(store.is_read_only);
    card.read_only = false;
    written = card.blocks_written;
    slot_table_started(&store.table, 0, 0);
    assert_int_equal(slot_store_commit(&store, &before, reason), ERROR_REFUSED);
    assert_string_equal(reason, "the card is read-only");
    assert_memory_equal(&store.table, &before, sizeof before);
    assert_int_equal(card.blocks_written, written);
}

static uint64_t swallowed; /* a block that is not written, though the card says so */
static int (*write_blocks)(struct block_device *, uint64_t, uint32_t, const void *);

static int swallow(struct block_device *device, uint64_t first, uint32_t count, const void *buffer)
{
    return first == swallowed ? 0 : write_blocks(device, first, count, buffer);
}

static void test_71_a_card_that_only_says_it_has_written_is_found_out(void **state)
{
    static const unsigned blocks[] = {8, 10, 0};
    static const char *const sentences[] = {"dns A: the SHA-256 of its bytes is ",
                                            "dns A: the SHA-256 of its bytes is ",
                                            "dns A: no header: block 16384 begins with 00000000"};

    (void)state;
    for (unsigned i = 0; i < 3; i++) {
        struct slot_image about = make_image("dns", "2", IMAGE_BYTES);
        unsigned service, slot;

        tear_down(NULL);
        set_up(NULL);
        write_blocks = card.device.write;
        card.device.write = swallow;
        swallowed = STORE_FIRST + SLOT_UNIT_BLOCKS + blocks[i];
        open_store();
        assert_int_equal(slot_store_install(&store, file, &about, TRIES, &service, &slot, reason),
                         ERROR_CORRUPT);
        assert_memory_equal(reason, sentences[i], strlen(sentences[i]));
        assert_int_equal(entry_of("dns", 0)->state, SLOT_WRITING);
    }
    /* The header of the install before is not that of this one. */
    swallowed = 0;
    open_store();
    install("dns", "1");
    swallowed = STORE_FIRST + SLOT_UNIT_BLOCKS;
    for (unsigned i = 0; i < 2; i++) { /* into B, then into A again */
        struct slot_image about = make_image("dns", "1", IMAGE_BYTES);
        unsigned service, slot;
        int status = slot_store_install(&store, file, &about, TRIES, &service, &slot, reason);

        assert_int_equal(status, i == 0 ? 0 : ERROR_CORRUPT);
    }
    assert_string_equal(reason, "dns A: its header is not what was written");
    /* Nor is one that has the same number, but another image. */
    header_at(0, 0)->install = 5;
    seal_header(header_at(0, 0));
    struct slot_image about = make_image("dns", "2", IMAGE_BYTES);
    unsigned service, slot;

    assert_int_equal(slot_store_install(&store, file, &about, TRIES, &service, &slot, reason),
                     ERROR_CORRUPT);
    assert_int_equal(entry_of("dns", 0)->install, 5);
    assert_string_equal(reason, "dns A: its header is not what was written");
}

/* A bad block in a ring is no other card. */
static void test_a_ring_with_an_unreadable_block_is_still_written_to(void **state)
{
    (void)state;
    open_store();
    install_confirmed("dns", "1");
    for (unsigned block = 0; block < SLOT_RING_RECORDS; block++) {
        card.bad_block = RING_0 + block;
        open_store();
        assert_string_equal(reason, "");
        commit_start("dns", 0);
    }
}

static void test_71_what_cannot_be_cleaned_up_stays_as_it_was(void **state)
{
    struct slot_table before;
    unsigned service, slot;

    (void)state;
    open_store();
    install_confirmed("dns", "1");
    before = store.table;
    slot_table_begin_install(&store.table, "dns", &service, &slot);
    assert_int_equal(slot_store_commit(&store, &before, reason), 0);
    card.read_only = true;
    open_store();
    assert_true(store.is_read_only);
    assert_string_equal(reason, "the slot records cannot be written: refused");
    assert_int_equal(entry_of("dns", 1)->state, SLOT_WRITING);
    assert_true(holds("dns", 0, "1"));
}

/* ---- 72: the card is swapped ---- */

/* Two cards with the same services, made by the same steps. */
static void make_second_card(const char *version)
{
    swap_cards();
    open_store();
    install_confirmed("dns", version);
    install("dns", "3");
    swap_cards();
}

static void test_72_a_card_swapped_behind_an_open_store_is_not_written_to(void **state)
{
    struct slot_image about;
    struct slot_table before;

    (void)state;
    make_second_card("2");
    open_store();
    install_confirmed("dns", "1");
    about = make_image("dns", "4", IMAGE_BYTES);
    swap_cards();
    refuse_install(&about, ERROR_ABSENT, "this is not the card that was read before");
    assert_true(store.is_read_only);
    /* The other way round, and a commit alone. */
    open_store();
    before = store.table;
    swap_cards();
    slot_table_failed(&store.table, 0, 0, false);
    assert_int_equal(slot_store_commit(&store, &before, reason), ERROR_ABSENT);
    assert_memory_equal(&store.table, &before, sizeof before);
    open_store();
    assert_true(holds("dns", 0, "1"));
    swap_cards();
    open_store();
    assert_true(holds("dns", 0, "2"));
}

static void test_72_a_card_swapped_for_a_new_one_is_not_taken_for_it(void **state)
{
    struct slot_image about;

    (void)state;
    open_store(); /* empty */
    swap_cards();
    open_store();
    install_confirmed("dns", "2");
    swap_cards();
    open_store();
    about = make_image("dns", "1", IMAGE_BYTES);
    swap_cards();
    refuse_install(&about, ERROR_ABSENT, "this is not the card that was read before");
    open_store();
    assert_true(holds("dns", 0, "2"));
}

static void test_72_a_card_swapped_during_an_install_ends_it(void **state)
{
    struct slot_table before;
    unsigned service, slot;

    (void)state;
    make_second_card("2");
    open_store();
    before = store.table;
    slot_table_begin_install(&store.table, "dns", &service, &slot);
    assert_int_equal(slot_store_commit(&store, &before, reason), 0);
    before = store.table;
    swap_cards(); /* between the header and what makes it count */
    slot_table_end_install(&store.table, service, slot, TRIES);
    assert_int_equal(slot_store_commit(&store, &before, reason), ERROR_ABSENT);
    assert_string_equal(reason, "this is not the card that was read before");
    assert_int_equal(entry_of("dns", slot)->state, SLOT_WRITING);
    open_store();
    assert_int_equal(entry_of("dns", 0)->state, SLOT_CONFIRMED);
    assert_true(holds("dns", 0, "2"));
    swap_cards();
    open_store();
    assert_int_equal(slot_table_find(&store.table, "dns"), ERROR_ABSENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_an_install_flushes_between_its_steps),
        CASE(test_an_install_cut_anywhere_costs_nothing_that_was_confirmed),
        CASE(test_71_an_error_while_an_image_is_written_leaves_the_confirmed_one),
        CASE(test_71_a_card_that_is_read_only_is_opened_and_said_to_be),
        CASE(test_71_a_change_that_was_not_written_did_not_happen),
        CASE(test_71_a_card_that_only_says_it_has_written_is_found_out),
        CASE(test_a_ring_with_an_unreadable_block_is_still_written_to),
        CASE(test_71_what_cannot_be_cleaned_up_stays_as_it_was),
        CASE(test_72_a_card_swapped_behind_an_open_store_is_not_written_to),
        CASE(test_72_a_card_swapped_for_a_new_one_is_not_taken_for_it),
        CASE(test_72_a_card_swapped_during_an_install_ends_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
