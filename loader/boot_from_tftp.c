/*
 * boot_from_tftp: the boot source "network". See boot_from_tftp.h.
 *
 * After the last block one courtesy is left: that the server hears our last ACK. On a link
 * that lost nothing so far it is not worth a moment of every boot, so the client dallies
 * only if something was lost.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "boot_from_tftp.h"

#include <stdio.h>
#include <string.h>

#include "bytes.h"
#include "clock.h"
#include "error.h"
#include "log.h"
#include "phases.h"
#include "random.h"

#define SUBJECT "network"

/* One turn of the loader's loop. Returns false when the fetch is to be given up. */
static bool wait_for_event(struct boot_from_tftp *self, uint64_t deadline_us)
{
    return self->turn(self->context, deadline_us);
}

static void send_packets(struct boot_from_tftp *self)
{
    uint8_t packet[TFTP_PACKET_MAX];
    size_t length;
    uint16_t port;

    /* What can not be sent is as good as lost on the way, and is sent again the same way. */
    while (tftp_next_packet(&self->client, packet, &length, &port)) {
        int status = self->socket == NULL ? ERROR_NO_MEMORY
                                          : net_udp_send(self->socket, self->client.request.server,
                                                         port, packet, length);
        self->send_error = status;
    }
}

static void receive(void *context, struct net_address from, uint16_t from_port,
                    const uint8_t *bytes, size_t length)
{
    struct boot_from_tftp *self = context;

    tftp_receive(&self->client, from, from_port, bytes, length, clock_now_us());
    send_packets(self);
}

static void close_socket(struct boot_from_tftp *self)
{
    if (self->socket != NULL)
        net_udp_close(self->socket);
    self->socket = NULL;
}

/* Runs the client until it is done; returns its result. */
static int64_t run(struct boot_from_tftp *self)
{
    struct tftp_client *client = &self->client;
    unsigned attempt = 0;

    self->is_complete = false;
    while (tftp_result(client) == ERROR_BUSY) {
        if (self->socket != NULL) /* an ERROR for the attempt that is being given up */
            send_packets(self);
        tftp_tick(client, clock_now_us());
        if (tftp_attempt(client) != attempt) {
            if (attempt != 0)
                log_line(SUBJECT, "%s: %s; asking again", self->location, client->message);
            attempt = tftp_attempt(client);
            close_socket(self);
            self->socket = net_udp_open(0, false, receive, self);
        }
        send_packets(self);
        if (tftp_result(client) == ERROR_BUSY && !wait_for_event(self, tftp_deadline(client))) {
            close_socket(self);
            return ERROR_CANCELLED;
        }
    }
    self->is_complete = tftp_result(client) > 0;
    while (tftp_result(client) > 0 && client->lossy && tftp_deadline(client) != CLOCK_NEVER) {
        wait_for_event(self, tftp_deadline(client));
        tftp_tick(client, clock_now_us());
        send_packets(self);
    }
    close_socket(self);
    return tftp_result(client);
}

/* In net_udp_send's words, absent is not the file. */
static const char *why_unsent(int status)
{
    return status == ERROR_ABSENT ? "no cable, no device or no address" : error_name(status);
}

/* Fetches file, or this board's own, and says how that went, but for an end in the silent
 * error, which is no news. */
static int64_t fetch_name(struct boot_from_tftp *self, const struct tftp_request *request,
                          const char *file, bool own, int64_t silent)
{
    const uint8_t *ip = request->server.ip;
    uint64_t start_us = clock_now_us();
    const char *unsent = "";
    int64_t result;

    snprintf(self->name, sizeof self->name, "%.16s%s%s", own ? self->serial : "", own ? "/" : "",
             file);
    snprintf(self->location, sizeof self->location, "tftp://%u.%u.%u.%u%s%s", ip[0], ip[1], ip[2],
             ip[3], self->name[0] == '/' ? "" : "/", self->name);
    result = tftp_begin(&self->client, request, start_us);
    if (result < 0) {
        log_line(SUBJECT, "%s: the name or the server's address can not be used", self->location);
        return result;
    }
    result = run(self);
    if (result == ERROR_TIMEOUT && self->send_error < 0)
        unsent = why_unsent(self->send_error);
    if (result > 0)
        log_line(SUBJECT, "%s: %lu bytes in %lu ms, blocks in a window: %u, packets repeated: %u",
                 self->location, (unsigned long)result,
                 (unsigned long)((clock_now_us() - start_us) / 1000),
                 (unsigned)self->client.blocks.window, (unsigned)self->client.repeated);
    else if (result == ERROR_CANCELLED)
        log_line(SUBJECT, "%s: given up for a push", self->location);
    else if (result != silent)
        log_line(SUBJECT, "%s: %s%s%s", self->location, self->client.message,
                 unsent[0] ? "; nothing can be sent: " : "", unsent);
    return result;
}

static int choose_server(const struct boot_from_tftp *self, const struct net_lease *lease,
                         struct net_address *server)
{
    *server = self->configuration->server;
    if (bytes_be32(server->ip) != 0)
        return 0;
    *server = lease->boot_server;
    if (bytes_be32(server->ip) == 0) {
        log_line(SUBJECT, "DHCP names no boot server; set server in " CONFIGURATION_FILE);
        return ERROR_ABSENT;
    }
    if (lease->boot_server_name[0] != '\0')
        log_line(SUBJECT, "the boot server's name %s is not looked up; asking the DHCP server",
                 lease->boot_server_name);
    return 0;
}

static bool is_away(const struct boot_from_tftp *self, int64_t result)
{
    return result == ERROR_TIMEOUT && !self->client.answered;
}

/*
 * Fetches "<serial>/<file>"; ERROR_ABSENT if the plain name's turn has come.
 * Not one answer may mean that the server is away, or that it has nothing to say to this
 * name. So it is asked for the plain name, with room for nothing, until it says anything. It
 * may have come back just then, and a board must not get what is meant for others: its own
 * name is tried once more.
 */
static int64_t fetch_own(struct boot_from_tftp *self, struct tftp_request *request,
                         const char *file)
{
    size_t capacity = request->capacity;
    int64_t result;

    request->answer_us = request->patience_us / 2;
    result = fetch_name(self, request, file, true, ERROR_ABSENT);
    if (is_away(self, result)) {
        request->capacity = 0;
        result = fetch_name(self, request, file, false, ERROR_TOO_LARGE);
        request->capacity = capacity;
        if (!self->client.answered)
            return result;
        result = fetch_name(self, request, file, true, ERROR_ABSENT);
        if (is_away(self, result))
            result = ERROR_ABSENT;
    }
    request->answer_us = 0;
    return result;
}

static int64_t fetch(struct boot_source *source, void *buffer, size_t capacity,
                     struct boot_sink *sink, uint64_t deadline_us)
{
    struct boot_from_tftp *self = (struct boot_from_tftp *)source;
    uint64_t now_us = clock_now_us();
    /* Whatever was waited for, the next thing may take as long again. */
    struct tftp_request request = {.file = self->name,
                                   .buffer = buffer,
                                   .capacity = capacity,
                                   .sink = sink,
                                   .random = random_u32,
                                   .patience_us = deadline_us > now_us ? deadline_us - now_us : 0};
    char file[NET_NAME_MAX];
    struct net_lease lease;
    int64_t result;

    while (!net_lease(&lease)) {
        if (clock_passed(deadline_us)) {
            log_line(SUBJECT, "no address: no answer from a DHCP server, or no cable");
            return ERROR_TIMEOUT;
        }
        if (!wait_for_event(self, deadline_us))
            return ERROR_CANCELLED;
    }
    phases_end(BOOT_PHASE_ADDRESS);
    if (choose_server(self, &lease, &request.server))
        return ERROR_ABSENT;
    configuration_file(self->configuration, file);
    if (file[0] == '\0')
        snprintf(file, sizeof file, "%s",
                 lease.boot_file[0] ? lease.boot_file : BOOT_FROM_TFTP_FILE);
    if (file[0] != '/' && self->serial[0] != '\0') {
        result = fetch_own(self, &request, file);
        if (result != ERROR_ABSENT && result != ERROR_REFUSED)
            return result;
    }
    return fetch_name(self, &request, file, false, 0);
}

static const char *location(struct boot_source *source)
{
    return ((struct boot_from_tftp *)source)->location;
}

void boot_from_tftp_init(struct boot_from_tftp *self, const struct configuration *configuration,
                         const char *serial, boot_from_tftp_turn *turn, void *context)
{
    *self = (struct boot_from_tftp){
        .source = {.name = SUBJECT, .fetch = fetch, .location = location},
        .configuration = configuration,
        .serial = serial,
        .turn = turn,
        .context = context,
    };
}
