/*
 * redirect_pipes: what QEMU says of endpoints: requests to the bulk ones, kept in their order until
 * they are answered, and whether it takes what is pushed. What becomes of it: redirect_serve.c.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <stddef.h>
#include <usbredirparser.h>

#include "redirect_parts.h"

/* ---- requests ---- */

struct redirect_request *redirect_first_of(struct redirect_queue *queue)
{
    return queue->count ? &queue->requests[queue->first] : NULL;
}

void redirect_answer(struct redirect *self, struct redirect_queue *queue, uint8_t status,
                     uint8_t *data, uint32_t length)
{
    struct redirect_request *request = redirect_first_of(queue);
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
        redirect_answer(self, &self->in, usb_redir_success, NULL, 0);
    }
    while (self->out.count) {
        redirect_answer(self, &self->out, usb_redir_stall, NULL, 0);
    }
    self->in_owes_end = self->in_owes_stall = false;
}

void redirect_forget_requests(struct redirect *self)
{
    struct redirect_queue *queues[] = {&self->in, &self->out};
    for (unsigned i = 0; i < 2; i++) {
        for (; queues[i]->count; queues[i]->count--) {
            usbredirparser_free_packet_data(self->parser, redirect_first_of(queues[i])->data);
            queues[i]->first = (queues[i]->first + 1) % REDIRECT_REQUESTS;
        }
    }
    self->in_owes_end = self->in_owes_stall = false;
}

void redirect_push(struct redirect *self, uint8_t endpoint, uint8_t status, uint8_t *data,
                   uint32_t length)
{
    struct usb_redir_interrupt_packet_header header = {
        .endpoint = 0x80 | endpoint, .status = status, .length = (uint16_t)length};
    usbredirparser_send_interrupt_packet(self->parser, 0, &header, length ? data : NULL,
                                         (int)length);
}

/* ---- what QEMU says ---- */

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

static void take_bulk(struct redirect *self, uint64_t id, uint8_t endpoint, uint32_t length,
                      uint8_t *data, bool answered)
{
    struct redirect_queue *queue = endpoint & 0x80 ? &self->in : &self->out;
    if (queue->count == REDIRECT_REQUESTS) {
        redirect_serve_out(self); /* many may come in one piece */
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

static void bulk(void *private, uint64_t id, struct usb_redir_bulk_packet_header *header,
                 uint8_t *data, int length)
{
    (void)length;
    take_bulk(private, id, header->endpoint, header->length | (uint32_t)header->length_high << 16,
              data, false);
}

/* Bulk OUT, declared as interrupt. */
static void interrupt(void *private, uint64_t id, struct usb_redir_interrupt_packet_header *header,
                      uint8_t *data, int length)
{
    (void)length;
    take_bulk(private, id, header->endpoint, header->length, data, true);
}

static void start_interrupt(void *private, uint64_t id,
                            struct usb_redir_start_interrupt_receiving_header *header)
{
    struct redirect *self = private;
    struct usb_redir_interrupt_receiving_status_header status = {usb_redir_success,
                                                                 header->endpoint};
    if (header->endpoint == (0x80 | CHIP_BULK_IN)) {
        self->in_started = true;
    } else if (header->endpoint == (0x80 | CHIP_INTERRUPT_IN)) {
        self->event_started = true;
    } else {
        status.status = usb_redir_stall;
    }
    usbredirparser_send_interrupt_receiving_status(self->parser, id, &status);
}

static void stop_interrupt(void *private, uint64_t id,
                           struct usb_redir_stop_interrupt_receiving_header *header)
{
    struct redirect *self = private;
    (void)id;
    if (header->endpoint == (0x80 | CHIP_BULK_IN)) {
        self->in_started = false;
    } else if (header->endpoint == (0x80 | CHIP_INTERRUPT_IN)) {
        self->event_started = false;
    }
}

/* QEMU waits for an answer to what it has cancelled, too; ours may be on its way already. Only
 * a request that is the first can go: requests of an endpoint end in their order. */
static void cancel(void *private, uint64_t id)
{
    struct redirect *self = private;
    struct redirect_queue *queues[] = {&self->in, &self->out};
    for (unsigned i = 0; i < 2; i++) {
        struct redirect_request *request = redirect_first_of(queues[i]);
        if (request && request->id == id && !self->deaf) {
            self->statistics.cancelled++;
            redirect_answer(self, queues[i], usb_redir_cancelled, NULL, 0);
        }
    }
}

void redirect_hear_pipes(struct usbredirparser *parser)
{
    parser->bulk_packet_func = bulk;
    parser->interrupt_packet_func = interrupt;
    parser->start_interrupt_receiving_func = start_interrupt;
    parser->stop_interrupt_receiving_func = stop_interrupt;
    parser->cancel_data_packet_func = cancel;
}
