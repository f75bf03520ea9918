/*
 * net_files: the TFTP server on its socket, and the log live. See net_files.h.
 *
 * Packets are taken in net_poll's callback and answered in net_files_poll: whatever acts on a
 * written file does so outside of net_poll. A packet the device has no room for waits, and
 * the server's next one with it; that is also how "has been sent" is told to the server.
 *
 * Lacks: a queue beyond one packet; syslog over TCP or TLS.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "net_files.h"

#include <string.h>

#include "bytes.h"
#include "clock.h"
#include "error.h"
#include "log.h"
#include "syslog_line.h"

#define LINES         16     /* of the log that wait for net_files_poll */
#define AGAIN_US      500    /* the device has no room: asked again after this */
#define GIVE_UP_US    100000 /* so long without room, and a packet counts as lost on the way */
#define COMPLAINTS_US 1000000
#define KEPT_LINES    4    /* of the kept log that are sent at once, */
#define KEPT_US       1000 /* and how long it pauses then: no receiver's buffer is endless */
#define ARP_US        5000 /* a MAC is looked for again after this */
#define KEPT_GIVE_UP  3000000
#define BEFORE        "pilotlight" /* APP-NAME of lines from before this program */

bool net_files_active;

struct listener {
    struct tftp_server_peer peer; /* port 0: none */
    uint64_t until_us;
};

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

    const char *host, *name;
    uint32_t sequence;
    struct listener listeners[NET_FILES_LISTENERS + 1]; /* the last: the syslog server */
    struct {
        uint16_t length;
        char bytes[SYSLOG_LINE_MAX + 1];
    } lines[LINES];
    unsigned first, count; /* of lines */

    /* For the syslog server. */
    const struct net_files_kept *kept; /* null: it gets its lines from the queue */
    bool has_news;                     /* something may be unsent */
    uint64_t kept_due_us;              /* when it is tried (again) */
    uint64_t kept_end_us;              /* given up then, until there is news; 0: nothing waits */
    uint64_t kept_at_us;               /* of the last line that had a time */
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
static void listen(const struct tftp_server_peer *peer)
{
    struct listener *place = files.listeners;

    for (struct listener *l = files.listeners; l < files.listeners + NET_FILES_LISTENERS; l++) {
        if (memcmp(&l->peer, peer, sizeof *peer) == 0) {
            place = l;
            break;
        }
        if (l->until_us < place->until_us)
            place = l;
    }
    place->peer = *peer;
    place->until_us = clock_now_us() + NET_FILES_LIVE_US;
}

static void read_done(struct tftp_server_files *self, int status)
{
    (void)self;
    if (files.reader.port == 0)
        files.behind->read_done(files.behind, status);
    else if (status == 0)
        listen(&files.reader);
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
    net_files_active = true;
}

/* Returns true unless the packet has to wait. What can not be sent counts as lost on the way. */
static bool send(const struct tftp_server_peer *to, const void *bytes, size_t length, uint64_t now)
{
    if (net_udp_send(files.socket, to->address, to->port, bytes, length) != ERROR_BUSY) {
        files.give_up_us = 0;
        return true;
    }
    if (files.give_up_us == 0)
        files.give_up_us = now + GIVE_UP_US;
    if (now >= files.give_up_us) {
        files.give_up_us = 0;
        return true;
    }
    files.again_us = now + AGAIN_US;
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
            !send(&files.packet_to, files.packet, files.packet_bytes, now))
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

/* Sends a line to whoever listens. Returns false if it has to wait: then nobody has it yet. Who
 * comes behind the last free place in the device has lost it: the sequence number tells. */
static bool send_line(const void *bytes, size_t length, uint64_t now)
{
    bool is_first = true;

    for (unsigned i = 0; i <= NET_FILES_LISTENERS; i++) {
        const struct listener *l = &files.listeners[i];

        if (l->peer.port == 0 || now >= l->until_us)
            continue;
        if (!send(&l->peer, bytes, length, now) && is_first)
            return false;
        is_first = false;
    }
    return true;
}

static uint32_t next_sequence(uint32_t sequence)
{
    return sequence < SYSLOG_SEQUENCE_MAX ? sequence + 1 : 1;
}

/* *at_us: the time of a line that tells none; else it is set to what the line tells. */
static size_t write_line(char message[SYSLOG_LINE_MAX + 1], const char *name, uint32_t sequence,
                         const char *text, size_t length, uint64_t *at_us)
{
    char subject[32] = "";
    struct log_parts parts = {.at_us = *at_us};

    if (length > 0 && text[length - 1] == '\n')
        length--;
    if (log_split(text, length, &parts)) {
        if (parts.subject_length > sizeof subject - 1)
            parts.subject_length = sizeof subject - 1;
        memcpy(subject, parts.subject, parts.subject_length);
        *at_us = parts.at_us;
        text = parts.text;
        length = parts.text_length;
    }

    struct syslog_line line = {files.host, name, sequence, *at_us, subject, text, length};

    return syslog_line_write(message, &line);
}

static void send_lines(uint64_t now)
{
    while (files.count > 0 &&
           send_line(files.lines[files.first].bytes, files.lines[files.first].length, now)) {
        files.first = (files.first + 1) % LINES;
        files.count--;
    }
}

/* ---- the kept log ---- */

/* Whether ARP has an answer for who is to carry a packet there: without one, only the newest of
 * several would arrive. */
static bool mac_is_known(struct net_address to)
{
    struct net_neighbour neighbours[16];
    struct net_lease lease;
    unsigned count;

    if (!net_lease(&lease))
        return false;
    if ((bytes_be32(to.ip) ^ bytes_be32(lease.address.ip)) & bytes_be32(lease.mask.ip))
        to = lease.gateway;
    count = net_neighbours(neighbours, sizeof neighbours / sizeof neighbours[0]);
    while (count > 0)
        if (memcmp(neighbours[--count].address.ip, to.ip, sizeof to.ip) == 0)
            return true;
    return false;
}

/* Makes the message of the next line. *sent: what holds once it is sent. Returns its length; 0:
 * there is no whole line. */
static size_t next_kept(char message[SYSLOG_LINE_MAX + 1], struct boot_log_sent *sent)
{
    const struct net_files_kept *kept = files.kept;
    char text[SYSLOG_LINE_MAX];
    uint64_t position, begin;
    const char *end;
    int64_t got;

    do {
        position = sent->position;
        got = kept->read(&position, text, sizeof text);
        if (got <= 0)
            return 0;
        begin = position - (uint64_t)got;
        if (begin != sent->position)
            sent->sequence = next_sequence(sent->sequence); /* the number of what is lost */
        end = memchr(text, '\n', (size_t)got);
        if (!end && got < (int64_t)sizeof text)
            return 0;
        got = end ? end - text : got;
        sent->position = begin + (uint64_t)got + (end != NULL);
    } while (got == 0); /* an empty line */
    sent->sequence = next_sequence(sent->sequence);
    return write_line(message, begin < kept->begun ? BEFORE : files.name, sent->sequence, text,
                      (size_t)got, &files.kept_at_us);
}

/* Later, if that is not too late. */
static void put_off(uint64_t now, unsigned by_us)
{
    if (files.kept_end_us == 0)
        files.kept_end_us = now + KEPT_GIVE_UP;
    files.kept_due_us = now + by_us;
    files.has_news = now < files.kept_end_us;
    if (!files.has_news)
        files.kept_end_us = 0;
}

static void send_kept(uint64_t now)
{
    const struct tftp_server_peer *to = &files.listeners[NET_FILES_LISTENERS].peer;
    char message[SYSLOG_LINE_MAX + 1];

    for (int i = 0; i < KEPT_LINES; i++) {
        struct boot_log_sent sent = *files.kept->sent;
        size_t length = next_kept(message, &sent);
        bool is_known = mac_is_known(to->address);

        if (length == 0) {
            files.has_news = false;
            files.kept_end_us = 0;
            return;
        }
        /* Sent without a MAC as well: that is how ARP is set going. */
        if (net_udp_send(files.socket, to->address, to->port, message, length) < 0 || !is_known) {
            put_off(now, is_known ? AGAIN_US : ARP_US);
            return;
        }
        files.kept_end_us = 0;
        *files.kept->sent = sent;
    }
    files.kept_due_us = now + KEPT_US;
}

void net_files_work(void)
{
    uint64_t now = clock_now_us();

    if (!files.socket)
        return;
    tftp_server_tick(&files.server, now);
    if (send_packets(now) && files.socket)
        send_lines(now);
    if (files.has_news && now >= files.kept_due_us)
        send_kept(now);
    net_files_active = files.packet_bytes > 0 || files.count > 0 || files.has_news ||
                       tftp_server_state(&files.server) != TFTP_SERVER_IDLE;
}

uint64_t net_files_deadline_us(void)
{
    uint64_t deadline_us;

    if (!net_files_active)
        return CLOCK_NEVER;
    deadline_us = files.packet_bytes > 0 || files.count > 0 ? files.again_us
                                                            : tftp_server_deadline(&files.server);
    return files.has_news && files.kept_due_us < deadline_us ? files.kept_due_us : deadline_us;
}

/* ---- the log ---- */

static bool anybody_listens(uint64_t now)
{
    for (unsigned i = 0; i <= NET_FILES_LISTENERS; i++)
        if (files.listeners[i].peer.port != 0 && now < files.listeners[i].until_us)
            return true;
    return false;
}

void net_files_log(const char *text, size_t length)
{
    uint64_t at_us = clock_now_us();

    if (!files.socket)
        return;
    if (files.kept)
        files.has_news = net_files_active = true;
    if (!anybody_listens(at_us))
        return;
    files.sequence = next_sequence(files.sequence);
    if (files.count == LINES)
        return;

    unsigned place = (files.first + files.count++) % LINES;

    files.lines[place].length = (uint16_t)write_line(files.lines[place].bytes, files.name,
                                                     files.sequence, text, length, &at_us);
    net_files_active = true;
}

/* ---- start, stop ---- */

int net_files_start(struct tftp_server_files *behind, const char *name, const char *host,
                    struct net_address syslog)
{
    struct net_udp *socket = net_udp_open(TFTP_SERVER_PORT, false, receive, NULL);
    static const uint8_t none[4];

    if (!socket)
        return ERROR_BUSY;
    memset(&files, 0, sizeof files);
    tftp_server_init(&files.server, &with_live);
    files.socket = socket;
    files.behind = behind;
    files.name = name;
    files.host = host;
    if (memcmp(syslog.ip, none, sizeof none) != 0)
        files.listeners[NET_FILES_LISTENERS] =
            (struct listener){.peer = {syslog, SYSLOG_PORT}, .until_us = CLOCK_NEVER};
    net_files_active = false;
    return 0;
}

void net_files_keep(const struct net_files_kept *kept)
{
    struct listener *server = &files.listeners[NET_FILES_LISTENERS];

    if (!files.socket || !kept || server->peer.port == 0)
        return;
    server->until_us = 0; /* nothing from the queue */
    files.kept = kept;
    files.has_news = net_files_active = true;
}

void net_files_stop(void)
{
    if (!files.socket)
        return;
    tftp_server_abort(&files.server, "the board begins something else");
    net_files_work();
    net_udp_close(files.socket);
    files.socket = NULL;
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
