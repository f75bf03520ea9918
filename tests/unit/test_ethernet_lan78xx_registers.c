/*
 * What the LAN7800 part of the Ethernet driver does to the chip's registers, in which order, until
 * the chip is set up, and what it makes of a chip that does not answer, does not end, or fails in
 * the middle.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "ethernet_lan78xx_table.h"

/* ---- identity ---- */

static void test_only_the_lan7800_is_taken(void **state)
{
    static const uint32_t others[] = {0,          0x78010002, 0x78500002,
                                      0xec000002, 0x00027800, 0xffffffff};

    (void)state;
    assert_int_equal(chip->identify(&lan), 0);
    *reg(ID_REV) = 0x78000000; /* any revision */
    assert_int_equal(chip->identify(&lan), 0);
    for (unsigned i = 0; i < sizeof others / sizeof *others; i++) {
        *reg(ID_REV) = others[i];
        assert_int_equal(chip->identify(&lan), ERROR_CORRUPT);
    }
    assert_int_equal(write_count, 0);
}

static void test_reset_that_another_program_began_is_waited_for(void **state)
{
    uint64_t before_us = clock_now_us();

    (void)state;
    *reg(HW_CFG) |= 2;
    chip_reads = 100;
    assert_int_equal(chip->identify(&lan), 0);
    assert_int_equal(chip_reads, 0);
    *reg(HW_CFG) |= 2;
    chip_reads = 1000000;
    assert_int_equal(chip->identify(&lan), ERROR_TIMEOUT);
    assert_true(clock_now_us() - before_us <= 550000);
}

static void test_short_answer_is_no_register(void **state)
{
    (void)state;
    answers_short = true;
    assert_int_equal(chip->identify(&lan), ERROR_CORRUPT);
}

/* ---- reset ---- */

static void test_reset_waits_for_chip_and_phy(void **state)
{
    unsigned chip_at, phy_at;

    (void)state;
    chip_reads = phy_reads = ready_reads = 40;
    assert_int_equal(chip->reset(&lan), 0);
    chip_at = written(0, HW_CFG, 2, 2);
    phy_at = written(chip_at, PMT_CTL, 0x10, 0x10);
    assert_true(written(phy_at, MII_ACC, 1, 1) > phy_at);
    assert_int_equal(*reg(PMT_CTL), 0x480);
}

static void test_reset_that_never_ends_takes_half_a_second(void **state)
{
    uint64_t before_us = clock_now_us();

    (void)state;
    chip_reads = 1000000;
    assert_int_equal(chip->reset(&lan), ERROR_TIMEOUT);
    assert_in_range(clock_now_us() - before_us, 500000, 510000);
    assert_untouched(PMT_CTL);
}

static void test_phy_that_never_gets_ready_takes_no_more_than_a_second(void **state)
{
    uint64_t before_us = clock_now_us();

    (void)state;
    chip_reads = 3800; /* 475 ms */
    ready_reads = 1000000;
    assert_int_equal(chip->reset(&lan), ERROR_TIMEOUT);
    assert_true(clock_now_us() - before_us <= 1000000);
    written(0, PMT_CTL, 0x10, 0x10);
}

static void test_after_reset_the_eeprom_can_be_read(void **state)
{
    (void)state;
    assert_int_equal(chip->reset(&lan), 0);
    assert_int_equal(*reg(HW_CFG) & 3 << 20, 0); /* LED 0 and 1 have its pins */
}

static void test_reset_prepares_the_phy_for_negotiation(void **state)
{
    (void)state;
    phy[0] = 0x1140;
    phy_page_1[20] = 0xffec;
    *reg(PMT_CTL) |= 0x6c; /* a program that slept has left it so */
    assert_int_equal(chip->reset(&lan), 0);
    assert_int_equal(*reg(PMT_CTL), 0x480);
    assert_int_equal(phy_page_1[20], 0xfff0); /* 100 Mbit/s after two tries at a gigabit */
    assert_int_equal(phy[31], 0);
    assert_int_equal(phy[9], 0x0200);  /* 1000BASE-T full duplex only */
    assert_int_equal(phy[29], 0xff61); /* LEDs as the device tree of a 3B+ wants them */
    assert_int_equal(phy[13], 0x4007); /* MMD 7, register 60: */
    assert_int_equal(phy[14], 0);      /* no Energy Efficient Ethernet */
    assert_int_equal(phy[0], 0x1140);  /* the common part starts it */
}

/* ---- configure ---- */

static void test_configure_sets_all_up_and_leaves_everything_off(void **state)
{
    (void)state;
    assert_int_equal(chip->configure(&lan), 0);
    assert_off();
    assert_int_equal(*reg(HW_CFG), 1 << 12 | 3 << 20 | 1 << 4); /* kept; LED 0 and 1; MEF */
    assert_int_equal(*reg(USB_CFG0), 0x00c00002 | 3 << 5);      /* kept; BIR, BCE */
    assert_int_equal(*reg(BURST_CAP), 24);                      /* what the FIFO has */
    assert_int_equal(chip->burst_bytes, 24 * 512);
    assert_int_equal(*reg(BULK_IN_DLY), 0x800);
    assert_int_equal(*reg(FCT_RX_END), 23);
    assert_int_equal(*reg(FCT_TX_END), 23);
    assert_int_equal(*reg(FCT_FLOW), 0x0211);
    assert_int_equal(*reg(RFE_CTL), 0x602); /* broadcast, multicast, table; no offload */
    assert_int_equal(*reg(INT_EP_CTL), 1 << 17);
    assert_int_equal(*reg(MAC_CR), 0x00082000 | 3 << 11); /* kept; follows the PHY */
    assert_int_equal(*reg(MAC_RX), 1518 << 16);
    assert_int_equal(phy[25], 0xa000); /* link changes drive the line */
}

static void test_configure_does_not_disturb_the_link(void **state)
{
    (void)state;
    memset(phy, 0x55, sizeof phy);
    memset(phy_page_1, 0x55, sizeof phy_page_1);
    phy[31] = 1; /* where a program that crashed left it */
    assert_int_equal(chip->configure(&lan), 0);
    assert_int_equal(phy[31], 0);
    for (unsigned i = 0; i < 31; i++) {
        assert_int_equal(phy_page_1[i], 0x5555);
        if (i != 25)
            assert_int_equal(phy[i], 0x5555);
    }
    assert_untouched(PMT_CTL);
    assert_untouched(RX_ADDRL);
    assert_untouched(MAF_HI);
}

static void test_configure_after_a_crash_stops_before_it_empties(void **state)
{
    unsigned receiver, receive_fifo, send_fifo, sender, end;

    (void)state;
    be_in_use();
    assert_int_equal(chip->configure(&lan), 0);
    assert_off();
    receiver = written(0, MAC_RX, 1, 0);
    receive_fifo = written(receiver, FCT_RX, 1u << 31, 0);
    send_fifo = written(0, FCT_TX, 1u << 31, 0);
    sender = written(send_fifo, MAC_TX, 1, 0);
    assert_true(written(0, FLOW, 0xffffffff, 0) < send_fifo);
    end = written(0, FCT_RX, 1 << 30, 1 << 30);
    assert_true(end > receive_fifo);
    assert_true(written(0, FCT_TX, 1 << 30, 1 << 30) > sender);
    assert_true(written(0, FCT_RX_END, 0, 0) > end);
    assert_true(written(0, MAC_CR, 0, 0) > sender);
    assert_int_equal(*reg(MAC_CR) & 0x20400, 0); /* no EEE, no loopback */
    assert_int_equal(*reg(INT_STS), 0);
}

static void test_old_marks_are_not_taken_for_new_ones(void **state)
{
    (void)state;
    be_in_use();
    never_stops[FCT_RX / 4] = true; /* its mark is the earlier stop's */
    assert_int_equal(chip->configure(&lan), ERROR_TIMEOUT);
}

/* ---- address ---- */

static void test_address_goes_into_filter_and_sender_of_pause_frames(void **state)
{
    static const uint8_t mac[6] = {0xb8, 0x27, 0xeb, 0x12, 0x34, 0x56};

    (void)state;
    assert_int_equal(chip->set_mac(&lan, mac), 0);
    assert_int_equal(*reg(RX_ADDRL), 0x12eb27b8);
    assert_int_equal(*reg(RX_ADDRH), 0x5634);
    assert_int_equal(*reg(MAF_LO), 0x12eb27b8);
    assert_int_equal(*reg(MAF_HI), 0x80005634);
    assert_true(written(0, MAF_LO, 0, 0) < written(0, MAF_HI, 0, 0)); /* valid when whole */
}

/* ---- failures ---- */

static int go_down(struct ethernet_lan *self)
{
    static const struct ethernet_lan_link down;

    return chip->set_link(self, &down);
}

static int go_up(struct ethernet_lan *self)
{
    static const struct ethernet_lan_link up = {.up = true, .megabits = 10};

    return chip->set_link(self, &up);
}

static int give_mac(struct ethernet_lan *self)
{
    return chip->set_mac(self, (const uint8_t *)"\2\0\0\0\0\1");
}

static int read_link(struct ethernet_lan *self)
{
    struct ethernet_lan_link link = {0};

    return chip->read_link(self, &link);
}

static void test_each_request_that_fails_is_told(void **state)
{
    int (*const functions[])(struct ethernet_lan *) = {
        chip->identify,       chip->reset,       chip->configure,     give_mac,  go_up, go_down,
        chip->stop_reception, chip->acknowledge, chip->bytes_waiting, read_link,

    };

    for (unsigned i = 0; i < sizeof functions / sizeof *functions; i++) {
        for (unsigned at = 1;; at++) {
            set_up(state);
            be_in_use();
            fails_at = at;
            if (functions[i](&lan) == 0)
                break;
            assert_int_equal(requests, at); /* and nothing more is asked */
        }
        assert_true(requests < fails_at);
        fails_at = requests;
        set_up(state);
        be_in_use();
        fails_at = 1;
        assert_int_equal(functions[i](&lan), ERROR_IO);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup(name, set_up)
        TEST(test_only_the_lan7800_is_taken),
        TEST(test_reset_that_another_program_began_is_waited_for),
        TEST(test_short_answer_is_no_register),
        TEST(test_reset_waits_for_chip_and_phy),
        TEST(test_reset_that_never_ends_takes_half_a_second),
        TEST(test_phy_that_never_gets_ready_takes_no_more_than_a_second),
        TEST(test_after_reset_the_eeprom_can_be_read),
        TEST(test_reset_prepares_the_phy_for_negotiation),
        TEST(test_configure_sets_all_up_and_leaves_everything_off),
        TEST(test_configure_does_not_disturb_the_link),
        TEST(test_configure_after_a_crash_stops_before_it_empties),
        TEST(test_old_marks_are_not_taken_for_new_ones),
        TEST(test_address_goes_into_filter_and_sender_of_pause_frames),
        TEST(test_each_request_that_fails_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
