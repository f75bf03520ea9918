/*
 * ethernet_lan_stop: stops the chip with nothing cut in two, so that whoever takes over finds each
 * pipe between two bursts or frames.
 *
 * First what is on its way out ends. Then the chip takes in nothing more, the receive FIFO is
 * drained through the transfers that are under way, and only when both ends are at rest are chip
 * and transfers ended.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <stddef.h>

#include "clock.h"
#include "error.h"
#include "ethernet_lan_parts.h"
#include "irq.h"

#define STOP_TIMEOUT_US 5000

/* What a burst can still take when the FIFO reads as empty. What has left it stands in the chip's
 * USB side until the host asks for it, and that keeps the packet that ends the burst back for
 * BULK_IN_DLY (34 us), in the hope of one more frame; the host asks again within a microframe
 * (125 us). No register tells that this is over, and a transfer into which no burst has begun does
 * not end at all, so it is waited for by time. Switching off takes longer with either chip, before
 * it empties the FIFO; but that is its own affair. */
#define LAST_BURST_US 200

/* What arrives meanwhile is dropped: whoever comes next could not be given it, and the stacks on
 * both ends live with lost frames. What matters is that no burst is cut in the middle. */
static int drain(struct ethernet_lan *self)
{
    uint64_t deadline_us = clock_now_us() + STOP_TIMEOUT_US;
    int waiting = 1;

    while (waiting > 0 && !clock_passed(deadline_us)) {
        struct usb_transfer *transfer = &self->receives[self->receive_first];

        irq_dispatch();
        if (transfer->status == 0)
            ethernet_lan_next_receive(self);
        else if (transfer->status != ERROR_BUSY)
            return 0; /* no more can be fetched: the FIFO will be flushed */
        else
            waiting = self->chip->bytes_waiting(self);
    }
    if (waiting < 0)
        return waiting;
    clock_sleep_us(LAST_BURST_US);
    irq_dispatch();
    return 0;
}

static int quieten(struct ethernet_lan *self)
{
    int status, off;

    ethernet_lan_wait_for_sends(self);
    status = self->chip->stop_reception(self);
    if (status == 0 && self->receiving)
        status = drain(self);
    off = ethernet_lan_switch_off(self);
    return status < 0 ? status : off;
}

int ethernet_lan_stop(struct ethernet_device *ethernet)
{
    struct ethernet_lan *self = (struct ethernet_lan *)ethernet;
    struct usb_host *host = self->device->bus->host;
    int status = 0, ended;

    if (self->stopped)
        return 0;
    self->lent = NULL;
    /* self->link stays, for describe. */
    if (self->chip_is_on && !self->gone)
        status = quieten(self);
    self->stopped = true;
    ended = ethernet_lan_end_receive(self);
    if (status == 0)
        status = ended;
    ended = ethernet_lan_end_send(self);
    if (status == 0)
        status = ended;
    ended = host->cancel(host, &self->events);
    if (status == 0)
        status = ended;
    return status < 0 ? ERROR_TIMEOUT : 0;
}
