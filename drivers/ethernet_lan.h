/*
 * ethernet_lan: what the drivers of the board's two Ethernet chips share.
 *
 * LAN9514 (Pi 3B) and LAN7515 (Pi 3B+) come from the same house. Registers are 32 bits wide and
 * reached by the same two vendor requests; PHY and EEPROM stand behind the same little state
 * machines; received frames come as bursts of several in one bulk-IN transfer, and frames to
 * send go out behind a header each, under load several in one bulk-OUT transfer. Where registers
 * lie, what a header looks like and how the chip is set up is the chip's own: struct
 * ethernet_lan_chip.
 *
 * An ethernet_device and a usb_driver in one object, as ethernet_cdc_ecm is.
 * Source: see ethernet_lan95xx.c and ethernet_lan78xx.c; IEEE 802.3, clauses 22.2.4 (MII
 * registers), 28 (autonegotiation), 31B (PAUSE).
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef ETHERNET_LAN_H
#define ETHERNET_LAN_H

#include <stdbool.h>
#include <stdint.h>

#include "dma.h"
#include "ethernet_device.h"
#include "usb_core.h"

#define ETHERNET_LAN_RECEIVES      2
#define ETHERNET_LAN_RECEIVE_BYTES 16384
#define ETHERNET_LAN_SENDS         4
#define ETHERNET_LAN_SEND_BYTES    7680 /* five of the longest frames with their headers */

struct ethernet_lan;

/* What autonegotiation has agreed on. */
struct ethernet_lan_link {
    bool up;
    bool full_duplex;
    uint16_t megabits; /* 10, 100, 1000 */
    bool pause_send;   /* we may ask the other end for silence, and ... */
    bool pause_obey;   /* ... it may ask us */
};

struct ethernet_lan_chip {
    const char *name;                     /* of driver and device, and in the log: "lan95xx" */
    const uint16_t *products;             /* of vendor 0x0424; ended by 0 */
    uint16_t mii_access, mii_data;        /* registers */
    uint16_t eeprom_command, eeprom_data; /* registers */
    uint8_t phy_address;
    uint8_t send_header_bytes; /* multiple of 4 */
    uint16_t burst_bytes;      /* the longest burst, and so of a receive transfer: whole packets, up
                                  to ETHERNET_LAN_RECEIVE_BYTES */

    /* Makes sure that this is the chip (its identification register). Returns 0, ERROR_CORRUPT
     * or an error of usb_control; so do the following ones. */
    int (*identify)(struct ethernet_lan *self);
    /* Soft reset of the chip and of its PHY. Waits up to 1 s (with a deadline). */
    int (*reset)(struct ethernet_lan *self);
    /* Sets up all but MAC address, reception and transmission: FIFOs, bursts, filters, flow
     * control, interrupts of the PHY. Does not disturb the link: it runs at a warm hand-over too,
     * after a program that crashed. Leaves reception off and the FIFOs empty. */
    int (*configure)(struct ethernet_lan *self);
    int (*set_mac)(struct ethernet_lan *self, const uint8_t mac[6]);
    /* Sets the MAC to the link. Up: transmission and reception on (it was called with a link that
     * is down before, or configure was). Down: both off, the FIFOs empty. */
    int (*set_link)(struct ethernet_lan *self, const struct ethernet_lan_link *link);
    /* Takes in no more frames from the cable. Those in the receive FIFO can still be fetched, and
     * transmission goes on, both until set_link is called with a link that is down. */
    int (*stop_reception)(struct ethernet_lan *self);
    /* Null, or corrects *link, which is what the MII registers 4 and 5 agree on (with up false if
     * that is nothing) while the PHY says that there is a link; pause_send and pause_obey tell
     * that both ends offer PAUSE, whatever the duplex. For 1000BASE-T and what the PHY knows
     * better. */
    int (*read_link)(struct ethernet_lan *self, struct ethernet_lan_link *link);
    /* Acknowledges the interrupt of the PHY, in PHY and, where that is needed, chip. */
    int (*acknowledge)(struct ethernet_lan *self);
    /* Returns the bytes that wait in the receive FIFO (at most INT32_MAX), or an error. */
    int (*bytes_waiting)(struct ethernet_lan *self);

    /* Writes the header of a frame of length bytes. */
    void (*put_send_header)(uint8_t *header, uint32_t length);
    /*
     * Takes the frame that begins at bytes[0], of which left bytes are of this burst. Sets
     * *frame, *length to the frame without its checksum and *used to the bytes up to the next one.
     * Returns 0; ERROR_IO: this one arrived damaged (*used is set, *frame is not); ERROR_CORRUPT:
     * this cannot be the beginning of a frame, so the rest of the burst is of no use.
     */
    int (*take_frame)(const uint8_t *bytes, uint32_t left, const uint8_t **frame, uint32_t *length,
                      uint32_t *used);
};

/* What the controller reads and writes. */
struct ethernet_lan_buffers {
    DMA_ALIGNED uint8_t event[DMA_ALIGNMENT];
    DMA_ALIGNED uint8_t receive[ETHERNET_LAN_RECEIVES][ETHERNET_LAN_RECEIVE_BYTES];
    DMA_ALIGNED uint8_t send[ETHERNET_LAN_SENDS][ETHERNET_LAN_SEND_BYTES];
};

struct ethernet_lan {
    struct ethernet_device ethernet;
    struct usb_driver driver;
    const struct ethernet_lan_chip *chip;
    struct usb_device *device; /* null until attached */
    uint8_t board_mac[6];      /* 0: unknown */
    uint64_t board_serial;     /* 0: unknown */
    struct usb_endpoint in, out, event;
    struct ethernet_lan_link link;
    bool chip_is_on; /* set_link may have switched reception or transmission on */

    struct usb_transfer receives[ETHERNET_LAN_RECEIVES];
    unsigned receive_depth;    /* so many of them are used */
    unsigned receive_first;    /* the oldest transfer: that which is read from */
    uint32_t receive_at;       /* bytes of it that were taken, the lent frame among them */
    const uint8_t *lent;       /* the lent frame, or null ... */
    uint32_t lent_length;      /* ... and its length */
    unsigned receive_failures; /* in a row */
    unsigned framing_failures; /* bursts in a row in which something was no frame */
    bool receiving;            /* transfers are with the host */
    bool rest_of_burst;        /* the next transfer has the rest of a burst that was cut */

    struct usb_transfer sends[ETHERNET_LAN_SENDS];
    uint16_t send_frames[ETHERNET_LAN_SENDS]; /* that each has */
    unsigned next_send;                       /* the one that is being filled */
    uint32_t send_filled;                     /* bytes of it */
    bool send_broken;     /* one did not arrive whole: none is sent until that is mended */
    uint32_t sent_before; /* frames_sent at the last update, and ... */
    uint64_t stuck_at_us; /* ... when it is an error that no more were */

    struct usb_transfer events;
    unsigned quiet_updates;   /* since the last look at the PHY */
    unsigned update_failures; /* in a row */
    bool mii_in_doubt;        /* it may be busy with what was asked of it last */
    bool answers;             /* the last request for a register was answered */
    bool stopped;
    bool gone;
    struct ethernet_lan_buffers *buffers;
};

/*
 * Fills in self; touches no device. buffers: lent to self for good; two drivers may have the same
 * ones if only one of them ever finds its chip, as on a board. board_mac: what the firmware says
 * is ours, or null, or six zeros; copied. serial: the board's, 0 if unknown. The address is the
 * board's, else the EEPROM's, else one derived from serial (locally administered, the same at
 * every start), else a random one.
 * May be called again to forget a device, after its bus's host was stopped. Never fails.
 */
void ethernet_lan_init(struct ethernet_lan *self, const struct ethernet_lan_chip *chip,
                       struct ethernet_lan_buffers *buffers, const uint8_t *board_mac,
                       uint64_t serial);

/* Returns true once the bus has found a chip for it: self->ethernet may be used. */
bool ethernet_lan_is_attached(const struct ethernet_lan *self);

extern const struct ethernet_lan_chip ethernet_lan95xx; /* LAN9500 family: LAN9512, LAN9514 */
extern const struct ethernet_lan_chip ethernet_lan78xx; /* LAN7800 family: LAN7515 */

/* ---- for the chips' files ---- */

/* One register. Return 0 or an error of usb_control; ERROR_CORRUPT after a short answer. */
int ethernet_lan_read(struct ethernet_lan *self, uint16_t offset, uint32_t *value);
int ethernet_lan_write(struct ethernet_lan *self, uint16_t offset, uint32_t value);

struct ethernet_lan_setting {
    uint16_t offset;
    uint32_t value;
};

/* Registers in a row; the first error ends it and is returned. */
int ethernet_lan_write_all(struct ethernet_lan *self, const struct ethernet_lan_setting *settings,
                           unsigned count);

/* Waits until (register & mask) == value. Returns 0, ERROR_TIMEOUT or an error of read. */
int ethernet_lan_wait(struct ethernet_lan *self, uint16_t offset, uint32_t mask, uint32_t value,
                      uint32_t timeout_us);

/* The same for the end of a reset, which has just been begun: leaves the chip alone for its first
 * millisecond and waits up to 0.5 s. */
int ethernet_lan_wait_for_reset(struct ethernet_lan *self, uint16_t offset, uint32_t mask,
                                uint32_t value);

/* A register of the PHY. Each waits up to 10 ms. Return 0, ERROR_TIMEOUT (the MII stays busy) or
 * an error of usb_control. */
int ethernet_lan_mii_read(struct ethernet_lan *self, uint8_t reg, uint16_t *value);
int ethernet_lan_mii_write(struct ethernet_lan *self, uint8_t reg, uint16_t value);

#endif
