/*
 * The model of the LAN9514: its receive FIFO: going round, emptied, flushed, full; and PAUSE, by
 * which the other end is asked for silence before it is.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "chip_lan9514_records.h"

/* ---- room ---- */

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

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, make_running_chip, free_chip)
    const struct CMUnitTest tests[] = {
        TEST(test_fifo_goes_round_many_times),
        TEST(test_fifo_can_be_emptied_after_reception_was_stopped),
        TEST(test_flush_empties_the_fifo),
        TEST(test_flush_waits_until_the_receiver_has_stopped),
        TEST(test_full_fifo_drops_frames_and_says_so),
        TEST(test_silence_is_asked_for_between_the_two_levels),
        TEST(test_silence_ends_by_itself),
        TEST(test_silence_is_not_asked_for_unless_agreed_on_and_set_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
