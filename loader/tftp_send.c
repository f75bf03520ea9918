/*
 * tftp_send: what a TFTP client sends, and when it sends it again. Packets are only marked as due:
 * tftp_next_packet makes them when the caller has a place for them.
 *
 * The wait before a packet is sent again follows the measured round trip, as in TCP, and
 * doubles with each try. It may be too short at first: a server that follows the RFCs
 * passes over an ACK it has seen.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tftp_parts.h"

#include <string.h>

#include "bytes.h"

#define REQUEST_US        500000 /* first wait for an answer to a request */
#define RETRY_MIN_US      50000  /* a machine that is emulated stands still for a third of it */
#define RETRY_MAX_US      2000000
#define ROUND_TRIP_MAX_US 100000

/* Sets when to send again: four round trips, a lost block being found by the gap it leaves
 * long before, doubled with each try, up to an eighth more
 * or less, so that boards switched on together do not stay together. */
static void arm_retry(struct tftp_client *client, uint64_t now_us)
{
    uint64_t wait = client->state == TFTP_REQUESTED ? REQUEST_US : 4u * client->round_trip_us;

    if (wait < RETRY_MIN_US)
        wait = RETRY_MIN_US;
    wait <<= client->tries < 8 ? client->tries : 8;
    if (wait > RETRY_MAX_US)
        wait = RETRY_MAX_US;
    wait += client->request.random() % (wait / 4) - wait / 8;
    client->retry_us = tftp_later(now_us, wait);
}

void tftp_send_packet(struct tftp_client *client, uint64_t now_us)
{
    client->send_due = true;
    client->sent_us = now_us;
    client->repeat_us = CLOCK_NEVER;
    arm_retry(client, now_us);
}

void tftp_send_ack(struct tftp_client *client, uint64_t now_us)
{
    uint64_t newest = client->blocks.next - 1;

    client->measuring = newest != client->acked;
    client->acked = newest;
    tftp_send_packet(client, now_us);
}

void tftp_send_ack_again(struct tftp_client *client, uint64_t now_us)
{
    uint64_t earliest = tftp_later(client->sent_us, TFTP_HOLD_US);

    if (now_us < earliest) {
        if (earliest < client->repeat_us)
            client->repeat_us = earliest;
        return;
    }
    client->repeated++;
    client->lossy |= client->blocks.ahead != 0;
    tftp_send_ack(client, now_us);
}

void tftp_send_error(struct tftp_client *client, uint16_t port, uint8_t code, const char *text)
{
    client->error_due = true;
    client->error_code = code;
    client->error_port = port;
    client->error_text = text;
}

void tftp_send_answered(struct tftp_client *client, uint64_t now_us)
{
    if (client->measuring) {
        /* Karn's rule: what was sent twice tells nothing, one can not know which is answered. */
        uint64_t took = now_us - client->sent_us;

        if (took > ROUND_TRIP_MAX_US)
            took = ROUND_TRIP_MAX_US;
        client->round_trip_us = (client->round_trip_us + (uint32_t)took) / 2;
        client->measuring = false;
    }
    client->tries = 0;
    client->progress_us = now_us;
    arm_retry(client, now_us);
}

void tftp_send_again(struct tftp_client *client, uint64_t now_us)
{
    client->tries++;
    client->repeated++;
    client->lossy = true;
    client->measuring = false;
    if (client->state == TFTP_REQUESTED) {
        tftp_send_packet(client, now_us);
        return;
    }
    /* Perhaps the path is longer than we think: otherwise it could never be measured. */
    client->round_trip_us = client->round_trip_us * 2 + 1000;
    if (client->round_trip_us > ROUND_TRIP_MAX_US)
        client->round_trip_us = ROUND_TRIP_MAX_US;
    tftp_send_ack(client, now_us);
}

bool tftp_next_packet(struct tftp_client *client, uint8_t *packet, size_t *length,
                      uint16_t *to_port)
{
    if (client->error_due) {
        client->error_due = false;
        bytes_put_be16(packet, TFTP_OPCODE_ERROR);
        bytes_put_be16(packet + 2, client->error_code);
        strcpy((char *)packet + 4, client->error_text);
        *length = 4 + strlen(client->error_text) + 1;
        *to_port = client->error_port;
        return true;
    }
    if (!client->send_due) {
        /* Not before: the server works on the next block while we hash this one. */
        tftp_blocks_show(&client->blocks);
        return false;
    }
    client->send_due = false;
    if (client->state == TFTP_REQUESTED) {
        /* It fitted in tftp_begin, and no rung offers more than the first. */
        *length = (size_t)tftp_options_write(packet, client->request.file, &client->offer);
        *to_port = TFTP_PORT;
        return true;
    }
    bytes_put_be16(packet, TFTP_OPCODE_ACK);
    bytes_put_be16(packet + 2, tftp_blocks_number(&client->blocks, client->acked));
    *length = 4;
    *to_port = client->server_port;
    return true;
}
