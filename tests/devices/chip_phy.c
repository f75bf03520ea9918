/*
 * chip_phy: the PHY of a chip model: its registers, as MII management reads and writes them.
 *
 * Lacks: next pages, loopback, master and slave, energy-efficient Ethernet, interrupts of
 * errors.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "chip_phy_parts.h"

#include <string.h>

/* ---- registers ---- */

uint16_t *chip_phy_slot(struct chip_phy *self, uint32_t bank, unsigned number, uint16_t *writable)
{
    for (unsigned i = 0; i < self->type->count; i++) {
        const struct chip_phy_register *reg = &self->type->registers[i];

        if (reg->bank == bank && reg->number == number) {
            if (writable)
                *writable = reg->writable;
            return &self->values[i];
        }
    }
    return NULL;
}

uint16_t chip_phy_value(const struct chip_phy *self, unsigned number)
{
    return *chip_phy_slot((struct chip_phy *)self, 0, number, NULL);
}

static uint32_t bank_of(const struct chip_phy *self, unsigned number)
{
    unsigned page = self->type->page_register;

    return page && number >= 16 && number != page ? chip_phy_value(self, page) : 0;
}

bool chip_phy_interrupt(struct chip_phy *self)
{
    uint16_t mask = chip_phy_value(self, self->type->mask);

    chip_phy_settle(self);
    if (self->type->enable && !(mask & self->type->enable))
        return false;
    return chip_phy_value(self, self->type->status) & mask & (uint16_t)~self->type->enable;
}

/* ---- reset ---- */

void chip_phy_reset(struct chip_phy *self)
{
    chip_phy_settle(self);
    for (unsigned i = 0; i < self->type->count; i++)
        self->values[i] = self->type->registers[i].reset;
    memset(self->mmd_address, 0, sizeof self->mmd_address);
    self->partner = self->partner_gigabit = 0;
    chip_phy_begin(self);
    *chip_phy_slot(self, 0, self->type->status, NULL) = 0;
}

void chip_phy_init(struct chip_phy *self, const struct chip_phy_type *type, struct chip *chip)
{
    memset(self, 0, sizeof *self);
    self->type = type;
    self->chip = chip;
    for (unsigned i = 0; i < type->count; i++)
        self->values[i] = type->registers[i].reset;
    chip_phy_begin(self);
}

/* ---- MII management ---- */

static uint16_t read_status(struct chip_phy *self, uint16_t constant)
{
    uint16_t value = constant;

    if (self->up && !self->fell)
        value |= STATUS_LINK;
    if (self->up && chip_phy_negotiates(self))
        value |= STATUS_NEGOTIATED;
    self->fell = false;
    return value;
}

static uint16_t summary_speed(const struct chip_phy *self, uint16_t value)
{
    if (!self->up)
        return value;
    return value | (chip_phy_negotiates(self) ? 1 << 12 : 0) | (self->full ? 1 << 4 : 0) |
           (self->speed == 100 ? 2 << 2 : 1 << 2);
}

static uint16_t auxiliary(const struct chip_phy *self, uint16_t value)
{
    if (!self->up)
        return value;
    return value | (self->full ? 1 << 5 : 0) |
           (self->speed == 1000  ? 2 << 3
            : self->speed == 100 ? 1 << 3
                                 : 0);
}

static uint16_t read_interrupts(struct chip_phy *self, uint16_t *value)
{
    uint16_t bits = *value;

    if (bits)
        bits |= self->type->summary;
    *value = 0;
    return bits;
}

static uint16_t *mmd(struct chip_phy *self, uint16_t *writable)
{
    unsigned device = chip_phy_value(self, MMD_CONTROL) & 31;

    return chip_phy_slot(self, CHIP_PHY_MMD(device), self->mmd_address[device], writable);
}

static bool mmd_moves_data(const struct chip_phy *self)
{
    return chip_phy_value(self, MMD_CONTROL) >> 14;
}

static void undefined_mmd(struct chip_phy *self, const char *what)
{
    unsigned device = chip_phy_value(self, MMD_CONTROL) & 31;

    chip_complain(self->chip, "undefined-phy-register", "%s of register %u of MMD %u of the %s PHY",
                  what, self->mmd_address[device], device, self->type->name);
}

static uint16_t read_mmd(struct chip_phy *self)
{
    uint16_t *value = mmd(self, NULL);

    if (!mmd_moves_data(self))
        return self->mmd_address[chip_phy_value(self, MMD_CONTROL) & 31];
    if (!value)
        undefined_mmd(self, "read");
    return value ? *value : 0xffff;
}

static void write_mmd(struct chip_phy *self, uint16_t written)
{
    uint16_t writable = 0;
    uint16_t *value;

    if (!mmd_moves_data(self)) {
        self->mmd_address[chip_phy_value(self, MMD_CONTROL) & 31] = written;
        return;
    }
    value = mmd(self, &writable);
    if (!value)
        undefined_mmd(self, "write");
    else
        *value = (uint16_t)((*value & ~writable) | (written & writable));
}

static uint16_t read_standard(struct chip_phy *self, unsigned number, uint16_t value)
{
    switch (number) {
    case STATUS:
        return read_status(self, value);
    case PARTNER:
        return self->partner;
    case EXPANSION:
        return value | (self->up && self->negotiated ? 1 : 0);
    case GIGABIT_STATUS:
        return self->partner_gigabit;
    case MMD_DATA:
        return read_mmd(self);
    default:
        return value;
    }
}

uint16_t chip_phy_read(struct chip_phy *self, unsigned number)
{
    uint32_t bank = bank_of(self, number);
    uint16_t *value = chip_phy_slot(self, bank, number, NULL);

    chip_phy_settle(self);
    if (!value) {
        chip_complain(self->chip, "undefined-phy-register",
                      "read of register %u of page %u of the %s PHY", number, bank,
                      self->type->name);
        return 0xffff;
    }
    if (bank)
        return *value;
    if (number == self->type->status)
        return read_interrupts(self, value);
    if (number && number == self->type->summary_speed)
        return summary_speed(self, *value);
    if (number && number == self->type->auxiliary)
        return auxiliary(self, *value);
    if (number && number == self->type->energy)
        return *value | (self->chip->plugged ? 2 : 0);
    return read_standard(self, number, *value);
}

static void write_control(struct chip_phy *self, uint16_t old, uint16_t written)
{
    uint16_t matter = CONTROL_NEGOTIATE | CONTROL_POWER_DOWN;

    if (!(written & CONTROL_NEGOTIATE))
        matter |= CONTROL_100 | CONTROL_1000 | CONTROL_FULL;
    if (written & CONTROL_RESET)
        chip_phy_reset(self);
    else if ((old ^ written) & matter || (written & CONTROL_RESTART && written & CONTROL_NEGOTIATE))
        chip_phy_begin(self);
}

void chip_phy_write(struct chip_phy *self, unsigned number, uint16_t value)
{
    uint32_t bank = bank_of(self, number);
    uint16_t writable = 0, old;
    uint16_t *reg = chip_phy_slot(self, bank, number, &writable);

    chip_phy_settle(self);
    if (!reg) {
        chip_complain(self->chip, "undefined-phy-register",
                      "write of 0x%04x to register %u of page %u of the %s PHY", value, number,
                      bank, self->type->name);
        return;
    }
    if (!bank && number == MMD_DATA) {
        write_mmd(self, value);
        return;
    }
    if (!writable) {
        chip_complain(self->chip, "read-only-phy-register",
                      "write of 0x%04x to register %u of page %u of the %s PHY", value, number,
                      bank, self->type->name);
        return;
    }
    old = *reg;
    *reg = (uint16_t)((old & ~writable) | (value & writable));
    if (!bank && number == CONTROL)
        write_control(self, old, value);
}
