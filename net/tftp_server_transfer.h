/*
 * tftp_server_transfer: what the files of the TFTP server share. Not for others: see
 * tftp_server.h.
 *
 * tftp_server.c: packets, time, ends. tftp_server_admit.c: who is served.
 * tftp_server_request.c: what he asks for. tftp_server_write.c: blocks come in, ACKs go out.
 * tftp_server_read.c: the other way round.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef TFTP_SERVER_TRANSFER_H
#define TFTP_SERVER_TRANSFER_H

#include <string.h>

#include "tftp_server.h"
#include "tftp_server_request.h"

/* A repeated packet of a transfer with a window is answered after this long, if nothing new
 * has come: at once, and each answer in the middle of a window would bring forth another
 * window (the Sorcerer's Apprentice, RFC 1123, 4.2.3.1, in a new dress). */
#define TFTP_SERVER_REPEAT_US 20000

/* The same address and port: the same client. */
static inline bool tftp_server_is_same(const struct tftp_server_peer *a,
                                       const struct tftp_server_peer *b)
{
    return memcmp(a->address.ip, b->address.ip, sizeof a->address.ip) == 0 && a->port == b->port;
}

/* ---- tftp_server.c ---- */

/* Something new has come: patience begins anew. */
void tftp_server_progress(struct tftp_server *server, uint64_t now_us);

/* What is sent now is sent again when nothing comes. */
void tftp_server_sent(struct tftp_server *server, uint64_t now_us);

/* The transfer under way ends as failed: status says how to a read's file, reason to a write's. */
void tftp_server_end(struct tftp_server *server, int status, const char *reason);

/* The same, and an ERROR to its client. */
void tftp_server_fail(struct tftp_server *server, int status, const char *reason);

/* ERROR to a client. The transfer under way, if any, is not touched. */
void tftp_server_refuse(struct tftp_server *server, const struct tftp_server_peer *to,
                        unsigned code, const char *reason);

/* The code of an ERROR packet for an enum error. */
unsigned tftp_server_code(int status);

/* ---- tftp_server_admit.c ---- */

void tftp_server_admit(struct tftp_server *server, const struct tftp_server_peer *from,
                       const uint8_t *bytes, size_t length, uint64_t now_us);

/* ---- tftp_server_write.c ---- */

/* The client and what was agreed are set. */
void tftp_server_write_begin(struct tftp_server *server, uint64_t now_us);
void tftp_server_write_data(struct tftp_server *server, const uint8_t *bytes, size_t length,
                            uint64_t now_us);

/* Sends ACK or OACK again. */
void tftp_server_write_repeat(struct tftp_server *server, uint64_t now_us);
bool tftp_server_write_packet(struct tftp_server *server, uint8_t *packet, size_t *length);

/* ---- tftp_server_read.c ---- */

void tftp_server_read_begin(struct tftp_server *server, uint64_t now_us);
void tftp_server_read_ack(struct tftp_server *server, uint16_t number, uint64_t now_us);

/* Sends the OACK again, or what the client has not acknowledged. */
void tftp_server_read_repeat(struct tftp_server *server, uint64_t now_us);

/* Fetches the block to be sent next, if it may be sent. May end the transfer. */
void tftp_server_read_fetch(struct tftp_server *server);
bool tftp_server_read_packet(struct tftp_server *server, uint8_t *packet, size_t *length);

#endif
