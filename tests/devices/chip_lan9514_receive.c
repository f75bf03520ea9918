/*
 * chip_lan9514_receive: from the cable to bulk IN: address filter, FIFO, bursts, PAUSE.
 *
 * In the FIFO a frame is a record: status word, RXDOFF bytes of nothing, frame, its FCS and, with
 * the checksum engine on, two bytes of sum; the next record begins at a multiple of 4.
 * A burst is one transfer: one record without MEF; with it, as many as there are while the host
 * fetches them and, with BCE, as fit whole into BURST_CAP packets. The last record of a burst is
 * not padded: Linux' driver would count each such burst as an error, and on boards it counts none.
 *
 * Lacks: BULK_IN_DLY (the carrier's clock is coarser), VLAN tags in the checksum engine's mode 1,
 * pad stripping, frames that are late, long or dribble; after wake-up frames it does not look.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "chip_lan9514.h"

#include <string.h>

#include "bytes.h"
#include "chip_frame.h"

#define RXALL   (1u << 31) /* MAC_CR */
#define MCPAS   (1u << 19)
#define PRMS    (1u << 18)
#define INVFILT (1u << 17)
#define HFILT   (1u << 15)
#define HPFILT  (1u << 13)
#define BCAST   (1u << 11)

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
#define AFC_ANY      0x0fu
#define LONGEST      (4 + 3 + CHIP_FRAME_MAX + 4 + 2)
#define HEADER_BYTES 14

static struct chip_lan9514 *of(struct chip *chip)
{
    return (struct chip_lan9514 *)chip;
}

/* ---- the address filter: LAN950x, table 5-45 ---- */

static bool is_own(struct chip_lan9514 *self, const uint8_t *address)
{
    return bytes_le32(address) == *lan9514_register(self, LAN9514_ADDRL) &&
           bytes_le16(address + 4) == (uint16_t)*lan9514_register(self, LAN9514_ADDRH);
}

static bool is_hashed(struct chip_lan9514 *self, const uint8_t *address)
{
    unsigned bit = chip_frame_hash(address, 6);

    return *lan9514_register(self, bit & 32 ? LAN9514_HASHH : LAN9514_HASHL) >> (bit & 31) & 1;
}

static bool passes(struct chip_lan9514 *self, const uint8_t *address)
{
    uint32_t mode = *lan9514_register(self, LAN9514_MAC_CR);
    bool multicast = address[0] & 1;

    if (mode & PRMS)
        return true;
    if (chip_frame_is_broadcast(address))
        return !(mode & BCAST);
    if (mode & INVFILT)
        return !is_own(self, address);
    if (multicast && mode & MCPAS)
        return true;
    if (mode & HPFILT && (multicast || mode & HFILT))
        return is_hashed(self, address);
    return is_own(self, address);
}

/* ---- the FIFO ---- */

static unsigned padded(unsigned length)
{
    return (length + 3) & ~3u;
}

void lan9514_flush_receive(struct chip_lan9514 *self)
{
    bool was_enabled = self->receive.was_enabled;

    memset(&self->receive, 0, sizeof self->receive);
    self->receive.was_enabled = was_enabled;
}

/* At the level above it asks the other end for silence, once, for the time in FLOW; below the
 * lower one it takes that back. */
static void control_flow(struct chip_lan9514 *self)
{
    struct chip_lan9514_receive *fifo = &self->receive;
    uint32_t afc = *lan9514_register(self, LAN9514_AFC_CFG);
    uint32_t quanta = *lan9514_register(self, LAN9514_FLOW) >> 16;
    unsigned high = (afc >> 16 & 0xff) * 64, low = (afc >> 8 & 0xff) * 64;
    uint32_t needed = LAN9514_MAC_CR_FDPX | LAN9514_MAC_CR_TXEN;

    if (fifo->silent && fifo->used <= low)
        fifo->silent = false;
    if (fifo->silent || fifo->used < high || !(afc & AFC_ANY) || !quanta ||
        (*lan9514_register(self, LAN9514_MAC_CR) & needed) != needed ||
        !chip_phy_may_send_pause(&self->phy))
        return;
    fifo->silent = true;
    fifo->silent_us = lan9514_now_us(self) + quanta * 512ull / chip_phy_speed(&self->phy);
    self->chip.statistics.pauses++;
    self->counters.sent[LAN9514_TX_PAUSE]++;
}

bool lan9514_wants_silence(const struct chip *chip)
{
    const struct chip_lan9514 *self = (const struct chip_lan9514 *)chip;

    return self->receive.silent && lan9514_now_us(self) < self->receive.silent_us;
}

static void put(struct chip_lan9514_receive *fifo, const uint8_t *record, unsigned length)
{
    unsigned at = (fifo->at + fifo->used) % LAN9514_RECEIVE_BYTES;
    unsigned straight = LAN9514_RECEIVE_BYTES - at < length ? LAN9514_RECEIVE_BYTES - at : length;

    memcpy(fifo->bytes + at, record, straight);
    memcpy(fifo->bytes, record + straight, length - straight);
    fifo->lengths[(fifo->first + fifo->count++) % LAN9514_RECORDS] = (uint16_t)length;
    fifo->used += padded(length);
}

static void get(const struct chip_lan9514_receive *fifo, uint8_t *bytes, unsigned offset,
                unsigned length)
{
    unsigned at = (fifo->at + offset) % LAN9514_RECEIVE_BYTES;
    unsigned straight = LAN9514_RECEIVE_BYTES - at < length ? LAN9514_RECEIVE_BYTES - at : length;

    memcpy(bytes, fifo->bytes + at, straight);
    memcpy(bytes + straight, fifo->bytes, length - straight);
}

static void drop_first(struct chip_lan9514_receive *fifo)
{
    unsigned bytes = padded(fifo->lengths[fifo->first]);

    fifo->at = (fifo->at + bytes) % LAN9514_RECEIVE_BYTES;
    fifo->used -= bytes;
    fifo->first = (fifo->first + 1) % LAN9514_RECORDS;
    fifo->count--;
    fifo->given = 0;
}

/* ---- from the cable ---- */

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
    uint8_t record[LONGEST + 3];
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
    if (self->receive.used + padded(at) > LAN9514_RECEIVE_BYTES ||
        self->receive.count == LAN9514_RECORDS) {
        self->counters.received[LAN9514_RX_DROPPED]++;
        self->chip.statistics.overruns++;
        *lan9514_register(self, LAN9514_INT_STS) |= LAN9514_INT_RXDF;
        return;
    }
    put(&self->receive, record, at);
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
    struct chip_lan9514 *self = of(chip);
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
    passed = passes(self, whole);
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
    control_flow(self);
    lan9514_settle(self);
}

/* ---- to the host ---- */

static unsigned burst_limit(struct chip_lan9514 *self)
{
    if (!lan9514_is(self, LAN9514_HW_CFG, LAN9514_HW_CFG_BCE))
        return ~0u;
    return *lan9514_register(self, LAN9514_BURST_CAP) * CHIP_PACKET_BYTES;
}

/* Whether a test holds frames back. Not when no more would find room. */
static bool is_held(struct chip_lan9514 *self)
{
    const struct chip_lan9514_receive *fifo = &self->receive;

    return fifo->count < self->chip.faults.hold_frames &&
           fifo->used + LONGEST <= LAN9514_RECEIVE_BYTES;
}

bool lan9514_has_data(struct chip *chip)
{
    struct chip_lan9514 *self = of(chip);

    if (self->receive.in_burst)
        return true;
    return self->receive.count && !is_held(self);
}

/* The first record was given whole. Whether the burst goes on with another one. */
static bool goes_on(struct chip_lan9514 *self)
{
    struct chip_lan9514_receive *fifo = &self->receive;

    return lan9514_is(self, LAN9514_HW_CFG, LAN9514_HW_CFG_MEF) && fifo->count &&
           padded(fifo->burst_bytes) + fifo->lengths[fifo->first] <= burst_limit(self);
}

static void end_burst(struct chip_lan9514 *self)
{
    struct chip_lan9514_receive *fifo = &self->receive;
    struct chip_statistics *statistics = &self->chip.statistics;

    statistics->bursts++;
    if (fifo->burst_frames > statistics->most_in_burst)
        statistics->most_in_burst = fifo->burst_frames;
    fifo->in_burst = fifo->owes_end = false;
    fifo->burst_bytes = fifo->burst_frames = 0;
}

/* The bytes between two records count as the first's, if another follows. */
static unsigned fill(struct chip_lan9514 *self, uint8_t *bytes, unsigned capacity)
{
    struct chip_lan9514_receive *fifo = &self->receive;
    unsigned filled = 0;

    while (filled < capacity) {
        if (fifo->given == 0 && fifo->burst_bytes & 3) {
            bytes[filled++] = 0;
            fifo->burst_bytes++;
            continue;
        }
        unsigned left = fifo->lengths[fifo->first] - fifo->given;
        unsigned part = left < capacity - filled ? left : capacity - filled;

        get(fifo, bytes + filled, fifo->given, part);
        fifo->given += part;
        fifo->burst_bytes += part;
        filled += part;
        if (part < left)
            break;
        drop_first(fifo);
        fifo->burst_frames++;
        if (!goes_on(self)) {
            fifo->owes_end = true;
            break;
        }
    }
    return filled;
}

int lan9514_bulk_in(struct chip *chip, uint8_t *bytes, unsigned capacity)
{
    struct chip_lan9514 *self = of(chip);
    struct chip_lan9514_receive *fifo = &self->receive;
    struct chip_faults *faults = &chip->faults;
    unsigned filled;

    if (faults->stall_in) {
        faults->stall_in--;
        return CHIP_STALL;
    }
    if (!lan9514_has_data(chip)) {
        if (!fifo->was_enabled)
            chip_complain(chip, "receive-never-enabled",
                          "bulk IN is asked for frames, and MAC_CR.RXEN was not set since reset");
        return lan9514_is(self, LAN9514_HW_CFG, LAN9514_HW_CFG_BIR) ? CHIP_NAK : 0;
    }
    if (!fifo->in_burst && faults->zero_packets) {
        faults->zero_packets--;
        return 0;
    }
    if (fifo->owes_end) {
        end_burst(self);
        return 0;
    }
    fifo->in_burst = true;
    if (capacity > CHIP_PACKET_BYTES)
        capacity = CHIP_PACKET_BYTES;
    filled = fill(self, bytes, capacity);
    if (filled < capacity)
        end_burst(self);
    control_flow(self);
    return (int)filled;
}
