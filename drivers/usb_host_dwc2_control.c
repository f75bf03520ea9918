/*
 * usb_host_dwc2_control: control transfers, stage by stage, waiting.
 *
 * Each stage is a transfer on a channel like any other; SETUP, the data stage (always
 * starting with DATA1) and the status stage (DATA1, against the direction of the data)
 * are USB 2.0, section 8.5.3. Data goes through a buffer of the driver, so callers need
 * not know about DMA.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <string.h>

#include "bytes.h"
#include "clock.h"
#include "error.h"
#include "irq.h"
#include "usb_host_dwc2_channels.h"

static int run_stage(struct usb_host_dwc2 *self, bool in, uint8_t toggle, void *buffer,
                     uint32_t length, uint64_t deadline_us)
{
    struct usb_transfer *stage = &self->stage;
    int status;

    stage->endpoint = &self->stage_endpoint;
    stage->buffer = buffer;
    stage->length = length;
    self->stage_endpoint.in = in;
    self->stage_endpoint.toggle = toggle;
    status = dwc2_channel_begin(self, stage);
    if (status < 0)
        return status;
    while (stage->status == ERROR_BUSY) {
        if (clock_passed(deadline_us)) {
            dwc2_cancel(&self->host, stage);
            return ERROR_TIMEOUT;
        }
        clock_wait_until(deadline_us);
        irq_dispatch();
    }
    return stage->status < 0 ? stage->status : (int)stage->actual;
}

int dwc2_control(struct usb_host *host, struct usb_endpoint *endpoint,
                 const struct usb_setup *setup, void *data, uint64_t deadline_us)
{
    struct usb_host_dwc2 *self = (struct usb_host_dwc2 *)host;
    bool in = (setup->request_type & 0x80) && setup->length;
    int moved = 0;
    int status;

    if (setup->length > sizeof self->control_data)
        return ERROR_TOO_LARGE;
    /* A stage that could not be cancelled still has the buffers: only start helps. */
    if (self->stage.status == ERROR_BUSY)
        return ERROR_TIMEOUT;
    self->stage_endpoint = *endpoint;
    self->stage_endpoint.type = USB_CONTROL;
    self->setup_packet[0] = setup->request_type;
    self->setup_packet[1] = setup->request;
    bytes_put_le16(self->setup_packet + 2, setup->value);
    bytes_put_le16(self->setup_packet + 4, setup->index);
    bytes_put_le16(self->setup_packet + 6, setup->length);
    status = run_stage(self, false, DWC2_TOGGLE_SETUP, self->setup_packet, 8, deadline_us);
    if (status < 0)
        return status;

    if (setup->length) {
        uint32_t packet = endpoint->max_packet;
        /* The core wants room for whole packets. 1024 is a multiple of every size. */
        uint32_t room = in ? (setup->length + packet - 1) / packet * packet : setup->length;

        if (!in)
            memcpy(self->control_data, data, setup->length);
        moved = run_stage(self, in, 1, self->control_data, room, deadline_us);
        if (moved < 0)
            return moved;
        if (moved > setup->length)
            return ERROR_IO; /* more than asked for, though within the last packet */
        if (in)
            memcpy(data, self->control_data, (size_t)moved);
    }
    status = run_stage(self, !in, 1, self->setup_packet, 0, deadline_us);
    return status < 0 ? status : moved;
}
