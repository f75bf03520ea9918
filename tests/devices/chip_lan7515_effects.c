/*
 * chip_lan7515_effects: what the LAN7515's registers do besides keeping what is written.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "chip_lan7515.h"

/* ---- reading ---- */

static uint32_t fifo_bits(unsigned used)
{
    return (used ? FCT_NOT_EMPTY : FCT_EMPTY) | used;
}

static uint32_t read_power(struct chip_lan7515 *self)
{
    bool phy_ended = lan7515_look_at_phy_reset(self);
    return self->values[PMT_CTL / 4] | (phy_ended ? 0 : PMT_PHY_RST) |
           (phy_ended && !self->resetting ? PMT_READY : 0);
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

uint32_t lan7515_read_effect(struct chip_lan7515 *self, unsigned offset)
{
    uint32_t value = self->values[offset / 4];
    switch (offset) {
    case HW_CFG:
        return value | (lan7515_look_at_reset(self) ? 0 : HW_CFG_LRST);
    case PMT_CTL:
        return read_power(self);
    case INT_STS:
        return lan7515_interrupts(self);
    case DP_SEL:
        return lan7515_read_port_select(self);
    case DP_DATA:
        lan7515_check_port(self, offset);
        return value;
    case E2P_CMD:
        return chip_eeprom_read_command(&self->eeprom, &self->chip);
    case E2P_DATA:
        return chip_eeprom_read_data(&self->eeprom, &self->chip);
    case FCT_RX_CTL:
        return stop_bits(self, offset) | fifo_bits(self->fifo.used);
    case FCT_TX_CTL:
        return stop_bits(self, offset) |
               fifo_bits(self->out_bytes < FIFO_BYTES ? self->out_bytes : FIFO_BYTES);
    case MAC_RX:
    case MAC_TX:
        return stop_bits(self, offset);
    case RX_DP_STOR:
        return (uint32_t)self->fifo.used << 16;
    case MII_ACC:
        return lan7515_read_mii_access(self);
    case MII_DATA:
        lan7515_check_mii(self, offset, "read");
        return value;
    default:
        return value;
    }
}

/* ---- writing ---- */

static void write_hardware(struct chip_lan7515 *self, unsigned offset, uint32_t before,
                           uint32_t value)
{
    (void)offset;
    (void)before;
    if (value & HW_CFG_SRST) {
        chip_complain(&self->chip, "soft-reset-detaches",
                      "HW_CFG.SRST was written (0x%08x): the chip leaves the bus; LRST is meant",
                      value);
    }
    if (value & HW_CFG_LRST) {
        lan7515_start_reset(self);
    }
}

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

static void write_mac_receive(struct chip_lan7515 *self, unsigned offset, uint32_t before,
                              uint32_t value)
{
    (void)offset;
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

static void write_mac_transmit(struct chip_lan7515 *self, unsigned offset, uint32_t before,
                               uint32_t value)
{
    (void)offset;
    if (before & ~value & MAC_TX_TXEN) {
        self->transmit_stops_us = end_of_frame(self);
    }
    self->values[MAC_TX / 4] =
        (value & ~(uint32_t)MAC_TX_TXD) | stopped(before & MAC_TX_TXD & ~value, MAC_TX_TXD,
                                                  before & MAC_TX_TXEN, value & MAC_TX_TXEN);
}

static void write_filter(struct chip_lan7515 *self, unsigned offset, uint32_t before,
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

static void write_eeprom_command(struct chip_lan7515 *self, unsigned offset, uint32_t before,
                                 uint32_t value)
{
    (void)offset;
    (void)before;
    if (self->values[HW_CFG / 4] & (HW_CFG_LED0 | HW_CFG_LED1)) {
        chip_complain(&self->chip, "eeprom-pins-are-leds",
                      "E2P_CMD was written (0x%08x) while HW_CFG (0x%08x) makes LEDs of the "
                      "EEPROM's pins",
                      value, self->values[HW_CFG / 4]);
    }
    chip_eeprom_write_command(&self->eeprom, &self->chip, value);
}

/* MAC_CR.RST has ended at once and leaves what was set: Linux does it whenever the link has gone
 * down, after it has taken the PHY for itself. */
static void write_mac(struct chip_lan7515 *self, unsigned offset, uint32_t before, uint32_t value)
{
    (void)before;
    if (value & (offset == MAC_CR ? MAC_CR_LOOPBACK : RFE_RST)) {
        chip_complain(&self->chip, "not-in-the-model", "%s was written 0x%08x",
                      offset == MAC_CR ? "MAC_CR, with LOOPBACK," : "RFE_CTL, with RST,", value);
    }
    if (offset == MAC_CR && value & MAC_CR_RST && self->mii_busy) {
        chip_complain(
            &self->chip, "mac-reset-during-mii-access",
            "MAC_CR was written 0x%08x and MII_ACC had not been seen without its busy bit", value);
    }
}

static void write_interrupts(struct chip_lan7515 *self, unsigned offset, uint32_t before,
                             uint32_t value)
{
    (void)offset;
    (void)before;
    self->values[INT_STS / 4] &= ~value;
    lan7515_interrupts(self);
}

static void write_ones_to_clear(struct chip_lan7515 *self, unsigned offset, uint32_t before,
                                uint32_t value)
{
    (void)before;
    self->values[offset / 4] &= ~value;
}

static void write_power(struct chip_lan7515 *self, unsigned offset, uint32_t before, uint32_t value)
{
    (void)offset;
    (void)before;
    if (value & PMT_PHY_RST) {
        lan7515_start_phy_reset(self);
    }
}

static void write_port(struct chip_lan7515 *self, unsigned offset, uint32_t before, uint32_t value)
{
    (void)before;
    lan7515_check_port(self, offset);
    if (offset == DP_CMD) {
        lan7515_run_port(self, value);
    }
}

static void write_eeprom_data(struct chip_lan7515 *self, unsigned offset, uint32_t before,
                              uint32_t value)
{
    (void)offset;
    (void)before;
    chip_eeprom_write_data(&self->eeprom, &self->chip, value);
}

static void write_mii(struct chip_lan7515 *self, unsigned offset, uint32_t before, uint32_t value)
{
    (void)before;
    lan7515_check_mii(self, offset, "written");
    if (offset == MII_ACC) {
        lan7515_write_mii_access(self, value);
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

/* The stored bits have been written; before is what they were, value all that was written. */
static const struct effect {
    uint16_t first, last;
    void (*of_write)(struct chip_lan7515 *self, unsigned offset, uint32_t before, uint32_t value);
} effects[] = {
    {INT_STS, INT_STS, write_interrupts},
    {HW_CFG, HW_CFG, write_hardware},
    {PMT_CTL, PMT_CTL, write_power},
    {DP_SEL, DP_DATA, write_port},
    {E2P_CMD, E2P_CMD, write_eeprom_command},
    {E2P_DATA, E2P_DATA, write_eeprom_data},
    {USB_STATUS, USB_STATUS, write_ones_to_clear},
    {FCT_RX_CTL, FCT_TX_CTL, write_fifo},
    {FCT_RX_FIFO_END, FCT_TX_FIFO_END, write_fifo_end},
    {RFE_CTL, RFE_CTL, write_mac},
    {MAC_CR, MAC_CR, write_mac},
    {MAC_RX, MAC_RX, write_mac_receive},
    {MAC_TX, MAC_TX, write_mac_transmit},
    {ERR_STS, ERR_STS, write_ones_to_clear},
    {MII_ACC, MII_DATA, write_mii},
    {WK_SRC, WK_SRC, write_ones_to_clear},
    {MAF_FIRST, MAF_LAST, write_filter},
};

void lan7515_write_effect(struct chip_lan7515 *self, unsigned offset, uint32_t before,
                          uint32_t value)
{
    for (unsigned i = 0; i < sizeof effects / sizeof effects[0]; i++) {
        if (offset >= effects[i].first && offset <= effects[i].last) {
            effects[i].of_write(self, offset, before, value);
        }
    }
}
