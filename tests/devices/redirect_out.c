/*
 * redirect_out: bulk OUT: what the machine sends goes to the chip as fast as it takes it.
 * See redirect.h.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <stddef.h>
#include <usbredirparser.h>

#include "redirect_parts.h"

#define RETRY_US 500 /* the chip could not take what the machine sends */

static void declare_out(struct redirect *self, bool at_once)
{
    self->out_at_once = at_once;
    redirect_send_endpoints(self);
}

uint64_t redirect_serve_out(struct redirect *self)
{
    struct redirect_request *request;
    /* A stall is an answer, so from now on QEMU waits for answers. */
    if (self->out_at_once &&
        (self->chip->faults.stall_out || redirect_is_halted(self, false, CHIP_BULK_OUT))) {
        declare_out(self, false);
    }
    while (!self->deaf && (request = redirect_first_of(&self->out)) != NULL) {
        if (redirect_is_halted(self, false, CHIP_BULK_OUT)) {
            redirect_answer(self, &self->out, usb_redir_stall, NULL, 0);
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
            redirect_answer(self, &self->out, usb_redir_success, NULL, request->length);
        }
    }
    if (self->out_full && !self->deaf && !redirect_is_halted(self, false, CHIP_BULK_OUT)) {
        self->out_full = false;
        declare_out(self, true);
    }
    return UINT64_MAX;
}
