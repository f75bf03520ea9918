/*
 * chip_lan7515: the inside of the LAN7515's model, shared by its files.
 *
 * The LAN7515 is a hub with a LAN7800 behind it; this is the LAN7800 (0424:7800), as it appears
 * below the hub at high speed. Files: chip_lan7515.c (USB side, interrupts, resets),
 * _registers.c (what each register keeps), _effects.c (what it does besides), _switches.c (what is
 * switched on and off), _ports.c (MII and data port), _filter.c (which frames are for us),
 * _receive.c (a frame becomes a record), _fifo.c (records become bursts), _transmit.c (commands of
 * the bulk-OUT stream), _offload.c (checksums, VLAN tags, large send).
 *
 * Rules that a guest can break, by the names complain() gets:
 *   undefined-register             there is none at that address, or not on a multiple of 4
 *   undefined-request              a vendor request of another kind, or with a value or length that
 *                                  none has
 *   access-during-reset            any register but HW_CFG and PMT_CTL, or bulk OUT, before LRST or
 *                                  PHY_RST was seen to have ended
 *   not-in-the-model               MAC_CR.LOOPBACK, RFE_CTL.RST: no known driver uses them
 *   mac-reset-during-mii-access    MAC_CR.RST while the PHY is being talked to: it blocks both
 *   read-only-register             a write to one that has no writable bit
 *   reserved-bits                  a write of ones where the manual wants zeros
 *   soft-reset-detaches            HW_CFG.SRST: the chip would leave the bus
 *   mii-access-while-busy          MII_ACC or MII_DATA used before MII_ACC was seen not busy
 *   data-port-while-busy           the same of DP_CMD and DP_SEL.DPRDY
 *   data-port-wrong-memory         DP_SEL or DP_ADDR: nothing a driver has to do with
 *   eeprom-pins-are-leds           an EEPROM command with HW_CFG.LED0 or LED1 on
 *   eeprom-..., otp-...            see chip_eeprom.h
 *   filter-changed-while-valid     MAF_LO of a valid entry changes while frames are taken in
 *   fifo-changed-while-enabled     FCT_x_FIFO_END changes, or a FIFO is reset, while it is on
 *   flush-while-running            ... or before its half of the MAC has had time to end a frame
 *   frame-size-changed-while-receiving  MAC_RX.MAX_SIZE
 *   change-while-running           HW_CFG.MEF, USB_CFG0.BCE or BURST_CAP while frames are taken in
 *   burst-cap-too-small            reception begins with a cap that the longest frame exceeds
 *   burst-cap-without-mef          ... or with BCE on and MEF off
 *   transmit-while-disabled        bulk OUT with MAC_TX.TXEN or FCT_TX_CTL.EN off
 *   wrong-transmit-command         a command that contradicts itself, the frame, or the transfer
 *   mac-speed-mismatch             a frame is sent and MAC and PHY do not run at the same speed
 *   stale-buffer                   see chip_frame_check: what leaves, after the offloads asked for
 *
 * Not in the model: USB 3, suspend and wake-up (registers keep what is written), GPIO, EEE,
 * LTM, jumbo frames, the other memories behind the data port.
 * Reference: Microchip LAN7800 data sheet DS00001992; where it is silent (OTP, large send, the
 * raw checksum's byte order), what Linux' and FreeBSD's drivers rely on.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef CHIP_LAN7515_H
#define CHIP_LAN7515_H

#include "chip.h"
#include "chip_eeprom.h"
#include "chip_phy.h"

/* clang-format off */
enum {
    ID_REV = 0x000, FPGA_REV = 0x004, INT_STS = 0x00c, HW_CFG = 0x010, PMT_CTL = 0x014,
    GPIO_CFG0 = 0x018, GPIO_WAKE = 0x020,
    DP_SEL = 0x024, DP_CMD = 0x028, DP_ADDR = 0x02c, DP_DATA = 0x030,
    E2P_CMD = 0x040, E2P_DATA = 0x044, BOS_ATTR = 0x050, STRING_FLAGS = 0x068,
    USB_CFG0 = 0x080, USB_CFG1 = 0x084, USB_CFG2 = 0x088, BURST_CAP = 0x090, BULK_IN_DLY = 0x094,
    INT_EP_CTL = 0x098, PIPE_CTL = 0x09c, U2_LATENCY = 0x0a4, USB_STATUS = 0x0a8,
    USB_CFG3 = 0x0ac, RFE_CTL = 0x0b0, VLAN_TYPE = 0x0b4,
    FCT_RX_CTL = 0x0c0, FCT_TX_CTL = 0x0c4, FCT_RX_FIFO_END = 0x0c8, FCT_TX_FIFO_END = 0x0cc,
    FCT_FLOW = 0x0d0, RX_DP_STOR = 0x0d4, TX_DP_STOR = 0x0d8,
    LTM_FIRST = 0x0e0, LTM_LAST = 0x0f4,
    MAC_CR = 0x100, MAC_RX = 0x104, MAC_TX = 0x108, FLOW = 0x10c, RAND_SEED = 0x110,
    ERR_STS = 0x114, RX_ADDRH = 0x118, RX_ADDRL = 0x11c, MII_ACC = 0x120, MII_DATA = 0x124,
    MAC_RGMII_ID = 0x128, EEE_FIRST = 0x130, EEE_LAST = 0x138, WUCSR = 0x140, WK_SRC = 0x144,
    WUF_CFG_FIRST = 0x150, WUF_CFG_LAST = 0x1cc, WUF_MASK_FIRST = 0x200, WUF_MASK_LAST = 0x3fc,
    MAF_FIRST = 0x400, MAF_LAST = 0x504, WUCSR2 = 0x600, WAKE_FIRST = 0x610, WAKE_LAST = 0x6c4,
    PHY_DEV_ID = 0x700, REGISTERS_END = 0x710,
    OTP_FIRST = 0x1000,
};

enum {
    INT_RDFO = 1 << 22, INT_TX_DIS = 1 << 19, INT_RX_DIS = 1 << 18, INT_PHY = 1 << 17,
    INT_MAC_ERR = 1 << 15,

    HW_CFG_LED1 = 1 << 21, HW_CFG_LED0 = 1 << 20, HW_CFG_MEF = 1 << 4, HW_CFG_LRST = 1 << 1,
    HW_CFG_SRST = 1 << 0,

    PMT_READY = 1 << 7, PMT_PHY_RST = 1 << 4,

    DP_SEL_MEMORY = 0xf, DP_VLAN_AND_HASH = 1, DP_CMD_WRITE = 1,

    USB_CFG0_BIR = 1 << 6, USB_CFG0_BCE = 1 << 5,

    RFE_IGMP_COE = 1 << 14, RFE_ICMP_COE = 1 << 13, RFE_TCPUDP_COE = 1 << 12, RFE_IP_COE = 1 << 11,
    RFE_BROADCAST = 1 << 10, RFE_MULTICAST = 1 << 9, RFE_UNICAST = 1 << 8, RFE_VLAN_STRIP = 1 << 7,
    RFE_DISCARD_UNTAGGED = 1 << 6, RFE_VLAN_FILTER = 1 << 5, RFE_SOURCE_FILTER = 1 << 4,
    RFE_MULTICAST_HASH = 1 << 3, RFE_HASH = 1 << 2, RFE_PERFECT = 1 << 1, RFE_RST = 1 << 0,

    FCT_RST = 1 << 30, FCT_OVERFLOW = 1 << 24, FCT_DROP = 1 << 23, FCT_NOT_EMPTY = 1 << 22,
    FCT_EMPTY = 1 << 21, FCT_DISABLED = 1 << 20, FCT_STORE_BAD = 1 << 25,

    MAC_CR_AUTO_DUPLEX = 1 << 12, MAC_CR_AUTO_SPEED = 1 << 11, MAC_CR_LOOPBACK = 1 << 10,
    MAC_CR_FULL_DUPLEX = 1 << 3, MAC_CR_SPEED = 3 << 1, MAC_CR_RST = 1 << 0,
    MAC_RX_FCS_STRIP = 1 << 4, MAC_RX_RXD = 1 << 1, MAC_RX_RXEN = 1 << 0,
    MAC_TX_TXD = 1 << 1, MAC_TX_TXEN = 1 << 0,
    FLOW_TX_FCEN = 1 << 30, FLOW_RX_FCEN = 1 << 29,

    MII_BUSY = 1 << 0, MII_WRITE = 1 << 1,
};
#define DP_SEL_READY 0x80000000u
#define INT_EP_ALWAYS 0x80000000u
#define FCT_EN       0x80000000u
#define MAF_VALID    0x80000000u
#define MAF_SOURCE   0x40000000u

/* Words of a received frame's head, and of a frame's to be sent. */
enum {
    RX_A_IP_ERROR = 1 << 31, RX_A_TCPUDP_ERROR = 1 << 30, RX_A_IPV6 = 1 << 29, RX_A_TCP = 1 << 27,
    RX_A_UDP = 2 << 27, RX_A_IP = 3 << 27, RX_A_PERFECT = 1 << 26, RX_A_BROADCAST = 1 << 25,
    RX_A_MULTICAST = 1 << 24, RX_A_VLAN = 1 << 23, RX_A_RED = 1 << 22, RX_A_LONG = 1 << 19,
    RX_A_FCS = 1 << 16, RX_A_UNICAST = 1 << 15, RX_A_NO_CHECKSUM = 1 << 14, RX_A_LENGTH = 0x3fff,

    TX_A_RESERVED = (int)0xc0300000, TX_A_IGMP = 1 << 29, TX_A_ICMP = 1 << 28, TX_A_LSO = 1 << 27,
    TX_A_IP = 1 << 26, TX_A_TCPUDP = 1 << 25, TX_A_INSERT_TAG = 1 << 24, TX_A_REPLACE_TAG = 1 << 23,
    TX_A_FCS = 1 << 22, TX_A_LENGTH = 0xfffff,
};
/* clang-format on */

enum {
    RX_HEAD_BYTES = 10,
    TX_HEAD_BYTES = 8,
    FIFO_BYTES = 12 * 1024,
    FCS_BYTES = 4,
    RX_RECORD_MAX = RX_HEAD_BYTES + CHIP_FRAME_MAX + FCS_BYTES,
    LARGE_FRAME_MAX = 65535 + 18, /* large send passes through the FIFO: Linux gives up to 16 KB */
    PERFECT_FILTERS = 33,
    VLAN_WORDS = 128,
    HASH_WORDS = 16,
    STATISTICS_WORDS = 47,
    RX_QUEUE_FRAMES = FIFO_BYTES / 24 /* no record is shorter than that */
};

/* Places in the statistics that request 0xa2 gives: those the model counts. */
enum {
    COUNT_RX_FCS_ERRORS = 0,
    COUNT_RX_DROPPED = 6,
    COUNT_RX_BYTES = 7,   /* unicast, broadcast, multicast */
    COUNT_RX_FRAMES = 10, /* likewise */
    COUNT_RX_PAUSE = 13,
    COUNT_RX_SIZES = 14, /* 64, 65, 128, 256, 512, 1024, over 1518 */
    COUNT_TX_BYTES = 31,
    COUNT_TX_FRAMES = 34,
    COUNT_TX_PAUSE = 37,
    COUNT_TX_SIZES = 38
};

/* The receive FIFO: records of A, B, C and frame, in their order. */
struct lan7515_fifo {
    uint8_t bytes[FIFO_BYTES];
    unsigned head, used;               /* first byte, bytes (each record to a multiple of 4) */
    uint16_t lengths[RX_QUEUE_FRAMES]; /* of the records, without padding */
    unsigned first_frame, frames;
};

struct chip_lan7515 {
    struct chip chip;
    uint32_t values[REGISTERS_END / 4];
    uint32_t memory[VLAN_WORDS + HASH_WORDS]; /* behind the data port */
    uint32_t counts[STATISTICS_WORDS];
    struct chip_eeprom eeprom;
    struct chip_otp otp;
    struct chip_phy phy;

    bool resetting, phy_resetting; /* until seen to have ended, not before ... */
    uint64_t reset_until_us, phy_reset_until_us;
    bool mii_busy, port_busy; /* likewise */
    uint64_t mii_until_us, port_until_us;
    uint64_t receive_stops_us, transmit_stops_us; /* a frame that passes ends first */
    uint32_t told; /* what the interrupt endpoint said last and is still so */

    struct lan7515_fifo fifo;
    unsigned burst_frames, burst_sent; /* records and bytes of the current burst that have gone */
    unsigned record_sent;              /* bytes of the first record that have gone */
    bool in_burst;
    bool silence;

    uint8_t out[LARGE_FRAME_MAX + 64]; /* the frame being written to bulk OUT, commands first */
    unsigned out_bytes, out_padding;
    bool out_discard;         /* after a wrong command: the rest of the transfer is of no use */
    uint64_t paused_until_us; /* the other end has asked us for silence */
};

/* chip_lan7515.c */
struct chip_lan7515 *lan7515(struct chip *chip);
uint64_t lan7515_now(struct chip_lan7515 *self); /* in microseconds */
/* LRST and PHY_RST. A reset goes on until it is looked at by the guest, and not before its time:
 * the latter two end it if that has passed, and return whether it is over. */
void lan7515_start_reset(struct chip_lan7515 *self);
void lan7515_start_phy_reset(struct chip_lan7515 *self);
bool lan7515_look_at_reset(struct chip_lan7515 *self);
bool lan7515_look_at_phy_reset(struct chip_lan7515 *self);
/* INT_STS as it reads. What has gone may be told again by the interrupt endpoint. */
uint32_t lan7515_interrupts(struct chip_lan7515 *self);
/* A frame of length bytes, its checksum counted, went one way. */
void lan7515_count(struct chip_lan7515 *self, bool sent, const uint8_t *frame, unsigned length);

/* chip_lan7515_registers.c: as after power-on; a vendor request's access, with all its rules. */
void lan7515_reset_registers(struct chip_lan7515 *self);
uint32_t lan7515_read(struct chip_lan7515 *self, unsigned offset);
void lan7515_write(struct chip_lan7515 *self, unsigned offset, uint32_t value);

/* chip_lan7515_effects.c: when a register is read; when it was written: its stored bits are, before
 * is what they were, value all that came. */
uint32_t lan7515_read_effect(struct chip_lan7515 *self, unsigned offset);
void lan7515_write_effect(struct chip_lan7515 *self, unsigned offset, uint32_t before,
                          uint32_t value);

/* chip_lan7515_switches.c: receiving: both switches are on. Effects of FCT_x_CTL, FCT_x_FIFO_END,
 * MAC_RX and MAC_TX, likewise. What must not change while frames are taken in: the address filter,
 * as another effect; the framing of bursts. */
bool lan7515_receiving(const struct chip_lan7515 *self);
uint32_t lan7515_read_switch(struct chip_lan7515 *self, unsigned offset);
void lan7515_write_switch(struct chip_lan7515 *self, unsigned offset, uint32_t before,
                          uint32_t value);
void lan7515_write_filter(struct chip_lan7515 *self, unsigned offset, uint32_t before,
                          uint32_t value);
void lan7515_check_at_rest(struct chip_lan7515 *self, unsigned offset, uint32_t before);

/* chip_lan7515_ports.c. The checks complain while the port is busy. */
void lan7515_check_mii(struct chip_lan7515 *self, unsigned offset, const char *how);
uint32_t lan7515_read_mii_access(struct chip_lan7515 *self);
void lan7515_write_mii_access(struct chip_lan7515 *self, uint32_t value);
void lan7515_check_port(struct chip_lan7515 *self, unsigned offset);
uint32_t lan7515_read_port_select(struct chip_lan7515 *self);
void lan7515_run_port(struct chip_lan7515 *self, uint32_t command);

/* chip_lan7515_filter.c: bits for RX_CMD_A; 0: not for us. */
uint32_t lan7515_filter(struct chip_lan7515 *self, const uint8_t *frame, unsigned length);

/* chip_lan7515_receive.c: struct chip_type's function. */
void lan7515_receive(struct chip *chip, const uint8_t *frame, unsigned length);

/* chip_lan7515_fifo.c: a record, false if it finds no room; struct chip_type's functions; the FIFO
 * empty; wants_silence, whenever what it depends on has changed; the rules of bursts. */
bool lan7515_put_record(struct chip_lan7515 *self, const uint8_t *record, unsigned length);
int lan7515_bulk_in(struct chip *chip, uint8_t *bytes, unsigned capacity);
bool lan7515_has_data(struct chip *chip);
void lan7515_flush_receive(struct chip_lan7515 *self);
void lan7515_update_silence(struct chip_lan7515 *self);
void lan7515_check_burst(struct chip_lan7515 *self); /* as reception begins */

/* chip_lan7515_transmit.c */
int lan7515_bulk_out(struct chip *chip, const uint8_t *bytes, unsigned length);

/* chip_lan7515_offload.c */
/* Where the headers of an IPv4 or IPv6 frame stand. */
struct lan7515_headers {
    unsigned ip; /* offset; 0: no IP */
    bool version6;
    bool fragment;
    unsigned transport; /* offset; 0: none that is known, or not all in the frame */
    unsigned protocol;
    unsigned end; /* of what the IP length says; may be past the frame */
};
struct lan7515_headers lan7515_parse(const uint8_t *frame, unsigned length);
/* Whether UDP's or TCP's checksum is, all of it being in the frame; so is one of UDP's left out. */
bool lan7515_transport_is_right(const uint8_t *frame, const struct lan7515_headers *headers);
/* Sends out one frame, or several of it, as the commands say. */
void lan7515_offload(struct chip_lan7515 *self, uint32_t command_a, uint32_t command_b,
                     uint8_t *frame, unsigned length);
/* chip_lan7515_transmit.c: onto the cable, once the rules are met. */
void lan7515_send(struct chip_lan7515 *self, const uint8_t *frame, unsigned length);

/* chip_lan7515_descriptors.c */
extern const uint8_t lan7515_device_descriptor[], lan7515_configuration_descriptor[];

#endif
