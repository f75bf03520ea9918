/*
 * The LAN7515's model: checksums, VLAN tags, large send.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "chip_lan7515_frames.h"

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
