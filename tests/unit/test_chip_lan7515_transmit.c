/*
 * The LAN7515's model: the bulk-OUT stream, its commands, offloads, large send, rules.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "chip_lan7515_bench.h"

#define FCS        (1u << 22)
#define LARGE      (1u << 27)
#define IP_SUM     (1u << 26)
#define TCPUDP_SUM (1u << 25)
#define INSERT_TAG (1u << 24)
#define SWAP_TAG   (1u << 23)

static uint8_t transfer[70000];

/* Puts a command and a frame at the next multiple of 4 from at. Returns where they end. */
static unsigned put(unsigned at, uint32_t a, uint32_t b, const uint8_t *frame, unsigned length)
{
    while (at % 4)
        transfer[at++] = 0xee;
    put_little32(transfer + at, a | length);
    put_little32(transfer + at + 4, b);
    memcpy(transfer + at + 8, frame, length);
    return at + 8 + length;
}

static void send_frame(uint32_t a, uint32_t b, const uint8_t *frame, unsigned length)
{
    send_transfer(transfer, put(0, a, b, frame, length));
}

static void send_pattern(uint32_t a, uint32_t b, unsigned length)
{
    uint8_t frame[CHIP_FRAME_MAX];

    make_frame(frame, "\x02\x11\x22\x33\x44\x66", length, 3);
    send_frame(a, b, frame, length);
}

static unsigned sum_of(unsigned sum, const uint8_t *bytes, unsigned length)
{
    for (unsigned i = 0; i < length; i++)
        sum += (unsigned)bytes[i] << (i % 2 ? 0 : 8);
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return sum;
}

static void put_big16(uint8_t *at, unsigned value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

static unsigned big16(const uint8_t *at)
{
    return (unsigned)(at[0] << 8 | at[1]);
}

static unsigned big32(const uint8_t *at)
{
    return big16(at) << 16 | big16(at + 2);
}

/* Of the TCP or UDP packet in an IPv4 frame (header of 20 bytes): 0xffff if it is right. */
static unsigned transport_sum(const uint8_t *frame, unsigned protocol)
{
    unsigned length = big16(frame + 16) - 20;

    return sum_of(sum_of(protocol + length, frame + 26, 8), frame + 34, length);
}

/* An IPv4 frame without checksums, length bytes in all. */
static void make_ip(uint8_t *frame, unsigned protocol, unsigned length)
{
    make_frame(frame, THEIR_MAC, length, 11);
    put_big16(frame + 12, 0x0800);
    memset(frame + 14, 0, 20);
    frame[14] = 0x45;
    put_big16(frame + 16, length - 14);
    put_big16(frame + 18, 0x1234);
    frame[22] = 64;
    frame[23] = (uint8_t)protocol;
    put_big16(frame + 24, 0x2222);
    memcpy(frame + 26, "\xc0\xa8\x00\x01\xc0\xa8\x00\x02", 8);
    put_big16(frame + 34, 4000);
    put_big16(frame + 36, 80);
    if (protocol == 17) {
        put_big16(frame + 38, length - 34);
        put_big16(frame + 40, 0x1111);
    } else {
        put_big16(frame + 38, 0x00ff); /* sequence number 0x00fffff0 */
        put_big16(frame + 40, 0xfff0);
        frame[46] = 0x50;
        frame[47] = 0x99; /* CWR, ACK, PSH, FIN */
        put_big16(frame + 50, 0x1111);
    }
}

/* ---- the stream ---- */

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

/* ---- rules ---- */

static void test_transmission_needs_both_switches(void **state)
{
    (void)state;
    bring_up();
    write_register(0x108, 0);
    send_pattern(FCS, 0, 100);
    expect_complaint("transmit-while-disabled");
    write_register(0x108, 1);
    write_register(0x0c4, 0);
    send_pattern(FCS, 0, 700);
    expect_complaint("transmit-while-disabled");
    assert_int_equal(sent_count, 0);
    write_register(0x0c4, 0x80000000);
    send_pattern(FCS, 0, 100);
    assert_int_equal(sent_count, 1);
    expect_silence();
}

static void test_wrong_commands_are_complained_of(void **state)
{
    static const struct {
        uint32_t a, b;
        unsigned length;
    } wrong[] = {
        {FCS | 1u << 31, 0, 100},
        {FCS | 1u << 30, 0, 100},
        {FCS | 1u << 21, 0, 100},
        {FCS | 1u << 20, 0, 100},
        {FCS, 1u << 30, 100},
        {FCS, 1u << 31, 100},
        {FCS, 0, 13},
        {FCS, 0, CHIP_FRAME_MAX + 1},
        {FCS, 1460u << 16, 100},
        {FCS | LARGE, 0, 100},
        {FCS | LARGE, 7u << 16, 100},
        {FCS, 5, 100},
        {FCS | INSERT_TAG, 5, CHIP_FRAME_MAX - 3},
        {FCS | INSERT_TAG | SWAP_TAG, 5, 100},
        {FCS | LARGE, 1000u << 16, 100}, /* no TCP segment */
        {FCS | LARGE, 1000u << 16, 65554},
    };
    static const uint8_t nothing[65554] = {0};

    (void)state;
    bring_up();
    for (unsigned i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        send_frame(wrong[i].a, wrong[i].b, nothing, wrong[i].length);
        send_transfer(nothing, 1); /* whatever the length: now the transfer has ended */
        complaints = complaints ? 1 : 0;
        expect_complaint("wrong-transmit-command");
    }
    assert_int_equal(sent_count, 0);
    send_pattern(FCS, 0, CHIP_FRAME_MAX);
    send_pattern(FCS | INSERT_TAG, 5, CHIP_FRAME_MAX - 4);
    assert_int_equal(sent_count, 2);
    expect_silence();
}

static void test_what_a_large_send_cannot_cut_is_complained_of(void **state)
{
    static const struct {
        unsigned at;
        uint8_t value;
        unsigned mss;
    } wrong[] = {
        {23, 17, 500},   /* UDP */
        {20, 0x20, 500}, /* a fragment */
        {16, 2, 500},    /* an IP length that is not the frame's */
        {46, 0x40, 500}, /* a TCP header of 16 bytes */
        {12, 0x09, 500}, /* no IP */
        {22, 64, 1483},  /* frames of 1537 bytes */
    };
    static uint8_t frame[2000];

    (void)state;
    bring_up();
    for (unsigned i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        make_ip(frame, 6, sizeof frame);
        frame[wrong[i].at] = wrong[i].value;
        send_frame(FCS | LARGE | IP_SUM | TCPUDP_SUM, wrong[i].mss << 16, frame, sizeof frame);
        expect_complaint("wrong-transmit-command");
        assert_int_equal(sent_count, 0);
    }
    make_ip(frame, 6, sizeof frame);
    send_frame(FCS | LARGE | IP_SUM | TCPUDP_SUM, 1482u << 16, frame, sizeof frame);
    assert_int_equal(sent_count, 2);
    assert_int_equal(sent_lengths[0], CHIP_FRAME_MAX);
    expect_silence();
}

static void test_a_transfer_that_ends_within_a_frame_is_complained_of(void **state)
{
    (void)state;
    bring_up();
    put_little32(transfer, FCS | 700);
    put_little32(transfer + 4, 0);
    send_transfer(transfer, 707);
    expect_complaint("wrong-transmit-command");
    send_transfer(transfer, 5);
    expect_complaint("wrong-transmit-command");
    send_pattern(FCS, 0, 100);
    assert_int_equal(sent_count, 1);
    expect_silence();
}

static void test_the_mac_must_run_as_the_phy_does(void **state)
{
    (void)state;
    bring_up();
    write_register(0x100, 0);
    send_pattern(FCS, 0, 100);
    expect_complaint("mac-speed-mismatch");
    write_register(0x100, 2 << 1 | 1 << 3); /* 1000 Mbit/s, full duplex */
    send_pattern(FCS, 0, 100);
    expect_silence();
    write_register(0x100, 2 << 1);
    send_pattern(FCS, 0, 100);
    expect_complaint("mac-speed-mismatch");
    write_mii(9, 0);
    write_mii(0, 0x1200);
    bench_now_us += 3000;
    write_register(0x100, 1 << 1 | 1 << 3);
    send_pattern(FCS, 0, 100);
    expect_silence();
    write_register(0x100, 3 << 11);
    send_pattern(FCS, 0, 100);
    expect_silence();
    assert_int_equal(sent_count, 3);
}

/* ---- offloads ---- */

static void test_checksums_are_filled_in_where_asked(void **state)
{
    uint8_t frame[301];

    (void)state;
    bring_up();
    for (unsigned protocol = 6; protocol <= 17; protocol += 11) {
        make_ip(frame, protocol, sizeof frame);
        sent_count = 0;
        send_frame(FCS | IP_SUM | TCPUDP_SUM, 0, frame, sizeof frame);
        assert_int_equal(sent_count, 1);
        assert_int_equal(sum_of(0, sent[0] + 14, 20), 0xffff);
        assert_int_equal(transport_sum(sent[0], protocol), 0xffff);
        assert_memory_equal(sent[0] + 52, frame + 52, sizeof frame - 52);
    }
    expect_silence();
}

/* 34 + 20 bytes, and 34 + 8: the packet ends where its header does. */
static void test_packets_without_data_have_checksums_too(void **state)
{
    uint8_t frame[54];

    (void)state;
    bring_up();
    make_ip(frame, 6, 54);
    send_frame(FCS | IP_SUM | TCPUDP_SUM, 0, frame, 54);
    assert_int_equal(transport_sum(sent[0], 6), 0xffff);
    make_ip(frame, 17, 42);
    send_frame(FCS | IP_SUM | TCPUDP_SUM, 0, frame, 42);
    assert_int_equal(transport_sum(sent[1], 17), 0xffff);
    expect_silence();
}

static void test_fragments_have_only_an_ip_checksum_to_fill_in(void **state)
{
    uint8_t frame[100];

    (void)state;
    bring_up();
    make_ip(frame, 17, sizeof frame);
    put_big16(frame + 20, 0x2000);
    send_frame(FCS | IP_SUM | TCPUDP_SUM, 0, frame, sizeof frame);
    assert_int_equal(sum_of(0, sent[0] + 14, 20), 0xffff);
    assert_memory_equal(sent[0] + 34, frame + 34, sizeof frame - 34);
    expect_silence();
}

static void test_checksums_of_ipv6_are_filled_in_too(void **state)
{
    uint8_t frame[100];
    unsigned length = sizeof frame - 54;

    (void)state;
    bring_up();
    make_frame(frame, THEIR_MAC, sizeof frame, 7);
    put_big16(frame + 12, 0x86dd);
    frame[14] = 0x60;
    put_big16(frame + 18, length);
    frame[20] = 17;
    put_big16(frame + 58, length);
    put_big16(frame + 60, 0);
    send_frame(FCS | IP_SUM | TCPUDP_SUM, 0, frame, sizeof frame);
    assert_int_equal(sum_of(sum_of(17 + length, sent[0] + 22, 32), sent[0] + 54, length), 0xffff);
    assert_memory_equal(sent[0] + 14, frame + 14, 46);
    expect_silence();
}

static void test_a_udp_checksum_that_comes_to_zero_is_sent_as_ones(void **state)
{
    uint8_t frame[64];

    (void)state;
    bring_up();
    make_ip(frame, 17, sizeof frame);
    put_big16(frame + 40, 0);
    put_big16(frame + 42, 0);
    put_big16(frame + 42, 0xffff - transport_sum(frame, 17)); /* then all sums to 0xffff */
    send_frame(FCS | IP_SUM | TCPUDP_SUM, 0, frame, sizeof frame);
    assert_int_equal(big16(sent[0] + 40), 0xffff);
    expect_silence();
}

static void test_wrong_checksums_that_nobody_was_to_fill_in_are_complained_of(void **state)
{
    uint8_t frame[300];

    (void)state;
    bring_up();
    make_ip(frame, 17, sizeof frame);
    send_frame(FCS, 0, frame, sizeof frame);
    expect_complaint("stale-buffer");
    send_frame(FCS | IP_SUM, 0, frame, sizeof frame);
    expect_complaint("stale-buffer");
    send_frame(FCS | TCPUDP_SUM, 0, frame, sizeof frame);
    expect_complaint("stale-buffer");
    put_big16(frame + 16, 400); /* longer than the frame */
    send_frame(FCS | IP_SUM | TCPUDP_SUM, 0, frame, sizeof frame);
    expect_complaint("stale-buffer");
    make_ip(frame, 17, sizeof frame);
    send_frame(FCS | IP_SUM | TCPUDP_SUM, 0, frame, sizeof frame);
    memcpy(frame, sent[sent_count - 1], sizeof frame);
    send_frame(FCS, 0, frame, sizeof frame);
    expect_silence();
    frame[200] ^= 1;
    send_frame(FCS, 0, frame, sizeof frame);
    expect_complaint("stale-buffer");
}

static void test_icmps_checksum_is_filled_in_where_asked(void **state)
{
    uint8_t frame[98];

    (void)state;
    bring_up();
    make_ip(frame, 1, sizeof frame);
    send_frame(FCS | IP_SUM | 1u << 28, 0, frame, sizeof frame);
    assert_int_equal(sum_of(0, sent[0] + 34, sizeof frame - 34), 0xffff);
    make_ip(frame, 1, 42);
    send_frame(FCS | IP_SUM | 1u << 28, 0, frame, 42);
    assert_int_equal(sum_of(0, sent[1] + 34, 8), 0xffff);
    expect_silence();
    send_frame(FCS | IP_SUM | 1u << 29, 0, frame, 42); /* IGMP's */
    expect_complaint("stale-buffer");
}

static void test_checksums_behind_a_tag_are_filled_in(void **state)
{
    uint8_t frame[200];

    (void)state;
    bring_up();
    make_ip(frame, 17, sizeof frame);
    send_frame(FCS | INSERT_TAG | IP_SUM | TCPUDP_SUM, 5, frame, sizeof frame);
    assert_int_equal(sent_lengths[0], sizeof frame + 4);
    assert_int_equal(sum_of(0, sent[0] + 18, 20), 0xffff);
    assert_int_equal(transport_sum(sent[0] + 4, 17), 0xffff);
    expect_silence();
}

static void test_vlan_tags_are_inserted_and_replaced(void **state)
{
    uint8_t frame[100];

    (void)state;
    bring_up();
    make_frame(frame, THEIR_MAC, sizeof frame, 2);
    send_frame(FCS | INSERT_TAG, 0x6064, frame, sizeof frame);
    assert_int_equal(sent_lengths[0], 104);
    assert_memory_equal(sent[0], frame, 12);
    assert_memory_equal(sent[0] + 12, "\x81\x00\x60\x64", 4);
    assert_memory_equal(sent[0] + 16, frame + 12, sizeof frame - 12);
    send_frame(FCS | SWAP_TAG, 0x2065, sent[0], 104);
    assert_int_equal(sent_lengths[1], 104);
    assert_memory_equal(sent[1] + 12, "\x81\x00\x20\x65", 4);
    assert_memory_equal(sent[1] + 16, frame + 12, sizeof frame - 12);
    expect_silence();
}

/* ---- large send ---- */

static void check_segment(unsigned i, const uint8_t *frame, unsigned at, unsigned bytes, bool last)
{
    const uint8_t *segment = sent[i];

    assert_int_equal(sent_lengths[i], 54 + bytes);
    assert_int_equal(big16(segment + 16), 40 + bytes);
    assert_int_equal(big16(segment + 18), 0x1234 + i);
    assert_int_equal(big32(segment + 38), 0x00fffff0 + at);
    assert_int_equal(segment[47], 0x10 | (i == 0 ? 0x80 : 0) | (last ? 0x09 : 0));
    assert_int_equal(sum_of(0, segment + 14, 20), 0xffff);
    assert_int_equal(transport_sum(segment, 6), 0xffff);
    assert_memory_equal(segment, frame, 14);
    assert_memory_equal(segment + 54, frame + 54 + at, bytes);
}

static void test_large_send_cuts_a_segment_into_frames(void **state)
{
    static uint8_t frame[54 + 1460 * 12 + 100]; /* more than the FIFO holds */

    (void)state;
    bring_up();
    make_ip(frame, 6, sizeof frame);
    send_frame(FCS | LARGE | IP_SUM | TCPUDP_SUM, 1460u << 16, frame, sizeof frame);
    assert_int_equal(sent_count, 13);
    for (unsigned i = 0; i < 13; i++)
        check_segment(i, frame, i * 1460, i < 12 ? 1460 : 100, i == 12);
    expect_silence();
}

static void test_large_send_of_whole_segments_has_no_empty_one(void **state)
{
    static uint8_t frame[54 + 1000 * 3];

    (void)state;
    bring_up();
    make_ip(frame, 6, sizeof frame);
    send_frame(FCS | LARGE | IP_SUM | TCPUDP_SUM, 1000u << 16, frame, sizeof frame);
    assert_int_equal(sent_count, 3);
    check_segment(2, frame, 2000, 1000, true);
    expect_silence();
}

static void test_large_send_of_ipv6_sets_its_lengths(void **state)
{
    static uint8_t frame[74 + 1000 + 500];

    (void)state;
    bring_up();
    make_frame(frame, THEIR_MAC, sizeof frame, 7);
    put_big16(frame + 12, 0x86dd);
    frame[14] = 0x60;
    put_big16(frame + 18, sizeof frame - 54);
    frame[20] = 6;
    frame[66] = 0x50;
    frame[67] = 0x18;
    send_frame(FCS | LARGE | IP_SUM | TCPUDP_SUM, 1000u << 16, frame, sizeof frame);
    assert_int_equal(sent_count, 2);
    assert_int_equal(big16(sent[0] + 18), 1020);
    assert_int_equal(big16(sent[1] + 18), 520);
    for (unsigned i = 0; i < 2; i++) {
        unsigned length = big16(sent[i] + 18);
        assert_int_equal(sent_lengths[i], 54 + length);
        assert_int_equal(sum_of(sum_of(6 + length, sent[i] + 22, 32), sent[i] + 54, length),
                         0xffff);
    }
    expect_silence();
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
        cmocka_unit_test(test_transmission_needs_both_switches),
        cmocka_unit_test(test_wrong_commands_are_complained_of),
        cmocka_unit_test(test_what_a_large_send_cannot_cut_is_complained_of),
        cmocka_unit_test(test_a_transfer_that_ends_within_a_frame_is_complained_of),
        cmocka_unit_test(test_the_mac_must_run_as_the_phy_does),
        cmocka_unit_test(test_checksums_are_filled_in_where_asked),
        cmocka_unit_test(test_packets_without_data_have_checksums_too),
        cmocka_unit_test(test_fragments_have_only_an_ip_checksum_to_fill_in),
        cmocka_unit_test(test_checksums_of_ipv6_are_filled_in_too),
        cmocka_unit_test(test_a_udp_checksum_that_comes_to_zero_is_sent_as_ones),
        cmocka_unit_test(test_wrong_checksums_that_nobody_was_to_fill_in_are_complained_of),
        cmocka_unit_test(test_icmps_checksum_is_filled_in_where_asked),
        cmocka_unit_test(test_checksums_behind_a_tag_are_filled_in),
        cmocka_unit_test(test_vlan_tags_are_inserted_and_replaced),
        cmocka_unit_test(test_large_send_cuts_a_segment_into_frames),
        cmocka_unit_test(test_large_send_of_whole_segments_has_no_empty_one),
        cmocka_unit_test(test_large_send_of_ipv6_sets_its_lengths),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
