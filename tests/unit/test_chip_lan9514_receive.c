/*
 * The model of the LAN9514: from the cable to bulk IN. Status words, checksums, bursts, filters,
 * a FIFO that is full, PAUSE, and the faults of reception.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "chip_lan9514_bench.h"

#include "chip_frame.h"

#define LENGTH(status) ((status) >> 16 & 0x3fff)
#define ERROR          (1u << 15)

static const uint8_t everybody[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
static const uint8_t stranger[6] = {0x02, 0, 0, 0, 0, 9};
static const uint8_t all_hosts[6] = {0x01, 0x00, 0x5e, 0x00, 0x00, 0x01};
static const uint8_t other_group[6] = {0x01, 0x00, 0x5e, 0x00, 0x00, 0xfb};

/* With another setup than make_running_chip's. */
static void set_up(uint32_t hw_cfg, uint32_t coe_cr)
{
    set(MAC_CR, 0);
    set(HW_CFG, hw_cfg);
    set(COE_CR, coe_cr);
    set(MAC_CR, FDPX | TXEN | RXEN);
}

/* Expects at `at` of the burst the frame that deliver(length) has sent. Returns its record's
 * length. */
static unsigned expect_frame(unsigned at, unsigned length, unsigned offset)
{
    uint8_t frame[CHIP_FRAME_MAX];
    uint32_t status = bytes_le32(burst + at);

    make_frame(frame, length, own_mac);
    assert_int_equal(LENGTH(status), length + 4);
    assert_int_equal(status & ~0x3fff0000u, 1u << 5); /* an Ethernet type, nothing else */
    assert_memory_equal(burst + at + 4 + offset, frame, length);
    assert_int_equal(bytes_le32(burst + at + 4 + offset + length), chip_frame_fcs(frame, length));
    return 4 + offset + length + 4;
}

static unsigned aligned(unsigned length)
{
    return (length + 3) & ~3u;
}

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

static void test_fifo_goes_round_many_times(void **state)
{
    (void)state;
    for (unsigned i = 0, in = 0, out = 0; out < 500; i++) {
        unsigned at = 0;
        int got;

        while (in < out + 5)
            deliver(60 + in++ * 37 % 1455);
        got = get_burst();
        while (at < (unsigned)got)
            at = aligned(at + expect_frame(at, 60 + out++ * 37 % 1455, 0));
    }
    assert_int_equal(chip->statistics.overruns, 0);
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

static void test_fifo_can_be_emptied_after_reception_was_stopped(void **state)
{
    (void)state;
    deliver(60);
    set(MAC_CR, FDPX | TXEN);
    assert_int_equal(get(RX_FIFO_INF), 68);
    assert_int_equal(get_burst(), 68);
    assert_int_equal(get(RX_FIFO_INF), 0);
    assert_int_equal(get_burst(), CHIP_NAK);
}

static void test_flush_empties_the_fifo(void **state)
{
    (void)state;
    deliver(60);
    deliver(1514);
    flush();
    assert_int_equal(get(RX_CFG), 0);
    assert_int_equal(get(RX_FIFO_INF), 0);
    assert_int_equal(get_burst(), CHIP_NAK);
    deliver(61);
    assert_int_equal(get_burst(), 69);
    expect_frame(0, 61, 0);
}

static void test_flush_waits_until_the_receiver_has_stopped(void **state)
{
    (void)state;
    set(RX_CFG, 1);
    expect_rule("flush-while-running");
    set(MAC_CR, FDPX | TXEN);
    time_us += 12304 / 100 - 30;
    assert_int_equal(get(INT_STS), 0);
    set(RX_CFG, 1); /* a frame may still be on its way in */
    expect_rule("flush-while-running");
    time_us += 20;
    assert_int_equal(get(INT_STS), 1u << 16);
    set(RX_CFG, 1);
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

/* ---- filters ---- */

static bool gets_through(const uint8_t *address)
{
    uint8_t frame[60];
    bool through;

    make_frame(frame, sizeof frame, address);
    chip_lan9514.receive(chip, frame, sizeof frame);
    through = get(RX_FIFO_INF);
    flush();
    return through;
}

struct verdicts {
    bool own, everybody, stranger, all_hosts, other_group;
};

static void expect_filter(uint32_t mode, struct verdicts expected)
{
    set(MAC_CR, FDPX | TXEN | RXEN | mode);
    assert_int_equal(gets_through(own_mac), expected.own);
    assert_int_equal(gets_through(everybody), expected.everybody);
    assert_int_equal(gets_through(stranger), expected.stranger);
    assert_int_equal(gets_through(all_hosts), expected.all_hosts);
    assert_int_equal(gets_through(other_group), expected.other_group);
}

#define PRMS    (1u << 18)
#define MCPAS   (1u << 19)
#define INVFILT (1u << 17)
#define HFILT   (1u << 15)
#define HPFILT  (1u << 13)
#define BCAST   (1u << 11)

static void test_address_filters_are_the_sheets_table(void **state)
{
    (void)state;
    set(HASHL, 1u << 31); /* Linux' example: all hosts are bit 31 */
    expect_filter(0, (struct verdicts){1, 1, 0, 0, 0});
    expect_filter(BCAST, (struct verdicts){1, 0, 0, 0, 0});
    expect_filter(HPFILT, (struct verdicts){1, 1, 0, 1, 0});
    expect_filter(HPFILT | HFILT, (struct verdicts){0, 1, 0, 1, 0});
    expect_filter(INVFILT, (struct verdicts){0, 1, 1, 1, 1});
    expect_filter(PRMS, (struct verdicts){1, 1, 1, 1, 1});
    expect_filter(PRMS | BCAST, (struct verdicts){1, 1, 1, 1, 1});
    expect_filter(MCPAS, (struct verdicts){1, 1, 0, 1, 1});
    expect_filter(MCPAS | HPFILT | HFILT, (struct verdicts){0, 1, 0, 1, 1});
}

static void test_each_bit_of_the_hash_table_is_of_other_addresses(void **state)
{
    (void)state;
    set(MAC_CR, FDPX | TXEN | RXEN | HPFILT | HFILT);
    for (unsigned i = 0; i < 256; i++) {
        uint8_t address[6] = {0x02, 0, 0, 0, (uint8_t)(i * 3), (uint8_t)i};
        unsigned bit = chip_frame_hash(address, 6);

        set(HASHH, bit >= 32 ? 1u << (bit - 32) : 0);
        set(HASHL, bit < 32 ? 1u << bit : 0);
        assert_true(gets_through(address));
        set(HASHH, bit >= 32 ? ~(1u << (bit - 32)) : ~0u);
        set(HASHL, bit < 32 ? ~(1u << bit) : ~0u);
        assert_false(gets_through(address));
    }
}

static void test_receive_all_marks_what_the_filter_refused(void **state)
{
    uint8_t frame[60];

    (void)state;
    set(MAC_CR, FDPX | TXEN | RXEN | 1u << 31);
    make_frame(frame, sizeof frame, stranger);
    chip_lan9514.receive(chip, frame, sizeof frame);
    assert_int_equal(get_burst(), 68);
    assert_int_equal(bytes_le32(burst), 1u << 30 | 64u << 16 | 1u << 5);
    assert_int_equal(chip->statistics.filtered, 0);
}

static void test_filter_follows_the_address_registers(void **state)
{
    (void)state;
    set(ADDRL, bytes_le32(stranger));
    set(ADDRH, bytes_le16(stranger + 4));
    expect_filter(0, (struct verdicts){0, 1, 1, 0, 0});
    assert_int_equal(chip->statistics.filtered, 3);
}

/* ---- a full FIFO ---- */

static void test_full_fifo_drops_frames_and_says_so(void **state)
{
    unsigned fit = 20480 / 1524;

    (void)state;
    for (unsigned i = 0; i < fit + 2; i++)
        deliver(1514);
    assert_int_equal(chip->statistics.overruns, 2);
    assert_int_equal(chip->statistics.frames_received, fit);
    assert_int_equal(get(INT_STS), 1u << 11);
    set(INT_STS, 1u << 11);
    assert_int_equal(get(INT_STS), 0);
    deliver(60); /* there is room for this one */
    assert_int_equal(get(RX_FIFO_INF), fit * 1524 + 68);
    assert_int_equal(get_burst(), 11 * 1524 + 1522); /* what the cap lets through */
    deliver(1514);
    assert_int_equal(chip->statistics.overruns, 2);
}

static void test_silence_is_asked_for_between_the_two_levels(void **state)
{
    (void)state;
    set(FLOW, 0xffff0002);
    set(AFC_CFG, 0x00f830a1); /* from 15872 bytes on, until 3072 */
    for (unsigned i = 0; i < 10; i++)
        deliver(1514);
    assert_false(chip_lan9514.wants_silence(chip));
    deliver(1514);
    assert_true(chip_lan9514.wants_silence(chip));
    assert_int_equal(chip->statistics.pauses, 1);
    set(BURST_CAP, 12);
    get_burst();
    get_burst();
    assert_true(chip_lan9514.wants_silence(chip)); /* 3 frames: 4572 bytes */
    get_burst();
    assert_false(chip_lan9514.wants_silence(chip));
}

static void test_silence_ends_by_itself(void **state)
{
    (void)state;
    set(FLOW, 0xffff0002);
    set(AFC_CFG, 0x001008a1);
    deliver(1514);
    assert_true(chip_lan9514.wants_silence(chip));
    time_us += 65535ull * 512 / 100 - 10;
    assert_true(chip_lan9514.wants_silence(chip));
    time_us += 10;
    assert_false(chip_lan9514.wants_silence(chip));
}

static void expect_no_pause(void)
{
    set(AFC_CFG, 0x001008a1);
    for (unsigned i = 0; i < 13; i++)
        deliver(1514);
    assert_true(get(RX_FIFO_INF) > 15000);
    assert_false(chip_lan9514.wants_silence(chip));
    assert_int_equal(chip->statistics.pauses, 0);
    flush();
}

static void test_silence_is_not_asked_for_unless_agreed_on_and_set_up(void **state)
{
    (void)state;
    set(FLOW, 2); /* no time */
    expect_no_pause();
    set(FLOW, 0xffff0002);
    set(MAC_CR, TXEN | RXEN); /* half duplex */
    expect_no_pause();
    set(MAC_CR, FDPX | RXEN);
    expect_no_pause();
    set(MAC_CR, FDPX | TXEN | RXEN);
    set(AFC_CFG, 0x001008a0);
    deliver(1514);
    assert_false(chip_lan9514.wants_silence(chip));
    flush();
    set_mii(4, 0x01e1); /* without PAUSE */
    set_mii(0, 0x1200);
    time_us += chip->negotiation_us;
    expect_no_pause();
    set_mii(4, 0x05e1);
    chip->partner_pauses = false;
    set_mii(0, 0x1200);
    time_us += chip->negotiation_us;
    expect_no_pause();
    chip->partner_pauses = true;
    set_mii(0, 0x1200);
    time_us += chip->negotiation_us;
    set(AFC_CFG, 0x001008a1);
    deliver(1514);
    assert_true(chip_lan9514.wants_silence(chip));
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
        TEST(test_fcs_is_ethernets),
        TEST(test_frame_comes_with_status_word_and_fcs),
        TEST(test_short_frame_was_padded_by_the_other_end),
        TEST(test_offset_stands_between_status_and_frame),
        TEST(test_status_tells_broadcast_and_multicast),
        TEST(test_checksum_engine_appends_its_sum),
        TEST(test_without_mef_each_frame_is_a_burst),
        TEST(test_burst_is_aligned_between_frames_and_not_at_its_end),
        TEST(test_burst_of_whole_packets_ends_with_an_empty_one),
        TEST(test_frame_that_comes_during_a_burst_joins_it),
        TEST(test_burst_cap_is_never_passed_and_cuts_no_frame),
        TEST(test_without_bce_bursts_have_no_cap),
        TEST(test_empty_pipe_says_nak_or_an_empty_packet),
        TEST(test_fifo_goes_round_many_times),
        TEST(test_nothing_is_received_before_it_is_enabled_or_without_a_link),
        TEST(test_fifo_can_be_emptied_after_reception_was_stopped),
        TEST(test_flush_empties_the_fifo),
        TEST(test_flush_waits_until_the_receiver_has_stopped),
        TEST(test_frames_are_not_asked_for_before_reception_was_ever_on),
        TEST(test_address_filters_are_the_sheets_table),
        TEST(test_each_bit_of_the_hash_table_is_of_other_addresses),
        TEST(test_receive_all_marks_what_the_filter_refused),
        TEST(test_filter_follows_the_address_registers),
        TEST(test_full_fifo_drops_frames_and_says_so),
        TEST(test_silence_is_asked_for_between_the_two_levels),
        TEST(test_silence_ends_by_itself),
        TEST(test_silence_is_not_asked_for_unless_agreed_on_and_set_up),
        TEST(test_frames_can_arrive_damaged),
        TEST(test_damaged_frames_can_be_discarded),
        TEST(test_frames_can_say_lengths_that_cannot_be),
        TEST(test_no_more_is_given_than_there_is_room_for),
        TEST(test_frames_can_be_held_back_for_one_burst),
        TEST(test_empty_packets_can_come_before_data),
        TEST(test_bulk_in_can_stall),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
