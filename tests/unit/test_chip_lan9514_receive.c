/*
 * The model of the LAN9514: from the cable to a record in bulk IN: when frames are taken in, status
 * words, checksums, damage.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "chip_lan9514_records.h"

/* ---- one frame ---- */

static void test_fcs_is_ethernets(void **state)
{
    (void)state;
    assert_int_equal(chip_frame_fcs((const uint8_t *)"123456789", 9), 0xcbf43926);
    assert_int_equal(chip_frame_fcs((const uint8_t *)"", 0), 0);
}

static void test_frame_comes_with_status_word_and_fcs(void **state)
{
    static const unsigned lengths[] = {60, 61, 62, 63, 500, 503, 504, 505, 1016, 1514};

    (void)state;
    for (unsigned i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        deliver(lengths[i]);
        assert_true(chip_lan9514.has_data(chip));
        assert_int_equal(get_burst(), lengths[i] + 8);
        expect_frame(0, lengths[i], 0);
        assert_false(chip_lan9514.has_data(chip));
    }
    assert_int_equal(chip->statistics.frames_received, sizeof lengths / sizeof lengths[0]);
}

static void test_short_frame_was_padded_by_the_other_end(void **state)
{
    uint8_t frame[60];

    (void)state;
    make_frame(frame, 42, own_mac);
    memset(frame + 42, 0, 18);
    chip_lan9514.receive(chip, frame, 42);
    assert_int_equal(get_burst(), 68);
    assert_memory_equal(burst + 4, frame, 60);
    assert_int_equal(bytes_le32(burst + 64), chip_frame_fcs(frame, 60));
}

static void test_offset_stands_between_status_and_frame(void **state)
{
    (void)state;
    for (unsigned offset = 0; offset < 4; offset++) {
        unsigned first;

        set_up(MEF | BIR | offset << 9, 0);
        deliver(61);
        deliver(90);
        first = aligned(4 + offset + 61 + 4);
        assert_int_equal(get_burst(), first + 4 + offset + 90 + 4);
        expect_frame(0, 61, offset);
        expect_frame(first, 90, offset);
    }
}

static void test_status_tells_broadcast_and_multicast(void **state)
{
    uint8_t frame[64];

    (void)state;
    set(MAC_CR, FDPX | TXEN | RXEN | 1u << 19);
    make_frame(frame, 64, everybody);
    chip_lan9514.receive(chip, frame, 64);
    get_burst();
    assert_int_equal(bytes_le32(burst), 68u << 16 | 1u << 13 | 1u << 5);
    make_frame(frame, 64, all_hosts);
    bytes_put_be16(frame + 12, 50); /* a length, and the right one */
    chip_lan9514.receive(chip, frame, 64);
    get_burst();
    assert_int_equal(bytes_le32(burst), 68u << 16 | 1u << 10);
    bytes_put_be16(frame + 12, 51);
    chip_lan9514.receive(chip, frame, 64);
    get_burst();
    assert_int_equal(bytes_le32(burst), 68u << 16 | 1u << 12 | 1u << 10);
    bytes_put_be16(frame + 12, 3); /* padded to 60 */
    chip_lan9514.receive(chip, frame, 60);
    get_burst();
    assert_int_equal(bytes_le32(burst), 64u << 16 | 1u << 10);
    bytes_put_be16(frame + 12, 1501);
    chip_lan9514.receive(chip, frame, 60);
    get_burst();
    assert_int_equal(bytes_le32(burst), 64u << 16 | 1u << 10 | 1u << 5);
}

static void test_checksum_engine_appends_its_sum(void **state)
{
    uint8_t frame[77];
    uint32_t sum = 0;

    (void)state;
    set_up(MEF | BIR, 1);
    make_frame(frame, sizeof frame, own_mac);
    for (unsigned i = 14; i < sizeof frame; i += 2)
        sum += frame[i] | (i + 1 < sizeof frame ? frame[i + 1] << 8 : 0);
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    deliver(sizeof frame);
    assert_int_equal(get_burst(), 4 + 77 + 4 + 2);
    assert_int_equal(LENGTH(bytes_le32(burst)), 77 + 4 + 2);
    assert_memory_equal(burst + 4, frame, 77);
    assert_int_equal(bytes_le32(burst + 4 + 77), chip_frame_fcs(frame, 77));
    assert_int_equal(bytes_le16(burst + 4 + 77 + 4), sum);
}

/* ---- when frames are taken in ---- */

static void test_nothing_is_received_before_it_is_enabled_or_without_a_link(void **state)
{
    (void)state;
    set(MAC_CR, FDPX | TXEN);
    assert_false(chip_lan9514.is_receiving(chip));
    deliver(60);
    assert_false(chip_lan9514.has_data(chip));
    set(MAC_CR, FDPX | TXEN | RXEN);
    assert_true(chip_lan9514.is_receiving(chip));
    chip_lan9514.plug(chip, false);
    deliver(60);
    chip_lan9514.plug(chip, true);
    deliver(60); /* it still negotiates */
    assert_false(chip_lan9514.has_data(chip));
    time_us += chip->negotiation_us;
    deliver(60);
    assert_true(chip_lan9514.has_data(chip));
}

static void test_frames_are_not_asked_for_before_reception_was_ever_on(void **state)
{
    (void)state;
    set(HW_CFG, LRST);
    while (get(HW_CFG) & LRST)
        ;
    assert_int_equal(chip_lan9514.bulk_in(chip, burst, CHIP_PACKET_BYTES), 0);
    expect_rule("receive-never-enabled");
}

/* ---- faults ---- */

static void test_frames_can_arrive_damaged(void **state)
{
    uint8_t frame[60];

    (void)state;
    chip->faults.error_frames = 2;
    deliver(60);
    chip->faults.error_bits = 1u << 7;
    deliver(60);
    deliver(60);
    assert_int_equal(get_burst(), 3 * 68);
    make_frame(frame, 60, own_mac);
    assert_int_equal(bytes_le32(burst), 64u << 16 | ERROR | 1u << 5 | 1u << 1);
    assert_int_not_equal(bytes_le32(burst + 64), chip_frame_fcs(frame, 60));
    assert_int_equal(bytes_le32(burst + 68), 64u << 16 | ERROR | 1u << 7 | 1u << 5);
    expect_frame(2 * 68, 60, 0);
}

static void test_damaged_frames_can_be_discarded(void **state)
{
    (void)state;
    set(HW_CFG, MEF | BIR | 1u << 6);
    chip->faults.error_frames = 1;
    deliver(60);
    assert_false(chip_lan9514.has_data(chip));
    deliver(60);
    assert_int_equal(get_burst(), 68);
}

static void test_frames_can_say_lengths_that_cannot_be(void **state)
{
    (void)state;
    chip->faults.bad_length = 2;
    deliver(60);
    deliver(60);
    deliver(60);
    assert_int_equal(get_burst(), 3 * 68);
    assert_int_equal(LENGTH(bytes_le32(burst)), 3);
    assert_int_equal(LENGTH(bytes_le32(burst + 68)), 0x3fff);
    expect_frame(2 * 68, 60, 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, make_running_chip, free_chip)
    const struct CMUnitTest tests[] = {
        TEST(test_fcs_is_ethernets),
        TEST(test_frame_comes_with_status_word_and_fcs),
        TEST(test_short_frame_was_padded_by_the_other_end),
        TEST(test_offset_stands_between_status_and_frame),
        TEST(test_status_tells_broadcast_and_multicast),
        TEST(test_checksum_engine_appends_its_sum),
        TEST(test_nothing_is_received_before_it_is_enabled_or_without_a_link),
        TEST(test_frames_are_not_asked_for_before_reception_was_ever_on),
        TEST(test_frames_can_arrive_damaged),
        TEST(test_damaged_frames_can_be_discarded),
        TEST(test_frames_can_say_lengths_that_cannot_be),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
