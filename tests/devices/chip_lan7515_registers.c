/*
 * chip_lan7515_registers: what each register of the LAN7515 reads and takes.
 *
 * One table says which registers there are, what they hold after a reset, which bits keep what
 * is written and which others the manual knows (read-only, cleared by a one, self-clearing). What
 * a register does besides is in the functions below it.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "chip_lan7515.h"

#include <string.h>

enum { PHY_ADDRESS = 1, MII_US = 25, PORT_US = 1 };

#define ALL 0xffffffffu

static const struct definition {
    uint16_t first, last;
    uint32_t reset, writable, other;
} definitions[] = {
    {ID_REV, ID_REV, 0x78000002, 0, 0},
    {FPGA_REV, FPGA_REV, 0, 0, 0},
    {INT_STS, INT_STS, 0, 0, ALL},
    {HW_CFG, HW_CFG, 0, 0x03f377f8, 0x00008003},
    {PMT_CTL, PMT_CTL, 0x400, 0x0000276c, 0x00001893},
    {GPIO_CFG0, GPIO_WAKE, 0, ALL, 0},
    {DP_SEL, DP_SEL, 0, DP_SEL_MEMORY, DP_SEL_READY},
    {DP_CMD, DP_CMD, 0, 1, 0},
    {DP_ADDR, DP_ADDR, 0, 0x3fff, 0},
    {DP_DATA, DP_DATA, 0, ALL, 0},
    {E2P_CMD, E2P_DATA, 0, 0, ALL},
    {BOS_ATTR, STRING_FLAGS, 0, ALL, 0},
    {USB_CFG0, USB_CFG0, 0, 0xffffe1ff, 0},
    {USB_CFG1, USB_CFG1, 0, 0xffffff73, 0},
    {USB_CFG2, USB_CFG2, 0, ALL, 0},
    {BURST_CAP, BURST_CAP, 0, 0xff, 0},
    {BULK_IN_DLY, BULK_IN_DLY, 0x800, 0xffff, 0},
    {INT_EP_CTL, INT_EP_CTL, 0, 0x97ffffff, 0},
    {PIPE_CTL, U2_LATENCY, 0, ALL, 0},
    {USB_STATUS, USB_STATUS, 0, 0, ALL},
    {USB_CFG3, USB_CFG3, 0, ALL, 0},
    {RFE_CTL, RFE_CTL, 0, 0x7ffe, RFE_RST},
    {VLAN_TYPE, VLAN_TYPE, 0x8100, 0xffff, 0},
    {FCT_RX_CTL, FCT_RX_CTL, 0, FCT_EN | FCT_STORE_BAD, 0x41f0ffff},
    {FCT_TX_CTL, FCT_TX_CTL, 0, FCT_EN, 0x4070ffff},
    {FCT_RX_FIFO_END, FCT_RX_FIFO_END, FIFO_BYTES / 512 - 1, 0x7f, 0},
    {FCT_TX_FIFO_END, FCT_TX_FIFO_END, FIFO_BYTES / 512 - 1, 0x3f, 0},
    {FCT_FLOW, FCT_FLOW, 0, 0x7f7f, 0},
    {RX_DP_STOR, TX_DP_STOR, 0, 0, ALL},
    {LTM_FIRST, LTM_LAST, 0, ALL, 0},
    {MAC_CR, MAC_CR, 0, 0x000f3cce, MAC_CR_RST},
    {MAC_RX, MAC_RX, 1518u << 16, 0x3fff0015, MAC_RX_RXD},
    {MAC_TX, MAC_TX, 0, 0x5, MAC_TX_TXD},
    {FLOW, FLOW, 0, 0xf000ffff, 0},
    {RAND_SEED, RAND_SEED, 0, 0xffff, 0},
    {ERR_STS, ERR_STS, 0, 0, ALL},
    {RX_ADDRH, RX_ADDRH, 0xffff, 0xffff, 0},
    {RX_ADDRL, RX_ADDRL, ALL, ALL, 0},
    {MII_ACC, MII_ACC, 0, 0xffc2, MII_BUSY},
    {MII_DATA, MII_DATA, 0, 0xffff, 0},
    {MAC_RGMII_ID, MAC_RGMII_ID, 0, 3, 0},
    {EEE_FIRST, EEE_LAST, 0, ALL, 0},
    {WUCSR, WUCSR, 0, 0x80007fff, 0},
    {WK_SRC, WK_SRC, 0, 0, ALL},
    {WUF_CFG_FIRST, WUF_CFG_LAST, 0, 0x83ffffff, 0},
    {WUF_MASK_FIRST, WUF_MASK_LAST, 0, ALL, 0},
    {MAF_FIRST, MAF_LAST, 0, ALL, 0},
    {WUCSR2, WUCSR2, 0, 0x800001ff, 0},
    {WAKE_FIRST, WAKE_LAST, 0, ALL, 0},
    {PHY_DEV_ID, PHY_DEV_ID, 0, 0, 0},
};

static const struct definition *find(unsigned offset)
{
    for (unsigned i = 0; i < sizeof definitions / sizeof definitions[0]; i++) {
        if (offset % 4 == 0 && offset >= definitions[i].first && offset <= definitions[i].last) {
            return &definitions[i];
        }
    }
    return 0;
}

void lan7515_reset_registers(struct chip_lan7515 *self)
{
    memset(self->values, 0, sizeof self->values);
    for (unsigned i = 0; i < sizeof definitions / sizeof definitions[0]; i++) {
        for (unsigned offset = definitions[i].first; offset <= definitions[i].last; offset += 4) {
            self->values[offset / 4] = definitions[i].reset;
        }
    }
    uint8_t mac[6];
    if (chip_eeprom_mac(&self->eeprom, &self->chip, mac)) {
        self->values[RX_ADDRL / 4] = (uint32_t)mac[0] | (uint32_t)mac[1] << 8 |
                                     (uint32_t)mac[2] << 16 | (uint32_t)mac[3] << 24;
        self->values[RX_ADDRH / 4] = (uint32_t)mac[4] | (uint32_t)mac[5] << 8;
    }
    if (!self->chip.faults.no_eeprom && !self->chip.otp_only) {
        /* An EEPROM's configuration flags; without one a driver has to (as Linux does). */
        self->values[MAC_CR / 4] |= MAC_CR_AUTO_SPEED | MAC_CR_AUTO_DUPLEX;
    }
}

static bool may_access(struct chip_lan7515 *self, unsigned offset, const char *how)
{
    bool phy = offset == MII_ACC || offset == MII_DATA;
    if (offset == HW_CFG || offset == PMT_CTL) {
        return true;
    }
    if (self->resetting || (self->phy_resetting && phy)) {
        chip_complain(&self->chip, "access-during-reset",
                      "register 0x%03x was %s before %s was seen to have ended", offset, how,
                      self->resetting ? "HW_CFG.LRST" : "PMT_CTL.PHY_RST");
        return false;
    }
    return true;
}

/* ---- MII and data port ---- */

static void check_mii(struct chip_lan7515 *self, unsigned offset, const char *how)
{
    if (self->mii_busy) {
        chip_complain(&self->chip, "mii-access-while-busy",
                      "%s was %s and MII_ACC had not been seen without its busy bit",
                      offset == MII_ACC ? "MII_ACC" : "MII_DATA", how);
    }
}

static uint32_t read_mii_access(struct chip_lan7515 *self)
{
    struct chip_faults *faults = &self->chip.faults;
    if (self->mii_busy && faults->phy_busy > 0) {
        faults->phy_busy--;
    } else if (!faults->phy_busy_forever && lan7515_now(self) >= self->mii_until_us) {
        self->mii_busy = false;
    }
    return self->values[MII_ACC / 4] | (self->mii_busy ? MII_BUSY : 0);
}

static void write_mii_access(struct chip_lan7515 *self, uint32_t value)
{
    bool ours = (value >> 11 & 0x1f) == PHY_ADDRESS;
    unsigned number = value >> 6 & 0x1f;
    uint32_t *data = &self->values[MII_DATA / 4];
    check_mii(self, MII_ACC, "written");
    self->values[MII_ACC / 4] = value & ~(uint32_t)MII_BUSY;
    if (!(value & MII_BUSY)) {
        return;
    }
    if (!(value & MII_WRITE)) {
        *data = ours ? chip_phy_read(&self->phy, number) : 0xffff;
    } else if (ours) {
        chip_phy_write(&self->phy, number, (uint16_t)*data);
    }
    self->mii_busy = true;
    self->mii_until_us = lan7515_now(self) + MII_US;
    lan7515_interrupts(self); /* a read may have ended one */
}

static void check_port(struct chip_lan7515 *self, unsigned offset)
{
    if (self->port_busy) {
        chip_complain(&self->chip, "data-port-while-busy",
                      "register 0x%03x was used and DP_SEL had not been seen ready", offset);
    }
}

static uint32_t read_port_select(struct chip_lan7515 *self)
{
    if (self->port_busy && lan7515_now(self) >= self->port_until_us) {
        self->port_busy = false;
    }
    return self->values[DP_SEL / 4] | (self->port_busy ? 0 : DP_SEL_READY);
}

static void run_port(struct chip_lan7515 *self, uint32_t command)
{
    uint32_t memory = self->values[DP_SEL / 4] & DP_SEL_MEMORY;
    uint32_t address = self->values[DP_ADDR / 4];
    if (memory != DP_VLAN_AND_HASH || address >= VLAN_WORDS + HASH_WORDS) {
        chip_complain(&self->chip, "data-port-wrong-memory",
                      "DP_CMD with DP_SEL memory %u, address %u: not the VLAN and hash table",
                      memory, address);
        return;
    }
    if (command & DP_CMD_WRITE) {
        self->memory[address] = self->values[DP_DATA / 4];
    } else {
        self->values[DP_DATA / 4] = self->memory[address];
    }
    self->port_busy = true;
    self->port_until_us = lan7515_now(self) + PORT_US;
}

/* ---- reading ---- */

static uint32_t fifo_bits(unsigned used)
{
    return (used ? FCT_NOT_EMPTY : FCT_EMPTY) | used;
}

static uint32_t read_power(struct chip_lan7515 *self)
{
    bool phy_ended = lan7515_phy_reset_ended(self);
    return self->values[PMT_CTL / 4] | (phy_ended ? 0 : PMT_PHY_RST) |
           (phy_ended && !self->resetting ? PMT_READY : 0);
}

static uint32_t read_special(struct chip_lan7515 *self, unsigned offset)
{
    uint32_t value = self->values[offset / 4];
    switch (offset) {
    case HW_CFG:
        return value | (lan7515_reset_ended(self) ? 0 : HW_CFG_LRST);
    case PMT_CTL:
        return read_power(self);
    case INT_STS:
        return lan7515_interrupts(self);
    case DP_SEL:
        return read_port_select(self);
    case DP_DATA:
        check_port(self, offset);
        return value;
    case E2P_CMD:
        return chip_eeprom_read_command(&self->eeprom, &self->chip);
    case E2P_DATA:
        return chip_eeprom_read_data(&self->eeprom, &self->chip);
    case FCT_RX_CTL:
        return value | fifo_bits(self->fifo.used);
    case FCT_TX_CTL:
        return value | fifo_bits(self->out_bytes < FIFO_BYTES ? self->out_bytes : FIFO_BYTES);
    case RX_DP_STOR:
        return (uint32_t)self->fifo.used << 16;
    case MII_ACC:
        return read_mii_access(self);
    case MII_DATA:
        check_mii(self, offset, "read");
        return value;
    default:
        return value;
    }
}

uint32_t lan7515_read(struct chip_lan7515 *self, unsigned offset)
{
    uint32_t value = 0;
    if (!may_access(self, offset, "read")) {
        return 0;
    }
    if (offset >= OTP_FIRST && offset % 4 == 0 &&
        chip_otp_read(&self->otp, &self->chip, (offset - OTP_FIRST) / 4, &value)) {
        return value;
    }
    if (!find(offset)) {
        chip_complain(&self->chip, "undefined-register", "register 0x%03x was read", offset);
        return 0;
    }
    return read_special(self, offset);
}

/* ---- writing ---- */

static void write_hardware(struct chip_lan7515 *self, uint32_t value)
{
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

static void write_fifo(struct chip_lan7515 *self, unsigned offset, uint32_t before, uint32_t value)
{
    bool receive = offset == FCT_RX_CTL;
    uint32_t kept = before & (FCT_OVERFLOW | FCT_DROP | FCT_DISABLED) & ~value;
    kept = stopped(kept, FCT_DISABLED, before & FCT_EN, value & FCT_EN);
    if (value & FCT_RST) {
        if (before & FCT_EN) {
            chip_complain(&self->chip, "fifo-changed-while-enabled",
                          "%s.RST was written while EN is on",
                          receive ? "FCT_RX_CTL" : "FCT_TX_CTL");
        }
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
    self->values[MAC_RX / 4] =
        (value & ~(uint32_t)MAC_RX_RXD) |
        stopped(status, MAC_RX_RXD, before & MAC_RX_RXEN, value & MAC_RX_RXEN);
}

static void write_mac_transmit(struct chip_lan7515 *self, uint32_t before, uint32_t value)
{
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

static void write_eeprom_command(struct chip_lan7515 *self, uint32_t value)
{
    if (self->values[HW_CFG / 4] & (HW_CFG_LED0 | HW_CFG_LED1)) {
        chip_complain(&self->chip, "eeprom-pins-are-leds",
                      "E2P_CMD was written (0x%08x) while HW_CFG (0x%08x) makes LEDs of the "
                      "EEPROM's pins",
                      value, self->values[HW_CFG / 4]);
    }
    chip_eeprom_write_command(&self->eeprom, &self->chip, value);
}

static void check_at_rest(struct chip_lan7515 *self, unsigned offset, uint32_t before)
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
static void write_special(struct chip_lan7515 *self, unsigned offset, uint32_t before,
                          uint32_t value)
{
    switch (offset) {
    case INT_STS:
        self->values[INT_STS / 4] &= ~value;
        lan7515_interrupts(self);
        break;
    case ERR_STS:
    case WK_SRC:
    case USB_STATUS:
        self->values[offset / 4] &= ~value;
        break;
    case HW_CFG:
        write_hardware(self, value);
        break;
    case PMT_CTL:
        if (value & PMT_PHY_RST) {
            lan7515_start_phy_reset(self);
        }
        break;
    case DP_SEL:
    case DP_ADDR:
    case DP_DATA:
        check_port(self, offset);
        break;
    case DP_CMD:
        check_port(self, offset);
        run_port(self, value);
        break;
    case E2P_CMD:
        write_eeprom_command(self, value);
        break;
    case E2P_DATA:
        chip_eeprom_write_data(&self->eeprom, &self->chip, value);
        break;
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
    case MII_ACC:
        write_mii_access(self, value);
        break;
    case MII_DATA:
        check_mii(self, offset, "written");
        break;
    default:
        if (offset >= MAF_FIRST && offset <= MAF_LAST) {
            write_filter(self, offset, before, value);
        }
        break;
    }
}

void lan7515_write(struct chip_lan7515 *self, unsigned offset, uint32_t value)
{
    bool was_receiving = lan7515_receiving(self);
    if (!may_access(self, offset, "written")) {
        return;
    }
    if (offset >= OTP_FIRST && offset % 4 == 0 &&
        chip_otp_write(&self->otp, &self->chip, (offset - OTP_FIRST) / 4, value)) {
        return;
    }
    const struct definition *definition = find(offset);
    if (!definition) {
        chip_complain(&self->chip, "undefined-register", "register 0x%03x was written 0x%08x",
                      offset, value);
        return;
    }
    if (!definition->writable && !definition->other) {
        chip_complain(&self->chip, "read-only-register", "register 0x%03x was written 0x%08x",
                      offset, value);
        return;
    }
    if (value & ~(definition->writable | definition->other)) {
        chip_complain(&self->chip, "reserved-bits", "register 0x%03x was written 0x%08x", offset,
                      value);
    }
    uint32_t before = self->values[offset / 4];
    if (definition->writable) {
        self->values[offset / 4] =
            (before & ~definition->writable) | (value & definition->writable);
    }
    if (was_receiving) {
        check_at_rest(self, offset, before);
    }
    write_special(self, offset, before, value);
    if (!was_receiving && lan7515_receiving(self)) {
        lan7515_check_burst(self);
    }
    lan7515_update_silence(self);
}
