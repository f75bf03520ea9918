/*
 * tftp_server: a TFTP server's side of one transfer at a time, as a state machine: bytes in,
 * bytes out. This is how an image is pushed to the board, and how log, status and core are
 * fetched from it.
 *
 * No I/O, no clock, no memory of its own but what struct tftp_server holds. All answers leave
 * from the server's own port (69): no port of its own for each transfer, so that they find
 * their way back through a forwarded port; RFC 1350 wants a new one, and every client takes
 * the port of the first answer for it.
 *
 * A client is its address and port. One transfer at a time: another client's request is
 * answered with an ERROR that says who is being served. Reads are short, so a read that is
 * refused comes again; see the head of tftp_server.c for which requests displace what.
 *
 * Speaks RFC 1350, 2347 (options), 2348 (blksize), 2349 (tsize, timeout), 7440 (windowsize),
 * both ways, octet only: netascii gets an ERROR that says which switch of the client helps.
 *
 * The usual loop, once per wake-up:
 *
 *     tftp_server_tick(server, now);
 *     while (tftp_server_next_packet(...)) send it;
 *     wait for a packet -> tftp_server_receive, or for tftp_server_deadline
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef TFTP_SERVER_H
#define TFTP_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "net.h"

#define TFTP_SERVER_PORT         69
#define TFTP_SERVER_BLOCK_BYTES  1468 /* the most it agrees to: a frame is never fragmented */
#define TFTP_SERVER_WINDOW       16   /* the most blocks without an ACK it agrees to */
#define TFTP_SERVER_NAME_MAX     96   /* of a file's name, NUL included */
#define TFTP_SERVER_REASON_BYTES 120
#define TFTP_SERVER_PACKET_MAX   (4 + TFTP_SERVER_BLOCK_BYTES)
#define TFTP_SERVER_PATIENCE_US  5000000 /* without anything new a transfer is given up */

struct tftp_server_peer {
    struct net_address address;
    uint16_t port;
};

/* What is behind the names. All functions are called from tftp_server_receive, _tick or
 * _next_packet, and must not call the server. reason: TFTP_SERVER_REASON_BYTES, to be filled
 * with one sentence when the answer is an error; it goes to the client as it is. */
struct tftp_server_files {
    /* A client wants to write name. announced: its tsize, or -1. Gives the memory the file is to
     * go to. Returns 0, or an error with a reason (ERROR_TOO_LARGE, ERROR_REFUSED, ...). */
    int (*write)(struct tftp_server_files *self, const struct tftp_server_peer *from,
                 const char *name, int64_t announced, uint8_t **buffer, size_t *capacity,
                 char *reason);

    /* All of it has arrived (length bytes, before the last ACK is sent). Returns 0, whereupon the
     * last block is acknowledged; or an error with a reason: the client is told, and the
     * file is forgotten. */
    int (*written)(struct tftp_server_files *self, size_t length, char *reason);

    /* A write that had begun came to nothing: reason says why (a sentence, for the log). */
    void (*write_failed)(struct tftp_server_files *self, const char *reason);

    /* The last ACK of a written file has been given out, and sent: now the file may be acted on. */
    void (*write_done)(struct tftp_server_files *self);

    /* A client wants to read name. Returns 0, ERROR_ABSENT or another error with a reason. */
    int (*read)(struct tftp_server_files *self, const struct tftp_server_peer *from,
                const char *name, char *reason);

    /* The next bytes of the file being read, in order: up to capacity (1 or more). Returns their
     * number, less than capacity only at the end, or an error with a reason. */
    int64_t (*read_bytes)(struct tftp_server_files *self, uint8_t *bytes, size_t capacity,
                          char *reason);

    /* The read has ended: 0: the client has everything; else why it came to nothing. */
    void (*read_done)(struct tftp_server_files *self, int status);
};

/* Everything is the server's own. The state that tells what it does: */
enum tftp_server_state {
    TFTP_SERVER_IDLE,
    TFTP_SERVER_RECEIVING, /* a write */
    TFTP_SERVER_SENDING,   /* a read */
};

struct tftp_server {
    struct tftp_server_files *files;
    enum tftp_server_state state;
    /* ... more: the server's own */
};

/* files must outlive the server. Never fails. */
void tftp_server_init(struct tftp_server *server, struct tftp_server_files *files);

/* Makes the server know a write that another program of this machine completed: should its last ACK have
 * been lost, the client's repeated block gets it again. */
void tftp_server_remember(struct tftp_server *server, const struct tftp_server_peer *peer,
                          uint16_t last_block);

/* The write completed last, for the above; false: none was, or too long ago. */
bool tftp_server_last(const struct tftp_server *server, struct tftp_server_peer *peer,
                      uint16_t *last_block, uint64_t now_us);

/* Takes a datagram of any content. bytes are not kept. */
void tftp_server_receive(struct tftp_server *server, const struct tftp_server_peer *from,
                         const uint8_t *bytes, size_t length, uint64_t now_us);

/* Does what is due: repeats, gives up. Early is harmless. */
void tftp_server_tick(struct tftp_server *server, uint64_t now_us);

/* The next packet to send, if there is one: to *to. */
bool tftp_server_next_packet(struct tftp_server *server, uint8_t packet[TFTP_SERVER_PACKET_MAX],
                             size_t *length, struct tftp_server_peer *to);

/* When tick must be called at the latest; CLOCK_NEVER when idle. */
uint64_t tftp_server_deadline(const struct tftp_server *server);

/* Gives up what is under way (its client is told why). */
void tftp_server_abort(struct tftp_server *server, const char *reason);

enum tftp_server_state tftp_server_state(const struct tftp_server *server);

#endif
