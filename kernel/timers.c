/*
 * timers: a sorted list; service_timer_* of service.h.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "timers.h"

#include <stddef.h>

#include "check.h"
#include "clock.h"
#include "service.h"

#define SHORTEST_PERIOD_US 100

static struct service_timer *first;
static uint64_t earliest_us; /* while timers run: nothing new may come before this */

uint64_t timers_deadline_us(void)
{
    return first ? first->deadline_us : CLOCK_NEVER;
}

bool timers_any(void)
{
    return first != NULL;
}

void timers_reset(void)
{
    first = NULL;
    earliest_us = 0;
}

static uint64_t add_saturating(uint64_t a, uint64_t b)
{
    uint64_t sum;

    return __builtin_add_overflow(a, b, &sum) ? CLOCK_NEVER : sum;
}

/* Timers of equal deadline keep the order in which they were set. */
static void start(struct service_timer *timer, uint64_t deadline_us)
{
    struct service_timer **place = &first;

    timer->deadline_us = deadline_us < earliest_us ? earliest_us : deadline_us;
    while (*place && (*place)->deadline_us <= timer->deadline_us)
        place = &(*place)->next;
    timer->next = *place;
    timer->running = true;
    *place = timer;
}

void service_timer_stop(struct service_timer *timer)
{
    struct service_timer **place = &first;

    if (!timer->running)
        return;
    while (*place && *place != timer)
        place = &(*place)->next;
    ASSERT(*place == timer); /* else it was moved, or not zeroed before first use */
    *place = timer->next;
    timer->running = false;
}

void service_timer_once(struct service_timer *timer, uint64_t delay_us,
                        void (*callback)(void *context), void *context)
{
    ASSERT(callback);
    service_timer_stop(timer);
    timer->callback = callback;
    timer->context = context;
    timer->period_us = 0;
    start(timer, add_saturating(clock_now_us(), delay_us));
}

int service_timer_every(struct service_timer *timer, uint64_t period_us,
                        void (*callback)(void *context), void *context)
{
    if (period_us < SHORTEST_PERIOD_US)
        return ERROR_INVALID;
    service_timer_once(timer, period_us, callback, context);
    timer->period_us = period_us;
    return 0;
}

void timers_run(uint64_t now_us)
{
    earliest_us = add_saturating(now_us, 1);
    while (first && first->deadline_us <= now_us) {
        struct service_timer *timer = first;

        first = timer->next;
        timer->running = false;
        if (timer->period_us != 0) {
            uint64_t missed = (now_us - timer->deadline_us) / timer->period_us;

            start(timer, add_saturating(timer->deadline_us, (missed + 1) * timer->period_us));
        }
        timer->callback(timer->context);
    }
    earliest_us = 0;
}
