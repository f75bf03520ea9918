/*
 * chip_lan9514: the parts of the LAN9514's model, of the LAN95xx family (0424:ec00).
 *
 * For its own files; everybody else uses chip_lan9514 of chip.h:
 *   chip_lan9514.c            descriptors, vendor requests, resets, interrupt endpoint
 *   chip_lan9514_registers.c  which registers there are, and what may be written to them
 *   chip_lan9514_effects.c    what reading and writing them does besides; the MII
 *   chip_lan9514_filter.c     from the cable: which frames are for us
 *   chip_lan9514_receive.c    from the cable: a frame becomes a record
 *   chip_lan9514_fifo.c       to the host: records become bursts; PAUSE
 *   chip_lan9514_transmit.c   to the cable: commands and frames in the stream
 *
 * Rules that a guest can break here: undefined-request, undefined-register, read-only-register,
 * reserved-bit, access-during-reset, mii-access-while-busy, mii-access-during-reset,
 * soft-reset-of-usb, change-while-running, flush-while-running, transmit-while-disabled,
 * wrong-transmit-command, receive-never-enabled; those of chip_phy, chip_eeprom and chip_frame.
 * Resets end by time, seen or not: access-during-reset needs a guest that is quicker than 20 us, or
 * a test that makes them longer (faults.reset_us).
 *
 * Reference: Microchip LAN9514 data sheet DS00002306 (descriptors, PHY) and LAN950x data sheet
 * DS00001875 (the Ethernet part of the LAN9514 is a LAN9500; its registers are public only
 * there): chapters 5.3 ... 5.5 and 7. Where the sheet leaves a choice the drivers of Linux and
 * U-Boot decided; the place says so.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef CHIP_LAN9514_H
#define CHIP_LAN9514_H

#include "chip.h"
#include "chip_eeprom.h"
#include "chip_phy.h"

#define LAN9514_RECEIVE_BYTES  20480 /* FIFOs; 5.4 */
#define LAN9514_TRANSMIT_BYTES 8192
#define LAN9514_RECORD_MAX     (4 + 3 + CHIP_FRAME_MAX + 4 + 2)
#define LAN9514_RECORDS        320  /* more than shortest frames fit in */
#define LAN9514_SEND_MAX       2047 /* what a buffer's size can say */
#define LAN9514_WORDS          (0x134 / 4)
#define LAN9514_PHY            1 /* its MII address */

enum {
    LAN9514_ID_REV = 0x00,
    LAN9514_INT_STS = 0x08,
    LAN9514_RX_CFG = 0x0c,
    LAN9514_TX_CFG = 0x10,
    LAN9514_HW_CFG = 0x14,
    LAN9514_RX_FIFO_INF = 0x18,
    LAN9514_TX_FIFO_INF = 0x1c,
    LAN9514_PM_CTRL = 0x20,
    LAN9514_LED_GPIO_CFG = 0x24,
    LAN9514_GPIO_CFG = 0x28,
    LAN9514_AFC_CFG = 0x2c,
    LAN9514_E2P_CMD = 0x30,
    LAN9514_E2P_DATA = 0x34,
    LAN9514_BURST_CAP = 0x38,
    LAN9514_STRAP_STATUS = 0x3c,
    LAN9514_GPIO_WAKE = 0x64,
    LAN9514_INT_EP_CTL = 0x68,
    LAN9514_BULK_IN_DLY = 0x6c,
    LAN9514_MAC_CR = 0x100,
    LAN9514_ADDRH = 0x104,
    LAN9514_ADDRL = 0x108,
    LAN9514_HASHH = 0x10c,
    LAN9514_HASHL = 0x110,
    LAN9514_MII_ACCESS = 0x114,
    LAN9514_MII_DATA = 0x118,
    LAN9514_FLOW = 0x11c,
    LAN9514_VLAN1 = 0x120,
    LAN9514_VLAN2 = 0x124,
    LAN9514_WUFF = 0x128,
    LAN9514_WUCSR = 0x12c,
    LAN9514_COE_CR = 0x130,
};

/* Bits of more than one file's concern. */
#define LAN9514_INT_RX_STOP (1u << 16)
#define LAN9514_INT_TX_STOP (1u << 17)
#define LAN9514_INT_PHY     (1u << 15)
#define LAN9514_INT_TXE     (1u << 14)
#define LAN9514_INT_RXDF    (1u << 11)
#define LAN9514_INT_RX_FIFO (1u << 18) /* in the interrupt endpoint's control only */

#define LAN9514_TX_CFG_ON   (1u << 2)
#define LAN9514_HW_CFG_BIR  (1u << 12)
#define LAN9514_HW_CFG_SBP  (1u << 8)
#define LAN9514_HW_CFG_DRP  (1u << 6)
#define LAN9514_HW_CFG_MEF  (1u << 5)
#define LAN9514_HW_CFG_LRST (1u << 3)
#define LAN9514_HW_CFG_BCE  (1u << 1)
#define LAN9514_HW_CFG_SRST (1u << 0)

#define LAN9514_MAC_CR_TXEN (1u << 3)
#define LAN9514_MAC_CR_RXEN (1u << 2)
#define LAN9514_MAC_CR_FDPX (1u << 20)

#define LAN9514_MII_BUSY (1u << 0)

#define LAN9514_COE_TX (1u << 16)
#define LAN9514_COE_RX (1u << 0)

/* The receive FIFO: records (status word, offset, frame, checksums) as they will stand in the
 * pipe, each from a multiple of 4 bytes on. */
struct chip_lan9514_receive {
    uint8_t bytes[LAN9514_RECEIVE_BYTES];
    uint16_t lengths[LAN9514_RECORDS]; /* of the records, without the bytes to the next one */
    unsigned first, count;             /* records; the first may have been given in part */
    unsigned at, used;                 /* where it begins in bytes; bytes in all */
    bool in_burst;                     /* the host has had a part of a burst and not its end */
    unsigned given;                    /* bytes of the first record that were given */
    unsigned burst_bytes, burst_frames;
    bool owes_end;      /* the burst's last packet was full: an empty one ends it */
    bool was_enabled;   /* since the last reset */
    bool silent;        /* PAUSE was sent, and ... */
    uint64_t silent_us; /* ... counts until then */
};

enum chip_lan9514_place { LAN9514_COMMAND, LAN9514_OFFSET, LAN9514_DATA, LAN9514_PADDING };

/* Where in the stream of commands and frames the next byte of bulk OUT stands. */
struct chip_lan9514_transmit {
    enum chip_lan9514_place place;
    uint8_t command[8];
    unsigned have; /* bytes of the command */
    unsigned left; /* bytes of offset, buffer or padding that are to come */
    bool lost;     /* the place in the stream: after a wrong command */
    bool in_frame; /* its first segment has come */
    uint32_t a, b; /* the commands of this buffer; b: of the whole frame */
    uint8_t frame[LAN9514_SEND_MAX + 1];
    unsigned length;
    uint64_t paused_until_us; /* the other end asked for silence */
};

/* As in the answers to statistics requests. */
struct chip_lan9514_counters {
    uint32_t received[8], sent[10];
};

enum { LAN9514_RX_GOOD, LAN9514_RX_CRC, LAN9514_RX_DROPPED = 7, LAN9514_RX_BAD = 6 };
enum { LAN9514_TX_GOOD, LAN9514_TX_PAUSE, LAN9514_TX_CARRIER = 8, LAN9514_TX_BAD = 9 };

struct chip_lan9514 {
    struct chip chip;
    struct chip_phy phy;
    struct chip_eeprom eeprom;
    uint32_t registers[LAN9514_WORDS];
    bool resetting, phy_resetting; /* until ... */
    uint64_t reset_us, phy_reset_us;
    bool receive_stopping,
        transmit_stopping; /* switched off: the frame that passes ends until ... */
    uint64_t receive_stop_us, transmit_stop_us;
    bool mii_running; /* a transaction was begun and the host has not seen its end */
    uint64_t mii_us;
    uint32_t interrupts; /* those enabled that stand, when last looked at */
    bool interrupt_owed; /* another has come since: the endpoint has something to tell */
    struct chip_lan9514_receive receive;
    struct chip_lan9514_transmit transmit;
    struct chip_lan9514_counters counters;
};

static inline uint32_t *lan9514_register(struct chip_lan9514 *self, unsigned number)
{
    return &self->registers[number / 4];
}

static inline bool lan9514_is(const struct chip_lan9514 *self, unsigned number, uint32_t bit)
{
    return self->registers[number / 4] & bit;
}

static inline uint64_t lan9514_now_us(const struct chip_lan9514 *self)
{
    return self->chip.carrier.now_us(self->chip.carrier.owner);
}

/* chip_lan9514.c: ends what time has ended, and notes interrupts that have come. */
void lan9514_settle(struct chip_lan9514 *self);
/* All but the PHY and the faults as after a reset; the MAC address is the EEPROM's. */
void lan9514_begin_again(struct chip_lan9514 *self);

/* chip_lan9514_registers.c: a vendor request's access, with all its rules; as after a reset. */
uint32_t lan9514_read(struct chip_lan9514 *self, unsigned number);
void lan9514_write(struct chip_lan9514 *self, unsigned number, uint32_t value);
void lan9514_reset_registers(struct chip_lan9514 *self);

/* chip_lan9514_effects.c: what is read; what a write does that has left its bits: value is all that
 * came, old what stood there. */
uint32_t lan9514_read_effect(struct chip_lan9514 *self, unsigned number);
void lan9514_write_effect(struct chip_lan9514 *self, unsigned number, uint32_t value, uint32_t old);

/* chip_lan9514_filter.c: whether a frame to this address is for us. */
bool lan9514_passes(struct chip_lan9514 *self, const uint8_t *address);

/* chip_lan9514_receive.c */
void lan9514_receive(struct chip *chip, const uint8_t *frame, unsigned length);

/* chip_lan9514_fifo.c. put_record: false without room; control_flow: begins or ends the silence of
 * the other end, whenever the FIFO has filled or emptied. */
bool lan9514_put_record(struct chip_lan9514 *self, const uint8_t *record, unsigned length);
void lan9514_control_flow(struct chip_lan9514 *self);
int lan9514_bulk_in(struct chip *chip, uint8_t *bytes, unsigned capacity);
bool lan9514_has_data(struct chip *chip);
bool lan9514_wants_silence(const struct chip *chip);
void lan9514_flush_receive(struct chip_lan9514 *self);

/* chip_lan9514_transmit.c */
int lan9514_bulk_out(struct chip *chip, const uint8_t *bytes, unsigned length);
void lan9514_flush_transmit(struct chip_lan9514 *self);

#endif
