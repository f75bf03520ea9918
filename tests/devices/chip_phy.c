/*
 * chip_phy: the PHY of a chip model.
 *
 * State is the link alone: training since started_us, up, or neither. It moves on whenever
 * somebody looks (settle), for there is no clock that ticks.
 *
 * Lacks: next pages, loopback, master and slave, energy-efficient Ethernet, interrupts of
 * errors.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "chip_phy.h"

#include <string.h>

enum { CONTROL, STATUS, IDENTITY_1, IDENTITY_2, ADVERTISE, PARTNER, EXPANSION };
enum { GIGABIT_CONTROL = 9, GIGABIT_STATUS = 10, MMD_CONTROL = 13, MMD_DATA = 14 };

enum {
    CONTROL_RESET = 1 << 15,
    CONTROL_100 = 1 << 13,
    CONTROL_NEGOTIATE = 1 << 12,
    CONTROL_POWER_DOWN = 1 << 11,
    CONTROL_RESTART = 1 << 9,
    CONTROL_FULL = 1 << 8,
    CONTROL_1000 = 1 << 6,

    STATUS_NEGOTIATED = 1 << 5,
    STATUS_LINK = 1 << 2,

    ABLE_10 = 1 << 5,
    ABLE_10_FULL = 1 << 6,
    ABLE_100 = 1 << 7,
    ABLE_100_FULL = 1 << 8,
    ABLE_PAUSE = 1 << 10,
    ABLE_ASYMMETRIC = 1 << 11,
    ABLE_ACKNOWLEDGED = 1 << 14,
    ABLE_SELECTOR = 1, /* IEEE 802.3 */
    ABLE_SPEEDS = ABLE_10 | ABLE_10_FULL | ABLE_100 | ABLE_100_FULL,

    GIGABIT_ADVERTISE_HALF = 1 << 8,
    GIGABIT_ADVERTISE_FULL = 1 << 9,
    GIGABIT_PARTNER = 1 << 10 | 1 << 11,
    GIGABIT_RECEIVERS = 1 << 12 | 1 << 13,
};

/* ---- registers ---- */

static uint16_t *slot(struct chip_phy *self, uint32_t bank, unsigned number, uint16_t *writable)
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

/* Of a register that is there. */
static uint16_t value_of(const struct chip_phy *self, unsigned number)
{
    return *slot((struct chip_phy *)self, 0, number, NULL);
}

static uint32_t bank_of(const struct chip_phy *self, unsigned number)
{
    unsigned page = self->type->page_register;

    return page && number >= 16 && number != page ? value_of(self, page) : 0;
}

/* ---- the link ---- */

static uint64_t now_us(const struct chip_phy *self)
{
    return self->chip->carrier.now_us(self->chip->carrier.owner);
}

static bool negotiates(const struct chip_phy *self)
{
    return value_of(self, CONTROL) & CONTROL_NEGOTIATE;
}

static void raise(struct chip_phy *self, uint16_t bits)
{
    *slot(self, 0, self->type->status, NULL) |= bits;
}

/* Speeds up to 100 Mbit/s, of bits as in MII register 5. */
static unsigned best(uint16_t able)
{
    return able & (ABLE_100 | ABLE_100_FULL) ? 100 : able & (ABLE_10 | ABLE_10_FULL) ? 10 : 0;
}

static bool can(uint16_t able, unsigned speed, bool full)
{
    return able & (speed == 100 ? full ? ABLE_100_FULL : ABLE_100 : full ? ABLE_10_FULL : ABLE_10);
}

/* Both ends speak: the best that both can do. */
static void negotiate(struct chip_phy *self)
{
    const struct chip *chip = self->chip;
    uint16_t gigabit = self->type->gigabit ? value_of(self, GIGABIT_CONTROL) : 0;
    uint16_t common = value_of(self, ADVERTISE) & chip->partner_speeds & ABLE_SPEEDS;

    self->negotiated = true;
    self->partner = ABLE_SELECTOR | ABLE_ACKNOWLEDGED | (chip->partner_speeds & ABLE_SPEEDS) |
                    (chip->partner_pauses ? ABLE_PAUSE : 0);
    self->partner_gigabit =
        self->type->gigabit && chip->partner_gigabit ? GIGABIT_PARTNER | GIGABIT_RECEIVERS : 0;
    if (chip->partner_gigabit && gigabit & (GIGABIT_ADVERTISE_HALF | GIGABIT_ADVERTISE_FULL)) {
        self->speed = 1000;
        self->full = gigabit & GIGABIT_ADVERTISE_FULL;
    } else {
        self->speed = best(common);
        self->full = can(common, self->speed, true);
    }
}

/* This end finds out the other's speed by its signal (802.3, 28.2.3.1). */
static void detect(struct chip_phy *self)
{
    uint16_t able;

    self->speed = best(self->chip->partner_speeds);
    able = self->speed == 100 ? ABLE_100 : ABLE_10;
    if (!self->type->keeps_partner) {
        self->partner = able;
        self->partner_gigabit = 0;
    }
    if (!(value_of(self, ADVERTISE) & able))
        self->speed = 0;
}

/* This end does as it was told; the other must be able to, or be there. */
static void force(struct chip_phy *self)
{
    const struct chip *chip = self->chip;
    uint16_t control = value_of(self, CONTROL);

    self->speed = control & CONTROL_100 ? 100 : 10;
    self->full = control & CONTROL_FULL;
    if (control & CONTROL_1000) /* 1000BASE-T must negotiate */
        self->speed = 0;
    else if (chip->partner_fixed ? best(chip->partner_speeds) != self->speed
                                 : !can(chip->partner_speeds, self->speed, false))
        self->speed = 0;
}

static void settle(struct chip_phy *self)
{
    if (!self->training || now_us(self) - self->started_us < self->chip->negotiation_us)
        return;
    self->training = self->full = self->negotiated = false;
    if (!negotiates(self))
        force(self);
    else if (self->chip->partner_fixed)
        detect(self);
    else
        negotiate(self);
    if (!self->speed)
        return;
    self->up = true;
    raise(self, self->type->on_link_up);
    if (negotiates(self))
        raise(self, self->type->on_negotiated);
}

static void fall(struct chip_phy *self)
{
    if (self->up)
        raise(self, self->type->on_link_down);
    self->fell |= self->up;
    self->up = false;
    self->training = false;
}

static void begin(struct chip_phy *self)
{
    fall(self);
    if (!self->type->keeps_partner)
        self->partner = self->partner_gigabit = 0;
    self->started_us = now_us(self);
    self->training = self->chip->plugged && !(value_of(self, CONTROL) & CONTROL_POWER_DOWN);
}

void chip_phy_plug(struct chip_phy *self)
{
    settle(self);
    begin(self);
    if (self->chip->plugged)
        raise(self, self->type->on_energy);
}

bool chip_phy_up(struct chip_phy *self)
{
    settle(self);
    return self->up;
}

unsigned chip_phy_speed(struct chip_phy *self)
{
    return chip_phy_up(self) ? self->speed : 0;
}

bool chip_phy_full_duplex(struct chip_phy *self)
{
    return chip_phy_up(self) && self->full;
}

/* The other end says PAUSE without ASYMMETRIC, so only PAUSE answers it. */
bool chip_phy_may_send_pause(struct chip_phy *self)
{
    return chip_phy_full_duplex(self) && self->negotiated && self->partner & ABLE_PAUSE &&
           value_of(self, ADVERTISE) & ABLE_PAUSE;
}

bool chip_phy_interrupt(struct chip_phy *self)
{
    uint16_t mask = value_of(self, self->type->mask);

    settle(self);
    if (self->type->enable && !(mask & self->type->enable))
        return false;
    return value_of(self, self->type->status) & mask & (uint16_t)~self->type->enable;
}

/* ---- reset ---- */

void chip_phy_reset(struct chip_phy *self)
{
    settle(self);
    for (unsigned i = 0; i < self->type->count; i++)
        self->values[i] = self->type->registers[i].reset;
    memset(self->mmd_address, 0, sizeof self->mmd_address);
    self->partner = self->partner_gigabit = 0;
    begin(self);
    *slot(self, 0, self->type->status, NULL) = 0;
}

void chip_phy_init(struct chip_phy *self, const struct chip_phy_type *type, struct chip *chip)
{
    memset(self, 0, sizeof *self);
    self->type = type;
    self->chip = chip;
    for (unsigned i = 0; i < type->count; i++)
        self->values[i] = type->registers[i].reset;
    begin(self);
}

/* ---- MII management ---- */

static uint16_t read_status(struct chip_phy *self, uint16_t constant)
{
    uint16_t value = constant;

    if (self->up && !self->fell)
        value |= STATUS_LINK;
    if (self->up && negotiates(self))
        value |= STATUS_NEGOTIATED;
    self->fell = false;
    return value;
}

static uint16_t summary_speed(const struct chip_phy *self, uint16_t value)
{
    if (!self->up)
        return value;
    return value | (negotiates(self) ? 1 << 12 : 0) | (self->full ? 1 << 4 : 0) |
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
    unsigned device = value_of(self, MMD_CONTROL) & 31;

    return slot(self, CHIP_PHY_MMD(device), self->mmd_address[device], writable);
}

static bool mmd_moves_data(const struct chip_phy *self)
{
    return value_of(self, MMD_CONTROL) >> 14;
}

static void undefined_mmd(struct chip_phy *self, const char *what)
{
    unsigned device = value_of(self, MMD_CONTROL) & 31;

    chip_complain(self->chip, "undefined-phy-register", "%s of register %u of MMD %u of the %s PHY",
                  what, self->mmd_address[device], device, self->type->name);
}

static uint16_t read_mmd(struct chip_phy *self)
{
    uint16_t *value = mmd(self, NULL);

    if (!mmd_moves_data(self))
        return self->mmd_address[value_of(self, MMD_CONTROL) & 31];
    if (!value)
        undefined_mmd(self, "read");
    return value ? *value : 0xffff;
}

static void write_mmd(struct chip_phy *self, uint16_t written)
{
    uint16_t writable = 0;
    uint16_t *value;

    if (!mmd_moves_data(self)) {
        self->mmd_address[value_of(self, MMD_CONTROL) & 31] = written;
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
    uint16_t *value = slot(self, bank, number, NULL);

    settle(self);
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
        begin(self);
}

void chip_phy_write(struct chip_phy *self, unsigned number, uint16_t value)
{
    uint32_t bank = bank_of(self, number);
    uint16_t writable = 0, old;
    uint16_t *reg = slot(self, bank, number, &writable);

    settle(self);
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
