/*
 * chip: a model of one of the board's USB Ethernet chips, apart from what carries its packets.
 *
 * A model knows the chip's registers, its EEPROM, PHY, filters, FIFOs and how frames stand in
 * the bulk pipes. It knows no time but what now_us tells, no bus but single packets, no cable
 * but frames. Two carriers use the same model: tests/devices/ (a process that QEMU sees as a
 * USB device, by usbredir) and tests/sim/sim_usb_chip.c (a device on the simulated DWC2, with
 * toggles, virtual time and FIFOs that overrun).
 *
 * Models are strict: what the real chip would take without a word and do wrong ends the test
 * by complain(), which names the rule. Their register definitions are their own: a driver's
 * header is never included, or a wrong constant would agree with itself.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef CHIP_H
#define CHIP_H

#include <stdbool.h>
#include <stdint.h>

#define CHIP_PACKET_BYTES 512  /* bulk packets at high speed */
#define CHIP_FRAME_MAX    1536 /* room for any frame on the cable, without its checksum */

#define CHIP_NEGOTIATION_US 1500000 /* as chip_init leaves it: boards take 1 to 3 s */
#define CHIP_PARTNER_SPEEDS 0x01e0  /* so does this: 10 and 100 Mbit/s, half and full duplex */

/* The endpoints of both chips. */
enum { CHIP_BULK_IN = 1, CHIP_BULK_OUT = 2, CHIP_INTERRUPT_IN = 3 };

/* What a packet gets for an answer, instead of a number of bytes. */
enum { CHIP_NAK = -1, CHIP_STALL = -2 };

struct chip_setup {
    uint8_t request_type, request;
    uint16_t value, index, length;
};

/* Asked for by a test; each counts down or stays as its comment says. */
struct chip_faults {
    bool no_eeprom;            /* stays: nothing is programmed, nor in the OTP */
    unsigned phy_busy;         /* so many more reads of the MII's busy bit say busy */
    unsigned phy_busy_forever; /* stays: the MII never ends */
    uint32_t reset_us;         /* stays: what a soft reset takes, at least */
    bool never_ends_reset;     /* stays */
    bool silent;               /* stays: no request is answered (the carrier's part; QEMU's only) */
    unsigned stall_in; /* so many bulk-IN packets from now stall (the halt is the carrier's) */
    unsigned stall_out;
    unsigned error_frames; /* so many frames from now arrive with error bits in their status */
    uint32_t error_bits;   /* which; 0: the model takes a checksum error */
    unsigned hold_frames;  /* frames are held back until so many can go in one burst; 0: none */
    unsigned zero_packets; /* so many zero-length packets come before the next data */
    unsigned bad_length;   /* so many frames from now say a length that cannot be */
};

struct chip;

/* What the carrier does for the model. Called from within the model's functions. */
struct chip_carrier {
    void *owner;
    uint64_t (*now_us)(void *owner);
    /* A frame leaves on the cable: 14 ... CHIP_FRAME_MAX bytes, padded as on the cable (60). */
    void (*transmit)(void *owner, const uint8_t *frame, unsigned length);
    /* The guest did what the chip would not forgive. rule: a short name, like
     * "transmit-while-disabled"; text: one sentence with the values. May not return. */
    void (*complain)(void *owner, const char *rule, const char *text);
};

struct chip_statistics {
    uint32_t frames_received, frames_sent; /* through FIFOs and out of them */
    uint32_t overruns;                     /* frames lost for want of room in the FIFO */
    uint32_t filtered;                     /* frames not for us */
    uint32_t bursts;                       /* bulk-IN transfers with data */
    uint32_t most_in_burst;                /* frames in one of them */
    uint32_t resets;                       /* soft resets */
    uint32_t pauses;                       /* times the FIFO was full enough to ask for silence */
};

struct chip_type {
    const char *name;             /* "lan9514" */
    const uint8_t *device;        /* its device descriptor */
    const uint8_t *configuration; /* the only one, wTotalLength bytes */
    const char *const *strings;   /* string n + 1; ended by null */
    unsigned bytes;               /* of the object that begins with struct chip */

    /* Power-on: registers, FIFOs, PHY with the link as chip->plugged says. EEPROM and faults
     * stay. bus_reset: what a reset of the bus alone changes. */
    void (*power_on)(struct chip *self);
    void (*bus_reset)(struct chip *self);
    /* A vendor request. Moves up to setup->length bytes. Returns their number or CHIP_STALL. */
    int (*control)(struct chip *self, const struct chip_setup *setup, uint8_t *data);
    /* One bulk packet as on the bus: CHIP_PACKET_BYTES, or fewer (also none) at the end of a
     * transfer and nowhere else. Transfers themselves mean nothing: the pipe is a stream of
     * commands and frames. Returns length, CHIP_NAK (the FIFO is full) or CHIP_STALL (the fault;
     * or the chip has lost its place in the stream). */
    int (*bulk_out)(struct chip *self, const uint8_t *bytes, unsigned length);
    /* The next packet of the current burst. A packet that is short, or empty, ends the burst.
     * Returns its length; CHIP_NAK: nothing there, and the chip was told to say so by NAK (with
     * BIR the other way it is an empty packet); CHIP_STALL: the fault. capacity is
     * CHIP_PACKET_BYTES. */
    int (*bulk_in)(struct chip *self, uint8_t *bytes, unsigned capacity);
    /* The interrupt endpoint: status, once for each change. Returns bytes or CHIP_NAK. */
    int (*interrupt_in)(struct chip *self, uint8_t *bytes, unsigned capacity);
    /* The cable delivers a frame, 14 ... CHIP_FRAME_MAX bytes, without checksum. */
    void (*receive)(struct chip *self, const uint8_t *frame, unsigned length);
    /* True while the chip asks the other end for silence (802.3 PAUSE: advertised, agreed and
     * enabled, FIFO over its threshold). The carrier then keeps frames back. */
    bool (*wants_silence)(const struct chip *self);
    /* True if bulk IN would give data now; true if an empty pipe is answered by NAK (BIR). */
    bool (*has_data)(struct chip *self);
    bool (*empty_is_nak)(const struct chip *self);
    /* True while frames from the cable are taken in: must be false whenever the machine changes
     * hands. */
    bool (*is_receiving)(const struct chip *self);
    /* The cable is plugged or pulled; autonegotiation then takes its time by now_us. */
    void (*plug)(struct chip *self, bool plugged);
};

struct chip {
    const struct chip_type *type;
    struct chip_carrier carrier;
    struct chip_faults faults;
    struct chip_statistics statistics;
    uint8_t eeprom_mac[6];   /* what EEPROM or OTP hold, unless faults.no_eeprom */
    bool otp_only;           /* LAN7515: no EEPROM, its OTP holds eeprom_mac */
    uint32_t negotiation_us; /* from plugged to link up */
    bool plugged;

    /* The other end of the cable; looked at when the link comes up. */
    bool partner_pauses;     /* it advertises PAUSE */
    uint16_t partner_speeds; /* what it can do up to 100 Mbit/s, bits as in MII register 5 */
    bool partner_gigabit;    /* it can do 1000BASE-T, full and half duplex */
    bool two_pairs;     /* of the cable are good: a gigabit is agreed upon and does not come up */
    bool partner_fixed; /* it does not negotiate: it is at the best of partner_speeds, in half
                              * duplex as this end must think, and says nothing of itself */
};

extern const struct chip_type chip_lan9514, chip_lan7515;

/* The names of the types above, or null. */
const struct chip_type *chip_find(const char *name);

/* Fills in an object of type->bytes bytes, plugged in, powered on, without faults; the other end
 * can do everything and pauses; with some MAC address. carrier is copied. What of this a carrier
 * then changes (eeprom_mac, otp_only, faults.no_eeprom) is loaded by type->power_on: call that
 * again. */
void chip_init(struct chip *self, const struct chip_type *type, const struct chip_carrier *carrier);

/* For models: formats and complains. */
void chip_complain(struct chip *self, const char *rule, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
