/*
 * tftp_server: packets in, packets out, time, and ends. See tftp_server.h.
 *
 * An ERROR is never answered. DATA that nobody expects is: whoever sends it learns that the
 * transfer has ended, and why, even if the first ERROR was lost.
 *
 * Lacks: netascii, mail, multicast (RFC 2090), tsize of a read, utimeout.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tftp_server.h"

#include <stdio.h>
#include <string.h>

#include "bytes.h"
#include "clock.h"
#include "error.h"
#include "tftp_server_transfer.h"

/* Without an answer: after 0.2 s, then 0.4, 0.8, 1.6, 3.2: six times within the patience. */
#define RETRY_FIRST_US  200000
#define RETRY_DOUBLINGS 4
#define ERROR_QUIET_US  200000 /* between two ERRORs for unexpected DATA */

/* ---- time ---- */

void tftp_server_sent(struct tftp_server *server, uint64_t now_us)
{
    unsigned doublings = server->tries < RETRY_DOUBLINGS ? server->tries : RETRY_DOUBLINGS;

    server->repeat_us = CLOCK_NEVER;
    server->retry_us =
        now_us + (server->timeout_us ? server->timeout_us : (uint64_t)RETRY_FIRST_US << doublings);
}

void tftp_server_progress(struct tftp_server *server, uint64_t now_us)
{
    server->tries = 0;
    server->patience_us = now_us + TFTP_SERVER_PATIENCE_US;
    tftp_server_sent(server, now_us);
}

static bool is_waiting(const struct tftp_server *server)
{
    return server->state == TFTP_SERVER_SENDING ||
           (server->state == TFTP_SERVER_RECEIVING && !server->complete);
}

static uint64_t earlier(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

uint64_t tftp_server_deadline(const struct tftp_server *server)
{
    if (!is_waiting(server))
        return CLOCK_NEVER;
    return earlier(earlier(server->patience_us, server->end_us),
                   earlier(server->retry_us, server->repeat_us));
}

static void send_again(struct tftp_server *server, uint64_t now_us)
{
    server->tries++;
    if (server->state == TFTP_SERVER_RECEIVING)
        tftp_server_write_repeat(server, now_us);
    else
        tftp_server_read_repeat(server, now_us);
}

void tftp_server_tick(struct tftp_server *server, uint64_t now_us)
{
    char reason[TFTP_SERVER_REASON_BYTES];

    if (!is_waiting(server))
        return;
    if (now_us >= server->patience_us || now_us >= server->end_us) {
        bool is_slow = now_us < server->patience_us;

        snprintf(reason, sizeof reason, "given up: %s for %u s",
                 is_slow ? "it has gone on" : "nothing new came",
                 (is_slow ? TFTP_SERVER_LONGEST_US : TFTP_SERVER_PATIENCE_US) / 1000000);
        tftp_server_fail(server, ERROR_TIMEOUT, reason);
    } else if (now_us >= server->retry_us || now_us >= server->repeat_us) {
        send_again(server, now_us);
    }
}

/* ---- ends ---- */

unsigned tftp_server_code(int status)
{
    switch (status) {
    case ERROR_ABSENT:
        return TFTP_CODE_ABSENT;
    case ERROR_REFUSED:
        return TFTP_CODE_REFUSED;
    case ERROR_TOO_LARGE:
    case ERROR_NO_MEMORY:
        return TFTP_CODE_FULL;
    case ERROR_INVALID:
    case ERROR_UNSUPPORTED:
        return TFTP_CODE_ILLEGAL;
    default:
        return TFTP_CODE_OTHER;
    }
}

void tftp_server_refuse(struct tftp_server *server, const struct tftp_server_peer *to,
                        unsigned code, const char *reason)
{
    server->error_peer = *to;
    server->error_code = (uint16_t)code;
    tftp_server_clean(server->error_text, sizeof server->error_text, reason, strlen(reason));
    server->error_due = true;
}

void tftp_server_end(struct tftp_server *server, int status, const char *reason)
{
    bool is_write = server->state == TFTP_SERVER_RECEIVING;

    server->state = TFTP_SERVER_IDLE;
    if (is_write)
        server->files->write_failed(server->files, reason);
    else
        server->files->read_done(server->files, status);
}

void tftp_server_fail(struct tftp_server *server, int status, const char *reason)
{
    tftp_server_refuse(server, &server->peer, tftp_server_code(status), reason);
    tftp_server_end(server, status, reason);
}

void tftp_server_abort(struct tftp_server *server, const char *reason)
{
    if (server->state == TFTP_SERVER_IDLE)
        return;
    server->last_peer.port = server->complete ? 0 : server->last_peer.port;
    tftp_server_fail(server, ERROR_CANCELLED, reason);
}

/* ---- other packets ---- */

static bool is_remembered(const struct tftp_server *server, uint64_t now_us)
{
    return server->last_peer.port != 0 && now_us < server->last_us + TFTP_SERVER_LAST_US;
}

/* DATA of a client that is not writing. */
static void take_stray(struct tftp_server *server, const struct tftp_server_peer *from,
                       uint16_t number, uint64_t now_us)
{
    if (is_remembered(server, now_us) && tftp_server_is_same(from, &server->last_peer)) {
        /* Blocks before the last one are the rest of a window that is repeated whole. */
        server->last_due = server->last_due || number == server->last_block;
        return;
    }
    if (now_us < server->error_us + ERROR_QUIET_US)
        return;
    server->error_us = now_us;
    if (tftp_server_is_same(from, &server->error_peer))
        server->error_due = true;
    else
        tftp_server_refuse(server, from, TFTP_CODE_STRANGER,
                           "no write of yours is under way: it was given up");
}

static void take_error(struct tftp_server *server, const uint8_t *text, size_t length)
{
    char reason[TFTP_SERVER_REASON_BYTES] = "the client gave up: ";
    size_t begin_length = strlen(reason);

    if (server->state == TFTP_SERVER_RECEIVING && server->complete)
        return; /* it has everything to be content with */
    tftp_server_clean(reason + begin_length, sizeof reason - begin_length, text, length);
    tftp_server_end(server, ERROR_REFUSED, reason);
}

void tftp_server_receive(struct tftp_server *server, const struct tftp_server_peer *from,
                         const uint8_t *bytes, size_t length, uint64_t now_us)
{
    if (length < 4 || from->port == 0)
        return;

    bool is_client = server->state != TFTP_SERVER_IDLE && tftp_server_is_same(from, &server->peer);
    uint16_t number = bytes_be16(bytes + 2);

    switch (bytes_be16(bytes)) {
    case TFTP_OPCODE_READ:
    case TFTP_OPCODE_WRITE:
        tftp_server_admit(server, from, bytes, length, now_us);
        break;
    case TFTP_OPCODE_DATA:
        if (is_client && server->state == TFTP_SERVER_RECEIVING)
            tftp_server_write_data(server, bytes, length, now_us);
        else
            take_stray(server, from, number, now_us);
        break;
    case TFTP_OPCODE_ACK:
        if (is_client && server->state == TFTP_SERVER_SENDING)
            tftp_server_read_ack(server, number, now_us);
        break;
    case TFTP_OPCODE_ERROR:
        if (is_client)
            take_error(server, bytes + 4, length - 4);
        break;
    default: /* nothing a client sends */
        break;
    }
}

/* ---- packets out ---- */

static size_t write_error(const struct tftp_server *server, uint8_t *packet)
{
    size_t length = strlen(server->error_text) + 1;

    bytes_put_be16(packet, TFTP_OPCODE_ERROR);
    bytes_put_be16(packet + 2, server->error_code);
    memcpy(packet + 4, server->error_text, length);
    return 4 + length;
}

const char *tftp_server_error_text(const uint8_t packet[TFTP_SERVER_PACKET_MAX])
{
    return bytes_be16(packet) == TFTP_OPCODE_ERROR ? (const char *)packet + 4 : NULL;
}

/* The packet of the transfer under way. */
static bool transfer_packet(struct tftp_server *server, uint8_t *packet, size_t *length)
{
    switch (server->state) {
    case TFTP_SERVER_RECEIVING:
        if (tftp_server_write_packet(server, packet, length))
            return true;
        if (server->complete) {
            server->complete = false;
            server->state = TFTP_SERVER_IDLE;
            server->files->write_done(server->files);
        }
        return false;
    case TFTP_SERVER_SENDING:
        return tftp_server_read_packet(server, packet, length);
    default:
        return false;
    }
}

bool tftp_server_next_packet(struct tftp_server *server, uint8_t packet[TFTP_SERVER_PACKET_MAX],
                             size_t *length, struct tftp_server_peer *to)
{
    if (server->state == TFTP_SERVER_SENDING)
        tftp_server_read_fetch(server);
    if (server->error_due) {
        server->error_due = false;
        *length = write_error(server, packet);
        *to = server->error_peer;
        return true;
    }
    if (server->last_due) {
        server->last_due = false;
        bytes_put_be16(packet, TFTP_OPCODE_ACK);
        bytes_put_be16(packet + 2, server->last_block);
        *length = 4;
        *to = server->last_peer;
        return true;
    }
    *to = server->peer;
    return transfer_packet(server, packet, length);
}

/* ---- the rest ---- */

void tftp_server_init(struct tftp_server *server, struct tftp_server_files *files)
{
    memset(server, 0, sizeof *server);
    server->files = files;
}

void tftp_server_remember(struct tftp_server *server, const struct tftp_server_peer *peer,
                          uint16_t last_block, uint64_t now_us)
{
    server->last_peer = *peer;
    server->last_block = last_block;
    server->last_us = now_us;
    server->last_due = false;
}

bool tftp_server_last(const struct tftp_server *server, struct tftp_server_peer *peer,
                      uint16_t *last_block, uint64_t now_us)
{
    if (!is_remembered(server, now_us))
        return false;
    *peer = server->last_peer;
    *last_block = server->last_block;
    return true;
}

enum tftp_server_state tftp_server_state(const struct tftp_server *server)
{
    return server->state;
}

const char *tftp_server_name(const struct tftp_server *server)
{
    return server->name;
}

bool tftp_server_error_is_due(const struct tftp_server *server)
{
    return server->error_due;
}
