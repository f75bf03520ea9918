/*
 * The LAN7515's model: bursts of bulk IN: what is in one and between its records, where it ends,
 * and the faults of bursts.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "chip_lan7515_bench.h"

static uint8_t burst[32768];

/* ---- packets ---- */

static void test_a_carrier_may_ask_for_less_than_a_packet(void **state)
{
    uint8_t piece[64];

    (void)state;
    bring_up();
    deliver(OUR_MAC, 100, 5); /* 114 bytes */
    assert_int_equal(chip->type->bulk_in(chip, piece, 64), 64);
    assert_int_equal(chip->type->bulk_in(chip, piece, 64), 50);
    deliver(OUR_MAC, 600, 5);
    assert_int_equal(chip->type->bulk_in(chip, burst, 1024), 512);
    assert_int_equal(chip->type->bulk_in(chip, burst, 1024), 102);
}

static void test_a_burst_that_fills_its_last_packet_ends_with_an_empty_one(void **state)
{
    uint8_t packet[CHIP_PACKET_BYTES];

    (void)state;
    bring_up();
    deliver(OUR_MAC, 1024 - 14, 3);
    assert_int_equal(chip->type->bulk_in(chip, packet, sizeof packet), 512);
    assert_int_equal(chip->type->bulk_in(chip, packet, sizeof packet), 512);
    assert_true(chip->type->has_data(chip));
    assert_int_equal(chip->type->bulk_in(chip, packet, sizeof packet), 0);
    assert_false(chip->type->has_data(chip));
    assert_int_equal(chip->statistics.bursts, 1);
}

static void test_an_empty_pipe_answers_as_bir_says(void **state)
{
    uint8_t packet[CHIP_PACKET_BYTES];

    (void)state;
    bring_up();
    assert_false(chip->type->empty_is_nak(chip));
    assert_int_equal(chip->type->bulk_in(chip, packet, sizeof packet), 0);
    write_register(0x080, 1 << 6);
    assert_true(chip->type->empty_is_nak(chip));
    assert_int_equal(chip->type->bulk_in(chip, packet, sizeof packet), CHIP_NAK);
    deliver(OUR_MAC, 100, 1);
    assert_int_equal(chip->type->bulk_in(chip, packet, sizeof packet), 114);
    assert_int_equal(chip->type->bulk_in(chip, packet, sizeof packet), CHIP_NAK);
}

/* ---- bursts ---- */

/* Bursts of several frames, up to cap packets. */
static void begin_bursts(unsigned cap)
{
    bring_up();
    write_register(0x104, 1518u << 16);
    write_register(0x010, 1 << 4);
    write_register(0x080, 1 << 5);
    write_register(0x090, cap);
    write_register(0x104, 1518u << 16 | 1);
    expect_silence();
}

static void test_without_mef_each_frame_is_a_burst(void **state)
{
    (void)state;
    bring_up();
    for (uint8_t i = 0; i < 3; i++)
        deliver(OUR_MAC, 61 + i, i);
    for (unsigned i = 0; i < 3; i++)
        assert_int_equal(take_burst(burst, sizeof burst), 10 + 65 + i);
    assert_int_equal(chip->statistics.most_in_burst, 1);
    assert_int_equal(chip->statistics.bursts, 3);
}

static void test_with_mef_records_follow_at_whole_words_and_nothing_follows_the_last(void **state)
{
    static const unsigned lengths[] = {60, 61, 62, 63, 101};
    unsigned at = 0, total;

    (void)state;
    begin_bursts(24);
    for (uint8_t i = 0; i < 5; i++)
        deliver(OUR_MAC, lengths[i], i);
    total = take_burst(burst, sizeof burst);
    for (uint8_t i = 0; i < 5; i++) {
        uint8_t frame[128];

        make_frame(frame, OUR_MAC, lengths[i], i);
        assert_int_equal(little32(burst + at) & 0x3fff, lengths[i] + 4);
        assert_memory_equal(burst + at + 10, frame, lengths[i]);
        at += 10 + lengths[i] + 4;
        if (i < 4)
            at = (at + 3) / 4 * 4;
    }
    assert_int_equal(at, total);
    assert_int_equal(total % 4, 3);
    assert_int_equal(chip->statistics.most_in_burst, 5);
    assert_int_equal(chip->statistics.bursts, 1);
}

static void test_a_burst_stays_below_the_cap_in_whole_frames(void **state)
{
    (void)state;
    begin_bursts(4);
    for (uint8_t i = 0; i < 5; i++)
        deliver(OUR_MAC, 1000 - 14, i); /* records of 1000 bytes: two fit into 2048 */
    assert_int_equal(take_burst(burst, sizeof burst), 2000);
    assert_int_equal(take_burst(burst, sizeof burst), 2000);
    assert_int_equal(take_burst(burst, sizeof burst), 1000);
    assert_int_equal(chip->statistics.most_in_burst, 2);
}

static void test_a_frame_that_comes_while_a_burst_goes_joins_it(void **state)
{
    uint8_t packet[CHIP_PACKET_BYTES];

    (void)state;
    begin_bursts(24);
    deliver(OUR_MAC, 700, 1);
    assert_int_equal(chip->type->bulk_in(chip, packet, sizeof packet), 512);
    deliver(OUR_MAC, 100, 2);
    assert_int_equal(take_burst(burst, sizeof burst), 714 + 2 - 512 + 114);
    assert_int_equal(chip->statistics.most_in_burst, 2);
}

static void test_a_cap_that_cuts_frames_is_complained_of(void **state)
{
    (void)state;
    bring_up();
    write_register(0x104, 1518u << 16);
    write_register(0x080, 1 << 5);
    write_register(0x090, 24);
    write_register(0x104, 1518u << 16 | 1);
    expect_complaint("burst-cap-without-mef");
    write_register(0x104, 1518u << 16);
    write_register(0x010, 1 << 4);
    write_register(0x090, 2);
    write_register(0x104, 1518u << 16 | 1);
    expect_complaint("burst-cap-too-small");
    write_register(0x104, 1518u << 16);
    write_register(0x090, 3);
    write_register(0x104, 1518u << 16 | 1);
    expect_silence();
}

/* ---- faults ---- */

static void test_frames_are_not_held_when_no_more_would_find_room(void **state)
{
    (void)state;
    begin_bursts(24);
    chip->faults.hold_frames = 100;
    for (unsigned i = 0; i < 8; i++) {
        assert_false(chip->type->has_data(chip));
        deliver(OUR_MAC, 1514, (uint8_t)i);
    }
    assert_true(chip->type->has_data(chip));
}

static void test_held_frames_come_in_one_burst(void **state)
{
    (void)state;
    begin_bursts(24);
    chip->faults.hold_frames = 3;
    deliver(OUR_MAC, 60, 1);
    deliver(OUR_MAC, 60, 2);
    assert_false(chip->type->has_data(chip));
    assert_int_equal(chip->type->bulk_in(chip, burst, 512), 0);
    deliver(OUR_MAC, 60, 3);
    assert_true(chip->type->has_data(chip));
    assert_int_equal(take_burst(burst, sizeof burst), 76 + 76 + 74);
    assert_int_equal(chip->statistics.most_in_burst, 3);
}

static void test_empty_packets_come_before_the_data(void **state)
{
    (void)state;
    bring_up();
    chip->faults.zero_packets = 2;
    write_register(0x080, 1 << 6);
    assert_int_equal(chip->type->bulk_in(chip, burst, 512), CHIP_NAK); /* not without data */
    deliver(OUR_MAC, 60, 1);
    assert_int_equal(chip->type->bulk_in(chip, burst, 512), 0);
    assert_int_equal(chip->type->bulk_in(chip, burst, 512), 0);
    assert_int_equal(chip->type->bulk_in(chip, burst, 512), 74);
}

static void test_bulk_in_stalls_so_many_times(void **state)
{
    (void)state;
    bring_up();
    deliver(OUR_MAC, 60, 1);
    chip->faults.stall_in = 2;
    assert_int_equal(chip->type->bulk_in(chip, burst, 512), CHIP_STALL);
    assert_int_equal(chip->type->bulk_in(chip, burst, 512), CHIP_STALL);
    assert_int_equal(chip->type->bulk_in(chip, burst, 512), 74);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_carrier_may_ask_for_less_than_a_packet),
        cmocka_unit_test(test_a_burst_that_fills_its_last_packet_ends_with_an_empty_one),
        cmocka_unit_test(test_an_empty_pipe_answers_as_bir_says),
        cmocka_unit_test(test_without_mef_each_frame_is_a_burst),
        cmocka_unit_test(test_with_mef_records_follow_at_whole_words_and_nothing_follows_the_last),
        cmocka_unit_test(test_a_burst_stays_below_the_cap_in_whole_frames),
        cmocka_unit_test(test_a_frame_that_comes_while_a_burst_goes_joins_it),
        cmocka_unit_test(test_a_cap_that_cuts_frames_is_complained_of),
        cmocka_unit_test(test_frames_are_not_held_when_no_more_would_find_room),
        cmocka_unit_test(test_held_frames_come_in_one_burst),
        cmocka_unit_test(test_empty_packets_come_before_the_data),
        cmocka_unit_test(test_bulk_in_stalls_so_many_times),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
