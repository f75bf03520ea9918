/*
 * tftp: a TFTP read as a state machine: bytes in, bytes out. See tftp.h. This file: attempts, how
 * each begins and ends, and time. tftp_receive.c takes packets, tftp_send.c makes them.
 *
 * Time: an attempt is given up after SILENCE_US without a block, or SILENCE_DATA_US after
 * one: a server that doubles its own waits is silent that long on a bad cable. The next one
 * starts over (a server that was restarted knows nothing of us), one rung down the ladder if
 * nothing had come. The deadline ends it all: the request's patience behind the newest block,
 * at most TFTP_PATIENCES_MAX of them in all. In between the last packet is sent again, first
 * after what the measured round trip suggests, then ever more slowly.
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

#include "bytes.h"
#include "error.h"
#include "tftp_parts.h"

#define SILENCE_US      5000000
#define SILENCE_DATA_US 20000000
#define DALLY_US        200000
#define FAULTS_MAX      4
#define FAULT_PAUSE_US  250000 /* doubled with each fault */

/* The ladder: each rung offers less than the one before, the last nothing. What servers of the last
 * century knew is the second. */
static const uint8_t rungs[] = {TFTP_BLKSIZE | TFTP_TSIZE | TFTP_TIMEOUT | TFTP_WINDOWSIZE |
                                    TFTP_UTIMEOUT,
                                TFTP_BLKSIZE | TFTP_TSIZE, 0};
#define RUNGS (sizeof rungs)

void tftp_say(struct tftp_client *client, const char *format, ...)
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

void tftp_fail(struct tftp_client *client, int error)
{
    client->state = TFTP_FAILED;
    client->error = error;
    client->send_due = false;
}

void tftp_complete(struct tftp_client *client, uint64_t now_us)
{
    client->state = TFTP_DALLYING;
    client->resume_us = tftp_later(now_us, DALLY_US);
    tftp_send_ack(client, now_us);
}

bool tftp_got_nothing(const struct tftp_client *client)
{
    return client->blocks.next == 1 && client->blocks.ahead == 0;
}

static void start_over(struct tftp_client *client, uint64_t pause_us, uint64_t now_us)
{
    client->state = TFTP_PAUSED;
    client->resume_us = tftp_later(now_us, pause_us);
    client->send_due = false;
}

void tftp_fault(struct tftp_client *client, int error, uint64_t now_us)
{
    if (++client->faults >= FAULTS_MAX)
        tftp_fail(client, error);
    else
        start_over(client, (uint64_t)FAULT_PAUSE_US << client->faults, now_us);
}

bool tftp_can_step_down(const struct tftp_client *client)
{
    return client->rung + 1 < RUNGS;
}

void tftp_step_down(struct tftp_client *client, int error, uint64_t now_us)
{
    if (!tftp_can_step_down(client)) {
        tftp_fault(client, error, now_us);
        return;
    }
    client->rung++;
    start_over(client, 0, now_us);
}

/* ---- time ---- */

static void give_up_attempt(struct tftp_client *client, uint64_t now_us)
{
    /* An OACK came and no block: large ones do not seem to get through on this path. */
    bool step = tftp_got_nothing(client);

    if (client->state == TFTP_REQUESTED) {
        tftp_say(client, "the server does not answer");
        /* It is away, or what looks at packets on the way dislikes options: half and half. */
        step = ++client->silences % 2 == 0;
    } else {
        tftp_say(client, "the server fell silent after %lu bytes",
                 (unsigned long)client->blocks.length);
    }
    if (step)
        client->rung = (client->rung + 1) % RUNGS;
    start_over(client, 0, now_us);
}

/* When an attempt is over unless something new comes. */
static uint64_t silent_until(const struct tftp_client *client)
{
    return tftp_later(client->progress_us, tftp_got_nothing(client) ? SILENCE_US : SILENCE_DATA_US);
}

static void fail_late(struct tftp_client *client)
{
    if (client->state == TFTP_RECEIVING) {
        tftp_say(client, "out of time after %lu bytes", (unsigned long)client->blocks.length);
        tftp_send_error(client, client->server_port, TFTP_ERROR_UNDEFINED, "out of time");
    } else if (client->message[0] == '\0') {
        tftp_say(client, "the server does not answer");
    }
    tftp_fail(client, ERROR_TIMEOUT);
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
