/*
 * chip_lan7515_filter: the receive filtering engine (RFE): which frames are for us.
 *
 * Each way in is its own bit of RFE_CTL; with none of them nothing comes in. A frame that has a
 * way in must then get past the VLAN filter and, if it is on, the one for source addresses.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "chip_lan7515.h"

#include "bytes.h"
#include "chip_frame.h"

enum { HASH_BITS = 9 };

static bool hash_matches(const struct chip_lan7515 *self, const uint8_t *address)
{
    unsigned hash = chip_frame_hash(address, HASH_BITS);
    return self->memory[VLAN_WORDS + hash / 32] >> (hash % 32) & 1;
}

static bool perfect_matches(const struct chip_lan7515 *self, const uint8_t *address, bool source)
{
    uint32_t low = bytes_le32(address), high = bytes_le16(address + 4);
    uint32_t wanted = MAF_VALID | (source ? MAF_SOURCE : 0) | high;
    for (unsigned i = 0; i < PERFECT_FILTERS; i++) {
        const uint32_t *entry = &self->values[MAF_FIRST / 4 + 2 * i];
        if (entry[0] == wanted && entry[1] == low) {
            return true;
        }
    }
    return false;
}

static bool vlan_passes(const struct chip_lan7515 *self, const uint8_t *frame)
{
    uint32_t control = self->values[RFE_CTL / 4];
    bool tagged = bytes_be16(frame + 12) == self->values[VLAN_TYPE / 4];
    if (!tagged) {
        return !(control & RFE_DISCARD_UNTAGGED);
    }
    unsigned vlan = bytes_be16(frame + 14) & 0xfffu;
    return !(control & RFE_VLAN_FILTER) || self->memory[vlan / 32] >> (vlan % 32) & 1;
}

static uint32_t destination_bits(const struct chip_lan7515 *self, const uint8_t *frame)
{
    uint32_t control = self->values[RFE_CTL / 4];
    uint32_t bits = 0;
    if (chip_frame_is_broadcast(frame)) {
        return control & RFE_BROADCAST ? RX_A_BROADCAST : 0;
    }
    if (control & RFE_PERFECT && perfect_matches(self, frame, false)) {
        bits |= RX_A_PERFECT | (frame[0] & 1 ? RX_A_MULTICAST : 0);
    }
    if (frame[0] & 1) {
        if (control & RFE_MULTICAST ||
            (control & RFE_MULTICAST_HASH && hash_matches(self, frame))) {
            bits |= RX_A_MULTICAST;
        }
    } else if (control & RFE_UNICAST || (control & RFE_HASH && hash_matches(self, frame))) {
        bits |= RX_A_UNICAST;
    }
    return bits;
}

uint32_t lan7515_filter(struct chip_lan7515 *self, const uint8_t *frame, unsigned length)
{
    if (length < 16 || !vlan_passes(self, frame)) {
        return 0;
    }
    if (self->values[RFE_CTL / 4] & RFE_SOURCE_FILTER && !perfect_matches(self, frame + 6, true)) {
        return 0;
    }
    return destination_bits(self, frame);
}
