/*
 * chip_lan9514_fifo: the receive FIFO: records in it, PAUSE when it gets full, and bursts of bulk
 * IN out of it.
 *
 * The next record begins at a multiple of 4. A burst is one transfer: one record without MEF; with
 * it, as many as there are while the host fetches them and, with BCE, as fit whole into BURST_CAP
 * packets. The last record of a burst is not padded: Linux' driver would count each such burst as
 * an error, and on boards it counts none.
 *
 * Lacks: BULK_IN_DLY (the carrier's clock is coarser).
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "chip_lan9514.h"

#include <string.h>

#define AFC_ANY 0x0fu

/* ---- records ---- */

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

bool lan9514_put_record(struct chip_lan9514 *self, const uint8_t *record, unsigned length)
{
    struct chip_lan9514_receive *fifo = &self->receive;
    unsigned at = (fifo->at + fifo->used) % LAN9514_RECEIVE_BYTES;
    unsigned straight = LAN9514_RECEIVE_BYTES - at < length ? LAN9514_RECEIVE_BYTES - at : length;

    if (fifo->used + padded(length) > LAN9514_RECEIVE_BYTES || fifo->count == LAN9514_RECORDS)
        return false;
    memcpy(fifo->bytes + at, record, straight);
    memcpy(fifo->bytes, record + straight, length - straight);
    fifo->lengths[(fifo->first + fifo->count++) % LAN9514_RECORDS] = (uint16_t)length;
    fifo->used += padded(length);
    return true;
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

/* ---- PAUSE ---- */

/* At the level above it asks the other end for silence, once, for the time in FLOW; below the
 * lower one it takes that back. */
void lan9514_control_flow(struct chip_lan9514 *self)
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
           fifo->used + LAN9514_RECORD_MAX <= LAN9514_RECEIVE_BYTES;
}

bool lan9514_has_data(struct chip *chip)
{
    struct chip_lan9514 *self = (struct chip_lan9514 *)chip;

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
    struct chip_lan9514 *self = (struct chip_lan9514 *)chip;
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
    lan9514_control_flow(self);
    return (int)filled;
}
