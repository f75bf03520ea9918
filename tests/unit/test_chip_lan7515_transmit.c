/*
 * The LAN7515's model: the bulk-OUT stream: frames in it, alone and several in a transfer.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "chip_lan7515_frames.h"

static void test_a_frame_leaves_as_it_was_given(void **state)
{
    uint8_t frame[1514];

    (void)state;
    bring_up();
    for (unsigned length = 60; length <= 1514; length += length < 80 ? 1 : 239) {
        make_frame(frame, THEIR_MAC, length, (uint8_t)length);
        sent_count = 0;
        send_frame(FCS, 0, frame, length);
        assert_int_equal(sent_count, 1);
        assert_int_equal(sent_lengths[0], length);
        assert_memory_equal(sent[0], frame, length);
    }
    expect_silence();
}

static void test_a_short_frame_is_filled_up_with_zeros(void **state)
{
    uint8_t expected[60] = {0};

    (void)state;
    bring_up();
    send_pattern(FCS, 0, 42);
    make_frame(expected, "\x02\x11\x22\x33\x44\x66", 42, 3);
    assert_int_equal(sent_lengths[0], 60);
    assert_memory_equal(sent[0], expected, 60);
}

static void test_several_frames_stand_in_one_transfer_at_whole_words(void **state)
{
    static const unsigned lengths[] = {61, 62, 63, 64, 777, 65};
    uint8_t frames[6][800];
    unsigned at = 0;

    (void)state;
    bring_up();
    for (unsigned i = 0; i < 6; i++) {
        make_frame(frames[i], THEIR_MAC, lengths[i], (uint8_t)i);
        at = put(at, FCS, 0, frames[i], lengths[i]);
    }
    send_transfer(transfer, at);
    assert_int_equal(sent_count, 6);
    for (unsigned i = 0; i < 6; i++) {
        assert_int_equal(sent_lengths[i], lengths[i]);
        assert_memory_equal(sent[i], frames[i], lengths[i]);
    }
    expect_silence();
}

static void test_a_transfer_of_whole_packets_needs_nothing_after_it(void **state)
{
    (void)state;
    bring_up();
    send_pattern(FCS, 0, 504);
    assert_int_equal(sent_count, 1);
    send_pattern(FCS, 0, 504);
    assert_int_equal(chip->type->bulk_out(chip, transfer, 0), 0); /* but it may have */
    send_pattern(FCS, 0, 61);
    assert_int_equal(sent_count, 3);
    expect_silence();
}

static void test_after_a_transfer_the_next_frame_begins_at_once(void **state)
{
    (void)state;
    bring_up();
    send_pattern(FCS, 0, 61); /* three bytes short of a word, and they never come */
    send_pattern(FCS, 0, 62);
    assert_int_equal(sent_count, 2);
    assert_int_equal(sent_lengths[1], 62);
    expect_silence();
}

static void test_without_the_fcs_bit_a_frame_brings_its_own(void **state)
{
    uint8_t frame[104];

    (void)state;
    bring_up();
    make_frame(frame, THEIR_MAC, 100, 1);
    put_little32(frame + 100, crc_of(frame, 100));
    send_frame(0, 0, frame, 104);
    assert_int_equal(sent_lengths[0], 100);
    expect_silence();
    frame[101] ^= 1;
    send_frame(0, 0, frame, 104);
    expect_complaint("wrong-transmit-command");
    assert_int_equal(sent_count, 1);
}

static void test_sent_frames_are_counted(void **state)
{
    (void)state;
    bring_up();
    send_pattern(FCS, 0, 42);
    send_pattern(FCS, 0, 1000);
    assert_int_equal(read_count(31), 64 + 1004);
    assert_int_equal(read_count(34), 2);
    assert_int_equal(read_count(38), 1);
    assert_int_equal(read_count(42), 1);
    assert_int_equal(chip->statistics.frames_sent, 2);
}

static void test_without_a_link_frames_go_nowhere(void **state)
{
    (void)state;
    bring_up();
    chip->type->plug(chip, false);
    send_pattern(FCS, 0, 100);
    assert_int_equal(sent_count, 0);
    expect_silence();
}

static void test_a_reset_of_the_bus_or_of_the_fifo_forgets_half_a_frame(void **state)
{
    (void)state;
    bring_up();
    for (unsigned i = 0; i < 2; i++) {
        put_little32(transfer, FCS | 700);
        put_little32(transfer + 4, 0);
        assert_int_equal(chip->type->bulk_out(chip, transfer, 512), 512);
        assert_int_equal(read_register(0x0c4) & 0x0060ffff, 1 << 22 | 512);
        if (i == 0) {
            chip->type->bus_reset(chip);
        } else {
            write_register(0x0c4, 0);
            write_register(0x0c4, 1 << 30);
            write_register(0x0c4, 0x80000000);
        }
        assert_int_equal(read_register(0x0c4) & 0x0060ffff, 1 << 21);
        send_pattern(FCS, 0, 100);
    }
    assert_int_equal(sent_count, 2);
    expect_silence();
}

static void test_bulk_out_stalls_so_many_times(void **state)
{
    (void)state;
    bring_up();
    chip->faults.stall_out = 1;
    assert_int_equal(chip->type->bulk_out(chip, transfer, 100), CHIP_STALL);
    send_pattern(FCS, 0, 100);
    assert_int_equal(sent_count, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_frame_leaves_as_it_was_given),
        cmocka_unit_test(test_a_short_frame_is_filled_up_with_zeros),
        cmocka_unit_test(test_several_frames_stand_in_one_transfer_at_whole_words),
        cmocka_unit_test(test_a_transfer_of_whole_packets_needs_nothing_after_it),
        cmocka_unit_test(test_after_a_transfer_the_next_frame_begins_at_once),
        cmocka_unit_test(test_without_the_fcs_bit_a_frame_brings_its_own),
        cmocka_unit_test(test_sent_frames_are_counted),
        cmocka_unit_test(test_without_a_link_frames_go_nowhere),
        cmocka_unit_test(test_a_reset_of_the_bus_or_of_the_fifo_forgets_half_a_frame),
        cmocka_unit_test(test_bulk_out_stalls_so_many_times),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
