/*
 * test_slot_recovery: all records are lost, and only what the slots' headers say is left.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "slot_card.h"

/* Moves a slot's header and image, as somebody with the card in a reader can. */
static void copy_slot(unsigned from_service, unsigned from, unsigned service, unsigned slot)
{
    memcpy(header_at(service, slot), header_at(from_service, from), (8 + 3) * SLOT_BLOCK_BYTES);
}

static void rename_slot(unsigned service, unsigned slot, const char *name, uint32_t number)
{
    struct slot_header *header = header_at(service, slot);

    memset(header->name, 0, sizeof header->name);
    strcpy(header->name, name);
    header->install = number;
    seal_header(header);
}

static void assert_found(const char *name, unsigned slot, uint32_t number)
{
    assert_int_equal(entry_of(name, slot)->state, SLOT_PENDING);
    assert_int_equal(entry_of(name, slot)->tries, TRIES);
    assert_int_equal(entry_of(name, slot)->install, number);
}

static void recover(bool was_lost, const char *sentence)
{
    uint64_t written = card.blocks_written;

    lose_records();
    open_store();
    assert_string_equal(reason, sentence);
    assert_int_equal(store.was_lost, was_lost);
    assert_true(slot_table_is_sound(&store.table));
    assert_int_equal(card.blocks_written, written);
}

static void test_every_intact_image_is_found_and_none_is_confirmed(void **state)
{
    struct slot_table before;

    (void)state;
    open_store();
    install_confirmed("dns", "1");
    install_confirmed("dns", "2");
    install_confirmed("echo", "1");
    before = store.table;
    assert_int_equal(slot_table_select(&store.table, "echo", SLOT_ALWAYS), 0);
    assert_int_equal(slot_store_commit(&store, &before, reason), 0);
    recover(true, "all slot records are lost, 3 images found");
    assert_found("dns", 0, 1);
    assert_found("dns", 1, 2);
    assert_found("echo", 0, 3);
    assert_int_equal(entry_of("echo", 1)->state, SLOT_EMPTY);
    assert_int_equal(slot_table_find(&store.table, "dns"), 0);
    assert_int_equal(slot_table_find(&store.table, "echo"), 1);
    assert_int_equal(store.table.standard, SLOT_NOBODY);
    assert_int_equal(store.table.once, SLOT_NOBODY);
    assert_int_equal(store.table.last_service, SLOT_NOBODY);
    assert_int_equal(store.table.services[0].floor, 0);
    assert_int_equal(store.table.installs, 3);
    assert_true(holds("dns", 0, "1"));
    assert_true(holds("dns", 1, "2"));
    assert_true(holds("echo", 0, "1"));
}

static void test_the_first_change_makes_what_was_found_durable(void **state)
{
    (void)state;
    open_store();
    install_confirmed("dns", "1");
    install("dns", "2");
    recover(true, "all slot records are lost, 2 images found");
    commit_start("dns", 1);
    open_store();
    assert_string_equal(reason, "");
    assert_false(store.was_lost);
    assert_int_equal(entry_of("dns", 1)->state, SLOT_TRIAL);
    assert_found("dns", 0, 1);
}

static void test_an_install_into_a_recovered_store_keeps_the_later_image(void **state)
{
    uint8_t order[SLOT_SLOTS];

    (void)state;
    open_store();
    install_confirmed("dns", "1");
    install_confirmed("dns", "2");
    install_confirmed("dns", "3"); /* in A again */
    recover(true, "all slot records are lost, 2 images found");
    assert_found("dns", 0, 3);
    assert_found("dns", 1, 2);
    assert_int_equal(slot_table_order(&store.table, 0, order), 2);
    assert_int_equal(order[0], 0);
    assert_int_equal(install("dns", "4"), 1);
    assert_int_equal(entry_of("dns", 1)->install, 4);
    open_store();
    assert_true(holds("dns", 0, "3"));
    assert_true(holds("dns", 1, "4"));
}

static void test_a_header_without_its_image_is_not_found_and_keeps_no_slot(void **state)
{
    (void)state;
    open_store();
    install_confirmed("dns", "1");
    install_confirmed("dns", "2");
    bytes_at(0, 1)[700] ^= 1;
    lose_records();
    open_store();
    assert_memory_equal(reason,
                        "all slot records are lost, 1 image found, 1 left out: 0 B: the SHA-256 "
                        "of its bytes is",
                        strlen("all slot records are lost, 1 image found, 1 left out: 0 B: the "
                               "SHA-256 of its bytes is"));
    assert_found("dns", 0, 1);
    assert_int_equal(entry_of("dns", 1)->state, SLOT_EMPTY);
    /* The later header does not make the earlier image the one to give up. */
    assert_int_equal(install("dns", "3"), 1);
    assert_true(holds("dns", 0, "1"));
}

static void test_a_damaged_header_is_said_and_a_blank_one_is_not(void **state)
{
    (void)state;
    open_store();
    install("dns", "1");
    install("echo", "1");
    header_at(0, 0)->crc32c = 1;
    recover(true, "all slot records are lost, 1 image found, 1 left out: 0 A: its header is "
                  "damaged: the CRC is not 00000001");
}

static void test_a_store_with_nothing_but_damage_is_new(void **state)
{
    (void)state;
    open_store();
    install("dns", "1");
    header_at(0, 0)->magic = 0;
    recover(false, "");
    header_at(0, 0)->magic = SLOT_HEADER_MAGIC;
    bytes_at(0, 0)[0] ^= 1;
    lose_records();
    open_store();
    assert_false(store.was_lost);
    assert_int_equal(store.table.installs, 0);
    assert_int_equal(install("dns", "2"), 0);
    assert_true(holds("dns", 0, "2"));
}

static void test_of_two_names_in_a_row_the_later_install_has_it(void **state)
{
    (void)state;
    open_store();
    install("dns", "1");
    install("dns", "2");
    rename_slot(0, 1, "echo", 2); /* what was echo's before the row was free */
    rename_slot(0, 0, "dns", 7);
    recover(true, "all slot records are lost, 1 image found, 1 left out: 0 B: its header names "
                  "echo, a later one there dns");
    assert_found("dns", 0, 7);
    assert_int_equal(entry_of("dns", 1)->state, SLOT_EMPTY);
    assert_int_equal(slot_table_find(&store.table, "echo"), ERROR_ABSENT);
    assert_int_equal(store.table.installs, 7);
    /* Of several the first that was found is told. */
    copy_slot(0, 1, 4, 0);
    bytes_at(4, 0)[0] ^= 1;
    header_at(7, 1)->magic = SLOT_HEADER_MAGIC;
    lose_records();
    open_store();
    assert_memory_equal(reason,
                        "all slot records are lost, 1 image found, 3 left out: 4 A: the SHA", 66);
}

static void test_of_two_rows_with_a_name_the_later_install_has_it(void **state)
{
    (void)state;
    open_store();
    install("dns", "1");
    install("echo", "1");
    install("echo", "2");
    rename_slot(0, 0, "echo", 1); /* echo had this row once */
    recover(true, "all slot records are lost, 2 images found, 1 left out: 0 A: its header names "
                  "echo, which has a later install");
    assert_found("echo", 0, 2);
    assert_found("echo", 1, 3);
    assert_int_equal(slot_table_find(&store.table, "echo"), 1);
    assert_string_equal(store.table.services[0].name, "");
    /* ... and the row can be had. */
    install("dns", "2");
    assert_int_equal(slot_table_find(&store.table, "dns"), 0);
}

static void test_of_two_copies_in_a_row_the_higher_version_is_found(void **state)
{
    (void)state;
    open_store();
    install("dns", "1.10");
    install("dns", "1.9");
    rename_slot(0, 0, "dns", 5);
    rename_slot(0, 1, "dns", 5);
    recover(true, "all slot records are lost, 1 image found, 1 left out: 0 B: its header names "
                  "dns, which has a later install");
    assert_found("dns", 0, 5);
    /* Whichever slot it is in. */
    copy_slot(0, 0, 1, 0);
    copy_slot(0, 1, 0, 0);
    copy_slot(1, 0, 0, 1);
    memset(header_at(1, 0), 0, 512);
    lose_records();
    open_store();
    assert_found("dns", 1, 5);
}

static void test_a_name_no_service_has_is_left_out(void **state)
{
    (void)state;
    open_store();
    install("dns", "1");
    install("echo", "1");
    rename_slot(0, 0, "../dns", 1);
    recover(true, "all slot records are lost, 1 image found, 1 left out: 0 A: its header names "
                  "../dns, which is no service's name");
    assert_found("echo", 0, 2);
    assert_string_equal(store.table.services[0].name, "");
}

static void test_install_numbers_up_to_the_last_can_be_found(void **state)
{
    struct slot_image about = make_image("dns", "2", IMAGE_BYTES);
    unsigned service, slot;

    (void)state;
    open_store();
    install("dns", "1");
    rename_slot(0, 0, "dns", UINT32_MAX);
    recover(true, "all slot records are lost, 1 image found");
    assert_found("dns", 0, UINT32_MAX);
    assert_int_equal(slot_store_install(&store, file, &about, TRIES, &service, &slot, reason),
                     ERROR_NO_MEMORY);
}

static void test_headers_of_another_loader_are_left_alone(void **state)
{
    (void)state;
    open_store();
    install("dns", "1");
    header_at(0, 0)->format = 2;
    seal_header(header_at(0, 0));
    lose_records();
    assert_int_equal(slot_store_open(&store, &card.device, true, TRIES, reason), ERROR_UNSUPPORTED);
    assert_string_equal(reason, "0 A: its header is of format 2, not 1");
}

static int (*read_blocks)(struct block_device *, uint64_t, uint32_t, void *);
static uint64_t silent; /* a block that cannot be read in time */

static int read_unless_silent(struct block_device *device, uint64_t first, uint32_t count,
                              void *buffer)
{
    return first == silent ? ERROR_TIMEOUT : read_blocks(device, first, count, buffer);
}

/* An empty table would be made durable by the next install, and the images given up. */
static void test_a_card_that_stops_answering_is_not_taken_for_a_new_one(void **state)
{
    (void)state;
    open_store();
    install("dns", "1");
    lose_records();
    read_blocks = card.device.read;
    card.device.read = read_unless_silent;
    silent = STORE_FIRST + SLOT_UNIT_BLOCKS;
    assert_int_equal(slot_store_open(&store, &card.device, true, TRIES, reason), ERROR_TIMEOUT);
    assert_string_equal(reason, "0 A: reading block 16384: timeout");
    silent += 8;
    assert_int_equal(slot_store_open(&store, &card.device, true, TRIES, reason), ERROR_TIMEOUT);
    silent = UINT64_MAX;
    open_store();
}

static void test_a_block_that_is_bad_for_good_costs_its_own_slot(void **state)
{
    (void)state;
    open_store();
    install("dns", "1");
    install("dns", "2");
    card.bad_block = STORE_FIRST + SLOT_UNIT_BLOCKS + SLOT_BLOCKS;
    recover(true, "all slot records are lost, 1 image found, 1 left out: 0 B: reading block "
                  "24576: input/output error");
    assert_found("dns", 0, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_every_intact_image_is_found_and_none_is_confirmed),
        CASE(test_the_first_change_makes_what_was_found_durable),
        CASE(test_an_install_into_a_recovered_store_keeps_the_later_image),
        CASE(test_a_header_without_its_image_is_not_found_and_keeps_no_slot),
        CASE(test_a_damaged_header_is_said_and_a_blank_one_is_not),
        CASE(test_a_store_with_nothing_but_damage_is_new),
        CASE(test_of_two_names_in_a_row_the_later_install_has_it),
        CASE(test_of_two_rows_with_a_name_the_later_install_has_it),
        CASE(test_of_two_copies_in_a_row_the_higher_version_is_found),
        CASE(test_a_name_no_service_has_is_left_out),
        CASE(test_install_numbers_up_to_the_last_can_be_found),
        CASE(test_headers_of_another_loader_are_left_alone),
        CASE(test_a_card_that_stops_answering_is_not_taken_for_a_new_one),
        CASE(test_a_block_that_is_bad_for_good_costs_its_own_slot),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
