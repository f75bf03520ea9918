/*
 * crc32c for any machine: a table of 16 entries, four bits at a time. The target uses
 * the processor's instructions (board/aarch64/crc32c.c); this one serves the host.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "crc32c.h"

uint32_t crc32c(uint32_t crc, const void *bytes, size_t length)
{
    /* Remainders of the 16 four-bit values for the reflected polynomial 0x82f63b78. */
    static const uint32_t remainders[16] = {
        0x00000000, 0x105ec76f, 0x20bd8ede, 0x30e349b1, 0x417b1dbc, 0x5125dad3,
        0x61c69362, 0x7198540d, 0x82f63b78, 0x92a8fc17, 0xa24bb5a6, 0xb21572c9,
        0xc38d26c4, 0xd3d3e1ab, 0xe330a81a, 0xf36e6f75,
    };
    const uint8_t *byte = bytes;

    crc = ~crc;
    for (size_t i = 0; i < length; i++) {
        crc ^= byte[i];
        crc = crc >> 4 ^ remainders[crc & 15];
        crc = crc >> 4 ^ remainders[crc & 15];
    }
    return ~crc;
}
