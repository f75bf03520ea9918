/*
 * The model of the LAN9514: commands in bulk OUT that contradict themselves, each other or the
 * chip's state, and what becomes of the pipe.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "chip_lan9514_stream.h"

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

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, free_chip)
    const struct CMUnitTest tests[] = {
        TEST(test_nothing_is_sent_unless_both_switches_are_on),
        TEST(test_wrong_commands),
        TEST(test_segments_must_agree),
        TEST(test_segments_cannot_be_more_than_a_frame_holds),
        TEST(test_tagged_frame_may_be_longer),
        TEST(test_pipe_stalls_after_a_wrong_command_until_it_is_flushed),
        TEST(test_flush_waits_until_the_transmitter_has_stopped),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
