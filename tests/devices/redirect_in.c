/*
 * redirect_in: bulk IN: bursts of the chip go to the machine, pushed or when it asks for them. See
 * redirect.h for which when.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <stddef.h>
#include <usbredirparser.h>

#include "redirect_parts.h"

#define TAKEN_US  500   /* QEMU's controller tries a pipe that had nothing every 250 us */
#define IDLE_US   3000  /* a machine that was given nothing for so long waits for it */
#define BURST_MAX 65024 /* whole packets, less than the most a bulk request may ask for */

/* Takes packets up to the end of the burst or of the room, which is left as it is for the next
 * call. *ended: the burst is over. A stall behind data is kept for later. */
static uint32_t take_burst(struct redirect *self, uint8_t *bytes, uint32_t room, bool *ended)
{
    uint32_t length = 0;
    *ended = false;
    while (length < room && !*ended && !self->deaf) {
        uint32_t capacity = room - length < CHIP_PACKET_BYTES ? room - length : CHIP_PACKET_BYTES;
        int got = self->chip->type->bulk_in(self->chip, bytes + length, capacity);
        if (got < 0) {
            self->in_owes_stall = got == CHIP_STALL;
            *ended = true;
            break;
        }
        length += (uint32_t)got;
        *ended = (uint32_t)got < capacity;
    }
    self->fifo_bytes = length < self->fifo_bytes ? self->fifo_bytes - length : 0;
    return length;
}

/* Packet by packet: QEMU gives out what it has up to a short one, or up to the room asked for,
 * and waits for either. */
static void push_packets(struct redirect *self, uint8_t *bytes, uint32_t length)
{
    uint32_t at = 0;
    do {
        uint32_t left = length - at;
        uint32_t packet = left < CHIP_PACKET_BYTES ? left : CHIP_PACKET_BYTES;
        redirect_push(self, CHIP_BULK_IN, usb_redir_success, bytes + at, packet);
        at += packet;
    } while (at < length);
}

static void declare_pipe(struct redirect *self, bool pushes)
{
    self->pushes = pushes;
    redirect_send_endpoints(self);
}

/* Gives QEMU the burst that waits, whole. */
static void push_burst(struct redirect *self)
{
    static uint8_t burst[BURST_MAX];
    for (bool ended = false; !ended && !self->deaf;) {
        uint32_t length = take_burst(self, burst, sizeof(burst), &ended);
        if (self->deaf) {
            return;
        }
        if (length > 0 || !self->in_owes_stall) {
            push_packets(self, burst, length);
        }
        if (length > 0 && length % CHIP_PACKET_BYTES == 0 && ended && !self->in_owes_stall) {
            /* One for QEMU's gathering, one for its controller, which takes whole packets for a
             * transfer that goes on. */
            redirect_push(self, CHIP_BULK_IN, usb_redir_success, NULL, 0);
            redirect_push(self, CHIP_BULK_IN, usb_redir_success, NULL, 0);
        }
    }
    if (self->in_owes_stall) {
        self->in_owes_stall = false;
        self->endpoint0.halted[true][CHIP_BULK_IN] = true;
        redirect_push(self, CHIP_BULK_IN, usb_redir_stall, NULL, 0);
    }
    self->statistics.pushed++;
    self->spoke_since = false;
    self->moved_us = redirect_now_us(self);
    self->moved_by_push = true;
}

/* QEMU answers by NAK now. */
static uint64_t push_in(struct redirect *self)
{
    while (self->in.count) { /* it was on its way when that began */
        self->statistics.unasked++;
        redirect_answer(self, &self->in, usb_redir_success, NULL, 0);
    }
    if (!self->in_started || redirect_is_halted(self, true, CHIP_BULK_IN) ||
        !self->chip->type->has_data(self->chip)) {
        return UINT64_MAX;
    }
    uint64_t quiet_us = redirect_now_us(self) - self->moved_us;
    if (self->spoke_since || quiet_us >= IDLE_US) {
        push_burst(self);
        return self->chip->type->has_data(self->chip) ? TAKEN_US : UINT64_MAX;
    }
    if (self->moved_by_push && quiet_us < TAKEN_US) {
        return TAKEN_US - quiet_us;
    }
    declare_pipe(self, false);
    return UINT64_MAX;
}

static uint64_t answer_in(struct redirect *self)
{
    static uint8_t burst[BURST_MAX];
    struct redirect_request *request;
    while (!self->deaf && (request = redirect_first_of(&self->in)) != NULL) {
        if (self->in_owes_stall) {
            self->in_owes_stall = false;
            self->endpoint0.halted[true][CHIP_BULK_IN] = true;
        }
        if (redirect_is_halted(self, true, CHIP_BULK_IN)) {
            redirect_answer(self, &self->in, usb_redir_stall, NULL, 0);
            continue;
        }
        if (self->in_owes_end) {
            self->in_owes_end = false;
            redirect_answer(self, &self->in, usb_redir_success, NULL, 0);
            continue;
        }
        if (!self->chip->type->has_data(self->chip)) {
            uint64_t due_us = request->since_us + self->empty_in_us, now_us = redirect_now_us(self);
            if (!self->naks && now_us < due_us) {
                return due_us - now_us;
            }
            self->statistics.empty += !self->naks;
            self->statistics.unasked += self->naks;
        }
        bool ended;
        uint32_t room = request->length < BURST_MAX ? request->length : BURST_MAX;
        uint32_t length = take_burst(self, burst, room, &ended);
        if (self->deaf || (length == 0 && self->in_owes_stall)) {
            continue;
        }
        /* Whole packets, fewer than asked for: the controller asks for the rest of the transfer,
         * and gets its end. */
        self->in_owes_end = ended && length > 0 && length % CHIP_PACKET_BYTES == 0 &&
                            length < request->length && !self->in_owes_stall;
        /* The last for now: QEMU is to answer by NAK before the machine, having got this, asks
         * again. (The cable has given all it had before.) */
        if (self->naks && !self->in_owes_end && !self->in_owes_stall &&
            !self->chip->type->has_data(self->chip)) {
            declare_pipe(self, true);
        }
        self->statistics.answered++;
        self->spoke_since = false;
        self->moved_us = redirect_now_us(self);
        self->moved_by_push = false;
        redirect_answer(self, &self->in, usb_redir_success, burst, length);
    }
    /* What there was has gone without being asked for: the FIFO was flushed. */
    if (!self->deaf && self->naks && !self->in_owes_end && !self->in_owes_stall && !self->pushes &&
        !self->chip->type->has_data(self->chip)) {
        declare_pipe(self, true);
    }
    return UINT64_MAX;
}

uint64_t redirect_serve_in(struct redirect *self)
{
    return self->pushes ? push_in(self) : answer_in(self);
}

void redirect_choose_pipe(struct redirect *self)
{
    bool naks = self->chip->type->empty_is_nak(self->chip);
    /* A chip that was reset is back at empty packets, which nobody wants while it does not
     * receive: a transfer still under way then stays without an answer, and without harm. */
    if (naks == self->naks || (!naks && !self->chip->type->is_receiving(self->chip))) {
        return;
    }
    self->naks = naks;
    self->in_owes_end = false;
    declare_pipe(self, naks);
}
