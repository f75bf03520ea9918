/*
 * Registers of the LAN7800 family, as far as a driver needs them, as offsets for the two vendor
 * requests. The manual's names stand behind ours.
 *
 * Reference: Microchip LAN7800/LAN7850 data sheets (DS00001992, DS00001993), chapter 15; where
 * they are silent, what Linux' lan78xx.h knows (docs/hardware.md, "USB Ethernet chips").
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef ETHERNET_LAN78XX_REGISTERS_H
#define ETHERNET_LAN78XX_REGISTERS_H

enum {
    IDENTITY = 0x000, /* ID_REV: the chip's number in the upper half */
    IDENTITY_LAN7800 = 0x7800,

    INTERRUPT_STATUS = 0x00c, /* INT_STS: write one to clear */
    INTERRUPT_PHY = 1 << 17,

    HARDWARE = 0x010,                 /* HW_CFG */
    HARDWARE_RESET = 1 << 1,          /* LRST: all but USB; clears itself */
    HARDWARE_SEVERAL_FRAMES = 1 << 4, /* MEF: in one burst */
    HARDWARE_NET_DETACH = 1 << 14,    /* leaves the bus while no cable is plugged in */
    HARDWARE_LED_0 = 1 << 20,         /* these two take the EEPROM's pins */
    HARDWARE_LED_1 = 1 << 21,
    HARDWARE_LED_2 = 1 << 22,
    HARDWARE_LED_3 = 1 << 23,

    POWER = 0x014,            /* PMT_CTL */
    POWER_WAKE_UP = 0x6c,     /* SUS_MODE, WOL_EN, PHY_WAKE_EN: of a program that slept */
    POWER_PHY_RESET = 1 << 4, /* clears itself */
    POWER_READY = 1 << 7,

    EEPROM_COMMAND = 0x040, /* E2P_CMD */
    EEPROM_DATA = 0x044,

    USB = 0x080,               /* USB_CFG0 */
    USB_BURST_CAP = 1 << 5,    /* BCE: BURST_CAP counts */
    USB_EMPTY_IS_NAK = 1 << 6, /* BIR; else bulk IN answers with an empty packet */

    BURST_CAP = 0x090,     /* in bulk packets */
    BULK_IN_DELAY = 0x094, /* BULK_IN_DLY: in 16.67 ns */
    EVENTS = 0x098,        /* INT_EP_CTL: bits as in INTERRUPT_STATUS */

    FILTER = 0x0b0,          /* RFE_CTL; its upper half has the checksum engines */
    FILTER_PERFECT = 1 << 1, /* DA_PERFECT: addresses in the table */
    FILTER_MULTICAST = 1 << 9,
    FILTER_BROADCAST = 1 << 10,

    RECEIVE_FIFO = 0x0c0, /* FCT_RX_CTL */
    SEND_FIFO = 0x0c4,    /* FCT_TX_CTL */
    FIFO_USED = 0xffff,
    FIFO_STOPPED = 1 << 20,   /* DIS: write one to clear */
    FIFO_RESET = 1 << 30,     /* clears itself */
    RECEIVE_FIFO_END = 0x0c8, /* in blocks of 512 bytes, less one */
    SEND_FIFO_END = 0x0cc,
    FLOW_THRESHOLDS = 0x0d0, /* FCT_FLOW: off << 8 | on, in 512 bytes */
    RECEIVE_PATH = 0x0d4,    /* RX_DP_STOR: bytes in FIFO and USB buffer << 16 | in the latter */

    MAC = 0x100, /* MAC_CR */
    MAC_LOOPBACK = 1 << 10,
    MAC_AUTOMATIC_SPEED = 1 << 11,
    MAC_AUTOMATIC_DUPLEX = 1 << 12,
    MAC_ENERGY_EFFICIENT = 1 << 17,

    MAC_RECEIVE = 0x104, /* MAC_RX: longest frame with checksum << 16 */
    MAC_SEND = 0x108,    /* MAC_TX */
    MAC_ON = 1 << 0,
    MAC_STOPPED = 1 << 1, /* RXD, TXD: write one to clear */

    FLOW = 0x10c,        /* pause time in the lower half */
    FLOW_OBEY = 1 << 29, /* RX_FCEN */
    FLOW_SEND = 1 << 30, /* TX_FCEN */

    ADDRESS_HIGH = 0x118, /* RX_ADDRH: the source of PAUSE frames */
    ADDRESS_LOW = 0x11c,
    MII_ACCESS = 0x120,
    MII_DATA = 0x124,
    TABLE_HIGH = 0x400, /* MAF_HI: first entry of the perfect filter */
    TABLE_LOW = 0x404,
};

/* Bits 31 would not fit into an enum's int. */
#define FIFO_ON     (1u << 31) /* EN in FCT_RX_CTL and FCT_TX_CTL */
#define TABLE_VALID (1u << 31) /* in MAF_HI */

/* What stands before each frame in the pipes. */
enum {
    SEND_CHECKSUM = 1 << 22, /* TX_CMD_A: the chip pads and appends the checksum */
    SEND_HEADER_BYTES = 8,   /* TX_CMD_A, TX_CMD_B */

    RECEIVED_LENGTH = 0x3fff, /* RX_CMD_A: with checksum */
    RECEIVED_BAD_CHECKSUM = 1 << 16,
    RECEIVED_BAD_SYMBOL = 1 << 18, /* RXE */
    RECEIVED_LONG = 1 << 19,
    RECEIVED_RUNT = 1 << 20,
    RECEIVED_ENDLESS = 1 << 21, /* RWT */
    RECEIVED_DAMAGED = 1 << 22, /* RED: any of them */
    RECEIVED_HEADER_BYTES = 10, /* RX_CMD_A, B, and C of two bytes */
};

/* MII registers of the chip's own PHY (LAN88xx) and of 1000BASE-T. */
enum {
    PHY_GIGABIT_CONTROL = 9,
    PHY_GIGABIT_CONTROL_FULL = 1 << 9,
    PHY_MMD_CONTROL = 13,
    PHY_MMD_DATA = 14,
    PHY_MMD_ACCESS_DATA = 1 << 14,
    MMD_NEGOTIATION = 7,
    MMD_ENERGY_EFFICIENT = 60, /* of MMD 7: what of it is advertised */
    PHY_EVENTS = 25,
    PHY_EVENT_STATUS = 26, /* reading clears it */
    PHY_EVENT_LINK = 1 << 13,
    PHY_EVENTS_ON = 1 << 15, /* of PHY_EVENTS: drives the interrupt line */
    PHY_STATE = 28,          /* auxiliary control and status: the link as it is */
    PHY_STATE_100 = 1 << 3,
    PHY_STATE_1000 = 1 << 4,
    PHY_STATE_FULL = 1 << 5,
    PHY_LEDS = 29,                  /* LED_MODE_SELECT: four bits for each */
    PHY_PAGE = 31,                  /* of the registers from 16 on */
    PHY_1_CONTROL = 20,             /* of page 1 (Linux: PHY_CTRL3) */
    PHY_1_DOWNSHIFT_AFTER = 3 << 2, /* tries before it, less two */
    PHY_1_DOWNSHIFT = 1 << 4,
};

#endif
