/*
 * ethernet_lan78xx_table: a LAN7800 that is a table of registers behind a host's control(). It
 * writes down what the driver writes, and answers late, short, or not at all where a test wants it.
 *
 * All numbers are the manual's, none is taken from the driver's header. How the chip behaves is
 * tests/devices/chip_lan7515.c's.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef ETHERNET_LAN78XX_TABLE_H
#define ETHERNET_LAN78XX_TABLE_H

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

static inline uint32_t *reg(uint16_t offset)
{
    assert_true(offset < sizeof registers && offset % 4 == 0);
    return &registers[offset / 4];
}

static inline bool passes(unsigned *reads)
{
    if (!*reads)
        return true;
    --*reads;
    return false;
}

static inline uint32_t read_register(uint16_t offset)
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
static inline void switch_block(uint16_t offset, uint32_t value, uint32_t on, uint32_t mark)
{
    uint32_t old = *reg(offset);
    uint32_t marked = old & ~value & mark;

    if (old & on && !(value & on) && !never_stops[offset / 4])
        marked = mark;
    *reg(offset) = (value & ~mark) | marked;
}

static inline void use_mii(uint32_t access)
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

static inline void write_register(uint16_t offset, uint32_t value)
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

static inline int control(struct usb_host *self, struct usb_endpoint *endpoint,
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

static inline int set_up(void **state)
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
static inline void be_in_use(void)
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
static inline unsigned written(unsigned from, uint16_t offset, uint32_t bits, uint32_t value)
{
    for (unsigned i = from; i < write_count; i++)
        if (writes[i].offset == offset && (writes[i].value & bits) == value)
            return i;
    fail_msg("no write of 0x%x to 0x%x", value, offset);
    return 0;
}

static inline void assert_untouched(uint16_t offset)
{
    for (unsigned i = 0; i < write_count; i++)
        assert_int_not_equal(writes[i].offset, offset);
}

static inline void assert_off(void)
{
    assert_int_equal(*reg(FCT_RX) >> 31, 0);
    assert_int_equal(*reg(FCT_TX) >> 31, 0);
    assert_int_equal(*reg(MAC_RX) & 1, 0);
    assert_int_equal(*reg(MAC_TX) & 1, 0);
    assert_int_equal(*reg(FLOW), 0);
}

#endif
