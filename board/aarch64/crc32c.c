/*
 * crc32c by the processor's CRC32C instructions (ARMv8.0 optional, present in the A53).
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "crc32c.h"

#include <string.h>

uint32_t crc32c(uint32_t crc, const void *bytes, size_t length)
{
    const uint8_t *byte = bytes;
    uint64_t word;

    crc = ~crc;
    for (; length >= sizeof word; length -= sizeof word, byte += sizeof word) {
        memcpy(&word, byte, sizeof word);
        asm("crc32cx %w0, %w0, %1" : "+r"(crc) : "r"(word));
    }
    for (; length > 0; length--, byte++)
        asm("crc32cb %w0, %w0, %w1" : "+r"(crc) : "r"(*byte));
    return ~crc;
}
