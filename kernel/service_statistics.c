/*
 * service_statistics: the numbers of all parts, put together.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <stddef.h>
#include <string.h>

#include "board.h"
#include "clock.h"
#include "ethernet_device.h"
#include "event_loop.h"
#include "heap.h"
#include "image_layout.h"
#include "libc.h"
#include "memory_check.h"
#include "net.h"
#include "random.h"
#include "service.h"
#include "service_parts.h"

static const struct board *machine;
static uint64_t start_us;
static struct ethernet_statistics last; /* the device may be gone */

void service_statistics_init(const struct board *board, uint64_t started_us)
{
    machine = board;
    start_us = started_us;
    memset(&last, 0, sizeof last);
}

static void add_network(struct service_statistics *statistics)
{
    const struct ethernet_statistics *ethernet = &last;
    struct net_statistics net;

    if (machine->ethernet)
        last = machine->ethernet->statistics;
    net_statistics(&net);
    statistics->frames_received = ethernet->frames_received;
    statistics->frames_sent = ethernet->frames_sent;
    statistics->receive_errors = ethernet->receive_errors;
    statistics->send_errors = ethernet->send_errors;
    statistics->udp_received = net.udp_received;
    statistics->udp_sent = net.udp_sent;
    statistics->udp_dropped = net.udp_dropped;
    statistics->checksum_errors = net.checksum_errors;
}

void service_statistics(struct service_statistics *statistics)
{
    *statistics = (struct service_statistics){
        .uptime_us = clock_now_us() - start_us,
        .idle_us = event_loop_statistics.idle_us,
        .wakeups = event_loop_statistics.wakeups,
        .heap_bytes = heap_bytes(),
        .heap_used_bytes = heap_taken_bytes() - libc_heap_free_bytes(),
        .heap_peak_bytes = heap_peak_bytes(),
        .stack_bytes = image_layout_stack_bytes(),
        .stack_peak_bytes = image_layout_stack_peak(),
        .memory_checks = memory_check_count(),
        .random_is_strong = random_is_strong(),
    };
    if (machine)
        add_network(statistics);
}
