/*
 * The LAN7515's model: commands of the bulk-OUT stream that contradict themselves, the frame, the
 * transfer or the chip's state.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "chip_lan7515_frames.h"

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_transmission_needs_both_switches),
        cmocka_unit_test(test_wrong_commands_are_complained_of),
        cmocka_unit_test(test_what_a_large_send_cannot_cut_is_complained_of),
        cmocka_unit_test(test_a_transfer_that_ends_within_a_frame_is_complained_of),
        cmocka_unit_test(test_the_mac_must_run_as_the_phy_does),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
