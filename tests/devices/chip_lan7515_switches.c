/*
 * chip_lan7515_switches: what is switched on and off: the FIFOs and both halves of the MAC. They
 * say that they have stopped, not before a frame that passes has ended; and what rests meanwhile
 * must not change while they are on.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "chip_lan7515.h"

bool lan7515_receiving(const struct chip_lan7515 *self)
{
    return !self->resetting && self->values[MAC_RX / 4] & MAC_RX_RXEN &&
           self->values[FCT_RX_CTL / 4] & FCT_EN;
}

/* ---- reading ---- */

static uint32_t fifo_bits(unsigned used)
{
    return (used ? FCT_NOT_EMPTY : FCT_EMPTY) | used;
}

/* The bits that say "has stopped", once that is so. */
static uint32_t stop_bits(struct chip_lan7515 *self, unsigned offset)
{
    bool receive = offset == MAC_RX || offset == FCT_RX_CTL;
    uint32_t bits = offset == MAC_RX ? MAC_RX_RXD : offset == MAC_TX ? MAC_TX_TXD : FCT_DISABLED;
    uint64_t stops_us = receive ? self->receive_stops_us : self->transmit_stops_us;
    return lan7515_now(self) >= stops_us ? self->values[offset / 4]
                                         : self->values[offset / 4] & ~bits;
}

uint32_t lan7515_read_switch(struct chip_lan7515 *self, unsigned offset)
{
    uint32_t bits = stop_bits(self, offset);
    if (offset == FCT_RX_CTL) {
        return bits | fifo_bits(self->fifo.used);
    }
    if (offset == FCT_TX_CTL) {
        return bits | fifo_bits(self->out_bytes < FIFO_BYTES ? self->out_bytes : FIFO_BYTES);
    }
    return bits;
}

/* ---- writing ---- */

/* EN of a FIFO or of the MAC's half went from before to after: the bit that says "has stopped". */
static uint32_t stopped(uint32_t status, uint32_t bit, bool before, bool after)
{
    return after ? status & ~bit : before ? status | bit : status;
}

/* When the longest frame has passed that may be passing now. */
static uint64_t end_of_frame(struct chip_lan7515 *self)
{
    enum { FRAME_BITS = 8 * (1518 + 8 + 12) };
    unsigned speed = chip_phy_speed(&self->phy);
    return lan7515_now(self) + (speed ? FRAME_BITS / speed : 0);
}

static void check_flush(struct chip_lan7515 *self, bool receive, bool enabled)
{
    const char *name = receive ? "FCT_RX_CTL" : "FCT_TX_CTL";
    if (enabled) {
        chip_complain(&self->chip, "fifo-changed-while-enabled",
                      "%s.RST was written while EN is on", name);
    } else if (lan7515_now(self) < (receive ? self->receive_stops_us : self->transmit_stops_us)) {
        chip_complain(&self->chip, "flush-while-running",
                      "%s.RST was written before the MAC can have ended its frame", name);
    }
}

static void write_fifo(struct chip_lan7515 *self, unsigned offset, uint32_t before, uint32_t value)
{
    bool receive = offset == FCT_RX_CTL;
    uint32_t kept = before & (FCT_OVERFLOW | FCT_DROP | FCT_DISABLED) & ~value;
    kept = stopped(kept, FCT_DISABLED, before & FCT_EN, value & FCT_EN);
    if (value & FCT_RST) {
        check_flush(self, receive, before & FCT_EN);
        if (receive) {
            lan7515_flush_receive(self);
        } else {
            self->out_bytes = 0;
            self->out_padding = 0;
        }
    }
    if (before & ~value & FCT_EN) {
        self->values[INT_STS / 4] |= receive ? INT_RX_DIS : INT_TX_DIS;
    }
    self->values[offset / 4] = (value & (FCT_EN | (receive ? FCT_STORE_BAD : 0))) | kept;
}

static void write_fifo_end(struct chip_lan7515 *self, unsigned offset, uint32_t before,
                           uint32_t value)
{
    bool receive = offset == FCT_RX_FIFO_END;
    uint32_t control = self->values[(receive ? FCT_RX_CTL : FCT_TX_CTL) / 4];
    if (before != value && control & FCT_EN) {
        chip_complain(&self->chip, "fifo-changed-while-enabled",
                      "%s went from 0x%x to 0x%x while the FIFO is on",
                      receive ? "FCT_RX_FIFO_END" : "FCT_TX_FIFO_END", before, value);
    }
    if ((value + 1) * 512 > FIFO_BYTES) {
        chip_complain(&self->chip, "reserved-bits", "%s was written 0x%x: past the memory's end",
                      receive ? "FCT_RX_FIFO_END" : "FCT_TX_FIFO_END", value);
        self->values[offset / 4] = before;
    }
}

static void write_mac_receive(struct chip_lan7515 *self, uint32_t before, uint32_t value)
{
    uint32_t status = before & MAC_RX_RXD & ~value;
    if (before & value & MAC_RX_RXEN && (before ^ value) >> 16) {
        chip_complain(&self->chip, "frame-size-changed-while-receiving",
                      "MAC_RX.MAX_SIZE went from %u to %u while RXEN is on", before >> 16,
                      value >> 16);
    }
    if (before & ~value & MAC_RX_RXEN) {
        self->receive_stops_us = end_of_frame(self);
    }
    self->values[MAC_RX / 4] =
        (value & ~(uint32_t)MAC_RX_RXD) |
        stopped(status, MAC_RX_RXD, before & MAC_RX_RXEN, value & MAC_RX_RXEN);
}

static void write_mac_transmit(struct chip_lan7515 *self, uint32_t before, uint32_t value)
{
    if (before & ~value & MAC_TX_TXEN) {
        self->transmit_stops_us = end_of_frame(self);
    }
    self->values[MAC_TX / 4] =
        (value & ~(uint32_t)MAC_TX_TXD) | stopped(before & MAC_TX_TXD & ~value, MAC_TX_TXD,
                                                  before & MAC_TX_TXEN, value & MAC_TX_TXEN);
}

void lan7515_write_switch(struct chip_lan7515 *self, unsigned offset, uint32_t before,
                          uint32_t value)
{
    switch (offset) {
    case FCT_RX_CTL:
    case FCT_TX_CTL:
        write_fifo(self, offset, before, value);
        break;
    case FCT_RX_FIFO_END:
    case FCT_TX_FIFO_END:
        write_fifo_end(self, offset, before, value);
        break;
    case MAC_RX:
        write_mac_receive(self, before, value);
        break;
    case MAC_TX:
        write_mac_transmit(self, before, value);
        break;
    default:
        break;
    }
}

/* ---- what rests while frames are taken in ---- */

void lan7515_write_filter(struct chip_lan7515 *self, unsigned offset, uint32_t before,
                          uint32_t value)
{
    bool low = offset % 8 == 4;
    if (low && before != value && self->values[offset / 4 - 1] & MAF_VALID &&
        lan7515_receiving(self)) {
        chip_complain(&self->chip, "filter-changed-while-valid",
                      "MAF_LO(%u) went from 0x%08x to 0x%08x while its entry is valid",
                      (offset - MAF_FIRST) / 8, before, value);
    }
    if (!low && value & ~(MAF_VALID | MAF_SOURCE | 0xffffu)) {
        chip_complain(&self->chip, "reserved-bits", "MAF_HI(%u) was written 0x%08x",
                      (offset - MAF_FIRST) / 8, value);
    }
}

void lan7515_check_at_rest(struct chip_lan7515 *self, unsigned offset, uint32_t before)
{
    static const struct {
        uint16_t offset;
        uint32_t bits;
        const char *name;
    } at_rest[] = {{HW_CFG, HW_CFG_MEF, "HW_CFG.MEF"},
                   {USB_CFG0, USB_CFG0_BCE, "USB_CFG0.BCE"},
                   {BURST_CAP, 0xff, "BURST_CAP"}};
    uint32_t changed = before ^ self->values[offset / 4];
    for (unsigned i = 0; i < sizeof at_rest / sizeof at_rest[0]; i++) {
        if (offset == at_rest[i].offset && changed & at_rest[i].bits) {
            chip_complain(&self->chip, "change-while-running",
                          "%s changes (0x%08x, before: 0x%08x) while frames are taken in",
                          at_rest[i].name, self->values[offset / 4], before);
        }
    }
}
