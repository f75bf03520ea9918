/*
 * push_clients: TFTP clients at the other end of the board's cable, which push and read by
 * themselves, and what the board asks for there.
 *
 * The clients live in events: they go on whatever function of the loader is under test.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef PUSH_CLIENTS_H
#define PUSH_CLIENTS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "bytes.h"
#include "clock.h"
#include "elf_builder.h"
#include "sim.h"
#include "sim_net.h"
#include "tftp_server.h"

#define MILLISECOND   1000u
#define BLOCK         512u
#define REPEAT_US     500000u
#define USB_INTERRUPT 9
#define UDP_AT        34
#define UDP_DATA_AT   42
#define CLIENTS       2
#define REQUESTS      8

/* A file that can become a service, told from the others by its name and its code. */
struct image {
    char name[16];
    uint8_t bytes[BUILDER_LENGTH];
};

struct push_client {
    uint16_t port; /* 0: nobody */
    const char *name;
    const uint8_t *bytes; /* what is pushed; null: name is read */
    size_t length;
    uint32_t gap_us;   /* from an ACK to the next block */
    unsigned stops_at; /* the block that is not sent any more; 0: none */
    bool (*may_begin)(void);
    struct sim_event event;

    unsigned block; /* to be sent, or to be acknowledged; 0: the request */
    bool is_over;   /* everything acknowledged, or refused */
    uint64_t over_us;
    char refusal[TFTP_SERVER_REASON_BYTES]; /* "": none */
    uint8_t got[4096];                      /* what was read */
    size_t got_bytes;
};

static struct sim_net net;
static struct push_client clients[CLIENTS];
static char requests[REQUESTS][64]; /* the files that the board asked for */
static unsigned request_count;
static unsigned core_requests; /* of writes */
static struct {
    void (*take)(void *);
    void *context;
} below; /* who took frames before listen_to_the_board() */

static inline void send_datagram(uint16_t port, const void *bytes, size_t length)
{
    static const uint8_t board[] = {10, 0, 0, 5};
    struct sim_frame frame;

    sim_peer_make_udp(&net.peer, &frame, net.peer.ip, port, board, 69, bytes, length);
    sim_peer_send(&net.peer, &frame);
    sim_irq_set(USB_INTERRUPT, true);
}

static inline void client_acts(void *context)
{
    struct push_client *client = context;
    uint8_t packet[4 + BLOCK];
    size_t length;

    if (client->may_begin != NULL && !client->may_begin()) {
        sim_after_us(&client->event, MILLISECOND, client_acts, client);
        return;
    }
    client->may_begin = NULL;
    if (client->stops_at != 0 && client->block >= client->stops_at)
        return;
    if (client->block == 0) {
        bytes_put_be16(packet, client->bytes != NULL ? 2 : 1);
        length = 2 + (size_t)snprintf((char *)packet + 2, 100, "%s", client->name) + 1;
        memcpy(packet + length, "octet", 6);
        length += 6;
    } else if (client->bytes != NULL) {
        size_t from = (size_t)(client->block - 1) * BLOCK;

        length = client->length - from < BLOCK ? client->length - from : BLOCK;
        bytes_put_be16(packet, 3);
        bytes_put_be16(packet + 2, (uint16_t)client->block);
        memcpy(packet + 4, client->bytes + from, length);
        length += 4;
    } else {
        bytes_put_be16(packet, 4);
        bytes_put_be16(packet + 2, (uint16_t)client->block);
        length = 4;
    }
    if (client->bytes != NULL || client->block == 0)
        sim_after_us(&client->event, REPEAT_US, client_acts, client);
    send_datagram(client->port, packet, length);
}

static inline void client_ends(struct push_client *client)
{
    client->is_over = true;
    client->over_us = clock_now_us();
    sim_cancel(&client->event);
}

static inline void client_hears(struct push_client *client, const uint8_t *bytes, size_t length)
{
    unsigned number = bytes_be16(bytes + 2), last = (unsigned)(client->length / BLOCK + 1);

    switch (bytes_be16(bytes)) {
    case 5:
        snprintf(client->refusal, sizeof client->refusal, "%.100s", (const char *)bytes + 4);
        client_ends(client);
        break;
    case 4:
        if (client->bytes == NULL || number != client->block)
            break;
        if (client->block == last) {
            client_ends(client);
            break;
        }
        client->block++;
        sim_after_us(&client->event, client->gap_us, client_acts, client);
        break;
    case 3:
        if (client->bytes != NULL || number != client->block + 1)
            break;
        assert_true(client->got_bytes + length - 4 < sizeof client->got);
        memcpy(client->got + client->got_bytes, bytes + 4, length - 4);
        client->got_bytes += length - 4;
        client->block++;
        sim_after_us(&client->event, client->gap_us, client_acts, client);
        client->is_over = length < 4 + BLOCK;
        break;
    default:
        break;
    }
}

static inline void note_request(const uint8_t *bytes)
{
    if (bytes_be16(bytes) == 2)
        core_requests++;
    else if (bytes_be16(bytes) == 1 && request_count < REQUESTS)
        snprintf(requests[request_count++], sizeof requests[0], "%.63s", (const char *)bytes + 2);
}

/* Something from the board has arrived at the other end. */
static inline void take_frame(void *context)
{
    const struct sim_frame *frame = &net.peer.datagram;
    unsigned before = net.peer.datagrams;

    (void)context;
    below.take(below.context);
    if (net.cable.end[0].queued != 0)
        sim_irq_set(USB_INTERRUPT, true);
    if (net.peer.datagrams == before)
        return;
    uint16_t port = bytes_be16(frame->bytes + UDP_AT + 2);
    const uint8_t *bytes = frame->bytes + UDP_DATA_AT;
    size_t length = bytes_be16(frame->bytes + UDP_AT + 4) - 8u;

    if (port == 69)
        note_request(bytes);
    for (unsigned i = 0; i < CLIENTS; i++)
        if (clients[i].port == port && !clients[i].is_over)
            client_hears(&clients[i], bytes, length);
}

static inline void listen_to_the_board(void)
{
    below.take = net.peer.end->arrived;
    below.context = net.peer.end->context;
    net.peer.end->arrived = take_frame;
}

/* From delay_us on, when may_begin (null: at once) says so. */
static inline struct push_client *push_later(unsigned index, const struct image *image,
                                             uint32_t gap_us, uint64_t delay_us)
{
    struct push_client *client = &clients[index];

    *client = (struct push_client){.port = (uint16_t)(4000 + index),
                                   .name = image != NULL ? image->name : NULL,
                                   .bytes = image != NULL ? image->bytes : NULL,
                                   .length = image != NULL ? sizeof image->bytes : 0,
                                   .gap_us = gap_us};
    sim_after_us(&client->event, delay_us, client_acts, client);
    return client;
}

#endif
