/*
 * test_slot_store: finding the store on a card, installing, reading back, opening it again.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "slot_card.h"

/* ---- the partition ---- */

static void refuse_open(int status, const char *sentence)
{
    assert_int_equal(slot_store_open(&store, &card.device, true, TRIES, reason), status);
    assert_string_equal(reason, sentence);
    assert_int_equal(card.blocks_written, 0);
}

static void test_a_card_without_a_slot_partition_has_no_store(void **state)
{
    (void)state;
    set_partition(card.storage, 2, 0x83, STORE_FIRST, SLOT_STORE_BLOCKS_MIN);
    refuse_open(ERROR_ABSENT, "no slot (7f) partition (types are 0c 83 00 00)");
    set_partition(card.storage, 2, 0xee, 1, CARD_BLOCKS - 1);
    refuse_open(ERROR_UNSUPPORTED, "the card has a GUID partition table; an MBR is needed");
    card.storage[510] = 0;
    refuse_open(ERROR_ABSENT, "no partition table: block 0 ends in aa00, not aa55");
    card.device.block_bytes = 4096;
    refuse_open(ERROR_UNSUPPORTED, "blocks of 4096 bytes, 512 are needed");
    card.device.block_count = 0;
    refuse_open(ERROR_ABSENT, "no card");
}

static void test_two_slot_partitions_are_refused(void **state)
{
    (void)state;
    set_partition(card.storage, 4, SLOT_PARTITION_TYPE, 64, 100);
    refuse_open(ERROR_CORRUPT, "partitions 2 and 4 are both of type 7f; one is needed");
    /* Also when one of them could not be used. */
    set_partition(card.storage, 4, SLOT_PARTITION_TYPE, 0, 100);
    refuse_open(ERROR_CORRUPT, "partition 4: 100 blocks from 0 on, on a card of 155648");
}

static void test_a_guid_partition_table_behind_the_slot_partition_is_refused(void **state)
{
    (void)state;
    set_partition(card.storage, 3, 0xee, 1, 63);
    refuse_open(ERROR_UNSUPPORTED, "the card has a GUID partition table; an MBR is needed");
}

static void test_a_slot_partition_that_overlaps_another_is_refused(void **state)
{
    (void)state;
    set_partition(card.storage, 1, 0x0c, 64, STORE_FIRST - 63);
    refuse_open(ERROR_CORRUPT, "partition 2 overlaps partition 1");
}

static void test_a_slot_partition_of_impossible_size_is_refused(void **state)
{
    (void)state;
    set_partition(card.storage, 2, SLOT_PARTITION_TYPE, STORE_FIRST, SLOT_STORE_BLOCKS_MIN + 1);
    refuse_open(ERROR_CORRUPT, "partition 2: 147457 blocks from 8192 on, on a card of 155648");
    set_partition(card.storage, 2, SLOT_PARTITION_TYPE, STORE_FIRST, SLOT_STORE_BLOCKS_MIN - 1);
    refuse_open(ERROR_CORRUPT, "partition 2 has 147455 blocks, slots need 147456 at least");
    set_partition(card.storage, 2, SLOT_PARTITION_TYPE, STORE_FIRST, 0);
    refuse_open(ERROR_CORRUPT, "partition 2: 0 blocks from 8192 on, on a card of 155648");
}

static int (*read_blocks)(struct block_device *, uint64_t, uint32_t, void *);

static int read_no_ring(struct block_device *device, uint64_t first, uint32_t count, void *buffer)
{
    return first != 0 ? ERROR_IO : read_blocks(device, first, count, buffer);
}

static void test_what_the_device_says_is_passed_on(void **state)
{
    (void)state;
    card.gone = true;
    refuse_open(ERROR_ABSENT, "reading the partition table: absent");
    card.gone = false;
    card.slow = true;
    refuse_open(ERROR_TIMEOUT, "reading the partition table: timeout");
    card.slow = false;
    card.bad_block = 0;
    refuse_open(ERROR_IO, "reading the partition table: input/output error");
    card.bad_block = SIM_BLOCK_NEVER;
    read_blocks = card.device.read;
    card.device.read = read_no_ring;
    refuse_open(ERROR_IO, "reading the slot records: input/output error");
}

static void test_a_new_store_is_empty_and_opening_it_writes_nothing(void **state)
{
    struct slot_table empty;

    (void)state;
    slot_table_init(&empty);
    open_store();
    assert_string_equal(reason, "");
    assert_memory_equal(&store.table, &empty, sizeof empty);
    assert_false(store.was_lost);
    assert_false(store.is_read_only);
    assert_int_equal(slot_store_capacity(&store), (SLOT_BLOCKS - 8) * 512);
    assert_int_equal(card.blocks_written, 0);
}

/* The very first record was cut, and its block is unreadable for it. */
static void test_an_unreadable_block_in_an_empty_ring_does_not_cost_the_card(void **state)
{
    static const uint64_t blocks[] = {RING_0, RING_0 + 31, RING_1};

    (void)state;
    for (unsigned i = 0; i < sizeof blocks / sizeof *blocks; i++) {
        tear_down(NULL);
        set_up(NULL);
        card.bad_block = blocks[i];
        open_store();
        assert_string_equal(reason, "");
        install_confirmed("dns", "1");
        open_store();
        assert_int_equal(entry_of("dns", 0)->state, SLOT_CONFIRMED);
        assert_true(holds("dns", 0, "1"));
    }
}

static void test_slots_grow_by_whole_units_with_the_partition(void **state)
{
    static const struct {
        uint64_t units;
        unsigned slot_units;
    } cases[] = {{18, 1}, {33, 1}, {34, 2}, {49, 2}, {50, 3}};

    (void)state;
    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint64_t blocks = cases[i].units * SLOT_UNIT_BLOCKS + 8191;
        uint64_t slot_blocks = cases[i].slot_units * (uint64_t)SLOT_UNIT_BLOCKS;
        uint8_t *storage = mmap(NULL, (STORE_FIRST + blocks) * 512, PROT_READ | PROT_WRITE,
                                MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

        memcpy(storage, card.storage, 512);
        set_partition(storage, 2, SLOT_PARTITION_TYPE, STORE_FIRST, (uint32_t)blocks);
        sim_block_init(&card, storage, STORE_FIRST + blocks);
        open_store();
        assert_int_equal(store.slot_blocks, slot_blocks);
        assert_int_equal(slot_store_capacity(&store), (slot_blocks - 8) * 512);
        assert_int_equal(slot_store_place(&store, 0, 0).first, STORE_FIRST + 8192);
        assert_int_equal(slot_store_place(&store, 7, 1).first,
                         STORE_FIRST + 8192 + 15 * slot_blocks);
        assert_int_equal(store.records.ring[0], STORE_FIRST);
        assert_int_equal(store.records.ring[1], STORE_FIRST + 8192 + 16 * slot_blocks);
        munmap(storage, (STORE_FIRST + blocks) * 512);
        sim_block_init(&card, cards[0], CARD_BLOCKS);
    }
}

/* ---- installing and reading ---- */

static void test_what_was_installed_is_read_back_whatever_its_length(void **state)
{
    static const size_t lengths[] = {1,        511,          512,         513,
                                     64 * 512, 64 * 512 + 1, LARGE_BYTES, (SLOT_BLOCKS - 8) * 512};

    (void)state;
    open_store();
    for (unsigned i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        struct slot_image about = make_image("dns", "1.4.2", lengths[i]), found;
        uint8_t *buffer = malloc(lengths[i] + 4);
        unsigned service, slot;

        /* The rest of the last block is the caller's business only in memory. */
        memset(file + lengths[i], 0xee, sizeof file - lengths[i]);
        about.security_counter = 77;
        assert_int_equal(slot_store_install(&store, file, &about, TRIES, &service, &slot, reason),
                         0);
        memset(buffer + lengths[i], 0x5a, 4);
        assert_int_equal(slot_store_read(&store, service, slot, buffer, lengths[i], &found, reason),
                         lengths[i]);
        assert_memory_equal(buffer, file, lengths[i]);
        assert_memory_equal(buffer + lengths[i], "ZZZZ", 4);
        assert_true(is_same_image(&found, &about));
        assert_string_equal(reason, "");
        if (lengths[i] % 512 != 0)
            assert_int_equal(bytes_at(service, slot)[lengths[i]], 0);
        free(buffer);
    }
}

static void test_an_install_ends_pending_and_durable(void **state)
{
    (void)state;
    open_store();
    assert_int_equal(install("dns", "1"), 0);
    assert_int_equal(card.pending_count, 0);
    open_store();
    assert_int_equal(entry_of("dns", 0)->state, SLOT_PENDING);
    assert_int_equal(entry_of("dns", 0)->tries, TRIES);
    assert_int_equal(entry_of("dns", 0)->install, 1);
    assert_true(holds("dns", 0, "1"));
    assert_int_equal(install("dns", "2"), 1);
    assert_int_equal(install("echo", "1"), 0);
    assert_true(holds("dns", 0, "1"));
    assert_true(holds("dns", 1, "2"));
    assert_true(holds("echo", 0, "1"));
}

static void test_what_a_client_said_is_made_text(void **state)
{
    struct slot_image about = make_image("dns", "1", IMAGE_BYTES), found;
    unsigned service, slot;

    (void)state;
    open_store();
    strcpy(about.location, "push:192.0.2.1/\x1b[2J\xc3\xa4\n");
    assert_int_equal(slot_store_install(&store, file, &about, TRIES, &service, &slot, reason), 0);
    assert_int_equal(slot_store_header(&store, service, slot, &found, reason), 0);
    assert_string_equal(found.location, "push:192.0.2.1/.[2J...");
}

static void test_what_cannot_be_installed_is_refused_before_anything_is_written(void **state)
{
    struct slot_image about = make_image("dns", "1", 100);

    (void)state;
    open_store();
    about.bytes = (SLOT_BLOCKS - 8) * 512 + 1;
    refuse_install(&about, ERROR_TOO_LARGE, "the image has 4190209 bytes, a slot 4190208");
    about.bytes = UINT64_MAX;
    refuse_install(&about, ERROR_TOO_LARGE,
                   "the image has 18446744073709551615 bytes, a slot 4190208");
    about.bytes = 0;
    refuse_install(&about, ERROR_INVALID, "the image has 0 bytes");
    about.bytes = 100;
    strcpy(about.name, "D/S");
    refuse_install(&about, ERROR_INVALID, "D/S is not a service's name");
    for (char name[] = "dns-0"; name[4] < '8'; name[4]++)
        install(name, "1");
    strcpy(about.name, "echo");
    refuse_install(&about, ERROR_NO_MEMORY, "no room for echo: the card has 8 services");
    store.table.installs = UINT32_MAX; /* as a header can say that is all that is left */
    refuse_install(&about, ERROR_NO_MEMORY, "no room for echo: all install numbers are used up");
}

/* ---- opening again ---- */

static void test_unfinished_work_is_cleaned_up_only_by_who_may(void **state)
{
    unsigned service, slot;
    struct slot_table before;

    (void)state;
    open_store();
    install("dns", "1");
    for (unsigned i = 0; i < TRIES; i++)
        commit_start("dns", 0);
    before = store.table;
    slot_table_begin_install(&store.table, "dns", &service, &slot);
    assert_int_equal(slot_store_commit(&store, &before, reason), 0);
    assert_int_equal(slot_store_open(&store, &card.device, false, TRIES, reason), 0);
    assert_int_equal(entry_of("dns", 0)->state, SLOT_TRIAL);
    assert_int_equal(entry_of("dns", 1)->state, SLOT_WRITING);
    open_store();
    assert_int_equal(entry_of("dns", 0)->state, SLOT_BAD);
    assert_int_equal(entry_of("dns", 1)->state, SLOT_EMPTY);
    /* That is durable, in both rings, and there is nothing left to do. */
    uint64_t written = card.blocks_written;

    memset(card.storage + RING_0 * 512ull, 0, 32 * 512);
    assert_int_equal(slot_store_open(&store, &card.device, false, TRIES, reason), 0);
    assert_int_equal(entry_of("dns", 0)->state, SLOT_BAD);
    assert_int_equal(card.blocks_written, written + 1); /* the ring that was lost */
    open_store();
    assert_int_equal(card.blocks_written, written + 1);
}

static void test_records_of_another_loader_are_left_alone(void **state)
{
    struct slot_record *record = (void *)(card.storage + (RING_0 + 7) * 512ull);

    (void)state;
    open_store();
    install("dns", "1");
    *record = store.records.newest;
    record->format = 2;
    record->sequence = 1000;
    record->crc32c = crc32c(0, record, offsetof(struct slot_record, crc32c));
    card.blocks_written = 0;
    refuse_open(ERROR_UNSUPPORTED, "the slot records are of another format: of another loader");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_a_card_without_a_slot_partition_has_no_store),
        CASE(test_two_slot_partitions_are_refused),
        CASE(test_a_guid_partition_table_behind_the_slot_partition_is_refused),
        CASE(test_a_slot_partition_that_overlaps_another_is_refused),
        CASE(test_a_slot_partition_of_impossible_size_is_refused),
        CASE(test_what_the_device_says_is_passed_on),
        CASE(test_a_new_store_is_empty_and_opening_it_writes_nothing),
        CASE(test_an_unreadable_block_in_an_empty_ring_does_not_cost_the_card),
        CASE(test_slots_grow_by_whole_units_with_the_partition),
        CASE(test_what_was_installed_is_read_back_whatever_its_length),
        CASE(test_an_install_ends_pending_and_durable),
        CASE(test_what_a_client_said_is_made_text),
        CASE(test_what_cannot_be_installed_is_refused_before_anything_is_written),
        CASE(test_unfinished_work_is_cleaned_up_only_by_who_may),
        CASE(test_records_of_another_loader_are_left_alone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
