/*
 * slot_records: which record counts, where the next one is written, and what becomes of errors.
 * What damage does: test_slot_records_damage.c, test_slot_records_forged.c.
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

/* ---- what cannot be read ---- */

static void test_bad_block_costs_only_its_record(void **state)
{
    (void)state;
    for (unsigned place = 0; place < SLOT_RING_RECORDS; place++) {
        setup(NULL);
        use_until(SLOT_RING_RECORDS - 5);
        write_table(SLOT_RING_RECORDS - 4); /* not mirrored */
        for (unsigned ring = 0; ring < 2; ring++) {
            bool is_newest = record_at(ring, place)->sequence == SLOT_RING_RECORDS - 4;

            card.read_fault[ring][place] = ERROR_IO;
            assert_found(is_newest ? SLOT_RING_RECORDS - 5 : SLOT_RING_RECORDS - 4);
            card.read_fault[ring][place] = 0;
        }
    }
}

static void test_whole_ring_unreadable_costs_only_that_ring(void **state)
{
    (void)state;
    use_until(9);
    for (unsigned ring = 0; ring < 2; ring++) {
        for (unsigned place = 0; place < SLOT_RING_RECORDS; place++)
            card.read_fault[ring][place] = ERROR_IO;
        assert_found(9);
        assert_int_equal(records.newest_ring, !ring);
        assert_int_equal(try_to_write(10), ERROR_IO); /* it cannot be read back */
        assert_int_equal(try_to_write(10), ERROR_IO);
        setup(NULL);
        use_until(9);
    }
}

static void test_blocks_are_read_singly_when_they_cannot_be_read_together(void **state)
{
    (void)state;
    use_until(9);
    card.fails_many = true;
    card.reads = 0;
    assert_found(9);
    assert_int_equal(card.reads, 2 * (1 + SLOT_RING_RECORDS));
    assert_true(records.is_mirrored);
    assert_int_equal(records.sequence, 9); /* all was read: nothing to pass over */
}

static void test_card_that_cannot_be_read_is_not_taken_for_a_new_one(void **state)
{
    (void)state;
    for (unsigned ring = 0; ring < 2; ring++) {
        setup(NULL);
        card.read_fault[ring][31] = ERROR_IO; /* all else is blank */
        assert_int_equal(open_records(), ERROR_IO);
        assert_int_equal(try_to_write(1), ERROR_IO);
        assert_int_equal(slot_records_mirror(&records), ERROR_IO);
        card.read_fault[ring][31] = ERROR_TIMEOUT;
        assert_int_equal(open_records(), ERROR_TIMEOUT);
        assert_int_equal(try_to_write(1), ERROR_TIMEOUT);
        assert_int_equal(card.writes, 0);
    }
}

static void test_card_that_is_gone_is_not_taken_for_a_new_one(void **state)
{
    (void)state;
    card.sim.gone = true;
    assert_int_equal(open_records(), ERROR_IO);
    assert_true(card.reads <= 4);
    card.sim.gone = false;
    assert_int_equal(try_to_write(1), ERROR_IO);
    assert_int_equal(card.writes, 0);
}

static void test_card_that_does_not_answer_is_not_asked_for_every_block(void **state)
{
    (void)state;
    card.sim.slow = true;
    assert_int_equal(open_records(), ERROR_TIMEOUT);
    assert_true(card.reads <= 8);
}

static void test_nothing_is_believed_of_blocks_that_were_not_read_any_more(void **state)
{
    (void)state;
    put(0, 20, 9, 9);
    put(1, 0, 8, 8);
    card.read_fault[0][0] = card.read_fault[0][1] = card.read_fault[0][2] = ERROR_TIMEOUT;
    assert_found(8);
}

static void test_two_blocks_that_time_out_cost_only_their_records(void **state)
{
    (void)state;
    use_until(9);
    card.read_fault[0][0] = card.read_fault[0][8] = ERROR_TIMEOUT;
    assert_found(9);
    assert_int_equal(records.newest_ring, 1);
    card.read_fault[0][8] = 0;
    card.read_fault[0][1] = ERROR_TIMEOUT;
    assert_found(9);
    assert_true(records.is_mirrored);
}

/* The block that could not be read comes back, with a newer record than the one that counted. */
static void test_sequence_in_a_block_that_could_not_be_read_is_not_used_again(void **state)
{
    (void)state;
    put(0, 0, 8, 8);
    put(0, 20, 9 + SLOT_RING_RECORDS - 1, 9); /* as far on as a ring is long */
    card.read_fault[0][20] = ERROR_IO;
    assert_found(8);
    write_table(10);
    card.read_fault[0][20] = 0;
    assert_found(10);
}

/* ---- what cannot be written ---- */

static void test_block_that_does_not_take_a_record_is_passed_over(void **state)
{
    static const int faults[] = {ERROR_IO, LOST};

    (void)state;
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        setup(NULL);
        use_until(4);
        assert_found(4);
        unsigned ring = records.newest_ring == 0;

        card.write_fault[ring][4] = card.write_fault[ring][5] = faults[i];
        write_table(5);
        assert_found(5);
        assert_int_equal(record_at(ring, 6)->table.installs, 5);
        assert_true(record_at(ring, 6)->sequence > 5); /* each block has its own */
        assert_int_equal(records.newest_ring, ring);
        card.write_fault[!ring][4] = faults[i];
        mirror();
        assert_memory_equal(record_at(ring, 6), record_at(!ring, 5), SLOT_BLOCK_BYTES);
        assert_found(5);
        assert_true(records.is_mirrored);
    }
}

static void test_ring_that_takes_nothing_is_given_up_and_what_was_durable_counts(void **state)
{
    (void)state;
    use_until(4);
    assert_found(4);
    unsigned ring = records.newest_ring == 0;

    for (unsigned place = 0; place < SLOT_RING_RECORDS; place++)
        card.write_fault[ring][place] = ERROR_IO;
    card.writes = 0;
    assert_int_equal(try_to_write(5), ERROR_IO);
    assert_int_equal(card.writes, SLOT_RECORD_PLACES);
    assert_int_equal(records.newest.table.installs, 4);
    for (unsigned place = 0; place < SLOT_RING_RECORDS; place++)
        card.write_fault[ring][place] = LOST;
    assert_int_equal(try_to_write(5), ERROR_CORRUPT);
    assert_found(4);
    assert_true(records.sequence >= 4);
}

static void test_bad_stretch_is_behind_us_after_some_attempts(void **state)
{
    unsigned attempts = 1;

    (void)state;
    use_until(4);
    assert_found(4);
    unsigned ring = records.newest_ring == 0;

    for (unsigned place = 4; place < 15; place++)
        card.write_fault[ring][place] = ERROR_IO;
    while (try_to_write(5) < 0)
        attempts++;
    assert_int_equal(attempts, 4);
    assert_found(5);
}

static void test_card_that_is_read_only_says_so_at_once(void **state) /* 71 */
{
    (void)state;
    use_until(4);
    card.sim.read_only = true;
    assert_found(4);
    card.writes = 0;
    assert_int_equal(try_to_write(5), ERROR_REFUSED);
    assert_int_equal(card.writes, 1);
    assert_found(4);
}

static void test_card_that_times_out_or_is_gone_is_not_written_again_and_again(void **state)
{
    (void)state;
    use_until(4);
    card.writes = 0;
    card.sim.slow = true;
    assert_int_equal(try_to_write(5), ERROR_TIMEOUT);
    assert_int_equal(card.writes, 1);
    card.sim.slow = false;
    card.sim.gone = true;
    assert_int_equal(try_to_write(5), ERROR_ABSENT);
    assert_int_equal(card.writes, 2);
}

/* A write that was reported as failed, although the record is there. */
static void test_after_a_failed_write_either_is_found_and_its_sequence_is_used(void **state)
{
    (void)state;
    use_until(4);
    assert_found(4);
    unsigned ring = records.newest_ring == 0;

    card.read_fault[ring][4] = ERROR_TIMEOUT;
    assert_int_equal(try_to_write(5), ERROR_TIMEOUT);
    card.read_fault[ring][4] = 0;
    write_table(6);
    assert_int_equal(records.sequence, 6);
    assert_found(6);
    memset(record_at(ring, 5), 0, SLOT_BLOCK_BYTES);
    assert_found(5);
}

/* What the caller was told did not happen is not found after mirroring. */
static void test_mirror_after_a_failed_write_settles_for_what_counted(void **state)
{
    (void)state;
    use_until(4);
    assert_found(4);
    unsigned ring = records.newest_ring == 0;

    card.read_fault[ring][4] = ERROR_TIMEOUT;
    assert_int_equal(try_to_write(5), ERROR_TIMEOUT);
    card.read_fault[ring][4] = 0;
    mirror();
    assert_found(4);
    assert_true(records.is_mirrored);
}

/* ---- the promise about sequences ---- */

static struct slot_record seen[4096]; /* by sequence */

static void look_for_second_contents(void)
{
    for (unsigned i = 0; i < 2 * SLOT_RING_RECORDS; i++) {
        const struct slot_record *record = record_at(i / SLOT_RING_RECORDS, i % SLOT_RING_RECORDS);

        if (record->sequence == 0)
            continue;
        assert_true(record->sequence < sizeof seen / sizeof *seen);
        if (seen[record->sequence].sequence == 0)
            seen[record->sequence] = *record;
        assert_memory_equal(&seen[record->sequence], record, sizeof *record);
    }
}

static void test_sequence_is_never_used_for_a_second_content(void **state)
{
    static const int read_faults[] = {0, 0, 0, 0, 0, ERROR_IO, ERROR_TIMEOUT};
    static const int write_faults[] = {0, 0, 0, 0, 0, ERROR_IO, ERROR_TIMEOUT, LOST};

    (void)state;
    memset(seen, 0, sizeof seen);
    open_records();
    for (uint32_t step = 1; step < 1500 && records.sequence < 4000; step++) {
        for (unsigned ring = 0; ring < 2; ring++) {
            unsigned next = records.next[ring];

            card.write_fault[ring][next] = write_faults[dice(8)];
            card.read_fault[ring][next] = read_faults[dice(7)];
        }
        try_to_write(step);
        look_for_second_contents();
        memset(card.read_fault, 0, sizeof card.read_fault);
        if (dice(3) == 0)
            slot_records_mirror(&records);
        look_for_second_contents();
        memset(card.write_fault, 0, sizeof card.write_fault);
        if (dice(10) == 0)
            assert_int_equal(open_records(), 0);
    }
    assert_true(records.sequence > 1500);
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
        cmocka_unit_test_setup(test_bad_block_costs_only_its_record, setup),
        cmocka_unit_test_setup(test_whole_ring_unreadable_costs_only_that_ring, setup),
        cmocka_unit_test_setup(test_blocks_are_read_singly_when_they_cannot_be_read_together,
                               setup),
        cmocka_unit_test_setup(test_card_that_cannot_be_read_is_not_taken_for_a_new_one, setup),
        cmocka_unit_test_setup(test_card_that_is_gone_is_not_taken_for_a_new_one, setup),
        cmocka_unit_test_setup(test_card_that_does_not_answer_is_not_asked_for_every_block, setup),
        cmocka_unit_test_setup(test_nothing_is_believed_of_blocks_that_were_not_read_any_more,
                               setup),
        cmocka_unit_test_setup(test_two_blocks_that_time_out_cost_only_their_records, setup),
        cmocka_unit_test_setup(test_sequence_in_a_block_that_could_not_be_read_is_not_used_again,
                               setup),
        cmocka_unit_test_setup(test_block_that_does_not_take_a_record_is_passed_over, setup),
        cmocka_unit_test_setup(test_ring_that_takes_nothing_is_given_up_and_what_was_durable_counts,
                               setup),
        cmocka_unit_test_setup(test_bad_stretch_is_behind_us_after_some_attempts, setup),
        cmocka_unit_test_setup(test_card_that_is_read_only_says_so_at_once, setup),
        cmocka_unit_test_setup(test_card_that_times_out_or_is_gone_is_not_written_again_and_again,
                               setup),
        cmocka_unit_test_setup(test_after_a_failed_write_either_is_found_and_its_sequence_is_used,
                               setup),
        cmocka_unit_test_setup(test_mirror_after_a_failed_write_settles_for_what_counted, setup),
        cmocka_unit_test_setup(test_sequence_is_never_used_for_a_second_content, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
