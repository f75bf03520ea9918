/*
 * chip_lan9514_registers: which registers the LAN9514 has, and what may be written to them.
 *
 * A table tells which bits exist and what reset makes of them; what more a register does is in
 * chip_lan9514_effects.c. A write that would set a bit that does not exist, or change one that can
 * only be read, is complained of: the sheet wants reserved bits written as 0.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "chip_lan9514.h"

#include <string.h>

#include "bytes.h"

#define PM_CTRL_READY (1u << 7)

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
    {LAN9514_MII_ACCESS, "MII_ACCESS", 0, 0x0000ffc2, 0, LAN9514_MII_BUSY},
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

uint32_t lan9514_read(struct chip_lan9514 *self, unsigned number)
{
    const struct lan9514_register *reg = find(number);

    if (!reg) {
        undefined(self, "read", number);
        return 0;
    }
    check_reset(self, reg, false);
    return lan9514_read_effect(self, number);
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
    at = lan9514_register(self, number);
    old = *at;
    if (!reg->writable && !reg->clearable && !reg->readable)
        chip_complain(&self->chip, "read-only-register", "write of 0x%08x to %s", value, reg->name);
    else if (value & ~(reg->writable | reg->clearable | reg->readable))
        chip_complain(&self->chip, "reserved-bit", "write of 0x%08x to %s: bits 0x%08x", value,
                      reg->name, value & ~(reg->writable | reg->clearable | reg->readable));
    *at = (old & ~reg->writable & ~(value & reg->clearable)) | (value & reg->writable);
    lan9514_write_effect(self, number, value, old);
}
