/*
 * slot_records: what power cuts and cards that lie do to the rings. The numbers are those of the
 * list of bad inputs in docs/security.md; 70, records that nobody wrote so, is in
 * test_slot_records_forged.c.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "slot_records_bench.h"

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
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
