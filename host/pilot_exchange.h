/*
 * pilot_exchange: one TFTP transfer's packets: the request with its options, waiting, repeats
 * and errors. What the blocks are is the business of pilot_tftp.c.
 *
 * Each transfer has a socket of its own, connected to the board: a late packet of an
 * earlier one comes to a port that is closed. The board answers from the port it was
 * asked at (net/tftp_server.h), which RFC 1350 does not want but forwarded ports do.
 * Packets that make no sense are passed over, as strays are; what ends a transfer is an
 * ERROR, an OACK that grants what was not asked for, or the deadline: patience_ms without
 * a byte more. A server that knows no options answers with the first block at once and is
 * taken at that; one that refuses them with code 8 is asked again without. One that serves
 * another client is asked again, but for a write beside a write.
 *
 * RFC 1350, 2347, 2348 (blksize), 2349 (tsize), 7440 (windowsize). Octet only, IPv4 only.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef PILOT_EXCHANGE_H
#define PILOT_EXCHANGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pilot_board.h"

enum { RRQ = 1, WRQ = 2, DATA = 3, ACK = 4, ERROR = 5, OACK = 6 };
enum { CODE_OTHER = 0, CODE_ABSENT = 1, CODE_FULL = 3, CODE_OPTIONS = 8 };

#define HEAD_BYTES        4
#define BLOCK_BYTES       1468 /* asked for: one Ethernet frame */
#define BLOCK_BYTES_PLAIN 512  /* without options */
#define WINDOW            16
#define REPEAT_MS         200
#define REPEAT_MAX_MS     1000
#define BUSY_MS           50 /* until a board that serves another client is asked again */

struct pilot_exchange {
    struct pilot_transfer *transfer;
    int socket;
    uint64_t deadline_us;  /* of patience */
    uint64_t repeat_at_us; /* when nothing has come by then, we say it again */
    unsigned repeat_ms;
    bool has_asked_again;
    bool nobody_listens; /* the last we heard was that the port is closed */
    bool is_busy;        /* the last we heard was that another client is served */
    size_t block_bytes;  /* as agreed */
    unsigned window;
    size_t length; /* of packet, as received */
    uint8_t packet[HEAD_BYTES + BLOCK_BYTES + 1];
};

static inline unsigned get16(const uint8_t *bytes)
{
    return (unsigned)bytes[0] << 8 | bytes[1];
}

static inline void put16(uint8_t *bytes, unsigned value)
{
    bytes[0] = (uint8_t)(value >> 8);
    bytes[1] = (uint8_t)value;
}

/* Asks, with a new socket that the caller closes (if not -1), until the first answer has
 * come: an OACK, taken over and in packet, or the block number that stands for one without
 * options: first is DATA (block 1) or ACK (0). size: for tsize. limit: the most the board may
 * announce. Returns 1, or an error with its reason. */
int pilot_exchange_ask(struct pilot_exchange *x, unsigned operation, unsigned first, uint64_t size,
                       size_t limit);

/* Waits for a datagram that could be TFTP. Returns 1: it is in packet; 0: it is time to
 * repeat; or an error: patience is at its end, or the board sent one. */
int pilot_exchange_wait(struct pilot_exchange *x);

/* What does not go out is lost, as on the wire. */
void pilot_exchange_send(struct pilot_exchange *x, const void *packet, size_t length);
void pilot_exchange_send_short(struct pilot_exchange *x, unsigned operation, unsigned number);

/* Tells the board that we have lost interest, so that it does not wait for us. */
void pilot_exchange_send_error(struct pilot_exchange *x, unsigned code, const char *text);

/* When wait says that it is time to repeat. */
void pilot_exchange_schedule(struct pilot_exchange *x, unsigned milliseconds);

/* Something new has come: patience begins again. */
void pilot_exchange_progress(struct pilot_exchange *x);

/* Puts the reason together, clean. Returns status. */
int pilot_exchange_give_up(struct pilot_exchange *x, int status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
