/*
 * chip_phy: the PHY of a chip model, as its MII management registers show it.
 *
 * One machine for the 10/100 PHY of the LAN95xx and the gigabit PHY of the LAN78xx: link and
 * autonegotiation by the time that the carrier tells, abilities of both ends, PAUSE, the latch-low
 * link bit, an interrupt status that reading clears. What differs (identity, which registers
 * there are, where the interrupt registers stand and what their bits say) is a table, struct
 * chip_phy_type; pages (the gigabit PHY's register 31) and MMD registers (13 and 14) are banks
 * of the same table.
 *
 * What the other end of the cable can do, struct chip tells (partner_...).
 *
 * Rule broken by an access: "undefined-phy-register" (no such register in that page),
 * "read-only-phy-register" (a write to a register that has no bit to be written).
 *
 * Reference: IEEE 802.3 clause 22.2.4 and 28; Microchip LAN9514 data sheet, 7.5 (PHY registers);
 * LAN7800 data sheet, 15.2.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef CHIP_PHY_H
#define CHIP_PHY_H

#include <stdbool.h>
#include <stdint.h>

#include "chip.h"

/* Where a register stands: in a page (registers 0 ... 15 are in page 0 whatever the page), or
 * behind 13 and 14 as number `number` of an MMD. */
#define CHIP_PHY_MMD(device) (0x10000u | (device))

enum { CHIP_PHY_REGISTERS_MAX = 64 };

struct chip_phy_register {
    uint32_t bank;
    uint16_t number;
    uint16_t reset;    /* its value after power-on and reset */
    uint16_t writable; /* these bits keep what is written; the others what they were */
};

struct chip_phy_type {
    const char *name;
    bool gigabit;          /* registers 9, 10, 15; 1000 Mbit/s */
    uint8_t page_register; /* 31, or 0: no pages */
    uint8_t status, mask;  /* the interrupt registers' numbers, in page 0 */
    uint8_t summary_speed; /* register with speed and duplex in bits 4:2; 0: there is none */
    uint8_t energy;        /* register whose bit 1 says that there is energy; 0: none */
    uint8_t auxiliary;     /* register with speed in bits 4:3 and duplex in bit 5; 0: none */
    uint8_t downshift;     /* register of page 1: bit 4 falls back to 100 Mbit/s when a gigabit did
                              not come up, in bits 3:2 after how many tries, less two; 0: none */
    bool keeps_partner;    /* erratum: after parallel detection 5 and 10 say what they said */
    uint16_t on_link_up;   /* bits that each event sets in the status register */
    uint16_t on_link_down;
    uint16_t on_negotiated; /* autonegotiation ended well */
    uint16_t on_energy;     /* the cable was plugged */
    uint16_t summary;       /* set in the status while any other is; 0: there is none */
    uint16_t enable;        /* must be set in the mask for any interrupt; 0: there is none */
    const struct chip_phy_register *registers;
    unsigned count; /* up to CHIP_PHY_REGISTERS_MAX */
};

extern const struct chip_phy_type chip_phy_lan95xx, chip_phy_lan88xx;

/* Private to chip_phy.c, but for reading. */
struct chip_phy {
    const struct chip_phy_type *type;
    struct chip *chip; /* time, cable, the other end */
    uint16_t values[CHIP_PHY_REGISTERS_MAX];
    uint16_t mmd_address[32];
    uint64_t started_us;     /* negotiation, or training at a forced speed */
    bool training, up, fell; /* fell: down since the link bit was read last */
    unsigned tries;          /* at a gigabit, in vain */
    unsigned speed;          /* of the link that is up, or was */
    bool full, negotiated;   /* so; negotiated: both ends have spoken */
    uint16_t partner;        /* registers 5 and 10, for as long as they stand */
    uint16_t partner_gigabit;
};

/* Power-on; registers as reset leaves them, and negotiation begins if plugged. */
void chip_phy_init(struct chip_phy *self, const struct chip_phy_type *type, struct chip *chip);

/* Reset by the chip's line or by bit 15 of register 0: the link falls, negotiation begins. */
void chip_phy_reset(struct chip_phy *self);

/* MII management, number 0 ... 31. At once: how long the MII is busy is the MAC's. */
uint16_t chip_phy_read(struct chip_phy *self, unsigned number);
void chip_phy_write(struct chip_phy *self, unsigned number, uint16_t value);

/* The cable was plugged or pulled: chip->plugged tells. */
void chip_phy_plug(struct chip_phy *self);

/* The link as it is now, apart from what has been read. */
bool chip_phy_up(struct chip_phy *self);

/* True while the interrupt line is asserted: a bit of the status that the mask lets through. */
bool chip_phy_interrupt(struct chip_phy *self);

/* Of a link that is up: 10, 100 or 1000 (0 if down), duplex, and whether both ends advertised
 * what lets this end ask the other for silence (802.3 table 28B-3). */
unsigned chip_phy_speed(struct chip_phy *self);
bool chip_phy_full_duplex(struct chip_phy *self);
bool chip_phy_may_send_pause(struct chip_phy *self);

#endif
