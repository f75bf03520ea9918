/*
 * network_bench: a service's network on a cable, with a peer at its other end.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef NETWORK_BENCH_H
#define NETWORK_BENCH_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "board.h"
#include "boot_record.h"
#include "clock.h"
#include "duties.h"
#include "error.h"
#include "event_loop.h"
#include "net.h"
#include "network.h"
#include "sim.h"
#include "sim_board.h"
#include "sim_cable.h"
#include "sim_peer.h"

static struct sim_cable cable;
static struct sim_peer peer;
static struct boot_record record;

static inline int set_up(void **state)
{
    (void)state;
    sim_reset();
    sim_cable_init(&cable, 1);
    sim_peer_init(&peer, &cable);
    sim_board_reset();
    sim_board.ethernet = &cable.end[0].device;
    memset(&record, 0, sizeof record);
    strcpy(sim_board.machine.serial, "00000000c0ffee01");
    sim_board.network_status = 0;
    duties_due_us = 0;
    return 0;
}

static inline int tear_down(void **state)
{
    (void)state;
    net_stop();
    sim_cable_clear(&cable);
    return 0;
}

static inline void run_for_us(uint64_t duration_us)
{
    for (uint64_t end_us = clock_now_us() + duration_us; clock_now_us() < end_us;)
        event_loop_round(end_us);
}

#endif
