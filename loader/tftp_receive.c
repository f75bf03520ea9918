/*
 * tftp_receive: what a TFTP client makes of each packet that comes. See tftp.h.
 *
 * Repeated and reordered packets: what we have already is never answered at once, and an
 * ACK is repeated at most every TFTP_HOLD_US. So two ends can not multiply each other's
 * duplicates (the Sorcerer's Apprentice), and a block that was only overtaken is not asked
 * for again.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <string.h>

#include "bytes.h"
#include "error.h"
#include "tftp_parts.h"

static void fail_too_large(struct tftp_client *client)
{
    uint64_t announced = client->blocks.file_bytes;
    size_t capacity = client->blocks.capacity;
    const char *more = announced == 0 ? "more than " : "";

    if (announced == UINT64_MAX) /* what is over 64 bits was read as that */
        more = "at least ";
    tftp_say(client, "the file has %s%lu bytes, there is room for %lu", more,
             (unsigned long)(announced ? announced : capacity), (unsigned long)capacity);
    tftp_send_error(client, client->server_port, TFTP_ERROR_FULL, "too large");
    tftp_fail(client, ERROR_TOO_LARGE);
}

static void fault_size(struct tftp_client *client, const char *more, uint64_t now_us)
{
    tftp_say(client, "the server announced %lu bytes and sent %s%lu",
             (unsigned long)client->blocks.file_bytes, more, (unsigned long)client->blocks.length);
    tftp_send_error(client, client->server_port, TFTP_ERROR_UNDEFINED, "not of the announced size");
    tftp_fault(client, ERROR_CORRUPT, now_us);
}

static void finish(struct tftp_client *client, uint64_t now_us)
{
    const struct tftp_blocks *blocks = &client->blocks;

    if (blocks->file_bytes != 0 && blocks->file_bytes != blocks->length) {
        fault_size(client, "", now_us);
        return;
    }
    if (blocks->length == 0) {
        tftp_say(client, "the file is empty");
        tftp_send_error(client, client->server_port, TFTP_ERROR_UNDEFINED, "empty");
        tftp_fail(client, ERROR_CORRUPT);
        return;
    }
    tftp_complete(client, now_us);
}

static void receive_data(struct tftp_client *client, const uint8_t *bytes, size_t length,
                         uint64_t now_us)
{
    struct tftp_blocks *blocks = &client->blocks;
    uint64_t window_end = client->acked + blocks->window, first = blocks->next, block = 0;

    switch (tftp_blocks_take(blocks, bytes_be16(bytes + 2), bytes + 4, length - 4, &block)) {
    case TFTP_BLOCK_STRAY:
        client->ignored++;
        return;
    case TFTP_BLOCK_REPEATED:
        /* If it ends what the server sends in one go, it waits for an ACK it lacks. */
        client->ignored++;
        if (block + 1 == first || block == window_end)
            tftp_send_ack_again(client, now_us);
        return;
    case TFTP_BLOCK_TOO_LONG:
        tftp_say(client, "a block of %lu bytes where %lu were agreed", (unsigned long)length - 4,
                 (unsigned long)blocks->block_bytes);
        tftp_send_error(client, client->server_port, TFTP_ERROR_ILLEGAL, "block too long");
        tftp_step_down(client, ERROR_UNSUPPORTED, now_us);
        return;
    case TFTP_BLOCK_NO_ROOM:
        fail_too_large(client);
        return;
    case TFTP_BLOCK_PAST_END:
        fault_size(client, "more than ", now_us);
        return;
    case TFTP_BLOCK_NEW:
        break;
    }
    tftp_send_answered(client, now_us);
    client->deadline_us =
        tftp_earlier(tftp_later(now_us, client->request.patience_us), client->end_us);
    if (blocks->next != first)
        client->repeat_us = CLOCK_NEVER;
    if (tftp_blocks_complete(blocks)) {
        finish(client, now_us);
    } else if (blocks->next > window_end) {
        tftp_send_ack(client, now_us);
    } else if (blocks->ahead != 0) {
        /* A gap. At the end of the window the server waits; before it, give what was
         * overtaken a moment to arrive. */
        if (block == window_end)
            tftp_send_ack_again(client, now_us);
        else if (client->repeat_us == CLOCK_NEVER)
            client->repeat_us = tftp_later(now_us, TFTP_HOLD_US);
    }
}

static void receive_oack(struct tftp_client *client, uint16_t from_port, const uint8_t *bytes,
                         size_t length, uint64_t now_us)
{
    struct tftp_options agreed;

    if (client->state != TFTP_REQUESTED) {
        /* Once more before any data: our ACK of it was lost. Later it is old. */
        client->ignored++;
        if (tftp_got_nothing(client))
            tftp_send_ack_again(client, now_us);
        return;
    }
    if (tftp_options_read(bytes, length, &client->offer, &agreed, client->message,
                          sizeof client->message)) {
        tftp_send_error(client, from_port, TFTP_ERROR_OPTIONS, "bad OACK");
        tftp_step_down(client, ERROR_UNSUPPORTED, now_us);
        return;
    }
    client->server_port = from_port;
    client->state = TFTP_RECEIVING;
    client->blocks.block_bytes = agreed.block_bytes;
    client->blocks.window = agreed.window_blocks;
    client->blocks.file_bytes = agreed.file_bytes;
    if (agreed.file_bytes > client->blocks.capacity) {
        fail_too_large(client);
        return;
    }
    tftp_send_answered(client, now_us);
    tftp_send_ack(client, now_us);
    client->measuring = true;
}

static void receive_error(struct tftp_client *client, const uint8_t *bytes, size_t length,
                          uint64_t now_us)
{
    uint16_t code = bytes_be16(bytes + 2);
    char text[72];

    tftp_text_copy(text, sizeof text, bytes + 4, length - 4);
    tftp_say(client, "the server says \"%s\" (error %u)", text, code);
    /* Servers that dislike options say so with 8, older ones with 4 or 0. */
    if (tftp_got_nothing(client) && tftp_can_step_down(client) &&
        (code == TFTP_ERROR_OPTIONS || code == TFTP_ERROR_ILLEGAL || code == TFTP_ERROR_UNDEFINED))
        tftp_step_down(client, ERROR_REFUSED, now_us);
    else if (tftp_got_nothing(client))
        tftp_fail(client, code == TFTP_ERROR_NOT_FOUND ? ERROR_ABSENT : ERROR_REFUSED);
    else
        tftp_fault(client, ERROR_REFUSED, now_us);
}

void tftp_receive(struct tftp_client *client, struct net_address from, uint16_t from_port,
                  const uint8_t *bytes, size_t length, uint64_t now_us)
{
    uint16_t opcode = length >= 4 ? bytes_be16(bytes) : 0;
    bool is_server = from_port != 0 && memcmp(&from, &client->request.server, sizeof from) == 0;

    if (is_server && !client->answered) {
        client->answered = true;
        client->deadline_us = client->answered_us;
    }
    if (client->state == TFTP_PAUSED || client->state == TFTP_FAILED || !is_server) {
        client->ignored++;
    } else if (client->server_port != 0 && from_port != client->server_port) {
        /* A repeated request made the server open a second transfer: end that one. */
        client->ignored++;
        if ((opcode == TFTP_OPCODE_DATA || opcode == TFTP_OPCODE_OACK) && !client->error_due)
            tftp_send_error(client, from_port, TFTP_ERROR_UNKNOWN_PORT, "unknown port");
    } else if (opcode == TFTP_OPCODE_DATA && client->state != TFTP_REQUESTED) {
        receive_data(client, bytes, length, now_us);
    } else if (opcode == TFTP_OPCODE_DATA && bytes_be16(bytes + 2) == 1) {
        /* No OACK came before it: the server knows no options. */
        client->server_port = from_port;
        client->state = TFTP_RECEIVING;
        receive_data(client, bytes, length, now_us);
    } else if (opcode == TFTP_OPCODE_OACK) {
        receive_oack(client, from_port, bytes, length, now_us);
    } else if (opcode == TFTP_OPCODE_ERROR && client->state != TFTP_DALLYING) {
        receive_error(client, bytes, length, now_us);
    } else {
        client->ignored++;
    }
}
