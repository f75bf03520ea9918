/*
 * tftp_server_write: a file comes in, block by block, into the memory it is to lie in.
 *
 * A block counts when it is the next one; what comes out of order is not kept: the client
 * is told once what is the last block in order, and goes on from there (RFC 7440, 4).
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <stdio.h>
#include <string.h>

#include "bytes.h"
#include "clock.h"
#include "error.h"
#include "tftp_server_transfer.h"

#define BLOCK_NUMBERS 0x10000

static void answer(struct tftp_server *server, uint64_t now_us)
{
    server->answer_due = true;
    server->acked = server->received;
    tftp_server_sent(server, now_us);
}

void tftp_server_write_begin(struct tftp_server *server, uint64_t now_us)
{
    char reason[TFTP_SERVER_REASON_BYTES];

    server->length = 0;
    server->received = server->gap = 0;
    server->complete = false;
    server->begun = false;
    answer(server, now_us);
    if (server->announced > 0 && (uint64_t)server->announced > server->capacity) {
        snprintf(reason, sizeof reason, "a file of %ld bytes: there is room for %lu",
                 (long)server->announced, (unsigned long)server->capacity);
        tftp_server_fail(server, ERROR_TOO_LARGE, reason);
    }
}

void tftp_server_write_repeat(struct tftp_server *server, uint64_t now_us)
{
    answer(server, now_us);
}

/* All blocks are there. */
static void complete(struct tftp_server *server, uint64_t now_us)
{
    char reason[TFTP_SERVER_REASON_BYTES] = "";

    if (server->announced > 0 && (uint64_t)server->announced != server->length) {
        snprintf(reason, sizeof reason, "%ld bytes were announced, %lu came",
                 (long)server->announced, (unsigned long)server->length);
        tftp_server_fail(server, ERROR_CORRUPT, reason);
        return;
    }

    int status = server->files->written(server->files, server->length, reason);

    if (status < 0) {
        server->state = TFTP_SERVER_IDLE;
        tftp_server_refuse(server, &server->peer, tftp_server_code(status), reason);
        return;
    }
    answer(server, now_us);
    server->complete = true;
    tftp_server_remember(server, &server->peer, (uint16_t)server->received, now_us);
}

/* The next block. */
static void take(struct tftp_server *server, const uint8_t *bytes, size_t size, uint64_t now_us)
{
    char reason[TFTP_SERVER_REASON_BYTES];

    if (size > server->block_bytes) {
        snprintf(reason, sizeof reason, "a block of %u bytes: %u were agreed on", (unsigned)size,
                 (unsigned)server->block_bytes);
        tftp_server_fail(server, ERROR_INVALID, reason);
        return;
    }
    if (size > server->capacity - server->length) {
        snprintf(reason, sizeof reason, "the file is larger than the %lu bytes there is room for",
                 (unsigned long)server->capacity);
        tftp_server_fail(server, ERROR_TOO_LARGE, reason);
        return;
    }
    memcpy(server->buffer + server->length, bytes, size);
    server->length += size;
    server->received++;
    tftp_server_progress(server, now_us);
    if (size < server->block_bytes)
        complete(server, now_us);
    else if (server->received - server->acked >= server->window)
        answer(server, now_us);
}

void tftp_server_write_data(struct tftp_server *server, const uint8_t *bytes, size_t length,
                            uint64_t now_us)
{
    /* 1: the next one; up to the window: one before it is missing. */
    uint16_t ahead = (uint16_t)(bytes_be16(bytes + 2) - server->received);

    server->begun = true;
    if (server->complete) {
        server->answer_due = server->answer_due || ahead == 0;
    } else if (ahead == 1) {
        take(server, bytes + 4, length - 4, now_us);
    } else if (ahead == 0 || ahead > BLOCK_NUMBERS / 2) { /* once more */
        if (server->window > 1)
            server->repeat_us = now_us + TFTP_SERVER_REPEAT_US;
        else if (ahead == 0 && server->received > 0)
            answer(server, now_us);
    } else if (ahead <= server->window && server->gap != server->received + 1) {
        server->gap = server->received + 1;
        answer(server, now_us);
    }
}

bool tftp_server_write_packet(struct tftp_server *server, uint8_t *packet, size_t *length)
{
    if (!server->answer_due)
        return false;
    server->answer_due = false;
    if (!server->begun && server->oack_length > 0) {
        memcpy(packet, server->oack, server->oack_length);
        *length = server->oack_length;
        return true;
    }
    bytes_put_be16(packet, TFTP_OPCODE_ACK);
    bytes_put_be16(packet + 2, (uint16_t)server->received);
    *length = 4;
    return true;
}
