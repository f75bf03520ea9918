/*
 * tftp_wire: what a TFTP read (tftp.c) and a write (tftp_put.c) have in common: numbers on the
 * wire, and moments.
 * Reference: RFC 1350, RFC 2347.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef TFTP_WIRE_H
#define TFTP_WIRE_H

#include <stdint.h>

#include "clock.h"

enum tftp_opcode {
    TFTP_OPCODE_DATA = 3,
    TFTP_OPCODE_ACK = 4,
    TFTP_OPCODE_ERROR = 5,
    TFTP_OPCODE_OACK = 6
};

enum tftp_error_code {
    TFTP_ERROR_UNDEFINED = 0,
    TFTP_ERROR_NOT_FOUND = 1,
    TFTP_ERROR_FULL = 3,
    TFTP_ERROR_ILLEGAL = 4,
    TFTP_ERROR_UNKNOWN_PORT = 5,
    TFTP_ERROR_OPTIONS = 8,
};

/* The moment duration_us after now_us; CLOCK_NEVER if that does not come. */
static inline uint64_t tftp_later(uint64_t now_us, uint64_t duration_us)
{
    uint64_t sum;

    return __builtin_add_overflow(now_us, duration_us, &sum) ? CLOCK_NEVER : sum;
}

static inline uint64_t tftp_earlier(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

#endif
