/*
 * The model of the LAN9514: from bulk OUT to the cable. Frames in the stream, without a link, in
 * times of PAUSE, and a pipe that stalls.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "chip_lan9514_stream.h"

#include "chip_frame.h"

/* ---- frames ---- */

static void test_one_frame_in_one_transfer_of_any_length(void **state)
{
    uint8_t frame[1514];

    (void)state;
    for (unsigned length = 1514; length >= 14; length--) {
        make_frame(frame, length, own_mac);
        add_frame(frame, length);
        assert_true(put_stream() >= 0);
        if (!((length + 8) % CHIP_PACKET_BYTES))
            assert_int_equal(put_transfer(stream, 0), 0);
        assert_int_equal(sent_count, 1515 - length);
        expect_sent(frame, length);
    }
    assert_int_equal(chip->statistics.frames_sent, 1501);
}

static void test_several_frames_in_one_transfer_are_aligned(void **state)
{
    uint8_t frame[300];

    (void)state;
    for (unsigned length = 60; length < 64; length++) {
        make_frame(frame, length, own_mac);
        align();
        add_frame(frame, length);
    }
    assert_true(put_stream() >= 0);
    assert_int_equal(sent_count, 4);
    expect_sent(frame, 63);
}

/* As our driver gathers them; with and without padding behind the last one. */
static void test_long_transfers_of_many_frames(void **state)
{
    uint8_t frame[1514];
    unsigned count = 0, length = 14;

    (void)state;
    for (unsigned transfers = 0; transfers < 200; transfers++) {
        while (stream_length < 6000) {
            length = 14 + (length * 31 + 7) % 1501;
            make_frame(frame, length, own_mac);
            align();
            add_frame(frame, length);
            count++;
        }
        if (transfers & 1)
            align();
        assert_true(put_stream() >= 0);
        assert_int_equal(sent_count, count);
        expect_sent(frame, length);
    }
}

static void test_frame_may_begin_in_one_transfer_and_end_in_another(void **state)
{
    uint8_t frame[700];

    (void)state;
    make_frame(frame, sizeof frame, own_mac);
    add_frame(frame, sizeof frame);
    assert_int_equal(put_transfer(stream, 5), 5);
    assert_int_equal(put_transfer(stream + 5, 101), 101);
    assert_int_equal(sent_count, 0);
    assert_true(put_transfer(stream + 106, stream_length - 106) > 0);
    assert_int_equal(sent_count, 1);
    expect_sent(frame, sizeof frame);
}

static void test_frame_in_segments_with_offsets(void **state)
{
    static const unsigned parts[3] = {17, 23, 25}; /* as the sheet's figure has them, nearly */
    uint8_t frame[65];

    (void)state;
    make_frame(frame, sizeof frame, own_mac);
    for (unsigned i = 0, at = 0; i < 3; at += parts[i++]) {
        align();
        add_words(parts[i] | (i + 1) << 16 | (i == 0 ? FIRST : 0) | (i == 2 ? LAST : 0), 65);
        add_bytes("xyz", i + 1);
        add_bytes(frame + at, parts[i]);
    }
    assert_true(put_stream() >= 0);
    assert_int_equal(sent_count, 1);
    expect_sent(frame, sizeof frame);
}

static void test_frame_may_bring_its_own_checksum(void **state)
{
    uint8_t frame[68];

    (void)state;
    make_frame(frame, 64, own_mac);
    bytes_put_le32(frame + 64, chip_frame_fcs(frame, 64));
    add_words(68 | FIRST | LAST, 68 | 1u << 13);
    add_bytes(frame, 68);
    assert_true(put_stream() >= 0);
    expect_sent(frame, 64);
    assert_int_equal(sent_length, 64);
    frame[30] ^= 1;
    add_words(68 | FIRST | LAST, 68 | 1u << 13);
    add_bytes(frame, 68);
    put_stream();
    expect_rule("wrong-transmit-command");
    assert_int_equal(sent_count, 1);
}

/* ---- the cable, faults ---- */

static void test_frames_without_a_link_are_lost(void **state)
{
    struct chip_setup setup = {0xc0, 0xa2, 0, 1, 40};
    uint8_t frame[60], data[40];

    (void)state;
    chip_lan9514.plug(chip, false);
    make_frame(frame, 60, own_mac);
    add_frame(frame, 60);
    assert_int_equal(put_stream(), 68);
    assert_int_equal(sent_count, 0);
    assert_int_equal(chip_lan9514.control(chip, &setup, data), 40);
    assert_int_equal(bytes_le32(data), 0);
    assert_int_equal(bytes_le32(data + 0x20), 1); /* carrier errors */
}

static void test_pause_of_the_other_end_is_obeyed(void **state)
{
    uint8_t pause[60] = {0x01, 0x80, 0xc2, 0, 0, 1, 2, 0, 0, 0, 0, 1, 0x88, 0x08, 0, 1, 0, 100};
    uint8_t frame[60];

    (void)state;
    make_frame(frame, 60, own_mac);
    chip_lan9514.receive(chip, pause, sizeof pause); /* not told to obey */
    add_frame(frame, 60);
    assert_int_equal(put_stream(), 68);
    set(FLOW, 2);
    chip_lan9514.receive(chip, pause, sizeof pause);
    assert_false(chip_lan9514.has_data(chip));
    add_frame(frame, 60);
    assert_int_equal(put_stream(), CHIP_NAK);
    time_us += 100 * 512 / 100;
    add_frame(frame, 60);
    assert_int_equal(put_stream(), 68);
    assert_int_equal(sent_count, 2);
}

static void test_pause_can_be_passed_on(void **state)
{
    static const uint8_t pause[60] = {0x01, 0x80, 0xc2, 0,    0,    1, 2, 0, 0,
                                      0,    0,    1,    0x88, 0x08, 0, 1, 0, 1};

    (void)state;
    set(MAC_CR, FDPX | TXEN | RXEN | 1u << 19);
    set(FLOW, 6);
    chip_lan9514.receive(chip, pause, sizeof pause);
    assert_int_equal(get_burst(), 68);
    assert_int_equal(put_transfer(stream, 8), CHIP_NAK);
}

static void test_bulk_out_can_stall(void **state)
{
    uint8_t frame[60];

    (void)state;
    chip->faults.stall_out = 1;
    make_frame(frame, 60, own_mac);
    add_frame(frame, 60);
    assert_int_equal(put_stream(), CHIP_STALL);
    add_frame(frame, 60);
    assert_int_equal(put_stream(), 68);
    assert_int_equal(sent_count, 1);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, free_chip)
    const struct CMUnitTest tests[] = {
        TEST(test_one_frame_in_one_transfer_of_any_length),
        TEST(test_several_frames_in_one_transfer_are_aligned),
        TEST(test_long_transfers_of_many_frames),
        TEST(test_frame_may_begin_in_one_transfer_and_end_in_another),
        TEST(test_frame_in_segments_with_offsets),
        TEST(test_frame_may_bring_its_own_checksum),
        TEST(test_frames_without_a_link_are_lost),
        TEST(test_pause_of_the_other_end_is_obeyed),
        TEST(test_pause_can_be_passed_on),
        TEST(test_bulk_out_can_stall),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
