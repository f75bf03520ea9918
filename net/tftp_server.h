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
 * refused comes again; see the head of tftp_server_admit.c for which requests displace what.
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

/* Without anything new a transfer is given up. tftp-hpa sends again after 5 s, whatever we do
 * meanwhile, and two lost packets in a row must not end a push. */
#define TFTP_SERVER_PATIENCE_US 12000000
#define TFTP_SERVER_SILENCE_US  1000000   /* without anything new the same host may begin anew */
#define TFTP_SERVER_LONGEST_US  600000000 /* the longest transfer: one that trickles must end */
#define TFTP_SERVER_LAST_US     30000000  /* how long a lost last ACK is given again */

struct tftp_server_peer {
    struct net_address address;
    uint16_t port;
};

/* What is behind the names. All functions are called from tftp_server_receive, _tick,
 * _next_packet or _abort, and must not call the server, but for what only asks (the functions
 * that take it as const). reason: TFTP_SERVER_REASON_BYTES, to be filled
 * with one sentence when the answer is an error; it goes to the client as it is. */
struct tftp_server_files {
    /* A client wants to write name. announced: its tsize, or -1. Gives the memory the file is to
     * go to. Returns 0, or an error with a reason (ERROR_TOO_LARGE, ERROR_REFUSED, ...). */
    int (*write)(struct tftp_server_files *self, const struct tftp_server_peer *from,
                 const char *name, int64_t announced, uint8_t **buffer, size_t *capacity,
                 char *reason);

    /* All of it has arrived (length bytes, before the last ACK is sent). Returns 0, whereupon the
     * last block is acknowledged; or an error with a reason: the client is told, and the
     * file is forgotten (write_failed is not called then). */
    int (*written)(struct tftp_server_files *self, size_t length, char *reason);

    /* A write that had begun came to nothing: reason says why (a sentence, for the log). After
     * each write that returned 0 exactly one comes: this, write_done, or an error of written. */
    void (*write_failed)(struct tftp_server_files *self, const char *reason);

    /* The last ACK of a written file has been given out, and sent (it is the next call of
     * tftp_server_next_packet that says so): now the file may be acted on. */
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

enum tftp_server_state {
    TFTP_SERVER_IDLE,
    TFTP_SERVER_RECEIVING, /* a write */
    TFTP_SERVER_SENDING,   /* a read */
};

#define TFTP_SERVER_OACK_MAX 96 /* all four options with their largest values: 65 */

/* Everything is the server's own. Blocks are counted from 1 on in 64 bits; packets carry the
 * last 16 of them. */
struct tftp_server {
    struct tftp_server_files *files;
    enum tftp_server_state state;

    /* The transfer under way. */
    struct tftp_server_peer peer;
    char name[TFTP_SERVER_NAME_MAX];
    uint32_t block_bytes, window; /* as agreed */
    uint64_t timeout_us;          /* as agreed; 0: our own times */
    size_t oack_length;           /* 0: the client asked for nothing that is answered */
    uint8_t oack[TFTP_SERVER_OACK_MAX];
    uint64_t acked;       /* write: of the last ACK; read: of the client's last ACK */
    uint64_t patience_us; /* given up then, unless something new comes before */
    uint64_t end_us;      /* given up then, whatever comes */
    uint64_t retry_us;    /* for want of an answer, send again */
    uint64_t repeat_us;   /* something was repeated: send again, unless something new comes */
    unsigned tries;       /* sent again since something new came */
    bool answer_due;      /* an ACK or OACK */
    bool begun;           /* the client has our first answer, or needs none */

    /* A write. */
    uint8_t *buffer;
    size_t capacity, length;
    int64_t announced; /* -1: not */
    uint64_t received; /* blocks, in order */
    uint64_t gap;      /* the block whose absence the client was told; 0: none */
    bool complete;     /* found good; only the last ACK is still to be sent */

    /* A read. */
    uint64_t next;     /* block to be sent next */
    uint64_t sent;     /* the furthest that was sent */
    uint64_t fetched;  /* the furthest that was read from the file */
    uint64_t last;     /* the file's last block; 0: not known yet */
    size_t last_bytes; /* in it */
    uint64_t back;     /* the block that was gone back to for a repeated ACK; 0: none */
    uint8_t blocks[TFTP_SERVER_WINDOW][TFTP_SERVER_BLOCK_BYTES];

    /* The write completed last. */
    struct tftp_server_peer last_peer; /* port 0: none */
    uint16_t last_block;
    uint64_t last_us;
    bool last_due; /* its ACK, once more */

    /* The ERROR given last; it is given again to who did not understand. */
    struct tftp_server_peer error_peer; /* port 0: none */
    uint16_t error_code;
    char error_text[TFTP_SERVER_REASON_BYTES];
    uint64_t error_us;
    bool error_due;
};

/* files must outlive the server. Never fails. */
void tftp_server_init(struct tftp_server *server, struct tftp_server_files *files);

/* Makes the server know a write that another program of this machine completed just now:
 * should its last ACK have been lost, the client's repeated block gets it again. */
void tftp_server_remember(struct tftp_server *server, const struct tftp_server_peer *peer,
                          uint16_t last_block, uint64_t now_us);

/* The write completed last, for the above; false: none was, or too long ago. */
bool tftp_server_last(const struct tftp_server *server, struct tftp_server_peer *peer,
                      uint16_t *last_block, uint64_t now_us);

/* Takes a datagram of any content. bytes are not kept. */
void tftp_server_receive(struct tftp_server *server, const struct tftp_server_peer *from,
                         const uint8_t *bytes, size_t length, uint64_t now_us);

/* Does what is due: repeats, gives up. Early is harmless. */
void tftp_server_tick(struct tftp_server *server, uint64_t now_us);

/* The next packet to send, if there is one: to *to. Each call says that what the one before
 * gave has been sent. */
bool tftp_server_next_packet(struct tftp_server *server, uint8_t packet[TFTP_SERVER_PACKET_MAX],
                             size_t *length, struct tftp_server_peer *to);

/* The sentence in a packet from tftp_server_next_packet if that is an ERROR; else null. It points
 * into the packet. */
const char *tftp_server_error_text(const uint8_t packet[TFTP_SERVER_PACKET_MAX]);

/* True while an ERROR is still to be sent. */
bool tftp_server_error_is_due(const struct tftp_server *server);

/* The file of the transfer that is under way, or was last. */
const char *tftp_server_name(const struct tftp_server *server);

/* When tick must be called at the latest; CLOCK_NEVER when idle. */
uint64_t tftp_server_deadline(const struct tftp_server *server);

/* Gives up what is under way (its client is told why). */
void tftp_server_abort(struct tftp_server *server, const char *reason);

enum tftp_server_state tftp_server_state(const struct tftp_server *server);

#endif
