/*
 * chip_lan7515_effects: what the LAN7515's registers do besides keeping what is written.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "chip_lan7515.h"

/* ---- reading ---- */

static uint32_t read_power(struct chip_lan7515 *self)
{
    bool phy_ended = lan7515_look_at_phy_reset(self);
    return self->values[PMT_CTL / 4] | (phy_ended ? 0 : PMT_PHY_RST) |
           (phy_ended && !self->resetting ? PMT_READY : 0);
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
    case FCT_TX_CTL:
    case MAC_RX:
    case MAC_TX:
        return lan7515_read_switch(self, offset);
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
    {FCT_RX_CTL, FCT_TX_CTL, lan7515_write_switch},
    {FCT_RX_FIFO_END, FCT_TX_FIFO_END, lan7515_write_switch},
    {RFE_CTL, RFE_CTL, write_mac},
    {MAC_CR, MAC_CR, write_mac},
    {MAC_RX, MAC_RX, lan7515_write_switch},
    {MAC_TX, MAC_TX, lan7515_write_switch},
    {ERR_STS, ERR_STS, write_ones_to_clear},
    {MII_ACC, MII_DATA, write_mii},
    {WK_SRC, WK_SRC, write_ones_to_clear},
    {MAF_FIRST, MAF_LAST, lan7515_write_filter},
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
