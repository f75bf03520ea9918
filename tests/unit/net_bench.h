/*
 * net_bench: what the tests of frames and sockets have in common: the stack on a simulated
 * cable at 10.0.0.2, a peer at 10.0.0.1, and a socket's callback that remembers.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef NET_BENCH_H
#define NET_BENCH_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "bytes.h"
#include "error.h"
#include "net.h"
#include "sim.h"
#include "sim_net.h"

#define IP   14
#define UDP  34
#define DATA 42

static struct sim_net sim;
static const uint8_t us[4] = {10, 0, 0, 2}, them[4] = {10, 0, 0, 1};

static struct {
    unsigned count;
    struct net_address from;
    uint16_t port;
    uint8_t bytes[NET_UDP_MAX];
    size_t length;
    struct net_udp *echo_on;
    struct net_udp *close;
} got;

static inline void take(void *context, struct net_address from, uint16_t from_port,
                        const uint8_t *bytes, size_t length)
{
    assert_ptr_equal(context, &got);
    assert_true(length <= sizeof got.bytes);
    got.count++;
    got.from = from;
    got.port = from_port;
    memcpy(got.bytes, bytes, length);
    got.length = length;
    if (got.echo_on)
        assert_int_equal(net_udp_send(got.echo_on, from, from_port, bytes, length), 0);
    if (got.close)
        net_udp_close(got.close);
}

static inline int set_up(void **state)
{
    (void)state;
    memset(&got, 0, sizeof got);
    sim_net_start(&sim);
    sim_net_static();
    sim_net_settle();
    return 0;
}

static inline int tear_down(void **state)
{
    (void)state;
    return sim_net_stop(&sim) && sim.peer.bad_checksums == 0 ? 0 : -1;
}

static inline struct sim_frame datagram(uint16_t port, const void *bytes, size_t length)
{
    struct sim_frame frame;

    sim_peer_make_udp(&sim.peer, &frame, them, 4000, us, port, bytes, length);
    return frame;
}

static inline void arrive(const struct sim_frame *frame)
{
    sim_peer_send(&sim.peer, frame);
    sim_net_settle();
}

#define ON_CABLE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

#endif
