/*
 * slot_records: what becomes of errors of the card, and that none makes it break its promise about
 * sequences.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "slot_records_bench.h"

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
