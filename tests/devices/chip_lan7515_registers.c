/*
 * chip_lan7515_registers: what each register of the LAN7515 reads and takes.
 *
 * One table says which registers there are, what they hold after a reset, which bits keep what
 * is written and which others the manual knows (read-only, cleared by a one, self-clearing). What
 * a register does besides is in chip_lan7515_effects.c.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "chip_lan7515.h"

#include <string.h>

#include "bytes.h"

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
        self->values[RX_ADDRL / 4] = bytes_le32(mac);
        self->values[RX_ADDRH / 4] = bytes_le16(mac + 4);
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
    return lan7515_read_effect(self, offset);
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
        lan7515_check_at_rest(self, offset, before);
    }
    lan7515_write_effect(self, offset, before, value);
    if (!was_receiving && lan7515_receiving(self)) {
        lan7515_check_burst(self);
    }
    lan7515_update_silence(self);
}
