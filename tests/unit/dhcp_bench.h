/*
 * dhcp_bench: what the tests of DHCP have in common: the stack on a cable with a DHCP
 * server at the other end.
 *
 * The server answers from inside the send of our request, so every answer here arrives
 * before the call that asked for it has returned.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef DHCP_BENCH_H
#define DHCP_BENCH_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "bytes.h"
#include "clock.h"
#include "net.h"
#include "net_address.h"
#include "net_dhcp_message.h"
#include "sim.h"
#include "sim_net.h"

#define SECOND  UINT64_C(1000000)
#define OPTIONS 240

static struct sim_net sim;

static inline int set_up(void **state)
{
    (void)state;
    sim_net_start(&sim);
    return 0;
}

static inline int tear_down(void **state)
{
    (void)state;
    if (!sim_net_stop(&sim) || sim.peer.bad_checksums != 0)
        return -1;
    return sim.peer.releases == 0 ? 0 : -1; /* the address goes on to another program */
}

static inline struct net_lease get_lease(void)
{
    struct net_lease lease;

    net_dhcp_start();
    sim_net_settle();
    assert_true(net_lease(&lease));
    return lease;
}

static inline void assert_address(struct net_address address, int a, int b, int c, int d)
{
    const uint8_t expected[] = {(uint8_t)a, (uint8_t)b, (uint8_t)c, (uint8_t)d};

    assert_memory_equal(address.ip, expected, 4);
}

/* Where option code stands in a message that the simulated server made. */
static inline uint8_t *option(uint8_t *message, uint8_t code)
{
    uint8_t *at = message + OPTIONS;

    while (*at != code)
        at += 2 + at[1];
    return at;
}

#define ON_CABLE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

#endif
