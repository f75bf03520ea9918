/*
 * redirect_pipes: bulk and interrupt endpoints between QEMU and a chip. See redirect.h.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <string.h>
#include <usbredirparser.h>

#include "redirect.h"

#define TAKEN_US      500   /* QEMU's controller tries a pipe that had nothing every 250 us */
#define IDLE_US       3000  /* a machine that was given nothing for so long waits for it */
#define BURST_MAX     65024 /* whole packets, less than the most a bulk request may ask for */
#define RETRY_US      500   /* the chip could not take what the machine sends */
#define EVENT_POLL_US 5000  /* a link comes up by time alone */

static bool is_halted(const struct redirect *self, bool in, unsigned endpoint)
{
    return self->endpoint0.halted[in][endpoint];
}

/* ---- requests ---- */

static struct redirect_request *first_of(struct redirect_queue *queue)
{
    return queue->count ? &queue->requests[queue->first] : NULL;
}

static void answer(struct redirect *self, struct redirect_queue *queue, uint8_t status,
                   uint8_t *data, uint32_t length)
{
    struct redirect_request *request = first_of(queue);
    struct usb_redir_bulk_packet_header header = {
        .endpoint = queue == &self->in ? 0x80 | CHIP_BULK_IN : CHIP_BULK_OUT,
        .status = status,
        .length = (uint16_t)length,
        .length_high = (uint16_t)(length >> 16),
    };
    if (!request->answered) {
        usbredirparser_send_bulk_packet(self->parser, request->id, &header, length ? data : NULL,
                                        data ? (int)length : 0);
    }
    usbredirparser_free_packet_data(self->parser, request->data);
    queue->first = (queue->first + 1) % REDIRECT_REQUESTS;
    queue->count--;
}

void redirect_end_requests(struct redirect *self)
{
    while (self->in.count) {
        answer(self, &self->in, usb_redir_success, NULL, 0);
    }
    while (self->out.count) {
        answer(self, &self->out, usb_redir_stall, NULL, 0);
    }
    self->in_owes_end = self->in_owes_stall = false;
}

void redirect_forget_requests(struct redirect *self)
{
    struct redirect_queue *queues[] = {&self->in, &self->out};
    for (unsigned i = 0; i < 2; i++) {
        for (; queues[i]->count; queues[i]->count--) {
            usbredirparser_free_packet_data(self->parser, first_of(queues[i])->data);
            queues[i]->first = (queues[i]->first + 1) % REDIRECT_REQUESTS;
        }
    }
    self->in_owes_end = self->in_owes_stall = false;
}

/* QEMU waits for an answer to what it has cancelled, too; ours may be on its way already. Only
 * a request that is the first can go: requests of an endpoint end in their order. */
void redirect_cancel(struct redirect *self, uint64_t id)
{
    struct redirect_queue *queues[] = {&self->in, &self->out};
    for (unsigned i = 0; i < 2; i++) {
        struct redirect_request *request = first_of(queues[i]);
        if (request && request->id == id && !self->deaf) {
            self->statistics.cancelled++;
            answer(self, queues[i], usb_redir_cancelled, NULL, 0);
        }
    }
}

/* ---- bulk OUT ---- */

static void declare_out(struct redirect *self, bool at_once)
{
    self->out_at_once = at_once;
    redirect_send_endpoints(self);
}

static uint64_t serve_out(struct redirect *self)
{
    struct redirect_request *request;
    /* A stall is an answer, so from now on QEMU waits for answers. */
    if (self->out_at_once &&
        (self->chip->faults.stall_out || is_halted(self, false, CHIP_BULK_OUT))) {
        declare_out(self, false);
    }
    while (!self->deaf && (request = first_of(&self->out)) != NULL) {
        if (is_halted(self, false, CHIP_BULK_OUT)) {
            answer(self, &self->out, usb_redir_stall, NULL, 0);
            continue;
        }
        uint32_t left = request->length - request->at;
        uint32_t length = left < CHIP_PACKET_BYTES ? left : CHIP_PACKET_BYTES;
        static const uint8_t nothing[1];
        int taken = self->chip->type->bulk_out(
            self->chip, request->data ? request->data + request->at : nothing, length);
        if (self->deaf) {
            break;
        }
        if (taken == CHIP_NAK) {
            /* The machine has to wait as well, or it would send for as long as that lasts. */
            if (self->out_at_once) {
                declare_out(self, false);
                self->out_full = true;
            }
            return RETRY_US;
        }
        if (taken == CHIP_STALL) {
            self->endpoint0.halted[false][CHIP_BULK_OUT] = true;
            continue;
        }
        request->at += length;
        if (request->at == request->length) {
            /* The length alone: what went out does not come back. */
            answer(self, &self->out, usb_redir_success, NULL, request->length);
        }
    }
    if (self->out_full && !self->deaf && !is_halted(self, false, CHIP_BULK_OUT)) {
        self->out_full = false;
        declare_out(self, true);
    }
    return UINT64_MAX;
}

/* What a controller on the bus would not do, or no chip survive. */
static bool may_ask(struct redirect *self, bool in, uint32_t length)
{
    if (!self->endpoint0.configuration) {
        chip_complain(self->chip, "pipe-before-configuration",
                      "bulk %s of %u bytes before SET_CONFIGURATION", in ? "IN" : "OUT", length);
    } else if (in && (length == 0 || length % CHIP_PACKET_BYTES != 0)) {
        chip_complain(self->chip, "in-not-whole-packets",
                      "bulk IN of %u bytes: a packet has %u, and room for less babbles", length,
                      CHIP_PACKET_BYTES);
    }
    return !self->deaf;
}

void redirect_take_bulk(struct redirect *self, uint64_t id, uint8_t endpoint, uint32_t length,
                        uint8_t *data, bool answered)
{
    struct redirect_queue *queue = endpoint & 0x80 ? &self->in : &self->out;
    if (queue->count == REDIRECT_REQUESTS) {
        serve_out(self); /* many may come in one piece */
    }
    if (self->deaf || queue->count == REDIRECT_REQUESTS ||
        !may_ask(self, queue == &self->in, length)) {
        usbredirparser_free_packet_data(self->parser, data);
        if (!self->deaf) {
            chip_complain(self->chip, "too-many-requests", "over %d bulk requests at once",
                          REDIRECT_REQUESTS);
        }
        return;
    }
    self->spoke_since = self->spoke_since || queue == &self->out;
    queue->requests[(queue->first + queue->count++) % REDIRECT_REQUESTS] =
        (struct redirect_request){.id = id,
                                  .since_us = redirect_now_us(self),
                                  .length = length,
                                  .answered = answered,
                                  .data = data};
}

/* ---- bulk IN ---- */

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

static void push(struct redirect *self, uint8_t endpoint, uint8_t status, uint8_t *data,
                 uint32_t length)
{
    struct usb_redir_interrupt_packet_header header = {
        .endpoint = 0x80 | endpoint, .status = status, .length = (uint16_t)length};
    usbredirparser_send_interrupt_packet(self->parser, 0, &header, length ? data : NULL,
                                         (int)length);
}

/* Packet by packet: QEMU gives out what it has up to a short one, or up to the room asked for,
 * and waits for either. */
static void push_packets(struct redirect *self, uint8_t *bytes, uint32_t length)
{
    uint32_t at = 0;
    do {
        uint32_t left = length - at;
        uint32_t packet = left < CHIP_PACKET_BYTES ? left : CHIP_PACKET_BYTES;
        push(self, CHIP_BULK_IN, usb_redir_success, bytes + at, packet);
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
            push(self, CHIP_BULK_IN, usb_redir_success, NULL, 0);
            push(self, CHIP_BULK_IN, usb_redir_success, NULL, 0);
        }
    }
    if (self->in_owes_stall) {
        self->in_owes_stall = false;
        self->endpoint0.halted[true][CHIP_BULK_IN] = true;
        push(self, CHIP_BULK_IN, usb_redir_stall, NULL, 0);
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
        answer(self, &self->in, usb_redir_success, NULL, 0);
    }
    if (!self->in_started || is_halted(self, true, CHIP_BULK_IN) ||
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
    while (!self->deaf && (request = first_of(&self->in)) != NULL) {
        if (self->in_owes_stall) {
            self->in_owes_stall = false;
            self->endpoint0.halted[true][CHIP_BULK_IN] = true;
        }
        if (is_halted(self, true, CHIP_BULK_IN)) {
            answer(self, &self->in, usb_redir_stall, NULL, 0);
            continue;
        }
        if (self->in_owes_end) {
            self->in_owes_end = false;
            answer(self, &self->in, usb_redir_success, NULL, 0);
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
        answer(self, &self->in, usb_redir_success, burst, length);
    }
    /* What there was has gone without being asked for: the FIFO was flushed. */
    if (!self->deaf && self->naks && !self->in_owes_end && !self->in_owes_stall && !self->pushes &&
        !self->chip->type->has_data(self->chip)) {
        declare_pipe(self, true);
    }
    return UINT64_MAX;
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

/* ---- interrupt IN ---- */

static uint64_t serve_event(struct redirect *self)
{
    uint8_t status[64];
    if (!self->event_started || is_halted(self, true, CHIP_INTERRUPT_IN)) {
        return UINT64_MAX;
    }
    int length = self->chip->type->interrupt_in(self->chip, status, sizeof(status));
    if (length >= 0 && !self->deaf) {
        push(self, CHIP_INTERRUPT_IN, usb_redir_success, status, (uint32_t)length);
        self->statistics.events++;
    }
    return EVENT_POLL_US;
}

/* A device that does not answer; what QEMU itself answers by NAK while bulk IN is declared as
 * interrupt it goes on answering. */
static void serve_nothing(struct redirect *self)
{
    while (self->in.count) {
        answer(self, &self->in, usb_redir_ioerror, NULL, 0);
    }
    while (self->out.count) {
        answer(self, &self->out, usb_redir_ioerror, NULL, 0);
    }
}

static uint64_t earlier(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

uint64_t redirect_serve(struct redirect *self)
{
    if (self->deaf || !self->connected || self->socket < 0) {
        return UINT64_MAX;
    }
    if (self->chip->faults.silent) {
        serve_nothing(self);
        return UINT64_MAX;
    }
    if (!self->chip->type->has_data(self->chip)) {
        self->fifo_bytes = 0;
    }
    uint64_t again_us = serve_out(self);
    again_us = earlier(again_us, self->pushes ? push_in(self) : answer_in(self));
    return self->deaf ? UINT64_MAX : earlier(again_us, serve_event(self));
}
