/*
 * chip_phy_types: the registers of the two PHYs.
 *
 * Reset values of the LAN95xx's are its data sheet's, as far as known; those of the LAN88xx are
 * the standard's, and 0 where nobody reads them. What chip_phy.c computes (status, the partner's
 * abilities, energy) has its constant bits here.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "chip_phy.h"

static const struct chip_phy_register lan95xx_registers[] = {
    {0, 0, 0x3000, 0x7d80}, /* control: 100 Mbit/s, negotiates */
    {0, 1, 0x7809, 0},      /* status: 10 and 100, half and full; negotiates; more registers */
    {0, 2, 0x0007, 0},      /* identity */
    {0, 3, 0xc0c3, 0},       {0, 4, 0x01e1, 0x2fff}, /* advertisement */
    {0, 5, 0x0000, 0},                               /* the partner's */
    {0, 6, 0x0000, 0},                               /* expansion */
    {0, 17, 0x0000, 0x3a04}, /* mode: bit 13 powers down without energy, bit 1 energy */
    {0, 18, 0x00e1, 0x00ff}, /* special modes: all of them; address 1 */
    {0, 26, 0x0000, 0},      /* symbol errors */
    {0, 27, 0x0000, 0xe800}, /* crossover */
    {0, 29, 0x0000, 0},      /* interrupt source */
    {0, 30, 0x0000, 0x00fe}, /* interrupt mask */
    {0, 31, 0x0040, 0x0fc0}, /* bits 4:2: what was negotiated; bit 12: it was */
};

const struct chip_phy_type chip_phy_lan95xx = {
    .name = "lan95xx",
    .status = 29,
    .mask = 30,
    .summary_speed = 31,
    .energy = 17,
    .on_link_down = 1 << 4,
    .on_negotiated = 1 << 6,
    .on_energy = 1 << 7,
    .registers = lan95xx_registers,
    .count = sizeof lan95xx_registers / sizeof lan95xx_registers[0],
};

static const struct chip_phy_register lan88xx_registers[] = {
    {0, 0, 0x1140, 0x7dc0},
    {0, 1, 0x7949, 0},
    {0, 2, 0x0007, 0},
    {0, 3, 0xc132, 0},
    {0, 4, 0x01e1, 0x2fff},
    {0, 5, 0x0000, 0},
    {0, 6, 0x0004, 0},
    {0, 7, 0x2001, 0xffff},  /* next page */
    {0, 8, 0x0000, 0},       /* the partner's */
    {0, 9, 0x0300, 0xff00},  /* 1000BASE-T control */
    {0, 10, 0x0000, 0},      /* 1000BASE-T status */
    {0, 13, 0x0000, 0xc01f}, /* MMD access */
    {0, 14, 0x0000, 0},      /* MMD address or data */
    {0, 15, 0x3000, 0},      /* extended status: 1000BASE-T, half and full */
    {0, 16, 0x0000, 0xffff}, /* 100BASE-TX status and others of the vendor's */
    {0, 17, 0x0000, 0xffff},
    {0, 18, 0x0000, 0xffff},
    {0, 19, 0x0000, 0},      /* receive errors */
    {0, 20, 0x0000, 0},      /* false carriers */
    {0, 21, 0x0000, 0},      /* disconnects */
    {0, 22, 0x0000, 0xffff}, /* extended control and status */
    {0, 23, 0x0000, 0xffff}, /* extended PHY control 1 */
    {0, 24, 0x0000, 0xffff},
    {0, 25, 0x0000, 0xffff}, /* interrupt mask */
    {0, 26, 0x0000, 0},      /* interrupt status */
    {0, 28, 0x0000, 0xffc7}, /* auxiliary control and status: bits 5:3 duplex, speed */
    {0, 29, 0x0021, 0xffff}, /* LED modes */
    {0, 30, 0x0000, 0xffff}, /* LED behaviour */
    {0, 31, 0x0000, 0xffff}, /* page */
    {1, 18, 0x0000, 0},      /* extended page 1: */
    {1, 19, 0x0000, 0xffff}, /* mode control: crossover */
    {1, 20, 0x000c,
     0xffff}, /* control 3: falling back to 100 Mbit/s (its reset value is a guess) */
    {1, 23, 0x0000, 0xffff},
    {1, 24, 0x0000, 0xffff},
    {1, 25, 0x0000, 0xffff},
    {1, 26, 0x0000, 0xffff},
    {1, 29, 0x0000, 0xffff},
    {2, 16, 0x0000, 0xffff}, /* extended page 2 */
    {2, 17, 0x0000, 0xffff},
    {0x52b5, 16, 0x0000, 0xffff}, /* token ring page: command (bit 15: done), data low, high */
    {0x52b5, 17, 0x0000, 0xffff},
    {0x52b5, 18, 0x0000, 0xffff},
    {CHIP_PHY_MMD(3), 0, 0x0000, 0xffff},
    {CHIP_PHY_MMD(3), 1, 0x0000, 0},
    {CHIP_PHY_MMD(3), 20, 0x0006, 0}, /* energy-efficient Ethernet: able */
    {CHIP_PHY_MMD(3), 22, 0x0000, 0},
    {CHIP_PHY_MMD(3), 32874, 0x0000, 0xffff}, /* configuration: zero detect delay */
    {CHIP_PHY_MMD(3), 32877, 0x7800, 0},      /* chip */
    {CHIP_PHY_MMD(3), 32878, 0x0002, 0},      /* its revision */
    {CHIP_PHY_MMD(7), 60, 0x0000, 0x0006},    /* energy-efficient Ethernet: advertised */
    {CHIP_PHY_MMD(7), 61, 0x0000, 0},         /* ... by the other end */
};

_Static_assert(sizeof lan88xx_registers / sizeof lan88xx_registers[0] <= CHIP_PHY_REGISTERS_MAX,
               "CHIP_PHY_REGISTERS_MAX");

const struct chip_phy_type chip_phy_lan88xx = {
    .name = "lan88xx",
    .gigabit = true,
    .page_register = 31,
    .auxiliary = 28,
    .downshift = 20,
    .keeps_partner = true,
    .status = 26,
    .mask = 25,
    .on_link_up = 1 << 14 | 1 << 13 | 1 << 12, /* speed, link, duplex have changed */
    .on_link_down = 1 << 13,
    .on_negotiated = 1 << 10,
    .summary = 1 << 15,
    .enable = 1 << 15,
    .registers = lan88xx_registers,
    .count = sizeof lan88xx_registers / sizeof lan88xx_registers[0],
};
