/*
 * slot_records: which record counts, and where the next one is written.
 * What errors of the card do: test_slot_records_faults.c. What damage does:
 * test_slot_records_damage.c, test_slot_records_forged.c.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "slot_records_bench.h"

/* ---- writing and finding ---- */

static void test_card_without_records_says_so_and_takes_the_first(void **state)
{
    (void)state;
    assert_int_equal(open_records(), ERROR_ABSENT);
    assert_int_equal(found.installs, 0x5a5a5a5a); /* not touched */
    assert_int_equal(slot_records_mirror(&records), 0);
    assert_int_equal(card.writes, 0);
    write_table(1);
    assert_int_equal(record_at(0, 0)->sequence, 1);
    assert_int_equal(record_at(0, 0)->magic, SLOT_RECORD_MAGIC);
    assert_int_equal(record_at(0, 0)->format, SLOT_FORMAT);
    assert_found(1);
    assert_int_equal(records.newest_ring, 0);
    assert_false(records.is_mirrored);
}

static void test_record_is_what_the_format_says_byte_by_byte(void **state)
{
    uint8_t expected[SLOT_BLOCK_BYTES] = {'p', 'l', 's', 'r', 1,    0,    0,    0, 1, 0, 0, 0,
                                          0,   0,   0,   0,   0xff, 0xff, 0xff, 0, 4, 3, 2, 1};
    uint32_t crc = crc32c(0, expected, SLOT_BLOCK_BYTES - 4);

    (void)state;
    for (unsigned i = 0; i < 4; i++)
        expected[SLOT_BLOCK_BYTES - 4 + i] = (uint8_t)(crc >> 8 * i);
    open_records();
    write_table(0x01020304);
    assert_memory_equal(record_at(0, 0), expected, sizeof expected);
}

static void test_two_reads_find_what_counts(void **state)
{
    (void)state;
    use_until(40);
    card.reads = 0;
    assert_found(40);
    assert_int_equal(card.reads, 2);
}

static void test_write_goes_to_the_ring_that_lacks_the_newest(void **state)
{
    (void)state;
    open_records();
    for (uint32_t i = 1; i <= 3 * SLOT_RING_RECORDS; i++) {
        unsigned ring = (i + 1) % 2, place = (i - 1) / 2 % SLOT_RING_RECORDS;

        write_table(i);
        assert_int_equal(record_at(ring, place)->sequence, i);
        if (i > 1)
            assert_int_equal(record_at(!ring, (i - 2) / 2 % SLOT_RING_RECORDS)->sequence, i - 1);
        if (i % 5 == 0)
            assert_found(i);
    }
}

static void test_write_is_durable_when_it_returns(void **state)
{
    (void)state;
    card.sim.survivors = 0;
    open_records();
    for (uint32_t i = 1; i < 10; i++) {
        write_table(i);
        sim_block_cut(&card.sim);
        assert_found(i);
        mirror();
        sim_block_cut(&card.sim);
        assert_found(i);
        assert_true(records.is_mirrored);
    }
}

static void test_mirror_copies_the_newest_and_nothing_twice(void **state)
{
    (void)state;
    open_records();
    write_table(1);
    mirror();
    assert_memory_equal(record_at(0, 0), record_at(1, 0), SLOT_BLOCK_BYTES);
    card.writes = 0;
    mirror();
    assert_int_equal(card.writes, 0);
    assert_found(1);
    assert_true(records.is_mirrored);
    mirror();
    assert_int_equal(card.writes, 0);
    write_table(2);
    assert_false(records.is_mirrored);
    assert_found(2);
    assert_false(records.is_mirrored);
    mirror();
    assert_int_equal(card.writes, 2);
    memset(record_at(records.newest_ring, 0), 0, SLOT_RING_RECORDS * SLOT_BLOCK_BYTES);
    assert_found(2);
}

static void test_write_after_mirroring_leaves_one_of_the_copies(void **state)
{
    (void)state;
    for (uint32_t last = 1; last <= 2 * SLOT_RING_RECORDS + 1; last++) {
        setup(NULL);
        use_until(last);
        assert_found(last);
        write_table(last + 1);
        memset(record_at(records.newest_ring, 0), 0xff, SLOT_RING_RECORDS * SLOT_BLOCK_BYTES);
        assert_found(last);
    }
}

static void test_table_that_is_not_sound_is_not_written(void **state)
{
    struct slot_table table = table_with(2);

    (void)state;
    use_until(1);
    card.writes = 0;
    table.standard = 0;
    assert_int_equal(slot_records_write(&records, &table), ERROR_INVALID);
    assert_int_equal(card.writes, 0);
    write_table(3);
}

static void open_large_blocks(void *context)
{
    (void)context;
    card.device.block_bytes = 4096;
    open_records();
}

static void test_blocks_of_another_size_are_our_mistake(void **state)
{
    (void)state;
    assert_true(sim_expect_stop(open_large_blocks, NULL));
}

/* ---- which count ---- */

static void test_sequence_zero_does_not_count(void **state)
{
    (void)state;
    put(0, 0, 0, 1);
    assert_int_equal(open_records(), ERROR_ABSENT);
    assert_int_equal(records.sequence, 0);
}

static void test_newest_is_found_in_any_place(void **state)
{
    (void)state;
    for (unsigned ring = 0; ring < 2; ring++) {
        for (unsigned place = 0; place < SLOT_RING_RECORDS; place++) {
            setup(NULL);
            put(!ring, 3, 6, 6);
            put(ring, place, 7, 7);
            assert_found(7);
            assert_int_equal(records.newest_ring, ring);
            /* The next goes behind the other ring's own. */
            write_table(8);
            assert_int_equal(record_at(!ring, 4)->sequence, 8);
            write_table(9);
            assert_int_equal(record_at(ring, (place + 1) % SLOT_RING_RECORDS)->sequence, 9);
        }
    }
}

static void test_any_bit_that_is_wrong_costs_the_record(void **state)
{
    (void)state;
    put(1, 9, 1, 1);
    put(0, 5, 2, 2);
    for (unsigned bit = 0; bit < 8 * SLOT_BLOCK_BYTES; bit++) {
        uint8_t *byte = (uint8_t *)record_at(0, 5) + bit / 8;

        *byte ^= (uint8_t)(1u << bit % 8);
        assert_found(1);
        *byte ^= (uint8_t)(1u << bit % 8);
    }
    assert_found(2);
}

static void test_other_magic_is_no_record_even_with_its_crc_right(void **state)
{
    struct slot_record *record = put(0, 0, 1, 1);

    (void)state;
    record->magic++;
    seal(record);
    assert_int_equal(open_records(), ERROR_ABSENT);
    assert_int_equal(records.foreign, 0);
}

static void test_unsound_table_does_not_count_but_its_sequence_is_used(void **state)
{
    struct slot_record *record;

    (void)state;
    put(0, 0, 1, 1);
    record = put(1, 0, 2, 2);
    record->table.last_slot = 2;
    seal(record);
    assert_found(1);
    write_table(3);
    assert_int_equal(record_at(1, 1)->sequence, 3);
}

static void test_unsound_table_disputes_nothing(void **state)
{
    struct slot_record *record;

    (void)state;
    put(0, 0, 1, 1);
    record = put(1, 0, 1, 2);
    record->table.last_slot = 2;
    seal(record);
    assert_found(1);
    assert_false(records.is_mirrored);
}

/* ---- another loader's records ---- */

static void test_older_records_of_another_format_are_passed_over(void **state)
{
    (void)state;
    put_foreign(0, 0, 1);
    put_foreign(1, 0, 2);
    put(0, 1, 3, 3);
    assert_found(3);
    assert_int_equal(records.foreign, 2);
    write_table(4);
    assert_found(4);
}

static void test_foreign_record_that_is_damaged_is_nothing(void **state)
{
    (void)state;
    put(0, 0, 1, 1);
    put_foreign(1, 0, 2)->crc32c ^= 1;
    put_foreign(1, 1, 0);
    put_foreign(1, 2, SLOT_SEQUENCE_MAX + 1);
    assert_found(1);
    assert_int_equal(records.foreign, 0);
}

static void test_older_format_is_another_loaders_too(void **state)
{
    struct slot_record *record = put(0, 0, 5, 5);

    (void)state;
    record->format = 0;
    seal(record);
    assert_int_equal(open_records(), ERROR_UNSUPPORTED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_card_without_records_says_so_and_takes_the_first, setup),
        cmocka_unit_test_setup(test_record_is_what_the_format_says_byte_by_byte, setup),
        cmocka_unit_test_setup(test_two_reads_find_what_counts, setup),
        cmocka_unit_test_setup(test_write_goes_to_the_ring_that_lacks_the_newest, setup),
        cmocka_unit_test_setup(test_write_is_durable_when_it_returns, setup),
        cmocka_unit_test_setup(test_mirror_copies_the_newest_and_nothing_twice, setup),
        cmocka_unit_test_setup(test_write_after_mirroring_leaves_one_of_the_copies, setup),
        cmocka_unit_test_setup(test_table_that_is_not_sound_is_not_written, setup),
        cmocka_unit_test_setup(test_blocks_of_another_size_are_our_mistake, setup),
        cmocka_unit_test_setup(test_sequence_zero_does_not_count, setup),
        cmocka_unit_test_setup(test_newest_is_found_in_any_place, setup),
        cmocka_unit_test_setup(test_any_bit_that_is_wrong_costs_the_record, setup),
        cmocka_unit_test_setup(test_other_magic_is_no_record_even_with_its_crc_right, setup),
        cmocka_unit_test_setup(test_unsound_table_does_not_count_but_its_sequence_is_used, setup),
        cmocka_unit_test_setup(test_unsound_table_disputes_nothing, setup),
        cmocka_unit_test_setup(test_older_records_of_another_format_are_passed_over, setup),
        cmocka_unit_test_setup(test_foreign_record_that_is_damaged_is_nothing, setup),
        cmocka_unit_test_setup(test_older_format_is_another_loaders_too, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
