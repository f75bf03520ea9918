/*
 * checksum: the Internet checksum's sum (RFC 1071), over any bytes.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef CHECKSUM_H
#define CHECKSUM_H

#include <stddef.h>
#include <stdint.h>

/* Returns the one's complement sum of the length bytes as 16-bit words, in memory order
 * (what is stored with a plain 16-bit store, not complemented). Any alignment; an odd
 * last byte counts as if a zero byte followed. 0 bytes give 0. */
uint16_t checksum_sum(const void *bytes, size_t length);

/* The same, and copies the bytes to a place that does not overlap. */
uint16_t checksum_copy(void *to, const void *from, size_t length);

/* Folds a sum of such sums to 16 bits. */
static inline uint16_t checksum_fold(uint64_t sum)
{
    sum = (sum >> 32) + (uint32_t)sum;
    sum = (sum >> 16) + (uint16_t)sum;
    sum = (sum >> 16) + (uint16_t)sum;
    return (uint16_t)((sum >> 16) + sum);
}

#endif
