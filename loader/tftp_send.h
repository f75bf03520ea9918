/*
 * tftp_send: what a TFTP client sends, and when it sends it again.
 *
 * The outgoing half of tftp.c; nobody else needs it. Packets are only marked as due here:
 * tftp_next_packet makes them when the caller has a place for them.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef TFTP_SEND_H
#define TFTP_SEND_H

#include "clock.h"
#include "tftp.h"

#define TFTP_HOLD_US 5000 /* reordering on a local network is well below this */

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

/* The request (in TFTP_REQUESTED) or the last ACK is due, and again when no answer comes. */
void tftp_send_packet(struct tftp_client *client, uint64_t now_us);

/* An ACK of all that is there without a gap is due; a window begins after it. */
void tftp_send_ack(struct tftp_client *client, uint64_t now_us);

/* The server seems to lack the last ACK: once more, but not within TFTP_HOLD_US of it. */
void tftp_send_ack_again(struct tftp_client *client, uint64_t now_us);

/* Nothing new came in time: the request or the ACK once more. */
void tftp_send_again(struct tftp_client *client, uint64_t now_us);

/* Something new came: learns the round trip from it, begins the wait for more. */
void tftp_send_answered(struct tftp_client *client, uint64_t now_us);

/* An ERROR with this code is due to this port of the server. text: constant, short. */
void tftp_send_error(struct tftp_client *client, uint16_t port, uint8_t code, const char *text);

#endif
