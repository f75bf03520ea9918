/*
 * The model of the LAN9514: from bulk OUT to the cable. Commands and frames in the stream,
 * checksums, what is wrong, and the faults of transmission.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "chip_lan9514_bench.h"

#include "chip_frame.h"

#define FIRST (1u << 13)
#define LAST  (1u << 12)
#define CK    (1u << 14)

static uint8_t stream[8 * 2048];
static unsigned stream_length;

static int begin(void **state)
{
    stream_length = 0;
    return make_running_chip(state);
}

static void add_words(uint32_t a, uint32_t b)
{
    bytes_put_le32(stream + stream_length, a);
    bytes_put_le32(stream + stream_length + 4, b);
    stream_length += 8;
}

static void add_bytes(const void *bytes, unsigned length)
{
    memcpy(stream + stream_length, bytes, length);
    stream_length += length;
}

static void align(void)
{
    while (stream_length & 3)
        stream[stream_length++] = 0xee;
}

static void add_frame(const uint8_t *frame, unsigned length)
{
    add_words(length | FIRST | LAST, length);
    add_bytes(frame, length);
}

static int put_stream(void)
{
    int got = put_transfer(stream, stream_length);

    stream_length = 0;
    return got;
}

static void expect_sent(const uint8_t *frame, unsigned length)
{
    assert_int_equal(sent_length, length < 60 ? 60 : length);
    assert_memory_equal(sent, frame, length);
    for (unsigned i = length; i < 60; i++)
        assert_int_equal(sent[i], 0);
}

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

/* ---- what is wrong ---- */

static void test_nothing_is_sent_unless_both_switches_are_on(void **state)
{
    uint8_t frame[60];

    (void)state;
    make_frame(frame, 60, own_mac);
    for (unsigned i = 0; i < 3; i++) {
        set(MAC_CR, FDPX | RXEN | (i & 1 ? TXEN : 0));
        set(TX_CFG, i & 2 ? 4 : 2);
        add_frame(frame, 60);
        assert_int_equal(put_stream(), 68);
        expect_rule("transmit-while-disabled");
    }
    assert_int_equal(sent_count, 0);
}

static void expect_wrong(uint32_t a, uint32_t b, unsigned length)
{
    uint8_t frame[2048];

    make_frame(frame, sizeof frame, own_mac);
    add_words(a, b);
    add_bytes(frame, length);
    put_stream();
    expect_rule("wrong-transmit-command");
    assert_int_equal(sent_count, 0);
    assert_int_equal(get(INT_STS), 1u << 14);
    set(INT_STS, 1u << 14);
    flush();
}

static void test_wrong_commands(void **state)
{
    (void)state;
    expect_wrong(60 | FIRST | LAST | 1u << 11, 60, 60); /* reserved */
    expect_wrong(60 | FIRST | LAST, 60 | 1u << 15, 60);
    expect_wrong(60 | FIRST | LAST | 1u << 18, 60, 60);
    expect_wrong(60 | LAST, 60, 60);         /* no first segment */
    expect_wrong(0 | FIRST | LAST, 60, 0);   /* nothing */
    expect_wrong(60 | FIRST | LAST, 61, 60); /* lengths differ */
    expect_wrong(61 | FIRST | LAST, 60, 61);
    expect_wrong(13 | FIRST | LAST, 13, 13);            /* too short */
    expect_wrong(1515 | FIRST | LAST, 1515, 1515);      /* too long */
    expect_wrong(50 | FIRST | LAST, 50 | 1u << 12, 50); /* must not be padded */
}

static void test_segments_must_agree(void **state)
{
    uint8_t frame[64];

    (void)state;
    make_frame(frame, 64, own_mac);
    add_words(32 | FIRST, 64);
    add_bytes(frame, 32);
    put_stream();
    expect_wrong(32 | LAST, 63, 32);
    add_words(32 | FIRST, 64);
    add_bytes(frame, 32);
    put_stream();
    expect_wrong(64 | FIRST | LAST, 64, 64);
    add_words(32 | FIRST, 64);
    add_bytes(frame, 32);
    put_stream();
    expect_wrong(33 | LAST, 64, 33);
    add_words(32 | FIRST, 64);
    add_bytes(frame, 32);
    put_stream();
    expect_wrong(0, 64, 0);
}

static void test_segments_cannot_be_more_than_a_frame_holds(void **state)
{
    (void)state;
    add_words(2044 | FIRST, 2047);
    memset(stream + stream_length, 0, 2044);
    stream_length += 2044;
    put_stream();
    assert_int_equal(complaints, 0);
    expect_wrong(2044, 2047, 2044);
}

static void test_tagged_frame_may_be_longer(void **state)
{
    uint8_t frame[1518];

    (void)state;
    make_frame(frame, sizeof frame, own_mac);
    bytes_put_be16(frame + 12, 0x8100);
    add_frame(frame, sizeof frame);
    assert_true(put_stream() >= 0);
    assert_int_equal(sent_length, 1518);
}

static void test_pipe_stalls_after_a_wrong_command_until_it_is_flushed(void **state)
{
    uint8_t frame[60];

    (void)state;
    make_frame(frame, 60, own_mac);
    add_words(60, 60);
    assert_int_equal(put_stream(), CHIP_STALL);
    expect_rule("wrong-transmit-command");
    add_frame(frame, 60);
    assert_int_equal(put_stream(), CHIP_STALL);
    set(HW_CFG, get(HW_CFG) | 1u << 8); /* SBP: swallows instead */
    add_frame(frame, 60);
    assert_int_equal(put_stream(), 68);
    assert_int_equal(sent_count, 0);
    flush();
    add_frame(frame, 60);
    assert_int_equal(put_stream(), 68);
    assert_int_equal(sent_count, 1);
}

static void test_flush_waits_until_the_transmitter_has_stopped(void **state)
{
    (void)state;
    set(TX_CFG, 4 | 1);
    expect_rule("flush-while-running");
    set(TX_CFG, 2);
    set(TX_CFG, 1);
    expect_rule("flush-while-running");
    time_us += 12304 / 100;
    assert_int_equal(get(INT_STS), 1u << 17);
    set(TX_CFG, 1);
    assert_int_equal(get(TX_CFG), 0);
}

/* ---- checksums ---- */

/* UDP in IPv4 with right sums. Returns the frame's length. */
static unsigned make_datagram(uint8_t *frame, unsigned payload)
{
    uint8_t *ip = frame + 14, *udp = ip + 20;
    uint8_t pseudo[12] = {0};

    make_frame(frame, 42 + payload, own_mac);
    bytes_put_be16(frame + 12, 0x0800);
    memset(ip, 0, 20);
    ip[0] = 0x45;
    bytes_put_be16(ip + 2, (uint16_t)(28 + payload));
    ip[8] = 64;
    ip[9] = 17;
    bytes_put_be32(ip + 12, 0x0a000001);
    bytes_put_be32(ip + 16, 0x0a000002);
    bytes_put_le16(ip + 10, (uint16_t)~chip_frame_sum(ip, 20));
    bytes_put_be16(udp + 4, (uint16_t)(8 + payload));
    bytes_put_be16(udp + 6, 0);
    memcpy(pseudo, ip + 12, 8);
    pseudo[9] = 17;
    bytes_put_be16(pseudo + 10, (uint16_t)(8 + payload));
    /* What a driver leaves for the engine: the sum of the pseudo-header. */
    bytes_put_le16(udp + 6, chip_frame_sum(pseudo, 12));
    return 42 + payload;
}

static void finish_checksum(uint8_t *frame, unsigned length)
{
    bytes_put_le16(frame + 40, (uint16_t)~chip_frame_sum(frame + 34, length - 34));
}

static void right_header(uint8_t *frame)
{
    bytes_put_le16(frame + 24, 0);
    bytes_put_le16(frame + 24, (uint16_t)~chip_frame_sum(frame + 14, 20));
}

static void test_checksum_engine_fills_in_what_its_preamble_says(void **state)
{
    uint8_t frame[200], whole[200], preamble[4];
    unsigned length = make_datagram(frame, 61);

    (void)state;
    memcpy(whole, frame, length);
    finish_checksum(whole, length);
    set(TX_CFG, 2);
    set(COE_CR, 1u << 16);
    set(TX_CFG, 4);
    bytes_put_le32(preamble, 40u << 16 | 34);
    add_words((length + 4) | FIRST | LAST, (length + 4) | CK);
    add_bytes(preamble, 4);
    add_bytes(frame, length);
    assert_true(put_stream() >= 0);
    assert_int_equal(sent_count, 1);
    expect_sent(whole, length);
}

static void test_checksum_engine_must_be_on_and_told_the_truth(void **state)
{
    static const uint32_t preambles[] = {
        40u << 16 | 34, /* with the engine off */
        40u << 16 | 13, /* starts in the Ethernet header */
        13u << 16 | 34, /* lands there */
        40u << 16 | 99, /* starts in the last 4 bytes */
        97u << 16 | 34, /* lands there */
        40u << 16 | 34 | 1u << 12,
    };
    uint8_t frame[200] = {0};

    (void)state;
    for (unsigned i = 0; i < sizeof preambles / sizeof preambles[0]; i++) {
        unsigned length = make_datagram(frame + 4, 102 - 42);

        bytes_put_le32(frame, preambles[i]);
        add_words((length + 4) | FIRST | LAST, (length + 4) | CK);
        add_bytes(frame, length + 4);
        put_stream();
        expect_rule("wrong-transmit-command");
        set(TX_CFG, 2);
        set(COE_CR, 1u << 16);
        flush();
    }
    assert_int_equal(sent_count, 0);
    add_words(64 | FIRST | LAST | 1u << 16, 64 | CK); /* not aligned */
    put_stream();
    expect_rule("wrong-transmit-command");
}

static void send_and_expect(const uint8_t *frame, unsigned length, const char *rule)
{
    sent_count = 0;
    add_frame(frame, length);
    assert_true(put_stream() >= 0);
    if (!((length + 8) % CHIP_PACKET_BYTES))
        put_transfer(stream, 0);
    assert_int_equal(sent_count, 1); /* it leaves all the same */
    if (rule)
        expect_rule(rule);
    assert_int_equal(complaints, 0);
}

static void test_stale_buffers_show_in_their_checksums(void **state)
{
    uint8_t frame[1514], good[1514];
    unsigned length = make_datagram(good, 301);

    (void)state;
    finish_checksum(good, length);
    send_and_expect(good, length, NULL);
    memcpy(frame, good, length);
    frame[length - 1] ^= 1; /* a byte of the last cache line */
    send_and_expect(frame, length, "stale-buffer");
    frame[length - 1] ^= 1;
    frame[22] ^= 1; /* of the IPv4 header */
    send_and_expect(frame, length, "stale-buffer");
    memcpy(frame, good, length);
    bytes_put_be16(frame + 16, 1400); /* more than there is */
    right_header(frame);
    send_and_expect(frame, length, "stale-buffer");
    memcpy(frame, good, length);
    bytes_put_le16(frame + 40, 0); /* UDP may do without */
    send_and_expect(frame, length, NULL);
    bytes_put_be16(frame + 38, 400); /* but not longer than its packet */
    send_and_expect(frame, length, "stale-buffer");
    memcpy(frame, good, length);
    bytes_put_be16(frame + 20, 0x2000); /* a fragment: nobody can tell, but for the header */
    right_header(frame);
    frame[60] ^= 1;
    send_and_expect(frame, length, NULL);
}

static void test_tcp_and_icmp_are_looked_at_too(void **state)
{
    uint8_t frame[200] = {0};
    unsigned length = make_datagram(frame, 60);

    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        uint8_t protocol = i ? 1 : 6;

        memset(frame + 34, 0x11, length - 34);
        frame[23] = protocol;
        right_header(frame);
        send_and_expect(frame, length, "stale-buffer");
    }
    bytes_put_le16(frame + 36, 0);
    bytes_put_le16(frame + 36, (uint16_t)~chip_frame_sum(frame + 34, length - 34));
    send_and_expect(frame, length, NULL);
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
        TEST(test_nothing_is_sent_unless_both_switches_are_on),
        TEST(test_wrong_commands),
        TEST(test_segments_must_agree),
        TEST(test_segments_cannot_be_more_than_a_frame_holds),
        TEST(test_tagged_frame_may_be_longer),
        TEST(test_pipe_stalls_after_a_wrong_command_until_it_is_flushed),
        TEST(test_flush_waits_until_the_transmitter_has_stopped),
        TEST(test_checksum_engine_fills_in_what_its_preamble_says),
        TEST(test_checksum_engine_must_be_on_and_told_the_truth),
        TEST(test_stale_buffers_show_in_their_checksums),
        TEST(test_tcp_and_icmp_are_looked_at_too),
        TEST(test_frames_without_a_link_are_lost),
        TEST(test_pause_of_the_other_end_is_obeyed),
        TEST(test_pause_can_be_passed_on),
        TEST(test_bulk_out_can_stall),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
