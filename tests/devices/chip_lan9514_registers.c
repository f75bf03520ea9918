/*
 * chip_lan9514_registers: what reading and writing each register does.
 *
 * A table tells which bits exist and what reset makes of them; what more a register does stands
 * in two switches. A write that would set a bit that does not exist, or change one that can only
 * be read, is complained of: the sheet wants reserved bits written as 0.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "chip_lan9514.h"

#include <string.h>

#include "bytes.h"

/* Of the chip; the sheet gives no time. Shorter than any request takes in QEMU, since Linux' PHY
 * driver may ask for a PHY register while its MAC driver resets the chip. faults.reset_us makes it
 * longer. */
#define RESET_US 20

#define PHY_RESET_US 2000  /* the chip holds it for at least so long */
#define FRAME_BITS   12304 /* of the longest, with preamble and gap */
#define MII_US       26    /* 64 bits at 2.5 MHz */

#define MII_WRITE 2u
#define MII_BUSY  1u

#define PM_CTRL_READY   (1u << 7)
#define PM_CTRL_PHY_RST (1u << 4)

struct lan9514_register {
    uint16_t number;
    const char *name;
    uint32_t reset;
    uint32_t writable;
    uint32_t clearable; /* by writing 1 */
    uint32_t readable;  /* may be written as anything */
};

static const struct lan9514_register registers[] = {
    {LAN9514_ID_REV, "ID_REV", 0xec000002, 0, 0, 0},
    {LAN9514_INT_STS, "INT_STS", 0, 0, 0x00077fff, 0xffffffff},
    {LAN9514_RX_CFG, "RX_CFG", 0, 0x00000001, 0, 0},
    {LAN9514_TX_CFG, "TX_CFG", 0, 0x00000007, 0, 0},
    {LAN9514_HW_CFG, "HW_CFG", 0, 0x00001fff, 0, 0},
    {LAN9514_RX_FIFO_INF, "RX_FIFO_INF", 0, 0, 0, 0},
    {LAN9514_TX_FIFO_INF, "TX_FIFO_INF", LAN9514_TRANSMIT_BYTES, 0, 0, 0},
    {LAN9514_PM_CTRL, "PM_CTRL", PM_CTRL_READY, 0x0000037c, 0x00000003, PM_CTRL_READY},
    {LAN9514_LED_GPIO_CFG, "LED_GPIO_CFG", 0, 0x77777777, 0, 0},
    {LAN9514_GPIO_CFG, "GPIO_CFG", 0, 0x1fff1fff, 0, 0},
    {LAN9514_AFC_CFG, "AFC_CFG", 0, 0x00ffffff, 0, 0},
    {LAN9514_E2P_CMD, "E2P_CMD", 0, 0, 0, 0xffffffff},
    {LAN9514_E2P_DATA, "E2P_DATA", 0, 0, 0, 0x000000ff},
    {LAN9514_BURST_CAP, "BURST_CAP", 0, 0x000000ff, 0, 0},
    {LAN9514_STRAP_STATUS, "STRAP_STATUS", 0x00000030, 0, 0, 0},
    {LAN9514_GPIO_WAKE, "GPIO_WAKE", 0, 0x07ff07ff, 0, 0},
    {LAN9514_INT_EP_CTL, "INT_EP_CTL", 0, 0x800fffff, 0, 0},
    {LAN9514_BULK_IN_DLY, "BULK_IN_DLY", 0x00000800, 0x0000ffff, 0, 0},
    {LAN9514_MAC_CR, "MAC_CR", 0x00040000, 0x80bfbdec, 0, 0},
    {LAN9514_ADDRH, "ADDRH", 0x0000ffff, 0x0000ffff, 0, 0},
    {LAN9514_ADDRL, "ADDRL", 0xffffffff, 0xffffffff, 0, 0},
    {LAN9514_HASHH, "HASHH", 0, 0xffffffff, 0, 0},
    {LAN9514_HASHL, "HASHL", 0, 0xffffffff, 0, 0},
    {LAN9514_MII_ACCESS, "MII_ACCESS", 0, 0x0000ffc2, 0, MII_BUSY},
    {LAN9514_MII_DATA, "MII_DATA", 0, 0x0000ffff, 0, 0},
    {LAN9514_FLOW, "FLOW", 0, 0xffff0006, 0, 1},
    {LAN9514_VLAN1, "VLAN1", 0x0000ffff, 0x0000ffff, 0, 0},
    {LAN9514_VLAN2, "VLAN2", 0x0000ffff, 0x0000ffff, 0, 0},
    {LAN9514_WUFF, "WUFF", 0, 0xffffffff, 0, 0},
    {LAN9514_WUCSR, "WUCSR", 0, 0x80000206, 0x00000060, 0},
    {LAN9514_COE_CR, "COE_CR", 0, 0x00010003, 0, 0},
};

static const struct lan9514_register *find(unsigned number)
{
    for (unsigned i = 0; i < sizeof registers / sizeof registers[0]; i++)
        if (registers[i].number == number)
            return &registers[i];
    return NULL;
}

void lan9514_reset_registers(struct chip_lan9514 *self)
{
    uint8_t mac[6];

    memset(self->registers, 0, sizeof self->registers);
    for (unsigned i = 0; i < sizeof registers / sizeof registers[0]; i++)
        *lan9514_register(self, registers[i].number) = registers[i].reset;
    chip_eeprom_reset(&self->eeprom, &self->chip);
    if (chip_eeprom_mac(&self->eeprom, &self->chip, mac)) {
        *lan9514_register(self, LAN9514_ADDRL) = bytes_le32(mac);
        *lan9514_register(self, LAN9514_ADDRH) = bytes_le16(mac + 4);
    }
}

/* The chip answers while it resets itself, but only HW_CFG says anything true. */
static void check_reset(struct chip_lan9514 *self, const struct lan9514_register *reg, bool writes)
{
    if (self->resetting && (writes || reg->number != LAN9514_HW_CFG))
        chip_complain(&self->chip, "access-during-reset", "%s of %s before HW_CFG.LRST is clear",
                      writes ? "write" : "read", reg->name);
}

static void undefined(struct chip_lan9514 *self, const char *what, unsigned number)
{
    chip_complain(&self->chip, "undefined-register", "%s of register 0x%03x", what, number);
}

/* ---- the MII ---- */

static void check_mii(struct chip_lan9514 *self, const char *what)
{
    if (self->mii_running)
        chip_complain(&self->chip, "mii-access-while-busy",
                      "%s before MII_ACCESS has said that the last transaction is over", what);
    if (self->phy_resetting)
        chip_complain(&self->chip, "mii-access-during-reset", "%s before PM_CTRL.PHY_RST is clear",
                      what);
}

static uint32_t read_mii_access(struct chip_lan9514 *self)
{
    uint32_t value = *lan9514_register(self, LAN9514_MII_ACCESS);

    if (self->chip.faults.phy_busy) {
        self->chip.faults.phy_busy--;
        return value | MII_BUSY;
    }
    if (self->chip.faults.phy_busy_forever ||
        (self->mii_running && lan9514_now_us(self) < self->mii_us))
        return value | MII_BUSY;
    self->mii_running = false;
    return value;
}

/* Drivers of old did not set the busy bit, and the chip did what they asked for. */
static void write_mii_access(struct chip_lan9514 *self, uint32_t value)
{
    unsigned number = value >> 6 & 31;
    uint32_t *data = lan9514_register(self, LAN9514_MII_DATA);

    check_mii(self, "write of MII_ACCESS");
    self->mii_running = true;
    self->mii_us = lan9514_now_us(self) + MII_US;
    if ((value >> 11 & 31) != LAN9514_PHY)
        *data = value & MII_WRITE ? *data : 0xffff; /* nobody drives the line */
    else if (value & MII_WRITE)
        chip_phy_write(&self->phy, number, (uint16_t)*data);
    else
        *data = chip_phy_read(&self->phy, number);
}

/* ---- reading ---- */

uint32_t lan9514_read(struct chip_lan9514 *self, unsigned number)
{
    const struct lan9514_register *reg = find(number);

    if (!reg) {
        undefined(self, "read", number);
        return 0;
    }
    check_reset(self, reg, false);
    switch (number) {
    case LAN9514_INT_STS:
        return *lan9514_register(self, number) |
               (chip_phy_interrupt(&self->phy) ? LAN9514_INT_PHY : 0);
    case LAN9514_RX_FIFO_INF:
        return self->receive.used;
    case LAN9514_PM_CTRL:
        return *lan9514_register(self, number) | (self->phy_resetting ? PM_CTRL_PHY_RST : 0);
    case LAN9514_E2P_CMD:
        return chip_eeprom_read_command(&self->eeprom, &self->chip);
    case LAN9514_E2P_DATA:
        return chip_eeprom_read_data(&self->eeprom, &self->chip);
    case LAN9514_MII_ACCESS:
        return read_mii_access(self);
    case LAN9514_MII_DATA:
        check_mii(self, "read of MII_DATA");
        return *lan9514_register(self, number);
    default:
        return *lan9514_register(self, number);
    }
}

/* ---- writing ---- */

/* Of all but USB and the PHY: Linux counts on it that the PHY's interrupt mask stays (its commit
 * "Don't reset PHY behind PHY driver's back"). */
static void start_reset(struct chip_lan9514 *self)
{
    uint32_t us = self->chip.faults.reset_us;

    lan9514_begin_again(self);
    *lan9514_register(self, LAN9514_HW_CFG) = LAN9514_HW_CFG_LRST;
    self->resetting = true;
    self->reset_us = lan9514_now_us(self) + (us > RESET_US ? us : RESET_US);
    self->chip.statistics.resets++;
}

static void write_hw_cfg(struct chip_lan9514 *self, uint32_t value, uint32_t old)
{
    const uint32_t framing = 3u << 9 | LAN9514_HW_CFG_MEF;

    if (value & LAN9514_HW_CFG_SRST)
        chip_complain(&self->chip, "soft-reset-of-usb",
                      "HW_CFG.SRST takes the device off the bus: LRST is meant");
    else if (value & LAN9514_HW_CFG_LRST)
        start_reset(self);
    else if ((value ^ old) & framing && lan9514_is(self, LAN9514_MAC_CR, LAN9514_MAC_CR_RXEN))
        chip_complain(&self->chip, "change-while-running",
                      "HW_CFG 0x%08x becomes 0x%08x while reception is on", old, value);
}

static void write_pm_ctrl(struct chip_lan9514 *self, uint32_t value)
{
    uint32_t us = self->chip.faults.reset_us;

    *lan9514_register(self, LAN9514_PM_CTRL) &= ~PM_CTRL_PHY_RST;
    if (!(value & PM_CTRL_PHY_RST) || self->phy_resetting)
        return;
    chip_phy_reset(&self->phy);
    self->phy_resetting = true;
    self->phy_reset_us = lan9514_now_us(self) + (us > PHY_RESET_US ? us : PHY_RESET_US);
}

/* When a frame that is just passing will have ended; without a link none does. */
static uint64_t stop_us(struct chip_lan9514 *self)
{
    unsigned speed = chip_phy_speed(&self->phy);

    return lan9514_now_us(self) + (speed ? FRAME_BITS / speed : 0);
}

static void write_rx_cfg(struct chip_lan9514 *self, uint32_t value)
{
    *lan9514_register(self, LAN9514_RX_CFG) = 0;
    if (!(value & 1u))
        return;
    if (self->receive_stopping || lan9514_is(self, LAN9514_MAC_CR, LAN9514_MAC_CR_RXEN))
        chip_complain(&self->chip, "flush-while-running",
                      "RX_CFG flushes the FIFO before the receiver has stopped");
    lan9514_flush_receive(self);
}

static void write_tx_cfg(struct chip_lan9514 *self, uint32_t value, uint32_t old)
{
    bool runs = old & LAN9514_TX_CFG_ON && lan9514_is(self, LAN9514_MAC_CR, LAN9514_MAC_CR_TXEN);
    uint32_t on = value & 2u ? 0 : value & LAN9514_TX_CFG_ON;

    *lan9514_register(self, LAN9514_TX_CFG) = on;
    if (value & 1u) {
        if (runs || self->transmit_stopping)
            chip_complain(&self->chip, "flush-while-running",
                          "TX_CFG flushes the FIFO before the transmitter has stopped");
        lan9514_flush_transmit(self);
    }
    self->transmit_stopping = !on && (self->transmit_stopping || old & LAN9514_TX_CFG_ON);
    if (!on && old & LAN9514_TX_CFG_ON)
        self->transmit_stop_us = stop_us(self);
}

static void write_mac_cr(struct chip_lan9514 *self, uint32_t value, uint32_t old)
{
    bool on = value & LAN9514_MAC_CR_RXEN;

    self->receive.was_enabled |= on;
    self->receive_stopping = !on && (self->receive_stopping || old & LAN9514_MAC_CR_RXEN);
    if (!on && old & LAN9514_MAC_CR_RXEN)
        self->receive_stop_us = stop_us(self);
}

static void write_coe_cr(struct chip_lan9514 *self, uint32_t value, uint32_t old)
{
    bool receiving = lan9514_is(self, LAN9514_MAC_CR, LAN9514_MAC_CR_RXEN);
    bool sending = lan9514_is(self, LAN9514_TX_CFG, LAN9514_TX_CFG_ON);

    if (((value ^ old) & 3u && receiving) || ((value ^ old) & LAN9514_COE_TX && sending))
        chip_complain(&self->chip, "change-while-running",
                      "COE_CR 0x%08x becomes 0x%08x while frames pass", old, value);
}

/* What a write does but for leaving its value. */
static void act(struct chip_lan9514 *self, unsigned number, uint32_t value, uint32_t old)
{
    switch (number) {
    case LAN9514_RX_CFG:
        write_rx_cfg(self, value);
        break;
    case LAN9514_TX_CFG:
        write_tx_cfg(self, value, old);
        break;
    case LAN9514_HW_CFG:
        write_hw_cfg(self, value, old);
        break;
    case LAN9514_PM_CTRL:
        write_pm_ctrl(self, value);
        break;
    case LAN9514_E2P_CMD:
        chip_eeprom_write_command(&self->eeprom, &self->chip, value);
        break;
    case LAN9514_E2P_DATA:
        chip_eeprom_write_data(&self->eeprom, &self->chip, value);
        break;
    case LAN9514_MAC_CR:
        write_mac_cr(self, value, old);
        break;
    case LAN9514_MII_ACCESS:
        write_mii_access(self, value);
        break;
    case LAN9514_COE_CR:
        write_coe_cr(self, value, old);
        break;
    default:
        break;
    }
}

void lan9514_write(struct chip_lan9514 *self, unsigned number, uint32_t value)
{
    const struct lan9514_register *reg = find(number);
    uint32_t *at, old;

    if (!reg) {
        undefined(self, "write", number);
        return;
    }
    check_reset(self, reg, true);
    if (number == LAN9514_MII_DATA)
        check_mii(self, "write of MII_DATA");
    at = lan9514_register(self, number);
    old = *at;
    if (!reg->writable && !reg->clearable && !reg->readable)
        chip_complain(&self->chip, "read-only-register", "write of 0x%08x to %s", value, reg->name);
    else if (value & ~(reg->writable | reg->clearable | reg->readable))
        chip_complain(&self->chip, "reserved-bit", "write of 0x%08x to %s: bits 0x%08x", value,
                      reg->name, value & ~(reg->writable | reg->clearable | reg->readable));
    *at = (old & ~reg->writable & ~(value & reg->clearable)) | (value & reg->writable);
    act(self, number, value, old);
}
