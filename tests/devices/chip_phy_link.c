/*
 * chip_phy_link: the link of a PHY model: negotiation, or what is done without it.
 *
 * State is training since started_us, up, or neither. It moves on whenever somebody looks
 * (chip_phy_settle), for there is no clock that ticks.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "chip_phy_parts.h"

#include <stddef.h>

static uint64_t now_us(const struct chip_phy *self)
{
    return self->chip->carrier.now_us(self->chip->carrier.owner);
}

static void raise(struct chip_phy *self, uint16_t bits)
{
    *chip_phy_slot(self, 0, self->type->status, NULL) |= bits;
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
    uint16_t gigabit = self->type->gigabit ? chip_phy_value(self, GIGABIT_CONTROL) : 0;
    uint16_t common = chip_phy_value(self, ADVERTISE) & chip->partner_speeds & ABLE_SPEEDS;

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

/* A gigabit takes four pairs, agreeing on it two. Both ends then begin again, until this one offers
 * no gigabit any more, if it was told to; registers 9 and 10 stay as they are. Returns false if
 * there is no link yet. */
static bool comes_up(struct chip_phy *self)
{
    uint16_t downshift;

    if (self->speed != 1000 || !self->chip->two_pairs)
        return self->speed;
    self->tries++;
    downshift = *chip_phy_slot(self, 1, self->type->downshift, NULL);
    if (downshift & 1 << 4 && self->tries >= 2u + (downshift >> 2 & 3)) {
        uint16_t common = chip_phy_value(self, ADVERTISE) & self->chip->partner_speeds;

        self->speed = best(common);
        self->full = can(common, self->speed, true);
        return self->speed;
    }
    self->training = true;
    self->started_us = now_us(self);
    return false;
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
    if (!(chip_phy_value(self, ADVERTISE) & able))
        self->speed = 0;
}

/* This end does as it was told; the other must be able to, or be there. */
static void force(struct chip_phy *self)
{
    const struct chip *chip = self->chip;
    uint16_t control = chip_phy_value(self, CONTROL);

    self->speed = control & CONTROL_100 ? 100 : 10;
    self->full = control & CONTROL_FULL;
    if (control & CONTROL_1000) /* 1000BASE-T must negotiate */
        self->speed = 0;
    else if (chip->partner_fixed ? best(chip->partner_speeds) != self->speed
                                 : !can(chip->partner_speeds, self->speed, false))
        self->speed = 0;
}

void chip_phy_settle(struct chip_phy *self)
{
    if (!self->training || now_us(self) - self->started_us < self->chip->negotiation_us)
        return;
    self->training = self->full = self->negotiated = false;
    if (!chip_phy_negotiates(self))
        force(self);
    else if (self->chip->partner_fixed)
        detect(self);
    else
        negotiate(self);
    if (!comes_up(self))
        return;
    self->up = true;
    raise(self, self->type->on_link_up);
    if (chip_phy_negotiates(self))
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

void chip_phy_begin(struct chip_phy *self)
{
    fall(self);
    if (!self->type->keeps_partner)
        self->partner = self->partner_gigabit = 0;
    self->started_us = now_us(self);
    self->tries = 0;
    self->training = self->chip->plugged && !(chip_phy_value(self, CONTROL) & CONTROL_POWER_DOWN);
}

void chip_phy_plug(struct chip_phy *self)
{
    chip_phy_settle(self);
    chip_phy_begin(self);
    if (self->chip->plugged)
        raise(self, self->type->on_energy);
}

bool chip_phy_up(struct chip_phy *self)
{
    chip_phy_settle(self);
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
           chip_phy_value(self, ADVERTISE) & ABLE_PAUSE;
}
