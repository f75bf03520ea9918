/*
 * The LAN7515's model: records in bursts of bulk IN, FIFO, PAUSE, statistics, faults.
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

/* ---- FIFO and flow control ---- */

static void test_the_fifo_holds_12_kilobytes_and_loses_what_is_more(void **state)
{
    (void)state;
    bring_up();
    for (uint8_t i = 0; i < 8; i++) /* 1526 + 2 bytes each; 8 are 12224 */
        deliver(OUR_MAC, 1512, i);
    assert_int_equal(read_register(0x0c0) & 0xffff, 8 * 1528);
    assert_int_equal(read_register(0x0d4) >> 16, 8 * 1528);
    assert_true(read_register(0x0c0) & 1 << 22);
    assert_int_equal(chip->statistics.overruns, 0);
    deliver(OUR_MAC, 60, 8);
    assert_int_equal(chip->statistics.overruns, 1);
    assert_int_equal(read_count(6), 1);
    assert_int_equal(read_register(0x00c), 1 << 22);
    assert_int_equal(read_register(0x0c0) >> 23 & 3, 3);
    for (unsigned i = 0; i < 8; i++)
        assert_int_equal(take_burst(burst, sizeof burst), 1526);
    assert_false(chip->type->has_data(chip));
    assert_int_equal(read_register(0x0c0) & 0x0060ffff, 1 << 21);
    write_register(0x0c0, 0x80000000 | 3 << 23);
    assert_int_equal(read_register(0x0c0) >> 23 & 3, 0);
}

static void test_a_smaller_fifo_holds_less(void **state)
{
    (void)state;
    bring_up();
    write_register(0x0c0, 0);
    write_register(0x0c8, 3); /* 2 KB */
    write_register(0x0c0, 0x80000000);
    deliver(OUR_MAC, 1512, 1);
    deliver(OUR_MAC, 1512, 2);
    assert_int_equal(chip->statistics.overruns, 1);
}

static void test_records_come_out_whole_where_the_fifo_goes_round(void **state)
{
    (void)state;
    bring_up();
    for (unsigned i = 0; i < 50; i++) {
        uint8_t frame[1511];

        make_frame(frame, OUR_MAC, sizeof frame, (uint8_t)i);
        chip->type->receive(chip, frame, sizeof frame);
        assert_int_equal(take_burst(burst, sizeof burst), 1525);
        assert_memory_equal(burst + 10, frame, sizeof frame);
    }
}

static void test_a_reset_fifo_is_empty(void **state)
{
    (void)state;
    bring_up();
    deliver(OUR_MAC, 1000, 1);
    assert_int_equal(chip->type->bulk_in(chip, burst, 512), 512);
    write_register(0x0c0, 0);
    write_register(0x0c0, 1 << 30);
    assert_int_equal(read_register(0x0c0) & 0x4060ffff, 1 << 21);
    assert_false(chip->type->has_data(chip));
    write_register(0x0c0, 0x80000000);
    deliver(OUR_MAC, 100, 1);
    assert_int_equal(take_burst(burst, sizeof burst), 114);
    expect_silence();
}

static void begin_flow_control(void)
{
    bring_up();
    write_mii(4, 0x0de1);
    write_mii(0, 0x1200);
    bench_now_us += 3000;
    read_mii(1);
    assert_true(read_mii(1) & 4);
    write_register(0x0d0, 4 << 8 | 8); /* silence above 4096 bytes, until 2048 */
}

static void test_a_full_fifo_asks_for_silence_if_that_was_agreed_and_enabled(void **state)
{
    (void)state;
    begin_flow_control();
    for (uint8_t i = 0; i < 3; i++)
        deliver(OUR_MAC, 1512, i);
    assert_false(chip->type->wants_silence(chip));
    write_register(0x10c, 1u << 30 | 0xffff);
    assert_true(chip->type->wants_silence(chip));
    assert_int_equal(chip->statistics.pauses, 1);
    take_burst(burst, sizeof burst);
    assert_true(chip->type->wants_silence(chip)); /* 3056 bytes: between the thresholds */
    take_burst(burst, sizeof burst);
    assert_false(chip->type->wants_silence(chip));
    deliver(OUR_MAC, 1512, 4);
    assert_false(chip->type->wants_silence(chip)); /* between them, the other way */
    assert_int_equal(chip->statistics.pauses, 1);
    assert_int_equal(read_count(37), 2);
    deliver(OUR_MAC, 1512, 5);
    assert_true(chip->type->wants_silence(chip));
    write_register(0x0c0, 0);
    write_register(0x0c0, 1 << 30);
    assert_false(chip->type->wants_silence(chip));
}

static void test_nobody_is_silent_who_did_not_agree(void **state)
{
    (void)state;
    begin_flow_control();
    chip->partner_pauses = false;
    write_mii(0, 0x1200);
    bench_now_us += 3000;
    write_register(0x10c, 1u << 30 | 0xffff);
    for (uint8_t i = 0; i < 7; i++)
        deliver(OUR_MAC, 1512, i);
    assert_int_equal(read_register(0x0c0) & 0xffff, 7 * 1528);
    assert_false(chip->type->wants_silence(chip));
    assert_int_equal(chip->statistics.pauses, 0);
}

static void test_pause_frames_are_obeyed_and_not_passed_on(void **state)
{
    uint8_t frame[60] = "\x01\x80\xc2\x00\x00\x01\x02\x11\x22\x33\x44\x55\x88\x08\x00\x01\x00\xc8";
    uint8_t packet[8 + 60] = {60, 0, 0x40};

    (void)state;
    bring_up();
    write_register(0x0b0, 7 << 8);
    memcpy(packet + 8, OUR_MAC, 6);
    chip->type->receive(chip, frame, 60);
    assert_false(chip->type->has_data(chip));
    assert_int_equal(read_count(13), 1);
    assert_int_equal(chip->type->bulk_out(chip, packet, sizeof packet), sizeof packet);
    write_register(0x10c, 1 << 29);
    chip->type->receive(chip, frame, 60); /* 200 times 512 bits: 102 us at 1000 Mbit/s */
    assert_int_equal(chip->type->bulk_out(chip, packet, sizeof packet), CHIP_NAK);
    bench_now_us += 101;
    assert_int_equal(chip->type->bulk_out(chip, packet, sizeof packet), CHIP_NAK);
    bench_now_us += 2;
    assert_int_equal(chip->type->bulk_out(chip, packet, sizeof packet), sizeof packet);
    assert_int_equal(sent_count, 2);
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

/* ---- statistics and faults ---- */

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

static void test_a_pause_frame_means_nothing_in_half_duplex(void **state)
{
    uint8_t frame[60] = "\x01\x80\xc2\x00\x00\x01\x02\x11\x22\x33\x44\x55\x88\x08\x00\x01\xff\xff";
    uint8_t packet[8 + 60] = {60, 0, 0x40};

    (void)state;
    bring_up();
    write_mii(9, 0);
    write_mii(4, 0x0081); /* 100 Mbit/s, half duplex */
    write_mii(0, 0x1200);
    bench_now_us += 3000;
    read_mii(1);
    assert_true(read_mii(1) & 4);
    memcpy(packet + 8, OUR_MAC, 6);
    write_register(0x10c, 1 << 29);
    chip->type->receive(chip, frame, 60);
    assert_int_equal(read_count(13), 1);
    assert_int_equal(chip->type->bulk_out(chip, packet, sizeof packet), sizeof packet);
}

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
        cmocka_unit_test(test_a_record_is_head_frame_and_checksum_and_nothing_else),
        cmocka_unit_test(test_the_checksum_is_taken_off_where_asked),
        cmocka_unit_test(test_a_short_frame_arrives_as_long_as_the_cable_makes_it),
        cmocka_unit_test(test_a_burst_that_fills_its_last_packet_ends_with_an_empty_one),
        cmocka_unit_test(test_an_empty_pipe_answers_as_bir_says),
        cmocka_unit_test(test_without_mef_each_frame_is_a_burst),
        cmocka_unit_test(test_with_mef_records_follow_at_whole_words_and_nothing_follows_the_last),
        cmocka_unit_test(test_a_burst_stays_below_the_cap_in_whole_frames),
        cmocka_unit_test(test_a_frame_that_comes_while_a_burst_goes_joins_it),
        cmocka_unit_test(test_a_cap_that_cuts_frames_is_complained_of),
        cmocka_unit_test(test_the_fifo_holds_12_kilobytes_and_loses_what_is_more),
        cmocka_unit_test(test_a_smaller_fifo_holds_less),
        cmocka_unit_test(test_records_come_out_whole_where_the_fifo_goes_round),
        cmocka_unit_test(test_a_reset_fifo_is_empty),
        cmocka_unit_test(test_a_full_fifo_asks_for_silence_if_that_was_agreed_and_enabled),
        cmocka_unit_test(test_nobody_is_silent_who_did_not_agree),
        cmocka_unit_test(test_pause_frames_are_obeyed_and_not_passed_on),
        cmocka_unit_test(test_nothing_comes_in_without_a_link),
        cmocka_unit_test(test_statistics_count_frames_bytes_and_sizes),
        cmocka_unit_test(test_counters_of_frames_have_20_bits_and_those_of_bytes_32),
        cmocka_unit_test(test_damaged_frames_say_so),
        cmocka_unit_test(test_a_bad_length_is_longer_than_any_burst),
        cmocka_unit_test(test_a_pause_frame_means_nothing_in_half_duplex),
        cmocka_unit_test(test_frames_are_not_held_when_no_more_would_find_room),
        cmocka_unit_test(test_held_frames_come_in_one_burst),
        cmocka_unit_test(test_empty_packets_come_before_the_data),
        cmocka_unit_test(test_bulk_in_stalls_so_many_times),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
