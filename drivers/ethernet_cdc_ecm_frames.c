/*
 * ethernet_cdc_ecm_frames: an adapter of the class CDC-ECM as an ethernet_device: frames in and
 * out, its link, its stop.
 *
 * The class is as plain as it can be: a bulk transfer is a frame, ended by a short
 * packet, so a frame that fills its last packet is followed by an empty one. One
 * receive transfer, given back to the host only after the frame was consumed: on QEMU
 * re-arming earlier halves the speed. It has room for 2048 bytes because QEMU moves
 * transfers of up to 1536 bytes at one packet per 250 us.
 *
 * Not done: the notification endpoint. Polling it costs an interrupt per frame, and
 * QEMU's device only ever says that the cable is in; so the link is up as long as the
 * device is there.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "ethernet_cdc_ecm_frames.h"

#include <stddef.h>

#include "error.h"

#define FAILURES_MAX 8 /* receptions that fail in a row: it is gone */

/* ---- sending ---- */

static void send_done(struct usb_transfer *transfer)
{
    struct ethernet_cdc_ecm *self = transfer->owner;

    if (transfer->status == 0)
        self->ethernet.statistics.frames_sent++;
    else
        self->ethernet.statistics.send_errors++;
}

static uint8_t *send_buffer(struct ethernet_device *ethernet)
{
    struct ethernet_cdc_ecm *self = (struct ethernet_cdc_ecm *)ethernet;

    return self->sends[self->next_send].status == ERROR_BUSY ? NULL
                                                             : self->send_buffers[self->next_send];
}

static int send(struct ethernet_device *ethernet, uint32_t length)
{
    struct ethernet_cdc_ecm *self = (struct ethernet_cdc_ecm *)ethernet;
    struct usb_transfer *transfer = &self->sends[self->next_send];
    struct usb_host *host;
    int status;

    if (length < ETHERNET_HEADER_BYTES || length > ETHERNET_FRAME_MAX)
        return ERROR_INVALID;
    if (self->gone || self->stopped)
        return ERROR_IO;
    if (transfer->status == ERROR_BUSY)
        return ERROR_BUSY;
    host = self->device->bus->host;
    transfer->length = length;
    status = host->submit(host, transfer);
    if (status == 0)
        self->next_send = (self->next_send + 1) % ETHERNET_CDC_ECM_SENDS;
    return status;
}

/* ---- receiving ---- */

int ethernet_cdc_ecm_start_receive(struct ethernet_cdc_ecm *self)
{
    struct usb_host *host = self->device->bus->host;
    int status = host->submit(host, &self->receive);

    self->receiving = status == 0;
    /* It is lent for reading only, so from the second time on the host may rely on that. */
    self->receive.unwritten |= self->receiving;
    return status;
}

/* Judges a receive transfer that ended without a frame, and starts the next. A halted
 * endpoint has to wait for update_link, since clearing the halt takes time. */
static void restart_receive(struct ethernet_cdc_ecm *self)
{
    self->ethernet.statistics.receive_errors++;
    if (++self->receive_failures >= FAILURES_MAX)
        self->gone = true;
    else if (self->receive.status != ERROR_STALLED)
        ethernet_cdc_ecm_start_receive(self);
}

static int receive(struct ethernet_device *ethernet, const uint8_t **frame)
{
    struct ethernet_cdc_ecm *self = (struct ethernet_cdc_ecm *)ethernet;

    if (self->gone || self->stopped)
        return ERROR_IO;
    if (self->receive.status == ERROR_BUSY)
        return 0;
    if (!self->receiving)
        return 0; /* halted */
    if (self->receive.status == 0 && self->receive.actual >= ETHERNET_HEADER_BYTES &&
        self->receive.actual <= ETHERNET_FRAME_MAX) {
        self->receive_failures = 0;
        *frame = self->receive_buffer;
        return (int)self->receive.actual;
    }
    self->receiving = false;
    restart_receive(self);
    return 0;
}

static void receive_done(struct ethernet_device *ethernet)
{
    struct ethernet_cdc_ecm *self = (struct ethernet_cdc_ecm *)ethernet;

    if (self->receive.status || !self->receiving || self->stopped)
        return;
    self->ethernet.statistics.frames_received++;
    ethernet_cdc_ecm_start_receive(self);
}

/* ---- link, stop ---- */

static bool link_is_up(struct ethernet_device *ethernet)
{
    struct ethernet_cdc_ecm *self = (struct ethernet_cdc_ecm *)ethernet;

    return self->device && !self->gone && !self->stopped;
}

static int update_link(struct ethernet_device *ethernet)
{
    struct ethernet_cdc_ecm *self = (struct ethernet_cdc_ecm *)ethernet;
    struct usb_host *host = self->device->bus->host;
    int status;

    if (!host->port_is_connected(host))
        self->gone = true;
    if (self->gone || self->stopped)
        return ERROR_IO;
    for (unsigned i = 0; i < ETHERNET_CDC_ECM_SENDS; i++) {
        if (self->sends[i].status != ERROR_STALLED)
            continue;
        status = usb_clear_halt(self->device, &self->out);
        if (status < 0)
            return status;
        self->sends[i].status = 0;
    }
    if (self->receiving)
        return 0;
    if (self->receive.status == ERROR_STALLED) {
        status = usb_clear_halt(self->device, &self->in);
        if (status < 0)
            return status;
    }
    return ethernet_cdc_ecm_start_receive(self);
}

static int stop(struct ethernet_device *ethernet)
{
    struct ethernet_cdc_ecm *self = (struct ethernet_cdc_ecm *)ethernet;
    struct usb_host *host = self->device->bus->host;
    int status = host->cancel(host, &self->receive);

    for (unsigned i = 0; i < ETHERNET_CDC_ECM_SENDS; i++) {
        int cancelled = host->cancel(host, &self->sends[i]);

        if (status == 0)
            status = cancelled;
    }
    self->stopped = true;
    self->receiving = false;
    return status;
}

/* ---- start ---- */

void ethernet_cdc_ecm_init_frames(struct ethernet_cdc_ecm *self)
{
    self->ethernet.send_buffer = send_buffer;
    self->ethernet.send = send;
    self->ethernet.receive = receive;
    self->ethernet.receive_done = receive_done;
    self->ethernet.link_is_up = link_is_up;
    self->ethernet.update_link = update_link;
    self->ethernet.stop = stop;
    self->receive.endpoint = &self->in;
    self->receive.buffer = self->receive_buffer;
    self->receive.length = sizeof self->receive_buffer;
    for (unsigned i = 0; i < ETHERNET_CDC_ECM_SENDS; i++) {
        self->sends[i].endpoint = &self->out;
        self->sends[i].buffer = self->send_buffers[i];
        self->sends[i].end_with_short = true;
        self->sends[i].done = send_done;
        self->sends[i].owner = self;
    }
}
