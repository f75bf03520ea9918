/*
 * tftp_parts: what the files of the TFTP client want of each other: tftp.c, tftp_receive.c and
 * tftp_send.c; and what is on the wire, which tftp_put.c has from here as well.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef TFTP_PARTS_H
#define TFTP_PARTS_H

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

/* ---- tftp.c ---- */

/* Sets client->message. */
void __attribute__((format(printf, 2, 3)))
tftp_say(struct tftp_client *client, const char *format, ...);

/* No block of this attempt has come. */
bool tftp_got_nothing(const struct tftp_client *client);

/* The transfer has failed for good. */
void tftp_fail(struct tftp_client *client, int error);

/* The attempt has failed, and options are not why (client->message says what is): another one after
 * a pause, or, after too many such, the transfer fails with this error. */
void tftp_fault(struct tftp_client *client, int error, uint64_t now_us);

/* The attempt has failed, perhaps because of the options: asks for less, or, when nothing less is
 * left, as tftp_fault. */
void tftp_step_down(struct tftp_client *client, int error, uint64_t now_us);

/* The file is here: the last ACK is due, and is repeated for a while. */
void tftp_complete(struct tftp_client *client, uint64_t now_us);

/* ---- tftp_send.c ---- */

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
