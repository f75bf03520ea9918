/*
 * chip_lan9514_receive: from the cable to a record for the FIFO.
 *
 * A record is a status word, RXDOFF bytes of nothing, the frame, its FCS and, with the checksum
 * engine on, two bytes of sum. PAUSE from the other end goes to the transmitter instead.
 *
 * Lacks: VLAN tags in the checksum engine's mode 1, pad stripping, frames that are late, long or
 * dribble; after wake-up frames it does not look.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "chip_lan9514.h"

#include <string.h>

#include "bytes.h"
#include "chip_frame.h"

#define RXALL (1u << 31) /* MAC_CR */

#define STATUS_FILTER_FAIL (1u << 30)
#define STATUS_ERROR       (1u << 15)
#define STATUS_BROADCAST   (1u << 13)
#define STATUS_LENGTH      (1u << 12)
#define STATUS_MULTICAST   (1u << 10)
#define STATUS_TYPE        (1u << 5)
#define STATUS_CRC         (1u << 1)
#define STATUS_IS_ERROR    (1u << 11 | 1u << 7 | 1u << 6 | 1u << 1) /* what STATUS_ERROR sums up */

#define FLOW_ENABLE  (1u << 1)
#define FLOW_PASS    (1u << 2)
#define HEADER_BYTES 14

static uint32_t describe(const uint8_t *frame, unsigned length, bool passed)
{
    unsigned type = bytes_be16(frame + 12), payload = length - HEADER_BYTES;
    uint32_t status = passed ? 0 : STATUS_FILTER_FAIL;

    if (chip_frame_is_broadcast(frame))
        status |= STATUS_BROADCAST;
    else if (frame[0] & 1)
        status |= STATUS_MULTICAST;
    if (type > 1500)
        status |= STATUS_TYPE;
    else if (payload > 46 ? type != payload : type > payload) /* shorter ones were padded */
        status |= STATUS_LENGTH;
    return status;
}

/* Bits that a test has asked for; the FCS is then wrong, too. */
static uint32_t damage(struct chip_lan9514 *self)
{
    struct chip_faults *faults = &self->chip.faults;
    uint32_t bits;

    if (!faults->error_frames)
        return 0;
    faults->error_frames--;
    bits = faults->error_bits ? faults->error_bits : STATUS_CRC;
    return bits | (bits & STATUS_IS_ERROR ? STATUS_ERROR : 0);
}

static unsigned said_length(struct chip_lan9514 *self, unsigned length)
{
    unsigned *bad = &self->chip.faults.bad_length;

    if (!*bad)
        return length;
    return (*bad)-- & 1 ? 0x3fff : 3; /* more than there is; less than an FCS */
}

static void store(struct chip_lan9514 *self, const uint8_t *frame, unsigned length, uint32_t status)
{
    uint8_t record[LAN9514_RECORD_MAX];
    unsigned offset = *lan9514_register(self, LAN9514_HW_CFG) >> 9 & 3;
    unsigned at = 4 + offset, begin = at;

    memset(record, 0, at);
    memcpy(record + at, frame, length);
    at += length;
    bytes_put_le32(record + at, chip_frame_fcs(frame, length) ^ (status & STATUS_CRC ? ~0u : 0));
    at += 4;
    if (lan9514_is(self, LAN9514_COE_CR, LAN9514_COE_RX)) {
        bytes_put_le16(record + at, chip_frame_sum(frame + HEADER_BYTES, length - HEADER_BYTES));
        at += 2;
    }
    bytes_put_le32(record, status | (uint32_t)said_length(self, at - begin) << 16);
    if (!lan9514_put_record(self, record, at)) {
        self->counters.received[LAN9514_RX_DROPPED]++;
        self->chip.statistics.overruns++;
        *lan9514_register(self, LAN9514_INT_STS) |= LAN9514_INT_RXDF;
        return;
    }
    self->chip.statistics.frames_received++;
}

/* 802.3 annex 31B: the MAC obeys, and keeps it to itself unless told to pass it. */
static bool is_pause_for_mac(struct chip_lan9514 *self, const uint8_t *frame)
{
    static const uint8_t address[6] = {0x01, 0x80, 0xc2, 0x00, 0x00, 0x01};
    unsigned speed = chip_phy_speed(&self->phy);

    if (!lan9514_is(self, LAN9514_FLOW, FLOW_ENABLE) || memcmp(frame, address, sizeof address) ||
        bytes_be32(frame + 12) != 0x88080001)
        return false;
    if (lan9514_is(self, LAN9514_MAC_CR, LAN9514_MAC_CR_FDPX))
        self->transmit.paused_until_us =
            lan9514_now_us(self) + bytes_be16(frame + 16) * 512ull / speed;
    return !lan9514_is(self, LAN9514_FLOW, FLOW_PASS);
}

void lan9514_receive(struct chip *chip, const uint8_t *frame, unsigned length)
{
    struct chip_lan9514 *self = (struct chip_lan9514 *)chip;
    uint8_t whole[CHIP_FRAME_MAX] = {0};
    uint32_t errors;
    bool passed;

    lan9514_settle(self);
    if (length < HEADER_BYTES || length > CHIP_FRAME_MAX || !chip_phy_up(&self->phy) ||
        self->resetting || self->phy_resetting ||
        !lan9514_is(self, LAN9514_MAC_CR, LAN9514_MAC_CR_RXEN))
        return;
    memcpy(whole, frame, length);
    if (length < CHIP_FRAME_MIN)
        length = CHIP_FRAME_MIN; /* the other end's MAC pads */
    if (is_pause_for_mac(self, whole))
        return;
    passed = lan9514_passes(self, whole);
    if (!passed && !lan9514_is(self, LAN9514_MAC_CR, RXALL)) {
        chip->statistics.filtered++;
        return;
    }
    errors = damage(self);
    self->counters.received[errors ? LAN9514_RX_BAD : LAN9514_RX_GOOD]++;
    if (errors & STATUS_CRC)
        self->counters.received[LAN9514_RX_CRC]++;
    if (!(errors & STATUS_ERROR) || !lan9514_is(self, LAN9514_HW_CFG, LAN9514_HW_CFG_DRP))
        store(self, whole, length, describe(whole, length, passed) | errors);
    lan9514_control_flow(self);
    lan9514_settle(self);
}
