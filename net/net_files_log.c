/*
 * net_files_log: the log as syslog datagrams: each new line to whoever listens, and all that is
 * kept of it to the syslog server. See net_files.h.
 *
 * A new line stands in a small queue until the next net_files_poll: what logs may stand in the
 * middle of a transfer. The syslog server is one more listener of that queue until somebody keeps
 * the log; from then on its lines are read where they are kept, at the pace that the device and the
 * server bear, and how far that went outlives the program.
 *
 * Lacks: syslog over TCP or TLS.
 * Reference: RFC 5424, RFC 5426.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <string.h>

#include "bytes.h"
#include "clock.h"
#include "log.h"
#include "net_files_parts.h"
#include "syslog_line.h"

#define LINES           16           /* that wait for net_files_poll */
#define BEFORE          "pilotlight" /* APP-NAME of lines from before this program */
#define KEPT_LINES      4            /* are sent at once, */
#define KEPT_US         1000 /* and how long it pauses then: no receiver's buffer is endless */
#define ARP_US          5000 /* a MAC is looked for again after this */
#define KEPT_GIVE_UP_US 3000000

struct listener {
    struct tftp_server_peer peer; /* port 0: none */
    uint64_t until_us;
};

static struct {
    const char *host, *name;
    struct listener listeners[NET_FILES_LISTENERS + 1]; /* the last: the syslog server */
    uint32_t sequence;
    struct {
        uint16_t length;
        char bytes[SYSLOG_LINE_MAX + 1];
    } lines[LINES];
    unsigned first, count; /* of lines */

    /* For the syslog server. */
    struct {
        const struct net_files_kept *log; /* null: it gets its lines from the queue */
        bool has_news;                    /* something may be unsent */
        uint64_t due_us;                  /* when it is tried (again) */
        uint64_t end_us;                  /* given up then, until there is news; 0: nothing waits */
        uint64_t line_us;                 /* of the last line that had a time */
    } kept;
} sender;

/* ---- messages ---- */

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

    struct syslog_line line = {sender.host, name, sequence, *at_us, subject, text, length};

    return syslog_line_write(message, &line);
}

/* ---- the queue, for those who listen ---- */

void net_files_log_listen(const struct tftp_server_peer *peer)
{
    struct listener *place = sender.listeners;

    for (struct listener *l = sender.listeners; l < sender.listeners + NET_FILES_LISTENERS; l++) {
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

static bool anybody_listens(uint64_t now)
{
    for (unsigned i = 0; i <= NET_FILES_LISTENERS; i++)
        if (sender.listeners[i].peer.port != 0 && now < sender.listeners[i].until_us)
            return true;
    return false;
}

void net_files_log(const char *text, size_t length)
{
    uint64_t at_us = clock_now_us();

    if (sender.kept.log) {
        sender.kept.has_news = true;
        net_files_wake();
    }
    if (!anybody_listens(at_us))
        return;
    sender.sequence = next_sequence(sender.sequence);
    if (sender.count == LINES)
        return;

    unsigned place = (sender.first + sender.count++) % LINES;

    sender.lines[place].length = (uint16_t)write_line(sender.lines[place].bytes, sender.name,
                                                      sender.sequence, text, length, &at_us);
    net_files_wake();
}

/* Sends a line to whoever listens. Returns false if it has to wait: then nobody has it yet. Who
 * comes behind the last free place in the device has lost it: the sequence number tells. */
static bool send_line(const void *bytes, size_t length, uint64_t now)
{
    bool is_first = true;

    for (unsigned i = 0; i <= NET_FILES_LISTENERS; i++) {
        const struct listener *l = &sender.listeners[i];

        if (l->peer.port == 0 || now >= l->until_us)
            continue;
        if (!is_first)
            (void)net_files_send(&l->peer, bytes, length);
        else if (!net_files_send_or_wait(&l->peer, bytes, length, now))
            return false;
        is_first = false;
    }
    return true;
}

void net_files_log_send(uint64_t now)
{
    while (sender.count > 0 &&
           send_line(sender.lines[sender.first].bytes, sender.lines[sender.first].length, now)) {
        sender.first = (sender.first + 1) % LINES;
        sender.count--;
    }
}

bool net_files_log_is_queued(void)
{
    return sender.count > 0;
}

/* ---- the kept log, for the syslog server ---- */

void net_files_keep(const struct net_files_kept *kept)
{
    struct listener *server = &sender.listeners[NET_FILES_LISTENERS];

    if (!kept || server->peer.port == 0)
        return;
    server->until_us = 0; /* nothing from the queue */
    sender.kept.log = kept;
    sender.kept.has_news = true;
    net_files_wake();
}

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
    const struct net_files_kept *kept = sender.kept.log;
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
    return write_line(message, begin < kept->begun ? BEFORE : sender.name, sent->sequence, text,
                      (size_t)got, &sender.kept.line_us);
}

/* Later, if that is not too late. */
static void put_off(uint64_t now, unsigned by_us)
{
    if (sender.kept.end_us == 0)
        sender.kept.end_us = now + KEPT_GIVE_UP_US;
    sender.kept.due_us = now + by_us;
    sender.kept.has_news = now < sender.kept.end_us;
    if (!sender.kept.has_news)
        sender.kept.end_us = 0;
}

void net_files_log_send_kept(uint64_t now)
{
    const struct tftp_server_peer *to = &sender.listeners[NET_FILES_LISTENERS].peer;
    char message[SYSLOG_LINE_MAX + 1];

    if (!sender.kept.has_news || now < sender.kept.due_us)
        return;
    for (int i = 0; i < KEPT_LINES; i++) {
        struct boot_log_sent sent = *sender.kept.log->sent;
        size_t length = next_kept(message, &sent);
        bool is_known = mac_is_known(to->address);

        if (length == 0) {
            sender.kept.has_news = false;
            sender.kept.end_us = 0;
            return;
        }
        /* Sent without a MAC as well: that is how ARP is set going. */
        if (net_files_send(to, message, length) < 0 || !is_known) {
            put_off(now, is_known ? NET_FILES_AGAIN_US : ARP_US);
            return;
        }
        sender.kept.end_us = 0;
        *sender.kept.log->sent = sent;
    }
    sender.kept.due_us = now + KEPT_US;
}

uint64_t net_files_log_kept_due_us(void)
{
    return sender.kept.has_news ? sender.kept.due_us : CLOCK_NEVER;
}

/* ---- start, stop ---- */

void net_files_log_start(const char *name, const char *host, struct net_address syslog)
{
    static const uint8_t none[4];

    memset(&sender, 0, sizeof sender);
    sender.name = name;
    sender.host = host;
    if (memcmp(syslog.ip, none, sizeof none) != 0)
        sender.listeners[NET_FILES_LISTENERS] =
            (struct listener){.peer = {syslog, SYSLOG_PORT}, .until_us = CLOCK_NEVER};
}

void net_files_log_stop(void)
{
    memset(&sender, 0, sizeof sender);
}
