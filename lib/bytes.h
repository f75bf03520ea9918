/*
 * bytes: integers in byte order, read and written at any alignment.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef BYTES_H
#define BYTES_H

#include <stdint.h>

/* A load and a rev: shorter than the call that -Os would make of it. */
#define BYTES_INLINE static inline __attribute__((always_inline))

BYTES_INLINE uint16_t bytes_le16(const void *at)
{
    const uint8_t *b = at;

    return (uint16_t)(b[0] | b[1] << 8);
}

BYTES_INLINE uint32_t bytes_le32(const void *at)
{
    const uint8_t *b = at;

    return b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24;
}

BYTES_INLINE uint64_t bytes_le64(const void *at)
{
    const uint8_t *b = at;

    return bytes_le32(b) | (uint64_t)bytes_le32(b + 4) << 32;
}

BYTES_INLINE uint16_t bytes_be16(const void *at)
{
    const uint8_t *b = at;

    return (uint16_t)(b[0] << 8 | b[1]);
}

BYTES_INLINE uint32_t bytes_be32(const void *at)
{
    const uint8_t *b = at;

    return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

BYTES_INLINE void bytes_put_be16(void *at, uint16_t value)
{
    uint8_t *b = at;

    b[0] = (uint8_t)(value >> 8);
    b[1] = (uint8_t)value;
}

BYTES_INLINE void bytes_put_be32(void *at, uint32_t value)
{
    uint8_t *b = at;

    b[0] = (uint8_t)(value >> 24);
    b[1] = (uint8_t)(value >> 16);
    b[2] = (uint8_t)(value >> 8);
    b[3] = (uint8_t)value;
}

BYTES_INLINE void bytes_put_le16(void *at, uint16_t value)
{
    uint8_t *b = at;

    b[0] = (uint8_t)value;
    b[1] = (uint8_t)(value >> 8);
}

BYTES_INLINE void bytes_put_le32(void *at, uint32_t value)
{
    uint8_t *b = at;

    b[0] = (uint8_t)value;
    b[1] = (uint8_t)(value >> 8);
    b[2] = (uint8_t)(value >> 16);
    b[3] = (uint8_t)(value >> 24);
}

#endif
