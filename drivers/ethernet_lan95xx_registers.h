/*
 * ethernet_lan95xx_registers: what the driver uses of the LAN9500 family's registers.
 *
 * Source: Microchip LAN9500/LAN9500A datasheet (DS00001875), chapter 7; the LAN9512/LAN9514
 * datasheet leaves the registers out, the chip's own are the same.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef ETHERNET_LAN95XX_REGISTERS_H
#define ETHERNET_LAN95XX_REGISTERS_H

enum {
    ID_REVISION = 0x000, /* bits 31 ... 16: the chip */
    RECEIVE_CONFIGURATION = 0x00c,
    RECEIVE_FLUSH = 1 << 0,
    TRANSMIT_CONFIGURATION = 0x010,
    TRANSMIT_FLUSH = 1 << 0,
    TRANSMIT_STOP = 1 << 1,
    TRANSMIT_ON = 1 << 2,
    HARDWARE = 0x014,
    HARDWARE_BURST_CAP = 1 << 1,   /* BCE: bursts end at BURST_CAP */
    HARDWARE_LITE_RESET = 1 << 3,  /* LRST: all but USB and PHY; clears itself */
    HARDWARE_MANY_FRAMES = 1 << 5, /* MEF: of one bulk-IN transfer */
    HARDWARE_EMPTY_NAKS = 1 << 12, /* BIR: an empty FIFO answers NAK, not an empty packet */
    RECEIVE_FIFO = 0x018,
    RECEIVE_FIFO_USED = 0xffff, /* bytes */
    POWER = 0x020,
    POWER_PHY_RESET = 1 << 4, /* clears itself */
    LEDS = 0x024,
    LEDS_ALL = 1 << 24 | 1 << 20 | 1 << 16, /* speed, link, duplex: not GPIO pins */
    FLOW_LEVELS = 0x02c,                    /* AFC_CFG */
    FLOW_LEVELS_HIGH_AT = 16,               /* units of 64 bytes */
    FLOW_LEVELS_LOW_AT = 8,
    FLOW_LEVELS_BACK_PRESSURE_AT = 4,
    FLOW_LEVELS_ANY_FRAME = 1 << 0, /* act on the levels, whatever frame it is that arrives */
    EEPROM_COMMAND = 0x030,
    EEPROM_DATA = 0x034,
    BURST_CAP = 0x038, /* in packets */
    INTERRUPT_ENDPOINT = 0x068,
    INTERRUPT_PHY = 1 << 15, /* its status bit cannot be written: PHY_INTERRUPT_SOURCE clears it */
    BULK_IN_DELAY = 0x06c,   /* units of 16.667 ns */
    MAC_CONTROL = 0x100,
    MAC_RECEIVE = 1 << 2,
    MAC_TRANSMIT = 1 << 3,
    MAC_ALL_MULTICAST = 1 << 19,
    MAC_FULL_DUPLEX = 1 << 20,
    MAC_DEAF_WHILE_SENDING = 1 << 23, /* RCVOWN: half duplex would hear itself */
    MAC_HIGH = 0x104,                 /* address: bytes 4 and 5, */
    MAC_LOW = 0x108,                  /* 0 ... 3 */
    MII_ACCESS = 0x114,
    MII_DATA = 0x118,
    FLOW = 0x11c,
    FLOW_OBEY = 1 << 1, /* PAUSE frames of the other end */
    FLOW_TIME_AT = 16,  /* what ours ask for, in 512 bit times */
    CHECKSUM_OFFLOAD = 0x130,
};

/* Of the PHY: a LAN8700's. */
enum {
    PHY_INTERRUPT_SOURCE = 29, /* reading clears it */
    PHY_INTERRUPT_MASK = 30,
    PHY_LINK_DOWN = 1 << 4,
    PHY_NEGOTIATED = 1 << 6,
};

/* Before each received frame a word, ... */
enum {
    RECEIVED_ERROR = 1 << 15,
    RECEIVED_LENGTH_AT = 16, /* with the checksum */
    RECEIVED_LENGTH = 0x3fff,
};

/* ... and before each one to send two: the buffer, then the frame (one and the same here).
 * Nothing set in the second: the chip adds checksum and padding. */
enum { SEND_LAST = 1 << 12, SEND_FIRST = 1 << 13 };

#endif
