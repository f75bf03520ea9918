/*
 * What the LAN7800 part of the Ethernet driver does to the chip's registers when the link comes and
 * goes, how it stops what is under way, and how it reads the link from the PHY.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "ethernet_lan78xx_table.h"

/* ---- link ---- */

static void test_link_up_turns_both_directions_on(void **state)
{
    struct ethernet_lan_link link = {.up = true, .full_duplex = true, .megabits = 1000};

    (void)state;
    assert_int_equal(chip->set_link(&lan, &link), 0);
    assert_int_equal(*reg(FCT_RX), 1u << 31);
    assert_int_equal(*reg(FCT_TX), 1u << 31);
    assert_int_equal(*reg(MAC_RX), 1518 << 16 | 1);
    assert_int_equal(*reg(MAC_TX), 1);
    /* The receiver comes last, when what it says and where it puts frames is settled. */
    assert_int_equal(written(0, MAC_RX, 1, 1), write_count - 1);
}

static void test_pause_is_what_was_agreed_on(void **state)
{
    struct ethernet_lan_link link = {.up = true, .full_duplex = true, .megabits = 100};

    (void)state;
    for (unsigned i = 0; i < 4; i++) {
        link.pause_send = i & 1;
        link.pause_obey = i & 2;
        assert_int_equal(chip->set_link(&lan, &link), 0);
        assert_int_equal(*reg(FLOW), (i & 1 ? 0x4000ffff : 0) | (i & 2 ? 0x20000000 : 0));
    }
}

static void test_link_down_turns_all_off_and_empties_the_fifos(void **state)
{
    static const struct ethernet_lan_link down;

    (void)state;
    be_in_use();
    assert_int_equal(chip->set_link(&lan, &down), 0);
    assert_off();
    written(0, FCT_RX, 1 << 30, 1 << 30);
    written(0, FCT_TX, 1 << 30, 1 << 30);
    assert_untouched(MAC_CR);
}

static void test_reception_stops_alone(void **state)
{
    (void)state;
    be_in_use();
    assert_int_equal(chip->stop_reception(&lan), 0);
    assert_int_equal(*reg(MAC_RX) & 1, 0);
    assert_int_equal(*reg(FCT_RX) >> 31, 0);
    assert_int_equal(*reg(FCT_RX) & 0xffff, 6000); /* to be fetched */
    assert_int_equal(*reg(FCT_TX) >> 31, 1);
    assert_int_equal(*reg(MAC_TX), 1);
    assert_int_equal(*reg(FLOW), 0x6000ffff);
    write_count = 0;
    assert_int_equal(chip->stop_reception(&lan), 0);
    assert_int_equal(write_count, 0); /* what is off marks nothing */
}

static void test_frames_that_cannot_be_sent_are_waited_for_in_vain_but_briefly(void **state)
{
    static const struct ethernet_lan_link down;
    uint64_t before_us = clock_now_us();

    (void)state;
    be_in_use();
    never_empties = true;
    assert_int_equal(chip->set_link(&lan, &down), 0);
    assert_off();
    assert_in_range(clock_now_us() - before_us, 10000, 15000);
}

static void test_block_that_does_not_stop_is_told(void **state)
{
    static const uint16_t blocks[] = {MAC_RX, FCT_RX, FCT_TX, MAC_TX};
    static const struct ethernet_lan_link down;

    for (unsigned i = 0; i < sizeof blocks / sizeof *blocks; i++) {
        set_up(state);
        be_in_use();
        never_stops[blocks[i] / 4] = true;
        assert_int_equal(chip->set_link(&lan, &down), ERROR_TIMEOUT);
    }
}

static void test_bytes_waiting_counts_what_the_usb_side_has_fetched_too(void **state)
{
    (void)state;
    assert_int_equal(chip->bytes_waiting(&lan), 0);
    *reg(RX_DP_STOR) = 1528 << 16 | 512;
    assert_int_equal(chip->bytes_waiting(&lan), 1528);
    *reg(RX_DP_STOR) = 0xffff0000;
    assert_int_equal(chip->bytes_waiting(&lan), 0xffff);
}

/* ---- what the PHY says ---- */

/* Registers 4 and 5 say something else, or nothing. */
static void expect_link(uint16_t state, unsigned megabits, bool full_duplex)
{
    for (unsigned up = 0; up < 2; up++) {
        struct ethernet_lan_link link = {.up = up, .megabits = up ? 100 : 0, .pause_obey = true};

        phy[9] = 0x0200;
        phy[10] = 0x0800;
        phy[28] = state;
        assert_int_equal(chip->read_link(&lan, &link), 0);
        assert_true(link.up);
        assert_int_equal(link.megabits, megabits);
        assert_int_equal(link.full_duplex, full_duplex);
        assert_true(link.pause_obey); /* is what was agreed upon */
        assert_false(link.pause_send);
    }
}

static void test_link_is_what_the_phy_has_not_what_was_agreed_upon(void **state)
{
    (void)state;
    expect_link(0xffc7 | 6 << 3, 1000, true);
    expect_link(0x0000 | 5 << 3, 100, true); /* two pairs of the cable are bad */
    expect_link(0xffc7 | 4 << 3, 10, true);
    expect_link(0x0000 | 1 << 3, 100, false); /* a partner that does not negotiate */
    expect_link(0xffc7 | 0 << 3, 10, false);
}

static void test_interrupt_is_acknowledged_at_its_source_first(void **state)
{
    (void)state;
    *reg(INT_STS) = 1 << 17 | 1 << 15;
    assert_int_equal(chip->acknowledge(&lan), 0);
    assert_int_equal(writes[0].offset, MII_ACC); /* reads 26, */
    assert_int_equal(writes[0].value >> 6 & 31, 26);
    assert_int_equal(writes[0].value & 2, 0);
    assert_int_equal(writes[1].offset, INT_STS); /* which else would assert the line again */
    assert_int_equal(*reg(INT_STS), 1 << 15);
    assert_int_equal(write_count, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup(name, set_up)
        TEST(test_link_up_turns_both_directions_on),
        TEST(test_pause_is_what_was_agreed_on),
        TEST(test_link_down_turns_all_off_and_empties_the_fifos),
        TEST(test_reception_stops_alone),
        TEST(test_frames_that_cannot_be_sent_are_waited_for_in_vain_but_briefly),
        TEST(test_block_that_does_not_stop_is_told),
        TEST(test_bytes_waiting_counts_what_the_usb_side_has_fetched_too),
        TEST(test_link_is_what_the_phy_has_not_what_was_agreed_upon),
        TEST(test_interrupt_is_acknowledged_at_its_source_first),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
