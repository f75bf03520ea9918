/*
 * net_files: the board's TFTP server on its socket, and the log live to whoever asked for it.
 *
 * Used by the loader (rescue) and by every service. The names, and what is behind them, are
 * the caller's (tftp_server.h); net_files adds one: a read of "live" is an empty file, and
 * for NET_FILES_LIVE_US from its ACK on its client is sent each new line of the log as a
 * syslog datagram (RFC 5424 over UDP, RFC 5426) from port 69 to the port it asked from. Up
 * to NET_FILES_LISTENERS clients; a further one displaces the one that asked longest ago.
 * While something is transferred such a read is refused like any other: ask again in time.
 * One per program. All from the event loop.
 *
 * Logs each write that came to nothing, and what else a client was refused (one line a
 * second at most); what is behind the names need not.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef NET_FILES_H
#define NET_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "boot_tags.h"
#include "tftp_server.h"

#define NET_FILES_LIVE      "live"
#define NET_FILES_LISTENERS 4
#define NET_FILES_LIVE_US   10000000

/* Opens port 69. Between net_start and net_stop. name: the program's, for syslog's APP-NAME;
 * host: for HOSTNAME (the board's serial). Both are kept as pointers. syslog: a server that
 * always gets the log on port 514; 0.0.0.0: none. Returns 0 or ERROR_BUSY (no socket). */
int net_files_start(struct tftp_server_files *files, const char *name, const char *host,
                    struct net_address syslog);

/* The log as somebody keeps it, for the syslog server. */
struct net_files_kept {
    /* Copies from *position on and moves it behind what was copied; one that is too old is taken
     * for the oldest there is. Returns how many bytes, 0 at the end, or an error. */
    int64_t (*read)(uint64_t *position, void *buffer, size_t capacity);
    uint64_t begun;             /* where this program's own lines begin */
    struct boot_log_sent *sent; /* kept up to date */
};

/* From now on the syslog server, if there is one, gets its lines from there, and from sent on: also
 * what was logged before there was a network, or by the program before. Those carry APP-NAME
 * "pilotlight". A line counts as sent when the device has taken it for a MAC that is known; what
 * can not be sent waits, and is tried again with the next line of the log. It may be sent twice
 * then, with one sequenceId. Where lines are lost, a sequenceId is left out. kept stays valid;
 * after net_files_start. */
void net_files_keep(const struct net_files_kept *kept);

/* Closes it; what is under way is given up and its client told so. */
void net_files_stop(void);

/* True while net_files_poll may have something to do; set by net_files*.c alone. */
extern bool net_files_active;

/* net_files_poll's own. */
void net_files_work(void);

/* Does what is due: after each net_poll. A load and a compare when there is nothing: it stands
 * in every service's path of a packet. write_done is called from here, never from net_poll. */
static inline void net_files_poll(void)
{
    if (net_files_active)
        net_files_work();
}

/* When net_files_poll must be called at the latest; CLOCK_NEVER. */
uint64_t net_files_deadline_us(void);

/* A piece of the log, as a recorder is told it (log.h), for whoever listens. It stands in a small
 * queue until the next net_files_poll, so this may be called from anywhere; when the queue is full
 * the line is dropped, and the sequence numbers tell. */
void net_files_log(const char *text, size_t length);

/* True while a transfer is under way. */
bool net_files_busy(void);

/* Gives up what is under way, as tftp_server_abort. */
void net_files_abort(const char *reason);

/* As tftp_server_remember and tftp_server_last. */
void net_files_remember(const struct tftp_server_peer *peer, uint16_t last_block);
bool net_files_last(struct tftp_server_peer *peer, uint16_t *last_block);

#endif
