/*
 * chip_frame: arithmetic on Ethernet frames that both chip models need.
 *
 * Reference: IEEE 802.3, 3.2.9 (frame check sequence); RFC 1071 (the Internet checksum).
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef CHIP_FRAME_H
#define CHIP_FRAME_H

#include <stdbool.h>
#include <stdint.h>

#include "chip.h"

#define CHIP_FRAME_MIN 60 /* on the cable, without its checksum */

/* The frame check sequence, as it follows the frame in little-endian order. */
uint32_t chip_frame_fcs(const uint8_t *frame, unsigned length);

bool chip_frame_is_broadcast(const uint8_t address[6]);

/* The upper bits (6 or 9) of the CRC register after an address has run through it: the number
 * of its bit in a filter's hash table. */
unsigned chip_frame_hash(const uint8_t address[6], unsigned bits);

/* Sum of 16-bit words with end-around carry, an odd byte padded with zero. The words are taken as
 * little-endian; the sum is too, so it may be put or compared as one more such word. */
uint16_t chip_frame_sum(const uint8_t *bytes, unsigned length);

/* The same of all that the checksum of UDP and TCP covers: the pseudo-header, made of both
 * addresses (address_bytes together), protocol and length, and the length bytes of payload with the
 * checksum that stands in them. It is right if this is 0xffff. */
uint16_t chip_frame_payload_sum(const uint8_t *addresses, unsigned address_bytes, uint8_t protocol,
                                const uint8_t *payload, unsigned length);

/*
 * Complains ("stale-buffer") of a frame on its way to the cable that says it is IPv4 but whose
 * length or checksums (IPv4 header, and UDP unless zero, TCP or ICMP in what is no fragment) are
 * wrong: a buffer that the processor has not written back, or whose sum nobody has filled in.
 */
void chip_frame_check(struct chip *chip, const uint8_t *frame, unsigned length);

#endif
