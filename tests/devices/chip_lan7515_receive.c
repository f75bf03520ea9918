/*
 * chip_lan7515_receive: from the cable through the receive FIFO into bursts of bulk IN.
 *
 * A record is RX_CMD_A, RX_CMD_B (4 bytes each), RX_CMD_C (2), the frame, and its checksum
 * unless MAC_RX.FCS_STRIP takes that off. In the FIFO each takes whole words. Without
 * HW_CFG.MEF a burst is one record; with it, as many as there are and BURST_CAP allows, each but
 * the last followed by what is lacking to a whole word. Nothing follows the last.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "chip_lan7515.h"

#include <string.h>

#include "bytes.h"
#include "chip_frame.h"

enum { LENGTH_THAT_CANNOT_BE = 0x3fff, THRESHOLD_BYTES = 512 };

struct record {
    uint8_t bytes[RX_HEAD_BYTES + CHIP_FRAME_MAX + FCS_BYTES];
    unsigned length;
};

static unsigned words_of(unsigned length)
{
    return (length + 3) & ~3u;
}

static unsigned room_of(const struct chip_lan7515 *self)
{
    return (self->values[FCT_RX_FIFO_END / 4] + 1) * 512;
}

bool lan7515_receiving(const struct chip_lan7515 *self)
{
    return !self->resetting && self->values[MAC_RX / 4] & MAC_RX_RXEN &&
           self->values[FCT_RX_CTL / 4] & FCT_EN;
}

/* ---- FIFO ---- */

void lan7515_flush_receive(struct chip_lan7515 *self)
{
    self->fifo.head = 0;
    self->fifo.used = 0;
    self->fifo.first_frame = 0;
    self->fifo.frames = 0;
    self->in_burst = false;
    self->record_sent = 0;
    self->padding = 0;
    lan7515_update_silence(self);
}

static void append(struct chip_lan7515 *self, const struct record *record)
{
    struct lan7515_fifo *fifo = &self->fifo;
    for (unsigned i = 0; i < record->length; i++) {
        fifo->bytes[(fifo->head + fifo->used + i) % FIFO_BYTES] = record->bytes[i];
    }
    fifo->used += words_of(record->length);
    fifo->lengths[(fifo->first_frame + fifo->frames) % RX_QUEUE_FRAMES] = (uint16_t)record->length;
    fifo->frames++;
    self->chip.statistics.frames_received++;
}

static void drop_first(struct lan7515_fifo *fifo)
{
    unsigned bytes = words_of(fifo->lengths[fifo->first_frame]);
    fifo->head = (fifo->head + bytes) % FIFO_BYTES;
    fifo->used -= bytes;
    fifo->first_frame = (fifo->first_frame + 1) % RX_QUEUE_FRAMES;
    fifo->frames--;
}

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

/* ---- from the cable ---- */

static uint32_t protocol_bits(const struct lan7515_headers *headers)
{
    enum { TCP = 6, UDP = 17 };
    if (!headers->ip) {
        return 0;
    }
    uint32_t bits = headers->version6 ? RX_A_IPV6 : 0;
    bool known = headers->transport && !headers->fragment;
    return bits | (known && headers->protocol == TCP   ? RX_A_TCP
                   : known && headers->protocol == UDP ? RX_A_UDP
                                                       : RX_A_IP);
}

/* What the checksum offload engines say of a frame; *sum: what follows the addresses and type. */
static uint32_t checksum_bits(struct chip_lan7515 *self, const uint8_t *frame, unsigned length,
                              uint16_t *sum)
{
    uint32_t control = self->values[RFE_CTL / 4];
    struct lan7515_headers headers = lan7515_parse(frame, length);
    uint32_t bits = protocol_bits(&headers);
    *sum = 0;
    if (!(control & (RFE_IP_COE | RFE_TCPUDP_COE))) {
        return bits | RX_A_NO_CHECKSUM;
    }
    *sum = chip_frame_sum(frame + 14, length - 14);
    if (control & RFE_IP_COE && headers.ip && !headers.version6 &&
        chip_frame_sum(frame + headers.ip, (frame[headers.ip] & 0xf) * 4u) != 0xffff) {
        bits |= (uint32_t)RX_A_IP_ERROR;
    }
    if (control & RFE_TCPUDP_COE && headers.transport && !headers.fragment &&
        headers.end <= length && !lan7515_transport_is_right(frame, &headers)) {
        bits |= RX_A_TCPUDP_ERROR;
    }
    return bits;
}

static uint32_t faulty_bits(struct chip_faults *faults, uint32_t length)
{
    uint32_t bits = length;
    if (faults->error_frames > 0) {
        faults->error_frames--;
        bits |= faults->error_bits ? faults->error_bits : (uint32_t)(RX_A_FCS | RX_A_RED);
    }
    if (faults->bad_length > 0) {
        faults->bad_length--;
        bits |= LENGTH_THAT_CANNOT_BE;
    }
    return bits;
}

/* frame: FCS_BYTES of room behind length. */
static void build(struct chip_lan7515 *self, uint32_t bits, uint8_t *frame, unsigned length,
                  struct record *record)
{
    uint16_t sum;
    uint16_t tag = 0;
    bool tagged = bytes_be16(frame + 12) == self->values[VLAN_TYPE / 4];
    bits |= checksum_bits(self, frame, length, &sum);
    bytes_put_le32(frame + length, chip_frame_fcs(frame, length));
    length += self->values[MAC_RX / 4] & MAC_RX_FCS_STRIP ? 0 : FCS_BYTES;
    if (tagged) {
        tag = bytes_be16(frame + 14);
        bits |= RX_A_VLAN;
    }
    if (tagged && self->values[RFE_CTL / 4] & RFE_VLAN_STRIP) {
        memmove(frame + 12, frame + 16, length - 16);
        length -= 4;
    }
    bytes_put_le32(record->bytes, bits | faulty_bits(&self->chip.faults, length));
    bytes_put_le16(record->bytes + 4, tag);
    bytes_put_be16(record->bytes + 6, sum); /* in B as a number, not as on the cable */
    bytes_put_le16(record->bytes + 8, 0);
    memcpy(record->bytes + RX_HEAD_BYTES, frame, length);
    record->length = RX_HEAD_BYTES + length;
}

/* 802.3 annex 31B: the other end asks for silence, in units of 512 bit times. */
static bool take_pause(struct chip_lan7515 *self, const uint8_t *frame)
{
    if (memcmp(frame, "\x01\x80\xc2\x00\x00\x01", 6) || memcmp(frame + 12, "\x88\x08\x00\x01", 4)) {
        return false;
    }
    self->counts[COUNT_RX_PAUSE]++;
    unsigned speed = chip_phy_speed(&self->phy);
    if (self->values[FLOW / 4] & FLOW_RX_FCEN && speed && chip_phy_full_duplex(&self->phy)) {
        unsigned quanta = bytes_be16(frame + 16);
        self->paused_until_us = lan7515_now(self) + quanta * 512u / speed;
    }
    return true;
}

static void lose(struct chip_lan7515 *self)
{
    self->chip.statistics.overruns++;
    self->counts[COUNT_RX_DROPPED]++;
    self->values[FCT_RX_CTL / 4] |= FCT_OVERFLOW | FCT_DROP;
    self->values[INT_STS / 4] |= INT_RDFO;
}

void lan7515_receive(struct chip *chip, const uint8_t *given, unsigned length)
{
    struct chip_lan7515 *self = lan7515(chip);
    uint8_t frame[CHIP_FRAME_MAX + FCS_BYTES];
    struct record record;
    if (!lan7515_receiving(self) || !chip_phy_up(&self->phy) || length > CHIP_FRAME_MAX) {
        return;
    }
    memset(frame, 0, sizeof frame);
    memcpy(frame, given, length);
    length = length < CHIP_FRAME_MIN ? CHIP_FRAME_MIN : length;
    if (take_pause(self, frame)) {
        return;
    }
    uint32_t bits = lan7515_filter(self, frame, length);
    if (!bits || length + FCS_BYTES > self->values[MAC_RX / 4] >> 16) {
        self->chip.statistics.filtered++;
        return;
    }
    lan7515_count(self, false, frame, length + FCS_BYTES);
    build(self, bits, frame, length, &record);
    if (self->fifo.used + words_of(record.length) > room_of(self)) {
        lose(self);
    } else {
        append(self, &record);
    }
    lan7515_update_silence(self);
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
    bool room = self->fifo.used + sizeof((struct record *)0)->bytes + 3 <= room_of(self);
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
