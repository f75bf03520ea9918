/*
 * small_points: the points of Ed25519's curve whose order divides 8, worked out, in every encoding
 * that a lenient reader takes for one of them.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef SMALL_POINTS_H
#define SMALL_POINTS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "sodium/private/ed25519_ref10.h"

/* The order of the base point, L = 2^252 + 27742317777372353535851937790883648493, and
 * p = 2^255 - 19, little-endian (RFC 8032, 5.1). */
static const uint8_t order[32] = {0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7,
                                  0xa2, 0xde, 0xf9, 0xde, 0x14, 0,    0,    0,    0,    0,    0,
                                  0,    0,    0,    0,    0,    0,    0,    0,    0,    0x10};

/* The eight points whose order divides 8, as multiples of one of order 8; then the other
 * encodings that a lenient reader takes for four of them: y + p, and x = 0 with a sign. */
struct small {
    uint8_t encoding[32];
    unsigned multiple;
};
#define SMALL_CANONICAL 8
#define SMALL_MAX       14

static inline void multiply(uint8_t result[32], const uint8_t scalar[32], const ge25519_p3 *point)
{
    ge25519_p3 product;

    ge25519_scalarmult(&product, scalar, point);
    ge25519_p3_tobytes(result, &product);
}

/* L times any point is one of small order; for half of them of order 8. */
static inline ge25519_p3 find_order_8(void)
{
    static const uint8_t four[32] = {4};
    static const uint8_t identity[32] = {1};
    uint8_t encoding[32] = {2}, result[32];
    ge25519_p3 point, small;

    for (; encoding[0] < 100; encoding[0]++) {
        if (ge25519_frombytes(&point, encoding) != 0)
            continue;
        ge25519_scalarmult(&small, order, &point);
        multiply(result, four, &small);
        if (memcmp(result, identity, 32) != 0)
            return small;
    }
    fail_msg("no point of order 8");
    return small;
}

/* Adds p to a y that is less than 19; the sign stays. */
static inline bool add_p(uint8_t encoding[32])
{
    for (unsigned i = 1; i < 32; i++)
        if ((i < 31 ? encoding[i] : encoding[i] & 0x7f) != 0)
            return false;
    if (encoding[0] >= 19)
        return false;
    encoding[0] = (uint8_t)(0xed + encoding[0]);
    memset(encoding + 1, 0xff, 30);
    encoding[31] |= 0x7f;
    return true;
}

static inline unsigned find_small(struct small small[SMALL_MAX])
{
    ge25519_p3 eighth = find_order_8();
    unsigned count = SMALL_CANONICAL;

    for (unsigned i = 0; i < SMALL_CANONICAL; i++) {
        uint8_t scalar[32] = {(uint8_t)i};

        multiply(small[i].encoding, scalar, &eighth);
        small[i].multiple = i;
    }
    for (unsigned i = 0; i < SMALL_CANONICAL; i++) {
        struct small with_sign = small[i];

        if (i % 4 == 0) { /* x = 0: y is 1 or -1 */
            with_sign.encoding[31] ^= 0x80;
            small[count++] = with_sign;
            if (add_p(with_sign.encoding))
                small[count++] = with_sign;
        }
        with_sign = small[i];
        if (add_p(with_sign.encoding))
            small[count++] = with_sign;
    }
    return count;
}

#endif
