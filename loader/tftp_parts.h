/*
 * tftp_parts: what the files of a TFTP read want of each other: tftp.c, tftp_receive.c and
 * tftp_send.c.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef TFTP_PARTS_H
#define TFTP_PARTS_H

#include "tftp.h"
#include "tftp_wire.h"

#define TFTP_HOLD_US 5000 /* reordering on a local network is well below this */

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

/* There is less to ask for than this attempt does: it has options that the server may dislike. */
bool tftp_can_step_down(const struct tftp_client *client);

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
