/*
 * chip_phy_parts: what the two halves of chip_phy share, and nobody else: registers and their
 * bits (chip_phy.c), the link (chip_phy_link.c).
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef CHIP_PHY_PARTS_H
#define CHIP_PHY_PARTS_H

#include "chip_phy.h"

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
/* chip_phy.c: where a register's value is kept (null: there is no such register), and the value of
 * one that is there, of page 0. writable may be null. */
uint16_t *chip_phy_slot(struct chip_phy *self, uint32_t bank, unsigned number, uint16_t *writable);
uint16_t chip_phy_value(const struct chip_phy *self, unsigned number);

/* chip_phy_link.c: ends training whose time has come; takes the link down and begins again. */
void chip_phy_settle(struct chip_phy *self);
void chip_phy_begin(struct chip_phy *self);

static inline bool chip_phy_negotiates(const struct chip_phy *self)
{
    return chip_phy_value(self, CONTROL) & CONTROL_NEGOTIATE;
}

#endif
