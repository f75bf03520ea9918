/*
 * tftp: a TFTP read as a state machine: bytes in, bytes out. See tftp.h.
 *
 * Time: an attempt is given up after SILENCE_US without a block, or SILENCE_DATA_US after
 * one: a server that doubles its own waits is silent that long on a bad cable. The next one
 * starts over (a server that was restarted knows nothing of us), one rung down the ladder if
 * nothing had come. The deadline ends it all: the request's patience behind the newest block,
 * at most TFTP_PATIENCES_MAX of them in all. In between the last packet is sent again, first
 * after what the measured round trip suggests, then ever more slowly.
 *
 * Repeated and reordered packets: what we have already is never answered at once, and an
 * ACK is repeated at most every TFTP_HOLD_US. So two ends can not multiply each other's
 * duplicates (the Sorcerer's Apprentice), and a block that was only overtaken is not asked
 * for again.
 *
 * The end: a server that did not hear the last ACK waits for it and at worst logs a
 * time-out; a service that starts later is the greater loss. So on a path that loses
 * packets the last ACK is repeated unasked, for DALLY_US.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tftp.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "bytes.h"
#include "error.h"
#include "tftp_send.h"

#define SILENCE_US      5000000
#define SILENCE_DATA_US 20000000
#define DALLY_US        200000
#define FAULTS_MAX      4
#define FAULT_PAUSE_US  250000 /* doubled with each fault */

/* The ladder. What servers of the last century knew is the second rung. */
static const uint8_t rungs[] = {TFTP_BLKSIZE | TFTP_TSIZE | TFTP_TIMEOUT | TFTP_WINDOWSIZE |
                                    TFTP_UTIMEOUT,
                                TFTP_BLKSIZE | TFTP_TSIZE, 0};
#define RUNGS (sizeof rungs)

static void __attribute__((format(printf, 2, 3)))
say(struct tftp_client *client, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(client->message, sizeof client->message, format, arguments);
    va_end(arguments);
}

/* ---- the beginning and the end of an attempt ---- */

static void request_file(struct tftp_client *client, uint64_t now_us)
{
    client->offer.present = rungs[client->rung];
    client->attempt++;
    client->state = TFTP_REQUESTED;
    client->server_port = 0;
    client->acked = 0;
    client->tries = 0;
    client->measuring = true;
    client->progress_us = now_us;
    tftp_blocks_start(&client->blocks);
    tftp_send_packet(client, now_us);
}

int tftp_begin(struct tftp_client *client, const struct tftp_request *request, uint64_t now_us)
{
    uint32_t block_bytes = request->block_bytes ? request->block_bytes : TFTP_BLOCK_BYTES;
    uint32_t window = request->window_blocks ? request->window_blocks : TFTP_WINDOW_BLOCKS;
    uint8_t packet[TFTP_PACKET_MAX];
    int length;

    *client = (struct tftp_client){.request = *request};
    if (block_bytes < TFTP_BLOCK_MIN || block_bytes > 65464 || window > TFTP_WINDOW_MAX ||
        bytes_be32(request->server.ip) == 0)
        return ERROR_INVALID;
    client->blocks.buffer = request->buffer;
    client->blocks.capacity = request->capacity;
    client->blocks.sink = request->sink;
    client->offer = (struct tftp_options){.present = rungs[0],
                                          .block_bytes = block_bytes,
                                          .window_blocks = window,
                                          .timeout_s = TFTP_SERVER_TIMEOUT_S,
                                          .timeout_us = TFTP_SERVER_TIMEOUT_US};
    length = tftp_options_write(packet, request->file, &client->offer);
    if (length < 0)
        return length;
    client->answered_us = client->deadline_us = tftp_later(now_us, request->patience_us);
    if (request->answer_us != 0)
        client->deadline_us = tftp_later(now_us, request->answer_us);
    client->end_us = CLOCK_NEVER;
    if (request->patience_us < CLOCK_NEVER / TFTP_PATIENCES_MAX)
        client->end_us = tftp_later(now_us, request->patience_us * TFTP_PATIENCES_MAX);
    request_file(client, now_us);
    return 0;
}

static void fail(struct tftp_client *client, int error)
{
    client->state = TFTP_FAILED;
    client->error = error;
    client->send_due = false;
}

static void start_over(struct tftp_client *client, uint64_t pause_us, uint64_t now_us)
{
    client->state = TFTP_PAUSED;
    client->resume_us = tftp_later(now_us, pause_us);
    client->send_due = false;
}

/* The attempt failed, and options are not why (client->message says what is). */
static void fault(struct tftp_client *client, int error, uint64_t now_us)
{
    if (++client->faults >= FAULTS_MAX)
        fail(client, error);
    else
        start_over(client, (uint64_t)FAULT_PAUSE_US << client->faults, now_us);
}

/* The attempt failed, perhaps because of the options: ask for less while that is possible. */
static void step_down(struct tftp_client *client, int error, uint64_t now_us)
{
    if (client->rung + 1 >= RUNGS) {
        fault(client, error, now_us);
        return;
    }
    client->rung++;
    start_over(client, 0, now_us);
}

static void fail_too_large(struct tftp_client *client)
{
    uint64_t announced = client->blocks.file_bytes;
    size_t capacity = client->blocks.capacity;

    const char *more = announced == 0 ? "more than " : "";

    if (announced == UINT64_MAX) /* what is over 64 bits was read as that */
        more = "at least ";
    say(client, "the file has %s%lu bytes, there is room for %lu", more,
        (unsigned long)(announced ? announced : capacity), (unsigned long)capacity);
    tftp_send_error(client, client->server_port, TFTP_ERROR_FULL, "too large");
    fail(client, ERROR_TOO_LARGE);
}

static void fault_size(struct tftp_client *client, const char *more, uint64_t now_us)
{
    say(client, "the server announced %lu bytes and sent %s%lu",
        (unsigned long)client->blocks.file_bytes, more, (unsigned long)client->blocks.length);
    tftp_send_error(client, client->server_port, TFTP_ERROR_UNDEFINED, "not of the announced size");
    fault(client, ERROR_CORRUPT, now_us);
}

static void finish(struct tftp_client *client, uint64_t now_us)
{
    const struct tftp_blocks *blocks = &client->blocks;

    if (blocks->file_bytes != 0 && blocks->file_bytes != blocks->length) {
        fault_size(client, "", now_us);
        return;
    }
    if (blocks->length == 0) {
        say(client, "the file is empty");
        tftp_send_error(client, client->server_port, TFTP_ERROR_UNDEFINED, "empty");
        fail(client, ERROR_CORRUPT);
        return;
    }
    client->state = TFTP_DALLYING;
    client->resume_us = tftp_later(now_us, DALLY_US);
    tftp_send_ack(client, now_us);
}

/* ---- packets ---- */

static bool got_nothing(const struct tftp_client *client)
{
    return client->blocks.next == 1 && client->blocks.ahead == 0;
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
        say(client, "a block of %lu bytes where %lu were agreed", (unsigned long)length - 4,
            (unsigned long)blocks->block_bytes);
        tftp_send_error(client, client->server_port, TFTP_ERROR_ILLEGAL, "block too long");
        step_down(client, ERROR_UNSUPPORTED, now_us);
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
        if (got_nothing(client))
            tftp_send_ack_again(client, now_us);
        return;
    }
    if (tftp_options_read(bytes, length, &client->offer, &agreed, client->message,
                          sizeof client->message)) {
        tftp_send_error(client, from_port, TFTP_ERROR_OPTIONS, "bad OACK");
        step_down(client, ERROR_UNSUPPORTED, now_us);
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
    say(client, "the server says \"%s\" (error %u)", text, code);
    /* Servers that dislike options say so with 8, older ones with 4 or 0. */
    if (got_nothing(client) && client->rung + 1 < RUNGS &&
        (code == TFTP_ERROR_OPTIONS || code == TFTP_ERROR_ILLEGAL || code == TFTP_ERROR_UNDEFINED))
        step_down(client, ERROR_REFUSED, now_us);
    else if (got_nothing(client))
        fail(client, code == TFTP_ERROR_NOT_FOUND ? ERROR_ABSENT : ERROR_REFUSED);
    else
        fault(client, ERROR_REFUSED, now_us);
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

/* ---- time ---- */

static void give_up_attempt(struct tftp_client *client, uint64_t now_us)
{
    /* An OACK came and no block: large ones do not seem to get through on this path. */
    bool step = got_nothing(client);

    if (client->state == TFTP_REQUESTED) {
        say(client, "the server does not answer");
        /* It is away, or what looks at packets on the way dislikes options: half and half. */
        step = ++client->silences % 2 == 0;
    } else {
        say(client, "the server fell silent after %lu bytes", (unsigned long)client->blocks.length);
    }
    if (step)
        client->rung = (client->rung + 1) % RUNGS;
    start_over(client, 0, now_us);
}

/* When an attempt is over unless something new comes. */
static uint64_t silent_until(const struct tftp_client *client)
{
    return tftp_later(client->progress_us, got_nothing(client) ? SILENCE_US : SILENCE_DATA_US);
}

static void fail_late(struct tftp_client *client)
{
    if (client->state == TFTP_RECEIVING) {
        say(client, "out of time after %lu bytes", (unsigned long)client->blocks.length);
        tftp_send_error(client, client->server_port, TFTP_ERROR_UNDEFINED, "out of time");
    } else if (client->message[0] == '\0') {
        say(client, "the server does not answer");
    }
    fail(client, ERROR_TIMEOUT);
}

void tftp_tick(struct tftp_client *client, uint64_t now_us)
{
    if (client->state == TFTP_FAILED)
        return;
    if (client->state == TFTP_DALLYING) {
        if (now_us >= client->resume_us)
            client->resume_us = client->repeat_us = client->retry_us = CLOCK_NEVER;
        else if (client->lossy && now_us >= client->retry_us)
            tftp_send_again(client, now_us);
        else if (now_us >= client->repeat_us)
            tftp_send_ack_again(client, now_us);
        return;
    }
    if (now_us >= client->deadline_us) {
        fail_late(client);
        return;
    }
    if (client->state == TFTP_PAUSED) {
        if (now_us >= client->resume_us)
            request_file(client, now_us);
        return;
    }
    if (now_us >= silent_until(client))
        give_up_attempt(client, now_us);
    else if (now_us >= client->retry_us)
        tftp_send_again(client, now_us);
    else if (now_us >= client->repeat_us)
        tftp_send_ack_again(client, now_us);
}

uint64_t tftp_deadline(const struct tftp_client *client)
{
    switch (client->state) {
    case TFTP_FAILED:
        return CLOCK_NEVER;
    case TFTP_DALLYING:
        return tftp_earlier(client->lossy ? client->retry_us : CLOCK_NEVER,
                            tftp_earlier(client->repeat_us, client->resume_us));
    case TFTP_PAUSED:
        return tftp_earlier(client->resume_us, client->deadline_us);
    default:
        return tftp_earlier(tftp_earlier(client->retry_us, client->repeat_us),
                            tftp_earlier(silent_until(client), client->deadline_us));
    }
}

int64_t tftp_result(const struct tftp_client *client)
{
    if (client->state == TFTP_DALLYING)
        return (int64_t)client->blocks.length;
    return client->state == TFTP_FAILED ? client->error : ERROR_BUSY;
}

unsigned tftp_attempt(const struct tftp_client *client)
{
    return client->attempt;
}
