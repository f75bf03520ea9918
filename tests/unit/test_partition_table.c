/*
 * test_partition_table: every way in which an entry can be wrong.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "slot_card.h"

#include "partition_table.h"

#define BLOCKS 100000u

static uint8_t record[512];
static struct partition found;

static int empty_record(void **state)
{
    (void)state;
    memset(record, 0, sizeof record);
    bytes_put_le16(record + 510, 0xaa55);
    return 0;
}

static bool is_wanted(uint8_t type)
{
    return type == 0x7f;
}

static int find(unsigned after)
{
    memset(reason, 'x', sizeof reason);
    return partition_table_find(record, BLOCKS, after, is_wanted, "slot", &found, reason);
}

static void test_the_first_of_the_wanted_type_is_found_and_then_the_next(void **state)
{
    (void)state;
    set_partition(record, 1, 0x0c, 64, 100);
    set_partition(record, 2, 0x7f, 200, 300);
    set_partition(record, 4, 0x7f, 1000, BLOCKS - 1000);
    assert_int_equal(find(0), 0);
    assert_int_equal(found.number, 2);
    assert_int_equal(found.first, 200);
    assert_int_equal(found.count, 300);
    assert_int_equal(find(2), 0);
    assert_int_equal(found.number, 4);
    assert_int_equal(found.first + found.count, BLOCKS);
    assert_int_equal(find(4), ERROR_ABSENT);
}

static void test_a_record_without_its_mark_is_no_table(void **state)
{
    (void)state;
    set_partition(record, 1, 0x7f, 64, 100);
    record[510] = 0x54;
    assert_int_equal(find(0), ERROR_ABSENT);
    assert_string_equal(reason, "no partition table: block 0 ends in aa54, not aa55");
    record[510] = 0x55;
    record[511] = 0;
    assert_int_equal(find(0), ERROR_ABSENT);
}

static void test_other_types_are_named_when_none_is_wanted(void **state)
{
    (void)state;
    set_partition(record, 1, 0x0c, 64, 100);
    set_partition(record, 3, 0x83, 0, 0); /* not looked at: it is nobody's business here */
    assert_int_equal(find(0), ERROR_ABSENT);
    assert_string_equal(reason, "no slot partition (types are 0c 00 83 00)");
}

static void test_a_protective_entry_in_front_means_a_guid_partition_table(void **state)
{
    (void)state;
    set_partition(record, 2, 0xee, 1, BLOCKS - 1);
    set_partition(record, 3, 0x7f, 64, 100);
    assert_int_equal(find(0), ERROR_UNSUPPORTED);
    assert_string_equal(reason, "the card has a GUID partition table; an MBR is needed");
    assert_int_equal(find(2), 0);
}

static void test_a_partition_must_lie_on_the_card_behind_block_0(void **state)
{
    static const struct {
        uint32_t first, count;
        int status;
    } cases[] = {
        {1, BLOCKS - 1, 0},
        {BLOCKS - 1, 1, 0},
        {1, BLOCKS, ERROR_CORRUPT},
        {BLOCKS, 1, ERROR_CORRUPT},
        {0, 100, ERROR_CORRUPT},
        {64, 0, ERROR_CORRUPT},
        {0, 0, ERROR_CORRUPT},
        {0xffffffff, 0xffffffff, ERROR_CORRUPT},
        {0xffffffff, 1, ERROR_CORRUPT}, /* 0 in 32 bits */
        {64, 0xffffffff, ERROR_CORRUPT},
    };

    (void)state;
    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        set_partition(record, 1, 0x7f, cases[i].first, cases[i].count);
        assert_int_equal(find(0), cases[i].status);
    }
    assert_string_equal(reason, "partition 1: 4294967295 blocks from 64 on, on a card of 100000");
}

static void test_an_overlap_with_any_other_entry_is_seen(void **state)
{
    static const struct {
        uint32_t first, count;
        bool overlaps;
    } others[] = {
        {100, 100, false}, {300, 100, false}, {100, 101, true}, {299, 1, true},
        {200, 100, true},  {210, 1, true},    {100, 900, true}, {0xfffffff0, 0xffff, false},
        {250, 0, false}};

    (void)state;
    set_partition(record, 2, 0x7f, 200, 100);
    assert_int_equal(find(0), 0);
    assert_int_equal(partition_table_overlap(record, &found), 0);
    for (unsigned i = 0; i < sizeof others / sizeof *others; i++) {
        set_partition(record, 4, 0x83, others[i].first, others[i].count);
        assert_int_equal(partition_table_overlap(record, &found), others[i].overlaps ? 4 : 0);
    }
    set_partition(record, 4, 0x00, 200, 100); /* not in use, whatever it says */
    assert_int_equal(partition_table_overlap(record, &found), 0);
    set_partition(record, 1, 0x0c, 64, 137);
    assert_int_equal(partition_table_overlap(record, &found), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_the_first_of_the_wanted_type_is_found_and_then_the_next,
                               empty_record),
        cmocka_unit_test_setup(test_a_record_without_its_mark_is_no_table, empty_record),
        cmocka_unit_test_setup(test_other_types_are_named_when_none_is_wanted, empty_record),
        cmocka_unit_test_setup(test_a_protective_entry_in_front_means_a_guid_partition_table,
                               empty_record),
        cmocka_unit_test_setup(test_a_partition_must_lie_on_the_card_behind_block_0, empty_record),
        cmocka_unit_test_setup(test_an_overlap_with_any_other_entry_is_seen, empty_record),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
