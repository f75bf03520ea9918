/*
 * redirect: a chip model as a USB device of QEMU's, by the usbredir protocol.
 *
 * Endpoint 0 is here, the pipes are in redirect_pipes.c. QEMU asks, and an answer may come any
 * time later, but for bulk and control there is none that says NAK: a request that waits is under
 * way in the machine, and a machine that gives its channel to something else meanwhile makes QEMU
 * abort. So nothing is kept waiting long.
 *
 *   - A chip that answers an empty pipe with an empty packet (BIR = 0): the request waits for
 *     empty_in_us, then it gets the empty packet.
 *   - A chip that answers it with NAK (BIR = 1): bulk IN is declared to QEMU as an interrupt
 *     endpoint. QEMU then keeps what is pushed to it in a queue, gives it to IN tokens, one entry
 *     for each transfer, and answers tokens by NAK while the queue is empty, all by itself.
 *
 * Pushing has a price. Nothing tells when QEMU gave an entry to the machine, and nothing gets it
 * back: what was pushed counts as read by the machine, though it may still wait. So
 *   - an entry is a whole burst, with its end. Whoever gets it finds the framing right, be it
 *     another program after a hand-over; what a stop of reception leaves behind are whole frames
 *     that come late, and it looks to the driver as if the FIFO had been drained;
 *   - at most one burst is pushed in PUSH_PAUSE_US, twice the time QEMU's controller takes to look
 *     for one: a machine that takes them at once never has more than one ahead, and frames that
 *     come faster gather in the chip's FIFO as they do on the board, and go as one burst;
 *   - SET_CONFIGURATION empties the queue (QEMU does it), and pushing waits for the next token;
 *   - a burst that is longer than the transfer the machine offers is a babble error here, where
 *     the real chip goes on in the next transfer. A driver whose burst cap is not over its
 *     transfers never sees that. Nor may a transfer be of 1536 bytes or less: QEMU's controller
 *     then asks for 512 bytes at a time.
 * With BIR = 0 none of this holds: each transfer says what room it has, and a burst goes on in the
 * next one.
 *
 * Source: QEMU 7.2, hw/usb/redirect.c and hw/usb/hcd-dwc2.c (what it does, not the code);
 * usb-redirection-protocol.md of usbredir 0.13.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef REDIRECT_H
#define REDIRECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "chip.h"
#include "endpoint0.h"

#define REDIRECT_REQUESTS 64

struct usbredirparser;

/* A bulk request of QEMU's that has no answer yet. */
struct redirect_request {
    uint64_t id, since_us;
    uint32_t length, at;
    uint8_t *data; /* OUT: the parser's, to be freed */
};

struct redirect_queue {
    struct redirect_request requests[REDIRECT_REQUESTS];
    unsigned first, count;
};

struct redirect {
    struct chip *chip;
    struct usbredirparser *parser;
    int socket; /* -1: QEMU has gone */
    struct endpoint0 endpoint0;
    bool deaf;           /* a rule was broken: nothing is answered any more */
    bool reception_rule; /* reception-left-on is checked */
    uint32_t empty_in_us;

    struct redirect_queue in, out;
    bool pushes;                    /* bulk IN is declared as interrupt */
    bool in_started, event_started; /* QEMU takes what is pushed to these endpoints */
    bool in_owes_end;               /* the last answer was short, but whole packets: 0 follows */
    bool in_owes_stall;
    uint64_t push_next_us;
    uint32_t fifo_bytes; /* what was given to the chip since its pipe was empty, about */

    struct {
        uint32_t pushed, answered, empty, cancelled;
    } statistics;
};

/* Begins to talk on a connected socket. chip: set up. Returns false after a message to stderr. */
bool redirect_open(struct redirect *self, struct chip *chip, int socket);

/* What QEMU has sent. Returns false once it has gone. */
bool redirect_read(struct redirect *self);
bool redirect_wants_to_write(const struct redirect *self);
void redirect_write(struct redirect *self);

/* Moves all that can move between chip and QEMU. Returns in how many microseconds it wants to be
 * called again though nothing came, or UINT64_MAX. */
uint64_t redirect_serve(struct redirect *self);

/* ---- between redirect.c and redirect_pipes.c ---- */

uint64_t redirect_now_us(const struct redirect *self);
void redirect_send_endpoints(struct redirect *self);
/* Declares bulk IN to QEMU as the chip behaves now. */
void redirect_choose_pipe(struct redirect *self);
void redirect_take_bulk(struct redirect *self, uint64_t id, uint8_t endpoint, uint32_t length,
                        uint8_t *data);
void redirect_cancel(struct redirect *self, uint64_t id);
/* All requests of bulk endpoints end without data, as after SET_CONFIGURATION. */
void redirect_end_requests(struct redirect *self);
/* ... and without an answer: after a reset of the bus QEMU no longer finds who asked. */
void redirect_forget_requests(struct redirect *self);

#endif
