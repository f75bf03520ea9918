/*
 * What the LAN7800 part of the Ethernet driver does to the chip's registers, in which order, and
 * what it makes of a chip that does not answer, does not end, or fails in the middle.
 *
 * The chip here is a table of registers behind a host's control(); all numbers are the manual's,
 * none is taken from the driver's header. How the chip behaves is tests/devices/chip_lan7515.c's.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "bytes.h"
#include "clock.h"
#include "error.h"
#include "ethernet_lan.h"
#include "sim.h"

enum { ID_REV = 0x00, INT_STS = 0x0c, HW_CFG = 0x10, PMT_CTL = 0x14, USB_CFG0 = 0x80 };
enum { BURST_CAP = 0x90, BULK_IN_DLY = 0x94, INT_EP_CTL = 0x98, RFE_CTL = 0xb0, FCT_RX = 0xc0 };
enum { FCT_TX = 0xc4, FCT_RX_END = 0xc8, FCT_TX_END = 0xcc, FCT_FLOW = 0xd0, RX_DP_STOR = 0xd4 };
enum { MAC_CR = 0x100, MAC_RX = 0x104, MAC_TX = 0x108, FLOW = 0x10c, RX_ADDRH = 0x118 };
enum { RX_ADDRL = 0x11c, MII_ACC = 0x120, MII_DATA = 0x124, MAF_HI = 0x400, MAF_LO = 0x404 };

#define WRITES_MAX 200
#define REQUEST_US 125

static const struct ethernet_lan_chip *const chip = &ethernet_lan78xx;
static struct ethernet_lan lan;
static struct ethernet_lan_buffers buffers;
static struct usb_device device;
static struct usb_bus bus;
static struct usb_host host;

static uint32_t registers[0x800 / 4];
static uint16_t phy[32], phy_page_1[32];
static struct {
    uint16_t offset;
    uint32_t value;
} writes[WRITES_MAX];
static unsigned write_count;
static unsigned requests;
static unsigned fails_at;              /* this request fails; 0: none */
static bool answers_short;             /* three bytes */
static unsigned chip_reads, phy_reads; /* LRST and PHY_RST read as set so often more, ... */
static unsigned ready_reads;           /* ... and READY as clear */
static bool never_stops[0x800 / 4];    /* the mark that it has stopped does not come */
static bool never_empties;

/* ---- the chip ---- */

static uint32_t *reg(uint16_t offset)
{
    assert_true(offset < sizeof registers && offset % 4 == 0);
    return &registers[offset / 4];
}

static bool passes(unsigned *reads)
{
    if (!*reads)
        return true;
    --*reads;
    return false;
}

static uint32_t read_register(uint16_t offset)
{
    uint32_t value = *reg(offset);

    if (offset == HW_CFG && value & 2 && passes(&chip_reads))
        value = *reg(HW_CFG) &= ~2u;
    if (offset == PMT_CTL && value & 0x10 && passes(&phy_reads))
        value = *reg(PMT_CTL) &= ~0x10u;
    else if (offset == PMT_CTL && !(value & 0x90) && passes(&ready_reads))
        value = *reg(PMT_CTL) |= 0x80;
    if (offset == FCT_TX && !never_empties)
        value &= ~0xffffu;
    return value;
}

/* A block that was on and goes off marks that it has ended; a write of the mark clears it. */
static void switch_block(uint16_t offset, uint32_t value, uint32_t on, uint32_t mark)
{
    uint32_t old = *reg(offset);
    uint32_t marked = old & ~value & mark;

    if (old & on && !(value & on) && !never_stops[offset / 4])
        marked = mark;
    *reg(offset) = (value & ~mark) | marked;
}

static void use_mii(uint32_t access)
{
    unsigned number = access >> 6 & 31;

    uint16_t *value = &phy[number];

    if (number >= 16 && number != 31 && phy[31]) {
        assert_int_equal(phy[31], 1);
        value = &phy_page_1[number];
    }
    assert_int_equal(access >> 11, 1); /* the PHY's address */
    if (access & 2)
        *value = (uint16_t)*reg(MII_DATA);
    else
        *reg(MII_DATA) = *value;
}

static void write_register(uint16_t offset, uint32_t value)
{
    switch (offset) {
    case INT_STS:
        *reg(offset) &= ~value;
        break;
    case PMT_CTL:
        *reg(offset) = value & 0x10 ? value & ~0x80u : value;
        break;
    case FCT_RX:
    case FCT_TX:
        switch_block(offset, value & ~(1u << 30), 1u << 31, 1 << 20);
        break;
    case MAC_RX:
    case MAC_TX:
        switch_block(offset, value, 1, 2);
        break;
    case MII_ACC:
        use_mii(value & ~1u);
        break;
    default:
        *reg(offset) = value;
    }
}

static int control(struct usb_host *self, struct usb_endpoint *endpoint,
                   const struct usb_setup *setup, void *data, uint64_t deadline_us)
{
    (void)self;
    (void)endpoint;
    (void)deadline_us;
    sim_advance_us(REQUEST_US);
    assert_int_equal(setup->length, 4);
    assert_int_equal(setup->value, 0);
    if (++requests == fails_at)
        return ERROR_IO;
    if (setup->request_type == 0xc0 && setup->request == 0xa1) {
        bytes_put_le32(data, read_register(setup->index));
        return answers_short ? 3 : 4;
    }
    assert_int_equal(setup->request_type, 0x40);
    assert_int_equal(setup->request, 0xa0);
    assert_true(write_count < WRITES_MAX);
    writes[write_count].offset = setup->index;
    writes[write_count++].value = bytes_le32(data);
    write_register(setup->index, bytes_le32(data));
    return 4;
}

static int set_up(void **state)
{
    (void)state;
    sim_reset();
    memset(registers, 0, sizeof registers);
    memset(phy, 0, sizeof phy);
    memset(never_stops, 0, sizeof never_stops);
    write_count = requests = fails_at = chip_reads = phy_reads = ready_reads = 0;
    answers_short = never_empties = false;
    host.control = control;
    bus.host = &host;
    device.bus = &bus;
    ethernet_lan_init(&lan, chip, &buffers, NULL, 0);
    lan.device = &device;
    *reg(ID_REV) = 0x78000002;
    *reg(HW_CFG) = 0x00d04000 | 1 << 12; /* LED 0, 2 and 3, net detach; one bit more */
    *reg(PMT_CTL) = 0x480;
    *reg(USB_CFG0) = 0x00c00002;
    *reg(MAC_CR) = 0x00082000; /* GMII, polarity of the duplex pin */
    return 0;
}

/* As a program leaves it that crashed while frames came and went. */
static void be_in_use(void)
{
    *reg(FCT_RX) = 1u << 31 | 1 << 20 | 6000; /* with the mark of an earlier stop */
    *reg(FCT_TX) = 1u << 31 | 3000;
    *reg(MAC_RX) = 1522 << 16 | 3;
    *reg(MAC_TX) = 1;
    *reg(FLOW) = 0x6000ffff;
    *reg(MAC_CR) |= 0x20408;
    *reg(INT_STS) = 1 << 17;
    phy[26] = 1 << 13;
}

/* The place among the writes, from `from` on, of the first to offset with all of these bits as in
 * value. Fails if there is none. */
static unsigned written(unsigned from, uint16_t offset, uint32_t bits, uint32_t value)
{
    for (unsigned i = from; i < write_count; i++)
        if (writes[i].offset == offset && (writes[i].value & bits) == value)
            return i;
    fail_msg("no write of 0x%x to 0x%x", value, offset);
    return 0;
}

static void assert_untouched(uint16_t offset)
{
    for (unsigned i = 0; i < write_count; i++)
        assert_int_not_equal(writes[i].offset, offset);
}

static void assert_off(void)
{
    assert_int_equal(*reg(FCT_RX) >> 31, 0);
    assert_int_equal(*reg(FCT_TX) >> 31, 0);
    assert_int_equal(*reg(MAC_RX) & 1, 0);
    assert_int_equal(*reg(MAC_TX) & 1, 0);
    assert_int_equal(*reg(FLOW), 0);
}

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
        TEST(test_link_up_turns_both_directions_on),
        TEST(test_pause_is_what_was_agreed_on),
        TEST(test_link_down_turns_all_off_and_empties_the_fifos),
        TEST(test_reception_stops_alone),
        TEST(test_frames_that_cannot_be_sent_are_waited_for_in_vain_but_briefly),
        TEST(test_block_that_does_not_stop_is_told),
        TEST(test_bytes_waiting_counts_what_the_usb_side_has_fetched_too),
        TEST(test_link_is_what_the_phy_has_not_what_was_agreed_upon),
        TEST(test_interrupt_is_acknowledged_at_its_source_first),
        TEST(test_each_request_that_fails_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
