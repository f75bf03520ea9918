/*
 * tftp_server_read: a file goes out, a window of blocks at a time.
 *
 * The file is read once, in order, so the blocks of a window are kept until the client has
 * acknowledged them: a ring of as many blocks as the largest window has. An ACK says where to
 * go on (RFC 7440, 4). A repeated one says nothing new: without a window it is passed over,
 * and with one it may mean that the first block of the window was lost, which is believed
 * once, and only if nothing else comes.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <string.h>

#include "bytes.h"
#include "clock.h"
#include "error.h"
#include "tftp_server_transfer.h"

void tftp_server_read_begin(struct tftp_server *server, uint64_t now_us)
{
    server->acked = server->sent = server->fetched = server->last = server->back = 0;
    server->next = 1;
    server->begun = server->oack_length == 0;
    server->answer_due = !server->begun;
    tftp_server_sent(server, now_us);
}

void tftp_server_read_repeat(struct tftp_server *server, uint64_t now_us)
{
    if (server->begun)
        server->next = server->acked + 1;
    else
        server->answer_due = true;
    tftp_server_sent(server, now_us);
}

static void take_repeated(struct tftp_server *server, uint64_t now_us)
{
    if (server->window == 1 || server->back == server->acked + 1)
        return;
    server->back = server->acked + 1;
    server->repeat_us = now_us + TFTP_SERVER_REPEAT_US;
}

void tftp_server_read_ack(struct tftp_server *server, uint16_t number, uint64_t now_us)
{
    uint16_t ahead = (uint16_t)(number - server->acked);

    if (!server->begun) {
        if (number != 0)
            return;
        server->begun = true;
        server->answer_due = false;
        tftp_server_progress(server, now_us);
        return;
    }
    if (ahead == 0)
        take_repeated(server, now_us);
    if (ahead == 0 || ahead > server->sent - server->acked)
        return;
    server->acked += ahead;
    server->next = server->acked + 1;
    tftp_server_progress(server, now_us);
    if (server->acked == server->last) {
        server->state = TFTP_SERVER_IDLE;
        server->files->read_done(server->files, 0);
    }
}

static bool may_send(const struct tftp_server *server)
{
    return server->begun && server->next <= server->acked + server->window &&
           (server->last == 0 || server->next <= server->last);
}

void tftp_server_read_fetch(struct tftp_server *server)
{
    char reason[TFTP_SERVER_REASON_BYTES] = "";

    if (!may_send(server) || server->next <= server->fetched)
        return;

    int64_t size =
        server->files->read_bytes(server->files, server->blocks[server->next % TFTP_SERVER_WINDOW],
                                  server->block_bytes, reason);

    if (size < 0) {
        tftp_server_fail(server, (int)size, reason);
        return;
    }
    server->fetched = server->next;
    if ((uint64_t)size < server->block_bytes) {
        server->last = server->next;
        server->last_bytes = (size_t)size;
    }
}

bool tftp_server_read_packet(struct tftp_server *server, uint8_t *packet, size_t *length)
{
    if (server->answer_due) {
        server->answer_due = false;
        memcpy(packet, server->oack, server->oack_length);
        *length = server->oack_length;
        return true;
    }
    if (!may_send(server))
        return false;

    size_t size = server->next == server->last ? server->last_bytes : server->block_bytes;

    bytes_put_be16(packet, TFTP_OPCODE_DATA);
    bytes_put_be16(packet + 2, (uint16_t)server->next);
    memcpy(packet + 4, server->blocks[server->next % TFTP_SERVER_WINDOW], size);
    *length = 4 + size;
    if (server->next > server->sent)
        server->sent = server->next;
    server->next++;
    return true;
}
