/*
 * slot_records: records that nobody wrote so: damaged, forged, of another loader, contradicting
 * each other. 70 is their number in the list of bad inputs in docs/security.md.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "slot_records_bench.h"

/* ---- 70: all copies invalid, all newer, the last sequence, equal ones ---- */

static void test_all_copies_invalid_is_a_card_without_records(void **state) /* 70 */
{
    (void)state;
    use_until(2 * SLOT_RING_RECORDS);
    for (unsigned i = 0; i < 2 * SLOT_RING_RECORDS; i++)
        record_at(i / SLOT_RING_RECORDS, i % SLOT_RING_RECORDS)->table.standard ^= 1;
    assert_int_equal(open_records(), ERROR_ABSENT);
    assert_goes_on();
}

static void test_all_records_of_a_newer_format_belong_to_another_loader(void **state) /* 70 */
{
    static uint8_t before[2][SLOT_RING_RECORDS * SLOT_BLOCK_BYTES];

    (void)state;
    for (unsigned i = 0; i < 2 * SLOT_RING_RECORDS; i++)
        put_foreign(i / SLOT_RING_RECORDS, i % SLOT_RING_RECORDS, 1 + i);
    for (unsigned ring = 0; ring < 2; ring++)
        memcpy(before[ring], record_at(ring, 0), sizeof before[ring]);
    assert_int_equal(open_records(), ERROR_UNSUPPORTED);
    assert_int_equal(records.foreign, 2 * SLOT_RING_RECORDS);
    assert_int_equal(found.installs, 0x5a5a5a5a);
    assert_int_equal(try_to_write(1), ERROR_UNSUPPORTED);
    assert_int_equal(slot_records_mirror(&records), ERROR_UNSUPPORTED);
    for (unsigned ring = 0; ring < 2; ring++)
        assert_memory_equal(before[ring], record_at(ring, 0), sizeof before[ring]);
    assert_int_equal(card.writes, 0);
}

static void test_record_of_ours_older_than_a_newer_format_does_not_count(void **state) /* 70 */
{
    (void)state;
    use_until(9);
    put_foreign(1, 20, 10);
    put_foreign(1, 21, 3);
    assert_int_equal(open_records(), ERROR_UNSUPPORTED);
    assert_int_equal(try_to_write(10), ERROR_UNSUPPORTED);
    assert_int_equal(slot_records_mirror(&records), ERROR_UNSUPPORTED);
    put_foreign(1, 20, 9); /* neither is newer */
    assert_int_equal(open_records(), ERROR_UNSUPPORTED);
    put_foreign(1, 20, 8);
    assert_found(9);
}

static void test_sequence_of_all_ones_is_damage(void **state) /* 70 */
{
    (void)state;
    put(0, 0, 3, 3);
    put(1, 0, UINT64_MAX, 4);
    put(1, 1, SLOT_SEQUENCE_MAX + 1, 5);
    assert_found(3);
    assert_int_equal(records.sequence, 3);
    assert_goes_on();
}

static void test_last_sequence_counts_and_none_follows_it(void **state) /* 70 */
{
    (void)state;
    put(0, 0, SLOT_SEQUENCE_MAX - 1, 3);
    assert_found(3);
    write_table(4);
    assert_found(4);
    assert_true(records.newest.sequence == SLOT_SEQUENCE_MAX);
    card.writes = 0;
    assert_int_equal(try_to_write(5), ERROR_REFUSED);
    assert_int_equal(card.writes, 0);
    mirror();
    assert_found(4);
    assert_true(records.is_mirrored);
    card.read_fault[0][9] = ERROR_IO; /* passing over sequences is not wrapping round */
    assert_found(4);
    assert_int_equal(try_to_write(5), ERROR_REFUSED);
}

static void test_equal_sequences_with_different_content_do_not_count(void **state) /* 70 */
{
    (void)state;
    for (unsigned other_ring = 0; other_ring < 2; other_ring++) {
        setup(NULL);
        use_until(7);
        put(0, 20, 8, 8);
        put(other_ring, 21, 8, 9);
        assert_found(7);
        assert_true(records.is_mirrored);
        write_table(10);
        assert_int_equal(records.newest.sequence, 9);
        card.writes = 0;
        mirror();
        assert_int_equal(card.writes, 1); /* the dispute is over */
        assert_found(10);
    }
}

static void test_equal_sequences_with_equal_content_are_one_record(void **state) /* 70 */
{
    (void)state;
    put(0, 4, 8, 8);
    put(0, 9, 8, 8);
    assert_found(8);
    assert_int_equal(records.next[0], 10);
    assert_false(records.is_mirrored);
    put(1, 0, 8, 8);
    assert_found(8);
    assert_true(records.is_mirrored);
}

static void test_third_record_does_not_settle_a_dispute(void **state) /* 70 */
{
    (void)state;
    put(0, 0, 7, 7);
    put(0, 1, 8, 8);
    put(1, 0, 8, 9);
    put(1, 1, 8, 8);
    assert_found(7);
    put(1, 0, 8, 8);
    put(1, 1, 8, 9);
    assert_found(7);
}

static void test_dispute_below_what_counts_is_of_no_interest(void **state) /* 70 */
{
    (void)state;
    put(0, 0, 7, 7);
    put(1, 0, 7, 8);
    put(1, 1, 8, 9);
    card.reads = 0;
    assert_found(9);
    assert_int_equal(card.reads, 2);
    assert_false(records.is_disputed);
}

static void test_everything_in_dispute_is_a_card_without_records(void **state) /* 70 */
{
    (void)state;
    for (unsigned place = 0; place < SLOT_RING_RECORDS; place++) {
        put(0, place, place + 1, 100 + place);
        put(1, place, place + 1, 200 + place);
    }
    assert_int_equal(open_records(), ERROR_ABSENT);
    assert_int_equal(records.sequence, SLOT_RING_RECORDS);
    assert_false(records.is_mirrored);
    write_table(1);
    assert_int_equal(records.newest.sequence, SLOT_RING_RECORDS + 1);
    assert_found(1);
    setup(NULL);
    for (unsigned place = 1; place < SLOT_RING_RECORDS; place++) {
        put(0, place, place + 1, 100 + place);
        put(1, place, place + 1, 200 + place);
    }
    put(1, 0, 1, 50);
    assert_found(50);
}

static void test_dispute_above_another_loaders_records_does_not_make_them_older(
    void **state) /* 70 */
{
    (void)state;
    put(0, 0, 8, 8);
    put(1, 0, 8, 9);
    put_foreign(1, 1, 5);
    assert_int_equal(open_records(), ERROR_UNSUPPORTED);
    assert_int_equal(records.foreign, 1);
    assert_int_equal(slot_records_mirror(&records), ERROR_UNSUPPORTED);
    put(0, 1, 7, 7);
    assert_found(7);
    assert_int_equal(records.foreign, 1);
}

/* One of the two is overwritten some day: the other must not count then. */
static void test_dispute_that_was_mirrored_over_does_not_come_back(void **state) /* 70 */
{
    (void)state;
    for (unsigned ring = 0; ring < 2; ring++) {
        setup(NULL);
        use_until(7);
        put(0, 20, 8, 8);
        put(1, 20, 8, 9);
        assert_found(7);
        mirror();
        assert_true(records.is_mirrored);
        memset(record_at(ring, 20), 0, SLOT_BLOCK_BYTES);
        assert_found(7);
        assert_true(records.is_mirrored);
    }
}

/* Two new ones in dispute at each look, below the ones before. */
static void dispute_again(void)
{
    static uint64_t sequence;

    if (sequence == 0)
        sequence = 1u << 20;
    sequence--;
    put(0, 0, sequence, 1);
    put(0, 1, sequence, 2);
}

static void test_card_that_reads_differently_each_time_is_given_up(void **state) /* 70 */
{
    (void)state;
    card.before_read = dispute_again;
    assert_int_equal(open_records(), ERROR_IO);
    assert_int_equal(try_to_write(1), ERROR_IO);
    assert_int_equal(slot_records_mirror(&records), ERROR_IO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_all_copies_invalid_is_a_card_without_records, setup),
        cmocka_unit_test_setup(test_all_records_of_a_newer_format_belong_to_another_loader, setup),
        cmocka_unit_test_setup(test_record_of_ours_older_than_a_newer_format_does_not_count, setup),
        cmocka_unit_test_setup(test_sequence_of_all_ones_is_damage, setup),
        cmocka_unit_test_setup(test_last_sequence_counts_and_none_follows_it, setup),
        cmocka_unit_test_setup(test_equal_sequences_with_different_content_do_not_count, setup),
        cmocka_unit_test_setup(test_equal_sequences_with_equal_content_are_one_record, setup),
        cmocka_unit_test_setup(test_third_record_does_not_settle_a_dispute, setup),
        cmocka_unit_test_setup(test_dispute_below_what_counts_is_of_no_interest, setup),
        cmocka_unit_test_setup(test_everything_in_dispute_is_a_card_without_records, setup),
        cmocka_unit_test_setup(test_dispute_above_another_loaders_records_does_not_make_them_older,
                               setup),
        cmocka_unit_test_setup(test_dispute_that_was_mirrored_over_does_not_come_back, setup),
        cmocka_unit_test_setup(test_card_that_reads_differently_each_time_is_given_up, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
