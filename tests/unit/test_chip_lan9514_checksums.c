/*
 * The model of the LAN9514: checksums that its engine fills in on the way out, and those that tell
 * of a buffer the processor has not written back.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "chip_lan9514_stream.h"

#include "chip_frame.h"

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

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, free_chip)
    const struct CMUnitTest tests[] = {
        TEST(test_checksum_engine_fills_in_what_its_preamble_says),
        TEST(test_checksum_engine_must_be_on_and_told_the_truth),
        TEST(test_stale_buffers_show_in_their_checksums),
        TEST(test_tcp_and_icmp_are_looked_at_too),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
