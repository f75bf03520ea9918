/*
 * chip_frame: arithmetic on Ethernet frames.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "chip_frame.h"

#include <string.h>

#include "bytes.h"

#define POLYNOMIAL           0x04c11db7u
#define POLYNOMIAL_REFLECTED 0xedb88320u

enum { ICMP = 1, TCP = 6, UDP = 17 };

uint32_t chip_frame_fcs(const uint8_t *frame, unsigned length)
{
    static uint32_t table[256];
    uint32_t crc = ~0u;

    for (unsigned i = 0; !table[1] || !table[255]; i++) {
        uint32_t entry = i & 255;

        for (int bit = 0; bit < 8; bit++)
            entry = entry >> 1 ^ (entry & 1 ? POLYNOMIAL_REFLECTED : 0);
        table[i & 255] = entry;
    }
    for (unsigned i = 0; i < length; i++)
        crc = crc >> 8 ^ table[(crc ^ frame[i]) & 255];
    return ~crc;
}

bool chip_frame_is_broadcast(const uint8_t address[6])
{
    return !memcmp(address, "\xff\xff\xff\xff\xff\xff", 6);
}

/* The register as hardware has it: the most significant bit leaves, each byte's least significant
 * bit comes first. */
unsigned chip_frame_hash(const uint8_t address[6], unsigned bits)
{
    uint32_t crc = ~0u;

    for (unsigned i = 0; i < 48; i++) {
        unsigned in = address[i / 8] >> i % 8 & 1;

        crc = crc << 1 ^ ((crc >> 31 ^ in) ? POLYNOMIAL : 0);
    }
    return crc >> (32 - bits);
}

static uint32_t fold(uint32_t sum)
{
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return sum;
}

static uint32_t add(uint32_t sum, const uint8_t *bytes, unsigned length)
{
    unsigned i;

    for (i = 0; i + 1 < length; i += 2)
        sum += bytes_le16(bytes + i);
    if (i < length)
        sum += bytes[i];
    return fold(sum);
}

uint16_t chip_frame_sum(const uint8_t *bytes, unsigned length)
{
    return (uint16_t)add(0, bytes, length);
}

uint16_t chip_frame_payload_sum(const uint8_t *addresses, unsigned address_bytes, uint8_t protocol,
                                const uint8_t *payload, unsigned length)
{
    uint8_t pseudo[4] = {0, protocol, (uint8_t)(length >> 8), (uint8_t)length};
    uint32_t sum = add(add(0, payload, length), addresses, address_bytes);

    return (uint16_t)add(sum, pseudo, sizeof pseudo);
}

/* What IPv4 carries. */
static bool payload_is_right(const uint8_t *packet, unsigned header, unsigned total)
{
    const uint8_t *payload = packet + header;
    unsigned length = total - header;

    switch (packet[9]) {
    case ICMP:
        return length >= 8 && chip_frame_sum(payload, length) == 0xffff;
    case UDP:
        if (length < 8 || bytes_be16(payload + 4) > length)
            return false;
        if (!bytes_be16(payload + 6))
            return true;
        break;
    case TCP:
        if (length < 20)
            return false;
        break;
    default:
        return true;
    }
    return chip_frame_payload_sum(packet + 12, 8, packet[9], payload, length) == 0xffff;
}

void chip_frame_check(struct chip *chip, const uint8_t *frame, unsigned length)
{
    unsigned at = 12, header, total;
    const uint8_t *packet;

    if (length >= 18 && bytes_be16(frame + at) == 0x8100)
        at += 4;
    if (length < at + 2 + 20 || bytes_be16(frame + at) != 0x0800)
        return;
    packet = frame + at + 2;
    length -= at + 2;
    header = (packet[0] & 15u) * 4;
    total = bytes_be16(packet + 2);
    if (packet[0] >> 4 != 4 || header < 20 || total < header || total > length)
        chip_complain(chip, "stale-buffer",
                      "an IPv4 packet of %u bytes says version %u, header %u, length %u", length,
                      packet[0] >> 4, header, total);
    else if (chip_frame_sum(packet, header) != 0xffff)
        chip_complain(chip, "stale-buffer",
                      "the checksum 0x%04x of an IPv4 header is wrong (%u bytes, protocol %u)",
                      bytes_be16(packet + 10), total, packet[9]);
    else if (!(bytes_be16(packet + 6) & 0x3fff) && !payload_is_right(packet, header, total))
        chip_complain(chip, "stale-buffer",
                      "an IPv4 packet of %u bytes carries protocol %u with a wrong checksum", total,
                      packet[9]);
}
