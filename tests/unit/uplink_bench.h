/*
 * uplink_bench: a loader with an adapter on a cable, whose loop does nothing but the network.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef UPLINK_BENCH_H
#define UPLINK_BENCH_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "clock.h"
#include "error.h"
#include "loader.h"
#include "net.h"
#include "net_files.h"
#include "sim.h"
#include "sim_board.h"
#include "sim_cable.h"
#include "sim_peer.h"
#include "uplink.h"

static struct keep keep;
static unsigned rounds; /* of the loader's loop */
static struct loader loader;
static struct sim_cable cable;
static struct sim_peer peer;

static inline int setup(void **state)
{
    (void)state;
    sim_reset();
    sim_board_reset();
    memset(&loader, 0, sizeof loader);
    memset(&keep, 0, sizeof keep);
    loader.keep = &keep;
    loader.board = sim_board.machine;
    configuration_defaults(&loader.configuration);
    sim_cable_init(&cable, 1);
    sim_peer_init(&peer, &cable);
    sim_board.ethernet = &cable.end[0].device;
    sim_board.network_status = 0;
    return 0;
}

static inline int teardown(void **state)
{
    (void)state;
    net_files_stop();
    net_stop();
    sim_cable_clear(&cable);
    return 0;
}

static inline void idle_us(uint64_t duration_us)
{
    uint64_t end_us = clock_now_us() + duration_us;

    while (!clock_passed(end_us)) {
        rounds++;
        uplink_turn(&loader, end_us);
    }
}

#endif
