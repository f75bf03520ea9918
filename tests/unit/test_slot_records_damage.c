/*
 * slot_records: what power cuts, cards that lie and forged records do to the rings. The numbers
 * are those of the list of bad inputs in docs/security.md.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "slot_records_bench.h"

/* Whatever was found, the rings go on from there: a write, a mirror, and a cut of nothing. */
static void assert_goes_on(void)
{
    write_table(1000);
    assert_found(1000);
    mirror();
    assert_found(1000);
    assert_true(records.is_mirrored);
    for (unsigned ring = 0; ring < 2; ring++) {
        struct slot_record kept[SLOT_RING_RECORDS];

        memcpy(kept, record_at(ring, 0), sizeof kept);
        memset(record_at(ring, 0), 0, sizeof kept);
        assert_found(1000);
        memcpy(record_at(ring, 0), kept, sizeof kept);
    }
}

/* ---- 67: torn sector, every prefix length, old, new, 0xff and random tail ---- */

enum tail { TAIL_OLD, TAIL_NEW, TAIL_FF, TAIL_RANDOM, TAILS };

static void tear(struct slot_record *at, const struct slot_record *old,
                 const struct slot_record *new, size_t prefix, enum tail tail)
{
    uint8_t *bytes = (uint8_t *)at;

    memcpy(bytes, new, sizeof *new);
    for (size_t i = prefix; i < sizeof *new; i++) {
        if (tail == TAIL_OLD)
            bytes[i] = ((const uint8_t *)old)[i];
        else if (tail != TAIL_NEW)
            bytes[i] = tail == TAIL_FF ? 0xff : (uint8_t)dice(256);
    }
}

/* Tears the write of table last + 1 in every way, over a block that was blank or had a record.
 * The table before counts, or the new one if all of it has arrived. */
static void tear_write_after(uint32_t last, bool is_mirror)
{
    static struct slot_record rings_before[2][SLOT_RING_RECORDS];
    struct slot_record old, new, *at;

    setup(NULL);
    use_until(last);
    if (is_mirror)
        write_table(last + 1);
    memcpy(rings_before[0], record_at(0, 0), sizeof rings_before[0]);
    memcpy(rings_before[1], record_at(1, 0), sizeof rings_before[1]);
    unsigned ring = records.newest_ring == 0;

    at = record_at(ring, records.next[ring]);
    old = *at;
    assert_int_equal(old.sequence != 0, last >= SLOT_RING_RECORDS);
    if (is_mirror)
        mirror();
    else
        write_table(last + 1);
    new = *at;
    assert_int_equal(new.table.installs, last + 1);
    for (size_t prefix = 0; prefix <= SLOT_BLOCK_BYTES; prefix++) {
        for (enum tail tail = TAIL_OLD; tail < TAILS; tail++) {
            memcpy(record_at(0, 0), rings_before[0], sizeof rings_before[0]);
            memcpy(record_at(1, 0), rings_before[1], sizeof rings_before[1]);
            tear(at, &old, &new, prefix, tail);
            bool is_whole = memcmp(at, &new, sizeof new) == 0;

            assert_found(last + (is_whole || is_mirror));
            if (prefix % 16 == 4)
                assert_goes_on();
        }
    }
}

static void test_torn_write_into_a_blank_block_leaves_the_record_before(void **state) /* 67 */
{
    (void)state;
    tear_write_after(5, false);
}

static void test_torn_write_over_an_old_record_leaves_the_record_before(void **state) /* 67 */
{
    (void)state;
    tear_write_after(SLOT_RING_RECORDS + 5, false);
}

static void test_torn_mirror_leaves_what_was_mirrored(void **state) /* 67 */
{
    (void)state;
    tear_write_after(5, true);
    tear_write_after(SLOT_RING_RECORDS + 5, true);
}

static void test_torn_first_record_of_a_card_leaves_it_new(void **state) /* 67 */
{
    static const struct slot_record blank;
    struct slot_record new;

    (void)state;
    open_records();
    write_table(1);
    new = *record_at(0, 0);
    for (size_t prefix = 0; prefix < SLOT_BLOCK_BYTES; prefix++) {
        for (enum tail tail = TAIL_OLD; tail < TAILS; tail++) {
            tear(record_at(0, 0), &blank, &new, prefix, tail);
            bool is_whole = memcmp(record_at(0, 0), &new, sizeof new) == 0;

            assert_int_equal(open_records(), is_whole ? 0 : ERROR_ABSENT);
        }
    }
}

/* ---- 68: writes acknowledged and lost, reordered ---- */

static void test_write_acknowledged_but_lost_is_noticed_and_made_elsewhere(void **state) /* 68 */
{
    (void)state;
    use_until(7);
    unsigned ring = records.newest_ring == 0;

    card.write_fault[ring][records.next[ring]] = LOST;
    write_table(8);
    assert_found(8);
    for (unsigned place = 0; place < SLOT_RING_RECORDS; place++)
        card.write_fault[0][place] = card.write_fault[1][place] = LOST;
    assert_int_equal(try_to_write(9), ERROR_CORRUPT);
    assert_found(8);
    assert_int_equal(slot_records_mirror(&records), ERROR_CORRUPT);
    assert_false(records.is_mirrored);
    assert_found(8);
}

/* The card said it was durable, gave it back, and forgot it: nothing here can notice that. */
static void test_last_writes_lost_after_all_leave_an_earlier_record(void **state) /* 68 */
{
    (void)state;
    for (unsigned lost = 1; lost <= 2; lost++) {
        setup(NULL);
        use_until(7);
        write_table(8);
        mirror();
        for (unsigned ring = 0; ring < 2; ring++) {
            if (ring == 0 || lost == 2)
                memset(record_at(ring, 7), 0, SLOT_BLOCK_BYTES);
        }
        assert_found(lost == 1 ? 8 : 7);
        assert_goes_on();
    }
}

static void test_two_writes_reordered_leave_the_newer_of_those_that_arrived(void **state) /* 68 */
{
    struct slot_record *first, *second, first_kept;

    (void)state;
    use_until(7);
    first = record_at(records.newest_ring == 0, 7);
    write_table(8);
    second = record_at(records.newest_ring == 0, 7);
    write_table(9);
    first_kept = *first;
    memset(first, 0, sizeof *first); /* the second has arrived, the first not yet */
    assert_found(9);
    *first = first_kept;
    memset(second, 0, sizeof *second);
    assert_found(8);
    memset(first, 0, sizeof *first);
    assert_found(7);
    assert_goes_on();
}

/* Torn while it was written and overlooked at once: what came next is newer by so much that it
 * does not matter any more. */
static void test_torn_record_that_becomes_readable_later_is_old_by_then(void **state) /* 68 */
{
    struct slot_record *at;

    (void)state;
    use_until(7);
    at = record_at(records.newest_ring == 0, 7);
    write_table(8);
    at->crc32c ^= 1;
    assert_found(7);
    write_table(9);
    at->crc32c ^= 1;
    assert_found(9);
    write_table(10);
    assert_found(10);
}

/* All records begin alike: a second tear over the first would make the torn one whole. */
static void test_torn_place_is_not_what_is_written_next(void **state) /* 67 */
{
    struct slot_record *at;
    struct slot_record torn;

    (void)state;
    use_until(7);
    at = record_at(records.newest_ring == 0, 7);
    write_table(8);
    at->magic ^= 0xff;
    torn = *at;
    assert_found(7);
    write_table(9);
    assert_memory_equal(at, &torn, sizeof torn);
    assert_found(9);
    /* Nor when there is no other place: then it has to do. */
    for (unsigned ring = 0; ring < 2; ring++)
        memset(record_at(ring, 0), 0x77, SLOT_RING_RECORDS * SLOT_BLOCK_BYTES);
    assert_int_equal(slot_records_open(&records, &card.device, rings[0], rings[1], &found),
                     ERROR_ABSENT);
    write_table(10);
    assert_found(10);
}

/* ---- 69: neighbour sectors lost ---- */

static void spoil_unit(unsigned ring, unsigned how)
{
    uint8_t *unit = storage + rings[ring] * SLOT_BLOCK_BYTES;
    size_t bytes = (size_t)SLOT_UNIT_BLOCKS * SLOT_BLOCK_BYTES;

    if (how < 2)
        memset(unit, how == 0 ? 0 : 0xff, bytes);
    for (size_t i = 0; how == 2 && i < SLOT_RING_RECORDS * SLOT_BLOCK_BYTES; i++)
        unit[i] = (uint8_t)dice(256);
}

static void test_whole_unit_lost_while_it_is_written_leaves_the_other_ring(void **state) /* 69 */
{
    (void)state;
    for (uint32_t last = 1; last < 2 * SLOT_RING_RECORDS; last += 13) {
        for (unsigned how = 0; how < 3; how++) {
            for (unsigned mirrored = 0; mirrored < 2; mirrored++) {
                setup(NULL);
                use_until(last);
                if (!mirrored)
                    write_table(last + 1);
                uint32_t durable = last + !mirrored;

                write_table(durable + 1);
                spoil_unit((unsigned)records.newest_ring, how);
                assert_found(durable);
                mirror();
                assert_found(durable);
                assert_true(records.is_mirrored);
                assert_goes_on();
            }
        }
    }
}

static void test_whole_unit_lost_while_it_is_mirrored_into_costs_nothing(void **state) /* 69 */
{
    (void)state;
    for (unsigned how = 0; how < 3; how++) {
        setup(NULL);
        use_until(9);
        write_table(10);
        unsigned ring = records.newest_ring == 0;

        mirror();
        spoil_unit(ring, how);
        assert_found(10);
        assert_goes_on();
    }
}

/* Good when it was read back, bad at some later time. */
static void test_page_that_decays_after_it_was_read_back_costs_nothing(void **state) /* 69 */
{
    (void)state;
    use_until(9);
    for (unsigned ring = 0; ring < 2; ring++) {
        card.read_fault[ring][8] = ERROR_IO;
        assert_found(9);
        card.read_fault[ring][8] = 0;
        record_at(ring, 8)->table.installs ^= 1;
        assert_found(9);
        assert_false(records.is_mirrored);
        mirror();
        assert_found(9);
        assert_true(records.is_mirrored);
    }
}

/* The record that counts is kept in memory: its block may fail before it is mirrored. */
static void test_page_that_decays_before_it_is_mirrored_costs_nothing(void **state) /* 69 */
{
    (void)state;
    use_until(9);
    write_table(10);
    memset(record_at(records.newest_ring, 0), 0xff, SLOT_RING_RECORDS * SLOT_BLOCK_BYTES);
    mirror();
    assert_found(10);
}

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
        cmocka_unit_test_setup(test_torn_write_into_a_blank_block_leaves_the_record_before, setup),
        cmocka_unit_test_setup(test_torn_write_over_an_old_record_leaves_the_record_before, setup),
        cmocka_unit_test_setup(test_torn_mirror_leaves_what_was_mirrored, setup),
        cmocka_unit_test_setup(test_torn_first_record_of_a_card_leaves_it_new, setup),
        cmocka_unit_test_setup(test_write_acknowledged_but_lost_is_noticed_and_made_elsewhere,
                               setup),
        cmocka_unit_test_setup(test_last_writes_lost_after_all_leave_an_earlier_record, setup),
        cmocka_unit_test_setup(test_two_writes_reordered_leave_the_newer_of_those_that_arrived,
                               setup),
        cmocka_unit_test_setup(test_torn_record_that_becomes_readable_later_is_old_by_then, setup),
        cmocka_unit_test_setup(test_torn_place_is_not_what_is_written_next, setup),
        cmocka_unit_test_setup(test_whole_unit_lost_while_it_is_written_leaves_the_other_ring,
                               setup),
        cmocka_unit_test_setup(test_whole_unit_lost_while_it_is_mirrored_into_costs_nothing, setup),
        cmocka_unit_test_setup(test_page_that_decays_after_it_was_read_back_costs_nothing, setup),
        cmocka_unit_test_setup(test_page_that_decays_before_it_is_mirrored_costs_nothing, setup),
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
