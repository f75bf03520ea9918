/*
 * redirect: a chip model as a USB device of QEMU's, by the usbredir protocol.
 *
 * QEMU asks, and an answer may come any time later, but for bulk and control there is none that
 * says NAK: a request that waits is under way in the machine, and a machine that gives its channel
 * to something else meanwhile makes QEMU abort. So nothing is kept waiting long.
 *
 *   - Bulk OUT is declared to QEMU as an interrupt endpoint: then QEMU tells the machine at once
 *     that a packet was sent, within the write to the controller's register, and the chip gets it
 *     in its turn. As a bulk endpoint each packet takes a round trip and QEMU's controller 250 us
 *     more now and then. Once a stall is due it is declared as what it is, until the next reset of
 *     the bus; likewise when the chip takes nothing (PAUSE), until it has taken all that waits.
 *   - Bulk IN of a chip that answers an empty pipe with an empty packet (BIR = 0): the request
 *     waits for empty_in_us, then it gets the empty packet.
 *   - Bulk IN of a chip that answers it with NAK (BIR = 1): while there is nothing, bulk IN is
 *     declared as an interrupt endpoint. QEMU then keeps what is pushed to it in a queue, gives it
 *     to IN tokens (packets up to the first that is short, or up to what the token's transfer has
 *     room for), and answers tokens by NAK while the queue is empty, all by itself. When there is
 *     something, there are two ways to get it to the machine:
 *       to ask:  bulk IN is declared as what it is, QEMU sends the machine's next request here, it
 *                is answered at once, and with the last burst the pipe is declared interrupt
 *                again. Exact, nothing leaves the FIFO before it is asked for. But QEMU's
 *                controller tries a pipe that had nothing every 250 us only;
 *       to push: the burst goes into QEMU's queue, and at once to a machine that waits for it. But
 *                nothing tells when QEMU gave it to the machine, nothing gets it back, and a queue
 *                of 2000 packets loses some, in the middle of bursts.
 *     So a burst is pushed only if the machine has sent something since it was given the last one,
 *     as the answers of TFTP, TCP, DNS do, or was given nothing for IDLE_US: it waits for more, as
 *     far as one can tell. Otherwise the next is asked for, TAKEN_US after a push at the earliest,
 *     for what is in QEMU's queue comes to the machine behind what it asked for.
 *     What was pushed counts as read, though it may still wait, if the machine was busy after all:
 *     a whole burst, or few of them, so whoever gets it finds the framing right, be it another
 *     program after a hand-over. SET_CONFIGURATION empties the queue (QEMU does it).
 *     An IN request that crossed the declaration of an interrupt endpoint gets an empty packet,
 *     which no chip would send; it is counted as unasked.
 *
 * Bulk requests have a length of their own: a burst that is longer goes on in the next one.
 *
 * How bulk IN is declared, by out and in of the pipe (BIR = 0: always as bulk):
 *
 *   declared    QEMU sends    an empty pipe     left when
 *   interrupt   nothing       NAK, by QEMU      there is a burst that must not be pushed
 *   bulk        each request  the answer waits  the last burst was given, or the FIFO was flushed
 *
 * The chip changes its ways by registers only, so the pipe is chosen after each control request.
 * A reset of the bus is the machine's to begin with: bulk OUT is declared at once again without
 * being told to QEMU, which asks for the endpoints anew with SET_CONFIGURATION.
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

#define REDIRECT_REQUESTS 1024 /* sent before the machine hears that it has to wait */

struct usbredirparser;

/* A bulk request of QEMU's that has no answer yet. */
struct redirect_request {
    uint64_t id, since_us;
    uint32_t length, at;
    bool answered; /* OUT: QEMU has told the machine already that it went well */
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
    bool connected;      /* QEMU has said hello, and was told of the device */
    bool deaf;           /* a rule was broken: nothing is answered any more */
    bool reception_rule; /* reception-left-on is checked */
    uint32_t empty_in_us;

    struct redirect_queue in, out;
    bool out_at_once;               /* bulk OUT is declared as interrupt ... */
    bool out_full;                  /* ... and will be again once the chip has taken what waits */
    bool naks;                      /* the chip answers an empty pipe with NAK */
    bool pushes;                    /* bulk IN is declared as interrupt */
    bool in_started, event_started; /* QEMU takes what is pushed to these endpoints */
    bool in_owes_end;               /* the last answer was short, but whole packets: 0 follows */
    bool in_owes_stall;
    uint64_t moved_us;   /* when the machine was given something last, ... */
    bool moved_by_push;  /* ... how ... */
    bool spoke_since;    /* ... and whether it has sent something since */
    uint32_t fifo_bytes; /* what was given to the chip since its pipe was empty, about */

    struct {
        uint32_t pushed, answered, empty, unasked, cancelled;
        uint32_t events; /* of the interrupt endpoint, given to QEMU */
    } statistics;
};

/* Begins to talk on a connected socket. chip: set up. Returns false after a message to stderr. */
bool redirect_open(struct redirect *self, struct chip *chip, int socket);

/* What QEMU has sent. Returns false once it has gone. */
bool redirect_read(struct redirect *self);
bool redirect_wants_to_write(const struct redirect *self);
void redirect_write(struct redirect *self);

/* Moves all that can move between chip and QEMU. Never from within a call of the chip's or the
 * parser's: its buffers are static. Returns in how many microseconds it wants to be
 * called again though nothing came, or UINT64_MAX. */
uint64_t redirect_serve(struct redirect *self);

/* The port sees the device go and come; the chip notices nothing of it. To be done between two
 * drivers only: nothing may be under way. Returns false while QEMU has not said hello. */
bool redirect_plug_in_again(struct redirect *self);

#endif
