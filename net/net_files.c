/*
 * net_files: the TFTP server on its socket. See net_files.h. net_files_log.c sends the log from
 * the same one.
 *
 * Packets are taken in net_poll's callback and answered in net_files_poll: whatever acts on a
 * written file does so outside of net_poll. A packet the device has no room for waits, and
 * the server's next one with it; that is also how "has been sent" is told to the server.
 *
 * Lacks: a queue beyond one packet.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "net_files.h"

#include <string.h>

#include "clock.h"
#include "error.h"
#include "log.h"
#include "net_files_parts.h"

#define GIVE_UP_US    100000 /* so long without room, and a packet counts as lost on the way */
#define COMPLAINTS_US 1000000

bool net_files_active;

static struct {
    struct net_udp *socket; /* null: closed */
    struct tftp_server server;
    struct tftp_server_files *behind; /* what the caller has behind the names */
    struct tftp_server_peer reader;   /* of NET_FILES_LIVE, now; port 0: another file is read */

    uint8_t packet[TFTP_SERVER_PACKET_MAX];
    size_t packet_bytes; /* 0: none waits */
    struct tftp_server_peer packet_to;
    uint64_t give_up_us;   /* what waits counts as lost then */
    uint64_t again_us;     /* when what waits is tried next */
    uint64_t complaint_us; /* no line about a refusal until then */
    bool error_is_logged;  /* of the ERROR that goes out next */
} files;

/* ---- what stands between the server and the caller's files: the live log ---- */

static int write_file(struct tftp_server_files *self, const struct tftp_server_peer *from,
                      const char *name, int64_t announced, uint8_t **buffer, size_t *capacity,
                      char *reason)
{
    (void)self;
    return files.behind->write(files.behind, from, name, announced, buffer, capacity, reason);
}

/* A push that came to nothing is always logged. */
static void log_failure(const char *reason)
{
    log_line("files", "%s: %s", tftp_server_name(&files.server), reason);
}

static int written(struct tftp_server_files *self, size_t length, char *reason)
{
    int status = files.behind->written(files.behind, length, reason);

    (void)self;
    if (status < 0) {
        log_failure(reason);
        files.error_is_logged = true;
    }
    return status;
}

static void write_failed(struct tftp_server_files *self, const char *reason)
{
    (void)self;
    log_failure(reason);
    files.error_is_logged = tftp_server_error_is_due(&files.server);
    files.behind->write_failed(files.behind, reason);
}

static void write_done(struct tftp_server_files *self)
{
    (void)self;
    files.behind->write_done(files.behind);
}

static int read_file(struct tftp_server_files *self, const struct tftp_server_peer *from,
                     const char *name, char *reason)
{
    bool is_live = strcmp(name, NET_FILES_LIVE) == 0;

    (void)self;
    files.reader = *from;
    if (is_live)
        return 0;
    files.reader.port = 0;
    return files.behind->read(files.behind, from, name, reason);
}

static int64_t read_bytes(struct tftp_server_files *self, uint8_t *bytes, size_t capacity,
                          char *reason)
{
    (void)self;
    if (files.reader.port != 0)
        return 0;
    return files.behind->read_bytes(files.behind, bytes, capacity, reason);
}

/* Only who has acknowledged the empty file is sent lines: nobody asks for them in the name of
 * another. */
static void read_done(struct tftp_server_files *self, int status)
{
    (void)self;
    if (files.reader.port == 0)
        files.behind->read_done(files.behind, status);
    else if (status == 0)
        net_files_log_listen(&files.reader);
}

static struct tftp_server_files with_live = {
    .write = write_file,
    .written = written,
    .write_failed = write_failed,
    .write_done = write_done,
    .read = read_file,
    .read_bytes = read_bytes,
    .read_done = read_done,
};

/* ---- packets ---- */

static void receive(void *context, struct net_address from, uint16_t from_port,
                    const uint8_t *bytes, size_t length)
{
    struct tftp_server_peer peer;

    (void)context;
    memset(&peer, 0, sizeof peer); /* it is compared as a whole */
    peer.address = from;
    peer.port = from_port;
    tftp_server_receive(&files.server, &peer, bytes, length, clock_now_us());
    net_files_wake();
}

void net_files_wake(void)
{
    net_files_active = true;
}

int net_files_send(const struct tftp_server_peer *to, const void *bytes, size_t length)
{
    return net_udp_send(files.socket, to->address, to->port, bytes, length);
}

bool net_files_send_or_wait(const struct tftp_server_peer *to, const void *bytes, size_t length,
                            uint64_t now)
{
    if (net_files_send(to, bytes, length) != ERROR_BUSY) {
        files.give_up_us = 0;
        return true;
    }
    if (files.give_up_us == 0)
        files.give_up_us = now + GIVE_UP_US;
    if (now >= files.give_up_us) {
        files.give_up_us = 0;
        return true;
    }
    files.again_us = now + NET_FILES_AGAIN_US;
    return false;
}

static void log_refusal(uint64_t now)
{
    const char *text = tftp_server_error_text(files.packet);
    const uint8_t *ip = files.packet_to.address.ip;
    bool is_logged = files.error_is_logged;

    if (!text)
        return;
    files.error_is_logged = false;
    if (is_logged || now < files.complaint_us)
        return;
    files.complaint_us = now + COMPLAINTS_US;
    log_line("files", "to %u.%u.%u.%u: %s", ip[0], ip[1], ip[2], ip[3], text);
}

/* Sends what the server has. Returns true unless something has to wait. */
static bool send_packets(uint64_t now)
{
    for (;;) {
        if (files.packet_bytes > 0 &&
            !net_files_send_or_wait(&files.packet_to, files.packet, files.packet_bytes, now))
            return false;
        files.packet_bytes = 0;
        if (!tftp_server_next_packet(&files.server, files.packet, &files.packet_bytes,
                                     &files.packet_to)) {
            files.packet_bytes = 0;
            return true;
        }
        log_refusal(now);
    }
}

void net_files_work(void)
{
    uint64_t now = clock_now_us();
    bool all_sent;

    if (!files.socket)
        return;
    tftp_server_tick(&files.server, now);
    all_sent = send_packets(now);
    if (!files.socket)
        return; /* a write_done has called net_files_stop */
    if (all_sent)
        net_files_log_send(now);
    net_files_log_send_kept(now);
    net_files_active = files.packet_bytes > 0 || net_files_log_is_queued() ||
                       net_files_log_kept_due_us() != CLOCK_NEVER ||
                       tftp_server_state(&files.server) != TFTP_SERVER_IDLE;
}

uint64_t net_files_deadline_us(void)
{
    uint64_t kept_us = net_files_log_kept_due_us(), deadline_us = files.again_us;

    if (!net_files_active)
        return CLOCK_NEVER;
    if (files.packet_bytes == 0 && !net_files_log_is_queued())
        deadline_us = tftp_server_deadline(&files.server);
    return kept_us < deadline_us ? kept_us : deadline_us;
}

/* ---- start, stop ---- */

int net_files_start(struct tftp_server_files *behind, const char *name, const char *host,
                    struct net_address syslog)
{
    struct net_udp *socket = net_udp_open(TFTP_SERVER_PORT, false, receive, NULL);

    if (!socket)
        return ERROR_BUSY;
    memset(&files, 0, sizeof files);
    tftp_server_init(&files.server, &with_live);
    files.socket = socket;
    files.behind = behind;
    net_files_log_start(name, host, syslog);
    net_files_active = false;
    return 0;
}

void net_files_stop(void)
{
    if (!files.socket)
        return;
    tftp_server_abort(&files.server, "the board begins something else");
    net_files_work();
    net_udp_close(files.socket);
    files.socket = NULL;
    net_files_log_stop();
    net_files_active = false;
}

bool net_files_busy(void)
{
    return files.socket && tftp_server_state(&files.server) != TFTP_SERVER_IDLE;
}

void net_files_abort(const char *reason)
{
    if (!files.socket)
        return;
    tftp_server_abort(&files.server, reason);
    net_files_work();
}

void net_files_remember(const struct tftp_server_peer *peer, uint16_t last_block)
{
    tftp_server_remember(&files.server, peer, last_block, clock_now_us());
}

bool net_files_last(struct tftp_server_peer *peer, uint16_t *last_block)
{
    return tftp_server_last(&files.server, peer, last_block, clock_now_us());
}
