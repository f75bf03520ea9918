/*
 * ethernet_lan_mend: begins anew what receive and send cannot mend themselves: they may not wait.
 *
 * They tell by receiving, framing_failures and send_broken. As little is given up as can be: one
 * pipe and not the link, the FIFOs only where something in them makes no sense, and never the PHY,
 * whose next link would be seconds away.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "clock.h"
#include "error.h"
#include "ethernet_lan_parts.h"
#include "log.h"

#define STUCK_TIMEOUT_US 5000000

/* Reception halted: the FIFO keeps what it has. But where framing was lost, of frames received
 * or of one to send, only empty FIFOs help; nor is it known after reception failed more than
 * once. */
static int refill(struct ethernet_lan *self)
{
    struct ethernet_lan_link link = self->link;
    int status;

    self->link = (struct ethernet_lan_link){0}; /* should it fail, the next look begins there */
    status = ethernet_lan_end_send(self);
    if (status == 0)
        status = self->chip->configure(self);
    if (status == 0)
        status = self->chip->set_link(self, &link);
    if (status == 0)
        self->link = link;
    /* Configure has acknowledged what the PHY had to tell: the cable may be out by now. */
    ethernet_lan_look_now(self);
    return status;
}

/* The pipe begins at DATA0 again also where it was not halted: of a packet without an answer nobody
 * knows whether it was taken. */
int ethernet_lan_mend(struct ethernet_lan *self)
{
    bool receive_halted = self->receives[self->receive_first].status == ERROR_STALLED;
    int status;

    if (!self->send_broken && (self->receiving || !self->link.up))
        return 0;
    status = ethernet_lan_end_receive(self);
    if (status == 0 && receive_halted)
        status = usb_clear_halt(self->device, &self->in);
    if (status == 0 && (self->send_broken || self->framing_failures ||
                        (self->receive_failures > 1 && !receive_halted)))
        status = refill(self);
    if (status == 0 && self->send_broken)
        status = usb_clear_halt(self->device, &self->out);
    if (status < 0)
        return status;
    self->send_broken = false;
    if (self->link.up)
        ethernet_lan_start_receive(self);
    return 0;
}

void ethernet_lan_begin_watch(struct ethernet_lan *self)
{
    self->sent_before = self->ethernet.statistics.frames_sent;
    self->stuck_at_us = clock_now_us() + STUCK_TIMEOUT_US;
}

void ethernet_lan_watch_sends(struct ethernet_lan *self)
{
    if (!ethernet_lan_is_sending(self) ||
        self->ethernet.statistics.frames_sent != self->sent_before) {
        ethernet_lan_begin_watch(self);
    } else if (clock_passed(self->stuck_at_us)) {
        log_line(self->chip->name, "sending is stuck: begun anew");
        self->send_broken = true;
    }
}
