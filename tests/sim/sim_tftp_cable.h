/*
 * sim_tftp_cable: the TFTP server of sim_tftp_server behind the peer of sim_peer, so that
 * a client can reach it through the real network stack.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef SIM_TFTP_CABLE_H
#define SIM_TFTP_CABLE_H

#include "sim.h"
#include "sim_net.h"
#include "sim_tftp_server.h"

struct sim_tftp_cable {
    struct sim_tftp tftp; /* set its file and its habits after the start */
    struct sim_net *net;
    struct sim_event event;
    uint8_t board_ip[4];         /* of whoever asked last */
    void (*take_frames)(void *); /* the peer's own */
    void *take_context;
};

/* Sits down behind net's peer (net has been started): datagrams to port 69 and to the
 * transfers' ports reach the server. An arriving datagram raises interrupt 9, which a
 * handler quiets again, as the USB controller's would. */
void sim_tftp_cable_start(struct sim_tftp_cable *self, struct sim_net *net);

#endif
