/*
 * The model of the LAN9514: bursts of bulk IN: how many frames are in one, what is between them,
 * how it ends; an empty pipe; and the faults of bursts.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "chip_lan9514_records.h"

/* ---- bursts ---- */

static void test_without_mef_each_frame_is_a_burst(void **state)
{
    (void)state;
    set_up(BIR, 0);
    deliver(61);
    deliver(62);
    assert_int_equal(get_burst(), 69);
    expect_frame(0, 61, 0);
    assert_int_equal(get_burst(), 70);
    expect_frame(0, 62, 0);
    assert_int_equal(chip->statistics.bursts, 2);
    assert_int_equal(chip->statistics.most_in_burst, 1);
}

static void test_burst_is_aligned_between_frames_and_not_at_its_end(void **state)
{
    unsigned at = 0;

    (void)state;
    for (unsigned length = 60; length < 70; length++)
        deliver(length);
    assert_int_equal(get_burst(), 68 + 4 * 72 + 4 * 76 + 77);
    for (unsigned length = 60; length < 70; length++)
        at = aligned(at + expect_frame(at, length, 0));
    assert_int_equal(chip->statistics.most_in_burst, 10);
}

static void test_burst_of_whole_packets_ends_with_an_empty_one(void **state)
{
    uint8_t packet[CHIP_PACKET_BYTES];

    (void)state;
    deliver(504);
    assert_int_equal(chip_lan9514.bulk_in(chip, packet, sizeof packet), 512);
    assert_true(chip_lan9514.has_data(chip));
    deliver(60); /* too late for this burst */
    assert_int_equal(chip_lan9514.bulk_in(chip, packet, sizeof packet), 0);
    assert_int_equal(chip_lan9514.bulk_in(chip, packet, sizeof packet), 68);
    assert_int_equal(chip_lan9514.bulk_in(chip, packet, sizeof packet), CHIP_NAK);
}

static void test_frame_that_comes_during_a_burst_joins_it(void **state)
{
    uint8_t packet[CHIP_PACKET_BYTES];

    (void)state;
    deliver(600);
    assert_int_equal(chip_lan9514.bulk_in(chip, packet, sizeof packet), 512);
    deliver(60);
    assert_int_equal(chip_lan9514.bulk_in(chip, packet, sizeof packet), 608 + 68 - 512);
    assert_int_equal(chip->statistics.most_in_burst, 2);
}

static void test_burst_cap_is_never_passed_and_cuts_no_frame(void **state)
{
    (void)state;
    set(BURST_CAP, 4);
    deliver(1013);
    deliver(1016); /* both fill the cap to the byte */
    deliver(1013);
    deliver(1017); /* one byte more, but for what is between them */
    assert_int_equal(get_burst(), 2048);
    expect_frame(0, 1013, 0);
    expect_frame(1024, 1016, 0);
    assert_int_equal(get_burst(), 1021);
    assert_int_equal(get_burst(), 1025);
    set(BURST_CAP, 2);
    deliver(1514); /* more than the cap: alone */
    deliver(1016); /* just the cap */
    deliver(60);
    assert_int_equal(get_burst(), 1522);
    assert_int_equal(get_burst(), 1024);
    assert_int_equal(get_burst(), 68);
}

static void test_without_bce_bursts_have_no_cap(void **state)
{
    (void)state;
    set(HW_CFG, MEF | BIR);
    set(BURST_CAP, 2);
    for (unsigned i = 0; i < 12; i++)
        deliver(1514);
    assert_int_equal(get_burst(), 11 * 1524 + 1522);
}

static void test_empty_pipe_says_nak_or_an_empty_packet(void **state)
{
    (void)state;
    assert_true(chip_lan9514.empty_is_nak(chip));
    assert_int_equal(get_burst(), CHIP_NAK);
    set(HW_CFG, MEF);
    assert_false(chip_lan9514.empty_is_nak(chip));
    assert_int_equal(get_burst(), 0);
    deliver(60);
    assert_int_equal(get_burst(), 68);
}

/* ---- faults ---- */

static void test_no_more_is_given_than_there_is_room_for(void **state)
{
    uint8_t small[72];

    (void)state;
    deliver(61); /* a record of 69 bytes, and three up to the next */
    deliver(61);
    memset(small, 0x77, sizeof small);
    assert_int_equal(chip_lan9514.bulk_in(chip, small, 69), 69);
    assert_int_equal(small[69], 0x77);
    assert_int_equal(chip_lan9514.bulk_in(chip, small, 3), 3);
    assert_int_equal(small[0] | small[1] | small[2], 0);
    assert_int_equal(chip_lan9514.bulk_in(chip, small, 69), 69);
    assert_int_equal(LENGTH(bytes_le32(small)), 65);
    assert_int_equal(chip_lan9514.bulk_in(chip, small, 69), 0);
    assert_false(chip_lan9514.has_data(chip));
}

static void test_frames_can_be_held_back_for_one_burst(void **state)
{
    (void)state;
    chip->faults.hold_frames = 3;
    deliver(60);
    deliver(60);
    assert_false(chip_lan9514.has_data(chip));
    assert_int_equal(get_burst(), CHIP_NAK);
    deliver(60);
    assert_true(chip_lan9514.has_data(chip));
    assert_int_equal(get_burst(), 3 * 68);
    assert_int_equal(chip->statistics.most_in_burst, 3);
    chip->faults.hold_frames = 1000; /* more than there is room for */
    for (unsigned i = 0; i < 13; i++)
        deliver(1514);
    assert_true(chip_lan9514.has_data(chip));
}

static void test_empty_packets_can_come_before_data(void **state)
{
    (void)state;
    chip->faults.zero_packets = 2;
    assert_int_equal(get_burst(), CHIP_NAK);
    deliver(60);
    assert_int_equal(get_burst(), 0);
    assert_int_equal(get_burst(), 0);
    assert_int_equal(get_burst(), 68);
    deliver(600);
    assert_int_equal(chip_lan9514.bulk_in(chip, burst, CHIP_PACKET_BYTES), 512);
    chip->faults.zero_packets = 1; /* not within a burst: that would end it */
    assert_int_equal(chip_lan9514.bulk_in(chip, burst, CHIP_PACKET_BYTES), 608 - 512);
}

static void test_bulk_in_can_stall(void **state)
{
    (void)state;
    chip->faults.stall_in = 1;
    deliver(60);
    assert_int_equal(get_burst(), CHIP_STALL);
    assert_int_equal(get_burst(), 68);
    expect_frame(0, 60, 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, make_running_chip, free_chip)
    const struct CMUnitTest tests[] = {
        TEST(test_without_mef_each_frame_is_a_burst),
        TEST(test_burst_is_aligned_between_frames_and_not_at_its_end),
        TEST(test_burst_of_whole_packets_ends_with_an_empty_one),
        TEST(test_frame_that_comes_during_a_burst_joins_it),
        TEST(test_burst_cap_is_never_passed_and_cuts_no_frame),
        TEST(test_without_bce_bursts_have_no_cap),
        TEST(test_empty_pipe_says_nak_or_an_empty_packet),
        TEST(test_no_more_is_given_than_there_is_room_for),
        TEST(test_frames_can_be_held_back_for_one_burst),
        TEST(test_empty_packets_can_come_before_data),
        TEST(test_bulk_in_can_stall),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
