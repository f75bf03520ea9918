/*
 * tftp_put: see tftp_put.h.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tftp_put.h"

#include <stdio.h>
#include <string.h>

#include "bytes.h"
#include "clock.h"
#include "error.h"
#include "tftp_options.h"
#include "tftp_wire.h"

#define OPCODE_WRITE    2
#define RETRY_FIRST_US  250000
#define RETRY_DOUBLINGS 3 /* 2 s */
#define TRIES_MAX       8

static void send(struct tftp_put *put, uint64_t now_us)
{
    put->send_due = true;
    put->retry_us =
        tftp_later(now_us, (uint64_t)RETRY_FIRST_US
                               << (put->tries < RETRY_DOUBLINGS ? put->tries : RETRY_DOUBLINGS));
}

static void end(struct tftp_put *put, int64_t result, const char *message)
{
    put->result = result;
    put->send_due = false;
    snprintf(put->message, sizeof put->message, "%s", message);
}

/* Bytes of the file in the current block: less than a whole one, maybe none, in the last. */
static size_t block_length(const struct tftp_put *put)
{
    uint64_t at = (put->block - 1) * put->block_bytes;
    uint64_t left = at < put->length ? put->length - at : 0;

    return left < put->block_bytes ? (size_t)left : put->block_bytes;
}

static struct tftp_options offer_of(const struct tftp_put *put)
{
    return (struct tftp_options){.present = put->plain ? 0 : TFTP_BLKSIZE | TFTP_TSIZE,
                                 .block_bytes = TFTP_BLOCK_BYTES,
                                 .file_bytes = put->length};
}

int tftp_put_begin(struct tftp_put *put, struct net_address server, const char *file,
                   const void *bytes, size_t length, bool plain, uint64_t now_us, uint64_t end_us)
{
    uint8_t packet[TFTP_PACKET_MAX];

    *put = (struct tftp_put){.server = server,
                             .file = file,
                             .bytes = bytes,
                             .length = length,
                             .plain = plain,
                             .result = ERROR_BUSY,
                             .block_bytes = TFTP_BLOCK_DEFAULT,
                             .end_us = end_us};
    struct tftp_options offer = offer_of(put);

    if (bytes_be32(server.ip) == 0)
        return ERROR_INVALID;
    int status = tftp_options_write(packet, file, &offer);

    if (status < 0)
        return status;
    send(put, now_us);
    return 0;
}

/* The block in flight has arrived there. */
static void go_on(struct tftp_put *put, uint64_t now_us)
{
    if (put->block != 0 && block_length(put) < put->block_bytes) {
        end(put, (int64_t)put->length, "");
        return;
    }
    put->block++;
    put->tries = 0;
    send(put, now_us);
}

static void take_options(struct tftp_put *put, const uint8_t *bytes, size_t length, uint64_t now_us)
{
    struct tftp_options offer = offer_of(put), agreed;

    if (put->block != 0)
        return; /* repeated: the block it asked for is on its way */
    if (tftp_options_read(bytes, length, &offer, &agreed, put->message, sizeof put->message) < 0) {
        put->result = ERROR_UNSUPPORTED;
        put->send_due = false;
        return;
    }
    put->block_bytes = agreed.block_bytes;
    go_on(put, now_us);
}

void tftp_put_receive(struct tftp_put *put, struct net_address from, uint16_t from_port,
                      const uint8_t *bytes, size_t length, uint64_t now_us)
{
    char text[64];

    if (put->result != ERROR_BUSY || length < 4 || memcmp(&from, &put->server, sizeof from) != 0 ||
        (put->server_port != 0 && from_port != put->server_port))
        return;
    put->server_port = from_port;
    switch (bytes_be16(bytes)) {
    case TFTP_OPCODE_ACK:
        /* An ACK of an earlier block is a repeated one: answering it would double every
         * packet from there on. */
        if (bytes_be16(bytes + 2) == (uint16_t)put->block)
            go_on(put, now_us);
        break;
    case TFTP_OPCODE_OACK:
        take_options(put, bytes, length, now_us);
        break;
    case TFTP_OPCODE_ERROR:
        tftp_text_copy(text, sizeof text, bytes + 4, length - 4);
        end(put, bytes_be16(bytes + 2) == TFTP_ERROR_OPTIONS ? ERROR_UNSUPPORTED : ERROR_REFUSED,
            text);
        break;
    default:
        break;
    }
}

void tftp_put_tick(struct tftp_put *put, uint64_t now_us)
{
    if (put->result != ERROR_BUSY)
        return;
    if (now_us >= put->end_us || (now_us >= put->retry_us && put->tries >= TRIES_MAX)) {
        end(put, ERROR_TIMEOUT,
            put->server_port == 0 ? "the server does not answer" : "the server fell silent");
        return;
    }
    if (now_us >= put->retry_us) {
        put->tries++;
        send(put, now_us);
    }
}

bool tftp_put_next_packet(struct tftp_put *put, uint8_t packet[TFTP_PUT_PACKET_MAX], size_t *length,
                          uint16_t *to_port)
{
    struct tftp_options offer = offer_of(put);

    if (!put->send_due)
        return false;
    put->send_due = false;
    *to_port = put->server_port != 0 ? put->server_port : TFTP_PORT;
    if (put->block == 0) {
        *length = (size_t)tftp_options_write(packet, put->file, &offer);
        bytes_put_be16(packet, OPCODE_WRITE);
        return true;
    }
    *length = 4 + block_length(put);
    bytes_put_be16(packet, TFTP_OPCODE_DATA);
    bytes_put_be16(packet + 2, (uint16_t)put->block);
    memcpy(packet + 4, put->bytes + (put->block - 1) * put->block_bytes, *length - 4);
    return true;
}

uint64_t tftp_put_deadline(const struct tftp_put *put)
{
    if (put->result != ERROR_BUSY)
        return CLOCK_NEVER;
    return tftp_earlier(put->retry_us, put->end_us);
}
