/*
 * sim_tftp_server: a TFTP server, and the network between it and a tftp_client.
 * See sim_tftp_server.h.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "sim_tftp_server.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bytes.h"
#include "clock.h"
#include "error.h"
#include "sim.h"

const struct net_address sim_tftp_address = {{192, 0, 2, 1}};

static uint32_t generator = 1;

uint32_t sim_tftp_random(void)
{
    generator ^= generator << 13;
    generator ^= generator >> 17;
    generator ^= generator << 5;
    return generator;
}

static bool happens(unsigned per_thousand)
{
    return sim_tftp_random() % 1000 < per_thousand;
}

/* ---- the network ---- */

static void enqueue(struct sim_tftp *sim, bool to_server, uint16_t from_port, uint16_t to_port,
                    const void *bytes, size_t length)
{
    uint64_t at = sim->now_us + (sim->delay_us ? sim->delay_us : 100);

    if (happens(sim->reordering))
        at += 300 + sim_tftp_random() % 2000;
    for (unsigned i = 0; i < SIM_TFTP_QUEUE; i++) {
        struct sim_tftp_packet *packet = &sim->queue[i];

        if (packet->at_us != 0)
            continue;
        *packet = (struct sim_tftp_packet){.at_us = at,
                                           .order = sim->next_order++,
                                           .to_server = to_server,
                                           .from_port = from_port,
                                           .to_port = to_port,
                                           .length = length};
        memcpy(packet->ip, sim_tftp_address.ip, 4);
        memcpy(packet->bytes, bytes, length);
        return;
    }
    sim_stop("sim_tftp: %u datagrams under way: somebody multiplies them", SIM_TFTP_QUEUE);
}

static void transmit(struct sim_tftp *sim, bool to_server, uint16_t from_port, uint16_t to_port,
                     const void *bytes, size_t length)
{
    if (happens(sim->loss))
        return;
    enqueue(sim, to_server, from_port, to_port, bytes, length);
    if (happens(sim->duplication))
        enqueue(sim, to_server, from_port, to_port, bytes, length);
}

static struct sim_tftp_packet *first_packet(struct sim_tftp *sim)
{
    struct sim_tftp_packet *first = NULL;

    for (unsigned i = 0; i < SIM_TFTP_QUEUE; i++) {
        struct sim_tftp_packet *packet = &sim->queue[i];

        if (packet->at_us != 0 && (first == NULL || packet->at_us < first->at_us ||
                                   (packet->at_us == first->at_us && packet->order < first->order)))
            first = packet;
    }
    return first;
}

/* ---- the server ---- */

static bool is_away(const struct sim_tftp *sim)
{
    return sim->now_us >= sim->away_from_us && sim->now_us < sim->away_until_us;
}

static void server_send(struct sim_tftp *sim, struct sim_tftp_transfer *transfer, const void *bytes,
                        size_t length)
{
    sim->sent++;
    if (sim->drops_large && length > 516)
        return;
    transmit(sim, false, transfer->port, transfer->client_port, bytes, length);
}

static uint64_t block_count(const struct sim_tftp *sim, const struct sim_tftp_transfer *transfer)
{
    return sim->length / transfer->block_bytes + 1;
}

static uint16_t wire_number(const struct sim_tftp *sim, uint64_t block)
{
    return (uint16_t)(sim->wraps_to_one && block > 0 ? (block - 1) % 65535 + 1 : block);
}

static void send_block(struct sim_tftp *sim, struct sim_tftp_transfer *transfer, uint64_t block)
{
    uint64_t from = (block - 1) * transfer->block_bytes, length = sim->length - from;
    uint8_t bytes[4 + 1532];

    if (length > transfer->block_bytes)
        length = transfer->block_bytes;
    bytes_put_be16(bytes, 3);
    bytes_put_be16(bytes + 2, wire_number(sim, block));
    for (uint64_t i = 0; i < length; i++)
        bytes[4 + i] = sim->file[sim->repeats ? (from + i) % sim->repeats : from + i];
    server_send(sim, transfer, bytes, 4 + length);
    if (sim->unquiet)
        server_send(sim, transfer, bytes, 4 + length);
}

static void send_window(struct sim_tftp *sim, struct sim_tftp_transfer *transfer)
{
    uint64_t last = block_count(sim, transfer);

    for (uint64_t i = 1; i <= transfer->window && transfer->acked + i <= last; i++)
        send_block(sim, transfer, transfer->acked + i);
    transfer->retry_us = sim->now_us + (sim->retry_us ? sim->retry_us : 1000000);
}

static void send_error_packet(struct sim_tftp *sim, struct sim_tftp_transfer *transfer,
                              unsigned code, const char *text)
{
    uint8_t bytes[64];

    bytes_put_be16(bytes, 5);
    bytes_put_be16(bytes + 2, (uint16_t)code);
    strcpy((char *)bytes + 4, text);
    server_send(sim, transfer, bytes, 4 + strlen(text) + 1);
    transfer->active = false;
}

static void answer_option(struct sim_tftp *sim, struct sim_tftp_transfer *transfer,
                          const char *name, unsigned long value)
{
    char *to = (char *)transfer->oack_bytes + transfer->oack_length;

    if (strcmp(name, "blksize") == 0 && (sim->options & TFTP_BLKSIZE)) {
        transfer->block_bytes = (uint32_t)value;
    } else if (strcmp(name, "windowsize") == 0 && (sim->options & TFTP_WINDOWSIZE)) {
        if (sim->window_max != 0 && value > sim->window_max)
            value = sim->window_max;
        transfer->window = (uint32_t)value;
    } else if (strcmp(name, "tsize") == 0 && (sim->options & TFTP_TSIZE)) {
        value = (unsigned long)((int64_t)sim->length + sim->announce_more);
    } else if (strcmp(name, "timeout") != 0 || !(sim->options & TFTP_TIMEOUT)) {
        return;
    }
    transfer->oack_length += (size_t)sprintf(to, "%s", name) + 1;
    to += strlen(name) + 1;
    transfer->oack_length += (size_t)sprintf(to, "%lu", value) + 1;
    transfer->oack = true;
}

static void open_transfer(struct sim_tftp *sim, uint16_t client_port, const uint8_t *bytes,
                          size_t length)
{
    struct sim_tftp_transfer *transfer = NULL;
    const char *at = (const char *)bytes + 2, *end = (const char *)bytes + length;
    const char *name = at;

    if (sim->requests < 8)
        sim->request_ports[sim->requests] = client_port;
    sim->requests++;
    if (sim->mute_name != NULL && strcmp(name, sim->mute_name) == 0)
        return;
    for (unsigned i = 0; i < SIM_TFTP_TRANSFERS && transfer == NULL; i++) {
        if (!sim->transfers[i].active)
            transfer = &sim->transfers[i];
    }
    if (transfer == NULL)
        sim_stop("sim_tftp: more than %u transfers", SIM_TFTP_TRANSFERS);
    *transfer = (struct sim_tftp_transfer){.active = true,
                                           .client_port = client_port,
                                           .port = (uint16_t)(20000 + sim->next_port++),
                                           .block_bytes = 512,
                                           .window = 1,
                                           .oack_length = 2};
    bytes_put_be16(transfer->oack_bytes, 6);
    if (bytes[length - 1] != '\0')
        sim_stop("sim_tftp: the request does not end in NUL");
    at += strlen(at) + 1;
    if (strcmp(at, "octet") != 0)
        sim_stop("sim_tftp: mode %s", at);
    at += strlen(at) + 1;
    if (sim->name != NULL && strcmp(name, sim->name) != 0) {
        send_error_packet(sim, transfer, 1, "File not found");
        return;
    }
    if (at < end && sim->refuses_options) {
        send_error_packet(sim, transfer, sim->refuse_code, "no options");
        return;
    }
    while (at < end) {
        const char *option = at;

        at += strlen(at) + 1;
        answer_option(sim, transfer, option, strtoul(at, NULL, 10));
        at += strlen(at) + 1;
    }
    if (transfer->oack) {
        server_send(sim, transfer, transfer->oack_bytes, transfer->oack_length);
        transfer->retry_us = sim->now_us + (sim->retry_us ? sim->retry_us : 1000000);
    } else {
        send_window(sim, transfer);
    }
}

static void take_ack(struct sim_tftp *sim, struct sim_tftp_transfer *transfer, uint16_t number)
{
    uint64_t block = transfer->acked;

    while (block <= transfer->acked + transfer->window && wire_number(sim, block) != number)
        block++;
    if (block > transfer->acked + transfer->window)
        return;
    if (transfer->oack && block == 0) {
        transfer->oack = false;
    } else if (block == transfer->acked && transfer->window == 1 && !sim->apprentice) {
        return;
    }
    transfer->retries = 0;
    transfer->acked = block;
    if (transfer->acked >= block_count(sim, transfer))
        transfer->active = false;
    else
        send_window(sim, transfer);
}

static void server_receive(struct sim_tftp *sim, const struct sim_tftp_packet *packet)
{
    uint16_t opcode = bytes_be16(packet->bytes);

    sim->received++;
    if (packet->to_port == TFTP_PORT) {
        if (opcode != 1)
            sim_stop("sim_tftp: opcode %u on port 69", opcode);
        open_transfer(sim, packet->from_port, packet->bytes, packet->length);
        return;
    }
    for (unsigned i = 0; i < SIM_TFTP_TRANSFERS; i++) {
        struct sim_tftp_transfer *transfer = &sim->transfers[i];

        if (!transfer->active || transfer->port != packet->to_port ||
            transfer->client_port != packet->from_port)
            continue;
        if (opcode == 4) {
            take_ack(sim, transfer, bytes_be16(packet->bytes + 2));
        } else if (opcode == 5) {
            transfer->active = false;
            sim->errors_received++;
            sim->last_error = bytes_be16(packet->bytes + 2);
        } else {
            sim_stop("sim_tftp: opcode %u", opcode);
        }
        return;
    }
}

static uint64_t server_deadline(const struct sim_tftp *sim)
{
    uint64_t first = CLOCK_NEVER;

    for (unsigned i = 0; i < SIM_TFTP_TRANSFERS; i++) {
        if (sim->transfers[i].active && sim->transfers[i].retry_us < first)
            first = sim->transfers[i].retry_us;
    }
    return first;
}

static void server_tick(struct sim_tftp *sim)
{
    for (unsigned i = 0; i < SIM_TFTP_TRANSFERS; i++) {
        struct sim_tftp_transfer *transfer = &sim->transfers[i];

        if (is_away(sim))
            transfer->active = false;
        if (!transfer->active || sim->now_us < transfer->retry_us)
            continue;
        if (++transfer->retries > 5) {
            transfer->active = false;
        } else if (transfer->oack) {
            server_send(sim, transfer, transfer->oack_bytes, transfer->oack_length);
            transfer->retry_us = sim->now_us + (sim->retry_us ? sim->retry_us : 1000000);
        } else {
            send_window(sim, transfer);
        }
    }
}

/* ---- the server alone ---- */

void sim_tftp_server_receive(struct sim_tftp *sim, uint16_t from_port, uint16_t to_port,
                             const uint8_t *bytes, size_t length)
{
    struct sim_tftp_packet packet = {.from_port = from_port, .to_port = to_port, .length = length};

    memcpy(packet.bytes, bytes, length);
    if (!is_away(sim))
        server_receive(sim, &packet);
}

void sim_tftp_server_tick(struct sim_tftp *sim)
{
    server_tick(sim);
}

uint64_t sim_tftp_server_deadline(const struct sim_tftp *sim)
{
    uint64_t first = server_deadline(sim);

    for (unsigned i = 0; i < SIM_TFTP_QUEUE; i++) {
        if (sim->queue[i].at_us != 0 && sim->queue[i].at_us < first)
            first = sim->queue[i].at_us;
    }
    return first;
}

struct sim_tftp_packet *sim_tftp_arrived(struct sim_tftp *sim)
{
    struct sim_tftp_packet *packet = first_packet(sim);

    return packet != NULL && packet->at_us <= sim->now_us ? packet : NULL;
}

/* ---- both together ---- */

static uint16_t port_of(const struct tftp_client *client)
{
    return (uint16_t)(50000 + tftp_attempt(client));
}

static void send_from_client(struct sim_tftp *sim, struct tftp_client *client)
{
    uint8_t packet[TFTP_PACKET_MAX];
    size_t length;
    uint16_t port;

    while (tftp_next_packet(client, packet, &length, &port))
        transmit(sim, true, port_of(client), port, packet, length);
}

static void deliver(struct sim_tftp *sim, struct tftp_client *client,
                    struct sim_tftp_packet *packet)
{
    struct net_address from;

    packet->at_us = 0;
    if (packet->to_server) {
        if (!is_away(sim))
            server_receive(sim, packet);
    } else if (packet->to_port == port_of(client)) {
        memcpy(&from, packet->ip, sizeof from);
        tftp_receive(client, from, packet->from_port, packet->bytes, packet->length, sim->now_us);
        send_from_client(sim, client);
    }
}

int64_t sim_tftp_run(struct sim_tftp *sim, struct tftp_client *client, struct tftp_request *request)
{
    unsigned idle = 0;
    int status;

    generator = sim->seed * 2654435761u + 1;
    request->server = sim_tftp_address;
    request->random = sim_tftp_random;
    status = tftp_begin(client, request, sim->now_us);
    if (status < 0)
        return status;
    for (;;) {
        struct sim_tftp_packet *packet;
        uint64_t next = tftp_deadline(client), server = server_deadline(sim);

        send_from_client(sim, client);
        packet = first_packet(sim);
        if (next == CLOCK_NEVER && packet == NULL)
            return tftp_result(client);
        if (server < next)
            next = server;
        if (packet != NULL && packet->at_us < next)
            next = packet->at_us;
        idle = next > sim->now_us ? 0 : idle + 1;
        if (idle > 10000)
            sim_stop("sim_tftp: the client's deadline stands still at %lu us", (unsigned long)next);
        if (next > sim->now_us)
            sim->now_us = next;
        if (packet != NULL && packet->at_us <= sim->now_us)
            deliver(sim, client, packet);
        server_tick(sim);
        tftp_tick(client, sim->now_us);
    }
}
