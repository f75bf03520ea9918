/*
 * The LAN7515's model: from the cable to a record in bulk IN: head, frame and checksum, damage; and
 * the statistics.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "chip_lan7515_bench.h"

#include "chip_lan7515.h"

#define BROADCAST "\xff\xff\xff\xff\xff\xff"

static uint8_t burst[32768];

static bool comes_in(const char *to)
{
    deliver(to, 60, 1);
    if (!chip->type->has_data(chip))
        return false;
    take_burst(burst, sizeof burst);
    return true;
}

/* ---- records ---- */

static void test_a_record_is_head_frame_and_checksum_and_nothing_else(void **state)
{
    uint8_t frame[101];

    (void)state;
    bring_up();
    make_frame(frame, OUR_MAC, sizeof frame, 5);
    chip->type->receive(chip, frame, sizeof frame);
    assert_int_equal(take_burst(burst, sizeof burst), 10 + sizeof frame + 4);
    assert_int_equal(little32(burst) & 0x3fff, sizeof frame + 4);
    assert_int_equal(little32(burst) & 0x003f0000, 0); /* no error */
    assert_int_equal(little32(burst) & 1 << 26, 1 << 26);
    assert_int_equal(little32(burst + 4), 0);
    assert_memory_equal(burst + 8, "\0\0", 2);
    assert_memory_equal(burst + 10, frame, sizeof frame);
    assert_int_equal(little32(burst + 10 + sizeof frame), crc_of(frame, sizeof frame));
    expect_silence();
}

static void test_the_checksum_is_taken_off_where_asked(void **state)
{
    (void)state;
    bring_up();
    write_register(0x104, 1518u << 16 | 0x10 | 1);
    deliver(OUR_MAC, 101, 5);
    assert_int_equal(take_burst(burst, sizeof burst), 10 + 101);
    assert_int_equal(little32(burst) & 0x3fff, 101);
}

static void test_a_short_frame_arrives_as_long_as_the_cable_makes_it(void **state)
{
    uint8_t padded[60] = {0};

    (void)state;
    bring_up();
    make_frame(padded, OUR_MAC, 42, 9);
    deliver(OUR_MAC, 42, 9);
    assert_int_equal(take_burst(burst, sizeof burst), 10 + 64);
    assert_memory_equal(burst + 10, padded, 60);
    assert_int_equal(little32(burst + 70), crc_of(padded, 60));
}

static void test_nothing_comes_in_without_a_link(void **state)
{
    (void)state;
    bring_up();
    chip->type->plug(chip, false);
    assert_false(comes_in(OUR_MAC));
    bench_now_us += 1000000;
    assert_false(comes_in(OUR_MAC));
    chip->type->plug(chip, true);
    assert_false(comes_in(OUR_MAC));
    bench_now_us += 2001;
    assert_true(comes_in(OUR_MAC));
}

/* ---- statistics, damage ---- */

static void test_statistics_count_frames_bytes_and_sizes(void **state)
{
    (void)state;
    bring_up();
    comes_in(OUR_MAC);
    deliver(OUR_MAC, 1000, 1);
    comes_in(BROADCAST);
    assert_int_equal(read_count(7), 64 + 1004);
    assert_int_equal(read_count(8), 64);
    assert_int_equal(read_count(10), 2);
    assert_int_equal(read_count(11), 1);
    assert_int_equal(read_count(12), 0);
    assert_int_equal(read_count(14), 2);
    assert_int_equal(read_count(18), 1);
    assert_int_equal(chip->statistics.frames_received, 3);
}

static void test_counters_of_frames_have_20_bits_and_those_of_bytes_32(void **state)
{
    struct chip_lan7515 *inside = (struct chip_lan7515 *)chip; /* a million frames take too long */

    (void)state;
    bring_up();
    inside->counts[10] = 0xffffe;
    inside->counts[7] = 0xffffe;
    comes_in(OUR_MAC);
    assert_int_equal(read_count(10), 0xfffff);
    comes_in(OUR_MAC);
    assert_int_equal(read_count(10), 0);
    assert_int_equal(read_count(7), 0xffffe + 128);
}

static void test_damaged_frames_say_so(void **state)
{
    (void)state;
    bring_up();
    chip->faults.error_frames = 2;
    assert_true(comes_in(OUR_MAC));
    assert_int_equal(little32(burst) & 0x007f0000, 1 << 22 | 1 << 16);
    chip->faults.error_bits = 1 << 18;
    assert_true(comes_in(OUR_MAC));
    assert_int_equal(little32(burst) & 0x007f0000, 1 << 18);
    assert_true(comes_in(OUR_MAC));
    assert_int_equal(little32(burst) & 0x007f0000, 0);
    assert_int_equal(read_count(0), 1); /* FCS errors */
}

static void test_a_bad_length_is_longer_than_any_burst(void **state)
{
    (void)state;
    bring_up();
    chip->faults.bad_length = 1;
    assert_true(comes_in(OUR_MAC));
    assert_int_equal(little32(burst) & 0x3fff, 0x3fff);
    assert_true(comes_in(OUR_MAC));
    assert_int_equal(little32(burst) & 0x3fff, 64);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_record_is_head_frame_and_checksum_and_nothing_else),
        cmocka_unit_test(test_the_checksum_is_taken_off_where_asked),
        cmocka_unit_test(test_a_short_frame_arrives_as_long_as_the_cable_makes_it),
        cmocka_unit_test(test_nothing_comes_in_without_a_link),
        cmocka_unit_test(test_statistics_count_frames_bytes_and_sizes),
        cmocka_unit_test(test_counters_of_frames_have_20_bits_and_those_of_bytes_32),
        cmocka_unit_test(test_damaged_frames_say_so),
        cmocka_unit_test(test_a_bad_length_is_longer_than_any_burst),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
