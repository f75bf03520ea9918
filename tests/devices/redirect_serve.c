/*
 * redirect_serve: one round over all endpoints: bulk OUT (redirect_out.c), bulk IN (redirect_in.c),
 * interrupt IN; or none of them, for a device that does not answer. See redirect.h.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <stddef.h>
#include <usbredirparser.h>

#include "redirect_parts.h"

#define EVENT_POLL_US 5000 /* a link comes up by time alone */

static uint64_t serve_event(struct redirect *self)
{
    uint8_t status[64];
    if (!self->event_started || redirect_is_halted(self, true, CHIP_INTERRUPT_IN)) {
        return UINT64_MAX;
    }
    int length = self->chip->type->interrupt_in(self->chip, status, sizeof(status));
    if (length >= 0 && !self->deaf) {
        redirect_push(self, CHIP_INTERRUPT_IN, usb_redir_success, status, (uint32_t)length);
        self->statistics.events++;
    }
    return EVENT_POLL_US;
}

/* A device that does not answer; what QEMU itself answers by NAK while bulk IN is declared as
 * interrupt it goes on answering. */
static void serve_nothing(struct redirect *self)
{
    while (self->in.count) {
        redirect_answer(self, &self->in, usb_redir_ioerror, NULL, 0);
    }
    while (self->out.count) {
        redirect_answer(self, &self->out, usb_redir_ioerror, NULL, 0);
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
    uint64_t again_us = redirect_serve_out(self);
    again_us = earlier(again_us, redirect_serve_in(self));
    return self->deaf ? UINT64_MAX : earlier(again_us, serve_event(self));
}
