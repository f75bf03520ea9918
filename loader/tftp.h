/*
 * tftp: a TFTP read as a state machine: bytes in, bytes out.
 *
 * No I/O, no clock, no memory of its own: the caller brings packets and the time, sends
 * what comes out, and calls again at the latest at tftp_deadline. Blocks are written
 * straight to their place in the caller's buffer, so a block that overtakes another costs
 * one bit of memory and no copy; the sink sees the bytes in order.
 *
 * The usual loop, once per wake-up:
 *
 *     tftp_tick(client, now);
 *     if tftp_attempt has changed: close the socket, open another (a new random port)
 *     while (tftp_next_packet(...)) send it from that socket to the server;
 *     if (tftp_result(client) != ERROR_BUSY) done;
 *     wait for a packet -> tftp_receive, or for tftp_deadline
 *
 * Speaks RFC 1350, 2347 (options), 2348 (blksize), 2349 (tsize, timeout), 7440
 * (windowsize), and tftp-hpa's utimeout. Not done: writing, netascii, multicast (RFC 2090).
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef TFTP_H
#define TFTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "net.h"
#include "tftp_blocks.h"
#include "tftp_options.h"

#define TFTP_PORT 69
/* 4 + 1468 bytes fill an Ethernet frame: nothing is ever fragmented. */
#define TFTP_BLOCK_BYTES 1468
/* 94 KB between two waits of a round trip. With 16 blocks a server that is a millisecond away is
 * waited for more than half of the time (docs/performance.md). They are more than the Ethernet
 * chips' receive memory holds (20 and 12 KB) and two transfers under way (32 or 24 KB), but USB is
 * faster than 100 Mbit/s, and at a gigabit the chip asks for silence (PAUSE). Where neither helps,
 * frames are lost, and the window begins anew at the first of them. */
#define TFTP_WINDOW_BLOCKS    64
#define TFTP_SERVER_TIMEOUT_S 1 /* the server's own patience; most take 5 s unasked */
/* No RFC has utimeout, but tftpd-hpa, the most used server, does. It sends one block at a
 * time and passes over a repeated ACK, so each lost packet costs its timeout, doubled with
 * each try: a second at least without this. */
#define TFTP_SERVER_TIMEOUT_US 100000

/* What a transfer may take in all, in patiences: one that trickles for ever must end too. */
#define TFTP_PATIENCES_MAX 10

struct tftp_request {
    struct net_address server;
    const char *file;         /* must stay valid until the end */
    uint8_t *buffer;          /* the image; nothing outside [buffer, buffer + capacity) */
    size_t capacity;          /* is ever written */
    struct boot_sink *sink;   /* or null; must stay valid until the end */
    uint32_t (*random)(void); /* spreads retransmissions */
    uint64_t patience_us;     /* how long nothing new may come, all attempts together */
    uint64_t answer_us;       /* how long not one answer may come; 0 = patience_us */
    uint32_t block_bytes;     /* to ask for, 8 ... 65464; 0 = TFTP_BLOCK_BYTES */
    uint32_t window_blocks;   /* to ask for, 1 ... TFTP_WINDOW_MAX; 0 = TFTP_WINDOW_BLOCKS */
};

enum tftp_state {
    TFTP_PAUSED,    /* until resume_us, then a new attempt */
    TFTP_REQUESTED, /* the request is out, no answer yet */
    TFTP_RECEIVING,
    TFTP_DALLYING, /* complete; a repeated last block is still answered */
    TFTP_FAILED,
};

/* Everything is the client's own; the counters may be read. */
struct tftp_client {
    struct tftp_request request;
    enum tftp_state state;
    int error;            /* why it failed */
    unsigned attempt;     /* rises with each new request from a new port */
    unsigned rung;        /* of the ladder: all options, two, none */
    unsigned faults;      /* attempts that ended by a server's mistake or refusal */
    unsigned silences;    /* attempts that got no answer at all */
    uint16_t server_port; /* 0 until the first answer pins it */
    struct tftp_options offer;
    struct tftp_blocks blocks;
    uint64_t acked; /* block of the last ACK */

    uint64_t deadline_us;   /* of the transfer; each new block moves it on */
    uint64_t answered_us;   /* what becomes the deadline when the server first answers */
    uint64_t end_us;        /* beyond which nothing moves it */
    uint64_t resume_us;     /* TFTP_PAUSED: when to go on; TFTP_DALLYING: when to end */
    uint64_t progress_us;   /* when the server last did something new */
    uint64_t retry_us;      /* when to send again for want of an answer */
    uint64_t repeat_us;     /* when to repeat an ACK that was asked for, or never */
    uint64_t sent_us;       /* when request or ACK was last sent */
    uint32_t round_trip_us; /* smoothed: packet sent to its answer */
    bool measuring;         /* what was sent last was sent once: its answer tells */
    unsigned tries;         /* sent again since the last progress */

    bool send_due;  /* the request or the ACK */
    bool error_due; /* an ERROR packet: */
    uint8_t error_code;
    uint16_t error_port;
    const char *error_text;

    bool answered;              /* the server has said something, whatever it was */
    bool lossy;                 /* something was lost, not only repeated or overtaken */
    uint32_t repeated, ignored; /* packets sent again; packets received in vain */
    char message[128];          /* the last thing worth telling a person */
};

/*
 * Starts a transfer; the request then comes out of tftp_next_packet. request is copied.
 * Returns 0, ERROR_INVALID (file empty, block_bytes or window_blocks out of range, server
 * 0.0.0.0) or ERROR_TOO_LARGE (the file name does not fit into a request).
 */
int tftp_begin(struct tftp_client *client, const struct tftp_request *request, uint64_t now_us);

/* Takes a datagram of any length and content that arrived on the current attempt's socket.
 * bytes are not kept. What is not from the server, or not from the port it chose, changes
 * nothing (and a wrong port of the right server is told so). */
void tftp_receive(struct tftp_client *client, struct net_address from, uint16_t from_port,
                  const uint8_t *bytes, size_t length, uint64_t now_us);

/* Does what is due. Calling it early is harmless, late only slow. */
void tftp_tick(struct tftp_client *client, uint64_t now_us);

/* Gives the next packet to send, if there is one: up to TFTP_PACKET_MAX bytes for the
 * server's address, port *to_port. When there is none, the sink sees what has arrived in
 * order: after the ACK is out, so that the server works meanwhile. tftp_result is to be
 * believed only after it returned false. */
bool tftp_next_packet(struct tftp_client *client, uint8_t *packet, size_t *length,
                      uint16_t *to_port);

/* When tftp_tick must be called at the latest; CLOCK_NEVER once the transfer is over and
 * nothing is left to do. */
uint64_t tftp_deadline(const struct tftp_client *client);

/*
 * ERROR_BUSY while it runs; then the length of the file (1 or more), or
 * ERROR_ABSENT (the server has no such file), ERROR_REFUSED (another refusal),
 * ERROR_TOO_LARGE (over capacity, announced or sent), ERROR_CORRUPT (empty, or not of the
 * announced size), ERROR_UNSUPPORTED (the server breaks the protocol), ERROR_TIMEOUT.
 * After an error client->message says in words what was wrong.
 */
int64_t tftp_result(const struct tftp_client *client);

/* Number of the attempt, from 1 on. Each wants a socket of its own, so that what is still
 * on its way from the one before can not be taken for an answer. client->message says
 * what ended the one before. */
unsigned tftp_attempt(const struct tftp_client *client);

#endif
