/*
 * checksum: the Internet checksum by wide adds.
 *
 * The sum of 16-bit words modulo 0xffff is also the sum of 32-bit words modulo 0xffff
 * (RFC 1071, 2 (C)). Each 64-bit value v is added twice: whole, into `all`, which may
 * wrap, and its upper half, into `upper`, which cannot. The lower halves then come to
 * all - (upper << 32): two adds for every 8 bytes (or 16, in a vector) and no masks.
 * The vectors are GCC's own, so the host runs the same source.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "checksum.h"

#include <string.h>

typedef uint64_t lanes __attribute__((vector_size(16)));

#define BLOCK_BYTES 128

/* The last count (0 to 7) of total bytes, in their places of a little-endian word. */
static inline __attribute__((always_inline)) uint64_t last_bytes(uint8_t *to, const uint8_t *at,
                                                                 size_t count, size_t total)
{
    uint64_t value = 0;

    if (count == 0)
        return 0;
    if (total >= 8) { /* with those before them they are a word */
        memcpy(&value, at + count - 8, 8);
        if (to)
            memcpy(to + count - 8, &value, 8);
        return value >> (64 - 8 * count);
    }
    for (size_t i = 0; i < count; i++) {
        value |= (uint64_t)at[i] << i * 8;
        if (to)
            to[i] = at[i];
    }
    return value;
}

/* Both functions below are this one, compiled with and without the stores. */
static inline __attribute__((always_inline)) uint16_t sum_up(uint8_t *to, const uint8_t *at,
                                                             size_t length)
{
    uint64_t all = 0, upper = 0, value;
    size_t total = length;

    if (length >= BLOCK_BYTES) {
        lanes all_lanes = {0, 0}, upper_lanes = {0, 0}, block;

        do {
#pragma GCC unroll 8
            for (int i = 0; i < BLOCK_BYTES; i += 16) {
                memcpy(&block, at + i, 16);
                if (to)
                    memcpy(to + i, &block, 16);
                all_lanes += block;
                upper_lanes += block >> 32;
            }
            at += BLOCK_BYTES;
            to = to ? to + BLOCK_BYTES : NULL;
            length -= BLOCK_BYTES;
        } while (length >= BLOCK_BYTES);
        all = all_lanes[0] + all_lanes[1];
        upper = upper_lanes[0] + upper_lanes[1];
    }
    for (; length >= 8; length -= 8, at += 8) {
        memcpy(&value, at, 8);
        if (to) {
            memcpy(to, &value, 8);
            to += 8;
        }
        all += value;
        upper += value >> 32;
    }

    uint64_t sum = all - (upper << 32);

    value = last_bytes(to, at, length, total);
    sum += (uint32_t)value + (value >> 32);
    return checksum_fold(sum + upper);
}

uint16_t checksum_sum(const void *bytes, size_t length)
{
    return sum_up(NULL, bytes, length);
}

uint16_t checksum_copy(void *to, const void *from, size_t length)
{
    return sum_up(to, from, length);
}
