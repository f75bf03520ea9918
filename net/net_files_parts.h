/*
 * net_files_parts: what net_files.c, which has the server and the socket, and net_files_log.c,
 * which has the log to send, want of each other.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef NET_FILES_PARTS_H
#define NET_FILES_PARTS_H

#include "net_files.h"

#define NET_FILES_AGAIN_US 500 /* the device has no room: asked again after this */

/* ---- net_files.c ---- */

/* Something is to be done by the next net_files_poll. */
void net_files_wake(void);

/* Sends a datagram from port 69. Returns as net_udp_send. */
int net_files_send(const struct tftp_server_peer *to, const void *bytes, size_t length);

/* The same for what waits in a row for room in the device. Returns false if it goes on waiting:
 * net_files_deadline_us says until when. True: it is done with; what can not be sent, or has waited
 * too long, counts as lost on the way. */
bool net_files_send_or_wait(const struct tftp_server_peer *to, const void *bytes, size_t length,
                            uint64_t now);

/* ---- net_files_log.c ---- */

/* Nobody listens but the syslog server, if there is one. Arguments as of net_files_start. */
void net_files_log_start(const char *name, const char *host, struct net_address syslog);

/* Nobody listens any more, and nothing waits: net_files_log and net_files_keep do nothing while
 * the socket is closed. */
void net_files_log_stop(void);

/* From now on this one listens, for NET_FILES_LIVE_US. */
void net_files_log_listen(const struct tftp_server_peer *peer);

/* Sends the lines that wait in the queue. */
void net_files_log_send(uint64_t now);
bool net_files_log_is_queued(void);

/* Sends what is due of the kept log, and tells when there is something to do again; CLOCK_NEVER. */
void net_files_log_send_kept(uint64_t now);
uint64_t net_files_log_kept_due_us(void);

#endif
