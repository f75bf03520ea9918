/*
 * chip_lan9514_effects: what the LAN9514's registers do besides keeping what is written.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "chip_lan9514.h"

/* Of the chip; the sheet gives no time. Shorter than any request takes in QEMU, since Linux' PHY
 * driver may ask for a PHY register while its MAC driver resets the chip. faults.reset_us makes it
 * longer. */
#define RESET_US 20

#define PHY_RESET_US 2000  /* the chip holds it for at least so long */
#define FRAME_BITS   12304 /* of the longest, with preamble and gap */
#define MII_US       26    /* 64 bits at 2.5 MHz */

#define MII_WRITE 2u

#define PM_CTRL_PHY_RST (1u << 4)

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
        return value | LAN9514_MII_BUSY;
    }
    if (self->chip.faults.phy_busy_forever ||
        (self->mii_running && lan9514_now_us(self) < self->mii_us))
        return value | LAN9514_MII_BUSY;
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

uint32_t lan9514_read_effect(struct chip_lan9514 *self, unsigned number)
{
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

void lan9514_write_effect(struct chip_lan9514 *self, unsigned number, uint32_t value, uint32_t old)
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
    case LAN9514_MII_DATA:
        check_mii(self, "write of MII_DATA");
        break;
    case LAN9514_COE_CR:
        write_coe_cr(self, value, old);
        break;
    default:
        break;
    }
}
