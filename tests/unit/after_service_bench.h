/*
 * after_service_bench: a loader that has the machine back from a service.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef AFTER_SERVICE_BENCH_H
#define AFTER_SERVICE_BENCH_H

#include <string.h>

#include "clock.h"
#include "push_machine.h"

#define LAST_END "hello 1.0.0 ended"

/* As main.c: an image that was pushed is started next. */
static inline void go_on(void *context)
{
    (void)context;
    after_service(&loader);
    if (loader.push_is_here)
        start_pushed(&loader);
}

/* After a second of the service. */
static inline void ended(enum policy_reason reason, bool confirmed)
{
    keep.reason = reason;
    keep.confirmed = confirmed;
    strcpy(keep.last_end, LAST_END);
    keep.configuration = loader.configuration;
    keep.started_us = clock_now_us() - SECOND;
    keep.handed_us = clock_now_us();
}

/* The image that ended is kept as 0, the one to fall back on as 1. */
static inline void keep_both(void)
{
    keep_image(0, &kept);
    keep_image(1, &other);
    keep.running = 0;
    keep.fallback = 1;
}

#endif
