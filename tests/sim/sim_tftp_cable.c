/*
 * sim_tftp_cable: a TFTP server behind a sim_peer. See sim_tftp_cable.h.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "sim_tftp_cable.h"

#include <string.h>

#include "bytes.h"
#include "clock.h"
#include "irq.h"

#define INTERRUPT 9
#define IP_SOURCE 26
#define UDP       34
#define DATA      42

static void quiet(void *context)
{
    (void)context;
    sim_irq_set(INTERRUPT, false);
}

static void plan(struct sim_tftp_cable *self);

static void serve(void *context)
{
    struct sim_tftp_cable *self = context;
    struct sim_tftp *tftp = &self->tftp;
    struct sim_tftp_packet *packet;

    tftp->now_us = self->event.at_us;
    while ((packet = sim_tftp_arrived(tftp)) != NULL) {
        struct sim_frame frame;

        packet->at_us = 0;
        sim_peer_make_udp(&self->net->peer, &frame, self->net->peer.ip, packet->from_port,
                          self->board_ip, packet->to_port, packet->bytes, packet->length);
        sim_peer_send(&self->net->peer, &frame);
        sim_irq_set(INTERRUPT, true);
    }
    sim_tftp_server_tick(tftp);
    plan(self);
}

static void plan(struct sim_tftp_cable *self)
{
    uint64_t next = sim_tftp_server_deadline(&self->tftp), now = self->tftp.now_us;

    sim_cancel(&self->event);
    if (next != CLOCK_NEVER)
        sim_after_us(&self->event, next > now ? next - now : 0, serve, self);
}

static void take(void *context)
{
    struct sim_tftp_cable *self = context;
    struct sim_frame *frame = &self->net->peer.datagram;
    unsigned before = self->net->peer.datagrams;

    self->take_frames(self->take_context);
    if (self->net->peer.datagrams == before || frame->length < DATA)
        return;
    memcpy(self->board_ip, frame->bytes + IP_SOURCE, 4);
    self->tftp.now_us = clock_now_us();
    sim_tftp_server_receive(&self->tftp, bytes_be16(frame->bytes + UDP),
                            bytes_be16(frame->bytes + UDP + 2), frame->bytes + DATA,
                            bytes_be16(frame->bytes + UDP + 4) - 8u);
    plan(self);
}

void sim_tftp_cable_start(struct sim_tftp_cable *self, struct sim_net *net)
{
    memset(self, 0, sizeof *self);
    self->net = net;
    self->take_frames = net->peer.end->arrived;
    self->take_context = net->peer.end->context;
    net->peer.end->arrived = take;
    net->peer.end->context = self;
    irq_enable(INTERRUPT, quiet, NULL);
}
