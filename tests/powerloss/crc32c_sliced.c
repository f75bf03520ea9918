/*
 * crc32c_sliced: CRC-32C, eight bytes at a time: nearly all of this program's time would go into
 * the checksums of records with lib/crc32c.c, which is small instead.
 *
 * The linker takes this one (lib/crc32c.h). Method: Kounavis and Berry, "Novel table lookup-based
 * algorithms for high-performance CRC generation", 2008. tests/unit/test_powerloss_card.c compares
 * it with the vectors that the others have to meet.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "crc32c.h"

#include <stdbool.h>
#include <string.h>

#define POLYNOMIAL 0x82f63b78u
#define SLICES     8

static uint32_t table[SLICES][256];
static bool is_made;

static void make_table(void)
{
    for (uint32_t byte = 0; byte < 256; byte++) {
        uint32_t crc = byte;

        for (unsigned bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (crc & 1 ? POLYNOMIAL : 0);
        table[0][byte] = crc;
    }
    for (unsigned slice = 1; slice < SLICES; slice++) {
        for (unsigned byte = 0; byte < 256; byte++) {
            uint32_t crc = table[slice - 1][byte];

            table[slice][byte] = crc >> 8 ^ table[0][crc & 0xff];
        }
    }
    is_made = true;
}

uint32_t crc32c(uint32_t crc, const void *bytes, size_t length)
{
    const uint8_t *next = bytes;

    if (!is_made)
        make_table();
    crc = ~crc;
    for (; length >= SLICES; length -= SLICES, next += SLICES) {
        uint32_t low, high;

        memcpy(&low, next, 4); /* the host is little-endian, as the board */
        memcpy(&high, next + 4, 4);
        low ^= crc;
        crc = table[7][low & 0xff] ^ table[6][low >> 8 & 0xff] ^ table[5][low >> 16 & 0xff] ^
              table[4][low >> 24] ^ table[3][high & 0xff] ^ table[2][high >> 8 & 0xff] ^
              table[1][high >> 16 & 0xff] ^ table[0][high >> 24];
    }
    for (; length > 0; length--, next++)
        crc = crc >> 8 ^ table[0][(crc ^ *next) & 0xff];
    return ~crc;
}
