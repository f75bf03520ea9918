/*
 * sim_net: the network stack on a simulated cable. See sim_net.h.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "sim_net.h"

#include <string.h>

#include "clock.h"
#include "lwip/mem.h"
#include "sim.h"

void sim_net_start(struct sim_net *net)
{
    static struct net_identity identity = {
        .mac = {2, 0, 0, 0, 0, 1}, .serial = "00000000deadbeef", .class_id = "pilotlight"};

    sim_reset();
    memset(net, 0, sizeof *net);
    sim_cable_init(&net->cable, 1);
    sim_peer_init(&net->peer, &net->cable);
    if (net_start(&net->cable.end[0].device, &identity) != 0)
        sim_stop("sim_net: net_start failed");
}

void sim_net_static(void)
{
    struct net_lease lease = {.address = {{10, 0, 0, 2}},
                              .mask = {{255, 255, 255, 0}},
                              .gateway = {{10, 0, 0, 1}},
                              .dns = {{10, 0, 0, 1}}};

    net_static(&lease);
}

bool sim_net_stop(struct sim_net *net)
{
    net_stop();
    sim_cable_clear(&net->cable);

    /* One block can be nearly the whole heap only if no other is taken (lwIP's PCBs and
     * pbufs come from it too). */
    void *heap = mem_malloc(MEM_SIZE - 16);
    bool empty = heap != NULL;

    if (heap)
        mem_free(heap);
    return empty;
}

void sim_net_settle(void)
{
    while (net_poll())
        ;
}

void sim_net_run_us(struct sim_net *net, uint64_t duration_us)
{
    uint64_t end = clock_now_us() + duration_us;

    for (;;) {
        sim_net_settle();

        uint64_t now = clock_now_us(), next = net_deadline_us();

        if (now >= end)
            return;
        next = next < end ? next : end;
        if (next > now)
            sim_advance_us(next - now);
        net->wake_ups++;
    }
}
