/*
 * chip_lan7515_fifo: the receive FIFO: records in it, silence asked for when it gets full, and
 * bursts of bulk IN out of it.
 *
 * In the FIFO each record takes whole words. Without HW_CFG.MEF a burst is one record; with it, as
 * many as there are and BURST_CAP allows, each but the last followed by what is lacking to a whole
 * word. Nothing follows the last.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "chip_lan7515.h"

enum { THRESHOLD_BYTES = 512 };

static unsigned words_of(unsigned length)
{
    return (length + 3) & ~3u;
}

static unsigned room_of(const struct chip_lan7515 *self)
{
    return (self->values[FCT_RX_FIFO_END / 4] + 1) * 512;
}

/* ---- records ---- */

void lan7515_flush_receive(struct chip_lan7515 *self)
{
    self->fifo.head = 0;
    self->fifo.used = 0;
    self->fifo.first_frame = 0;
    self->fifo.frames = 0;
    self->in_burst = false;
    self->record_sent = 0;
    lan7515_update_silence(self);
}

bool lan7515_put_record(struct chip_lan7515 *self, const uint8_t *record, unsigned length)
{
    struct lan7515_fifo *fifo = &self->fifo;
    if (fifo->used + words_of(length) > room_of(self)) {
        return false;
    }
    for (unsigned i = 0; i < length; i++) {
        fifo->bytes[(fifo->head + fifo->used + i) % FIFO_BYTES] = record[i];
    }
    fifo->used += words_of(length);
    fifo->lengths[(fifo->first_frame + fifo->frames) % RX_QUEUE_FRAMES] = (uint16_t)length;
    fifo->frames++;
    return true;
}

static void drop_first(struct lan7515_fifo *fifo)
{
    unsigned bytes = words_of(fifo->lengths[fifo->first_frame]);
    fifo->head = (fifo->head + bytes) % FIFO_BYTES;
    fifo->used -= bytes;
    fifo->first_frame = (fifo->first_frame + 1) % RX_QUEUE_FRAMES;
    fifo->frames--;
}

/* ---- PAUSE ---- */

void lan7515_update_silence(struct chip_lan7515 *self)
{
    uint32_t flow = self->values[FCT_FLOW / 4];
    unsigned on = (flow & 0x7f) * THRESHOLD_BYTES;
    unsigned off = (flow >> 8 & 0x7f) * THRESHOLD_BYTES;
    bool may = self->values[FLOW / 4] & FLOW_TX_FCEN && lan7515_receiving(self) && on > 0 &&
               chip_phy_full_duplex(&self->phy) && chip_phy_may_send_pause(&self->phy);
    bool before = self->silence;
    self->silence = may && self->fifo.used > (before ? off : on);
    if (self->silence && !before) {
        self->chip.statistics.pauses++;
    }
    if (self->silence != before && may) {
        self->counts[COUNT_TX_PAUSE]++; /* one to begin it, one to end it */
    }
}

/* ---- into bulk IN ---- */

static unsigned cap_of(const struct chip_lan7515 *self)
{
    bool capped = self->values[USB_CFG0 / 4] & USB_CFG0_BCE;
    return capped ? self->values[BURST_CAP / 4] * CHIP_PACKET_BYTES : ~0u;
}

void lan7515_check_burst(struct chip_lan7515 *self)
{
    bool several = self->values[HW_CFG / 4] & HW_CFG_MEF;
    unsigned longest = RX_HEAD_BYTES + (self->values[MAC_RX / 4] >> 16);
    if (self->values[USB_CFG0 / 4] & USB_CFG0_BCE && !several) {
        chip_complain(&self->chip, "burst-cap-without-mef",
                      "reception begins with USB_CFG0.BCE on and HW_CFG.MEF off");
    } else if (cap_of(self) < longest) {
        chip_complain(&self->chip, "burst-cap-too-small",
                      "reception begins with a burst cap of %u bytes: the longest record has %u",
                      cap_of(self), longest);
    }
}

bool lan7515_has_data(struct chip *chip)
{
    struct chip_lan7515 *self = lan7515(chip);
    bool room = self->fifo.used + RX_RECORD_MAX + 3 <= room_of(self);
    unsigned wanted = chip->faults.hold_frames && room ? chip->faults.hold_frames : 1;
    return !self->resetting && (self->in_burst || self->fifo.frames >= wanted);
}

/* The burst may go on with the first record of the FIFO. */
static bool burst_goes_on(const struct chip_lan7515 *self)
{
    if (self->record_sent > 0) {
        return true;
    }
    if (self->fifo.frames == 0) {
        return false;
    }
    if (self->burst_frames == 0) {
        return true;
    }
    unsigned length = self->fifo.lengths[self->fifo.first_frame];
    return self->values[HW_CFG / 4] & HW_CFG_MEF &&
           words_of(self->burst_sent) + length <= cap_of(self);
}

static void end_record(struct chip_lan7515 *self)
{
    struct chip_statistics *statistics = &self->chip.statistics;
    drop_first(&self->fifo);
    self->record_sent = 0;
    self->burst_frames++;
    if (self->burst_frames > statistics->most_in_burst) {
        statistics->most_in_burst = self->burst_frames;
    }
}

/* The next byte of the burst. False if there is none: it has ended. */
static bool next_byte(struct chip_lan7515 *self, uint8_t *byte)
{
    struct lan7515_fifo *fifo = &self->fifo;
    if (!burst_goes_on(self)) {
        return false;
    }
    if (self->record_sent == 0 && self->burst_sent % 4 != 0) {
        *byte = 0;
    } else {
        *byte = fifo->bytes[(fifo->head + self->record_sent) % FIFO_BYTES];
        self->record_sent++;
        if (self->record_sent == fifo->lengths[fifo->first_frame]) {
            end_record(self);
        }
    }
    self->burst_sent++;
    return true;
}

int lan7515_bulk_in(struct chip *chip, uint8_t *bytes, unsigned capacity)
{
    struct chip_lan7515 *self = lan7515(chip);
    unsigned length = 0;
    if (chip->faults.stall_in > 0) {
        chip->faults.stall_in--;
        return CHIP_STALL;
    }
    if (!lan7515_has_data(chip)) {
        return self->values[USB_CFG0 / 4] & USB_CFG0_BIR ? CHIP_NAK : 0;
    }
    if (!self->in_burst) {
        if (chip->faults.zero_packets > 0) {
            chip->faults.zero_packets--;
            return 0;
        }
        self->in_burst = true;
        self->burst_frames = 0;
        self->burst_sent = 0;
        chip->statistics.bursts++;
    }
    capacity = capacity < CHIP_PACKET_BYTES ? capacity : CHIP_PACKET_BYTES;
    while (length < capacity && next_byte(self, &bytes[length])) {
        length++;
    }
    if (length < capacity) {
        self->in_burst = false;
    }
    lan7515_update_silence(self);
    return (int)length;
}
