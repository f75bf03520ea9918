/*
 * sim_cable: an Ethernet cable with two ends, each a struct ethernet_device.
 *
 * What one end sends the other receives, at once, unless faults say otherwise; the
 * faults come from a seeded generator, so a run can be repeated. The ends watch that
 * their user keeps the contract of ethernet_device.h and stop the test if he writes to a
 * lent frame. Every lent frame is a heap block of
 * exactly its length and every send buffer one of ETHERNET_FRAME_MAX bytes, freed when
 * the contract ends the loan, so the address sanitizer sees any other misuse.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef SIM_CABLE_H
#define SIM_CABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ethernet_device.h"

#define SIM_CABLE_QUEUE 64 /* frames that wait at an end; what comes then is lost */

struct sim_cable;

struct sim_cable_frame {
    uint8_t *bytes;
    uint32_t length;
};

struct sim_cable_end {
    struct ethernet_device device;
    struct sim_cable *cable;
    struct sim_cable_frame queue[SIM_CABLE_QUEUE]; /* received, oldest first */
    unsigned queued;
    uint8_t *shadow;  /* copy of the lent frame; null: none is lent */
    uint8_t *sending; /* the send buffer; null: not asked for */
    bool link_seen_up;
    bool tells_events; /* a change of the link is a link_event */
    unsigned looks;    /* calls of update_link */
    bool stopped;
    bool gone;         /* unplugged from USB: every call fails */
    bool send_is_full; /* no send buffer is free */

    /* Called from inside the other end's send, when a frame has arrived here: an answer
     * then arrives before that send has returned. May be null. */
    void (*arrived)(void *context);
    void *context;
};

struct sim_cable {
    struct sim_cable_end end[2];
    bool plugged;
    unsigned loss_percent, duplicate_percent, reorder_percent;
    uint64_t random;
    uint32_t lost;
};

/* Plugged in, no faults. MACs 02:00:00:00:00:01 and :02. */
void sim_cable_init(struct sim_cable *cable, uint32_t seed);

/* Frees what is queued and lent. */
void sim_cable_clear(struct sim_cable *cable);

/* Pulls the plug or puts it in; an end sees it at its next update_link, and knows that there is
 * something to see if it tells events. */
void sim_cable_plug(struct sim_cable *cable, bool plugged);

#endif
