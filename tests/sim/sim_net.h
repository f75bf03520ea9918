/*
 * sim_net: the network stack on a simulated cable, with a peer at the other end.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef SIM_NET_H
#define SIM_NET_H

#include <stdbool.h>
#include <stdint.h>

#include "net.h"
#include "sim_cable.h"
#include "sim_peer.h"

struct sim_net {
    struct sim_cable cable;
    struct sim_peer peer;
    unsigned wake_ups; /* times sim_net_run_us slept and woke */
};

/* Resets the simulator and starts the stack on the cable, without an address. */
void sim_net_start(struct sim_net *net);

/* Gives the stack 10.0.0.2/24, gateway 10.0.0.1 (the peer). */
void sim_net_static(void);

/* Stops the stack. Returns true if lwIP's pools and heap are as at the start. */
bool sim_net_stop(struct sim_net *net);

/* Runs the event loop for this long in virtual time, sleeping until net_deadline_us. */
void sim_net_run_us(struct sim_net *net, uint64_t duration_us);

/* Polls until there is nothing to do now. */
void sim_net_settle(void);

#endif
