/*
 * chip_lan7515_receive: from the cable to a record for the receive FIFO.
 *
 * A record is RX_CMD_A, RX_CMD_B (4 bytes each), RX_CMD_C (2), the frame, and its checksum
 * unless MAC_RX.FCS_STRIP takes that off.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "chip_lan7515.h"

#include <string.h>

#include "bytes.h"
#include "chip_frame.h"

enum { LENGTH_THAT_CANNOT_BE = 0x3fff };

struct record {
    uint8_t bytes[RX_RECORD_MAX];
    unsigned length;
};

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

static uint32_t faulty_bits(struct chip_lan7515 *self, uint32_t length)
{
    struct chip_faults *faults = &self->chip.faults;
    uint32_t bits = length;
    if (faults->error_frames > 0) {
        faults->error_frames--;
        bits |= faults->error_bits ? faults->error_bits : (uint32_t)(RX_A_FCS | RX_A_RED);
        self->counts[COUNT_RX_FCS_ERRORS] += bits & RX_A_FCS ? 1 : 0;
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
    bytes_put_le32(record->bytes, bits | faulty_bits(self, length));
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
    if (lan7515_put_record(self, record.bytes, record.length)) {
        self->chip.statistics.frames_received++;
    } else {
        lose(self);
    }
    lan7515_update_silence(self);
}
