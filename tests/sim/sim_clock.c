/*
 * sim_clock: virtual time and the events that devices plan in it.
 *
 * Time moves only in here. An event fires at its own moment, in order, also when a call
 * moves the time far past it; a handler may look at the clock and arm events itself.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "clock.h"

#include "sim.h"
#include "sim_parts.h"

#define START_NS 1000000000ull

static uint64_t now_ns;
static struct sim_event *events; /* soonest first; equal times in order of arming */

void sim_clock_reset(void)
{
    /* The events themselves are left alone: they may lie in a frame that is gone. */
    events = NULL;
    now_ns = START_NS;
}

static void move_to_ns(uint64_t target_ns)
{
    while (events != NULL && events->at_us * 1000 <= target_ns) {
        struct sim_event *event = events;

        events = event->next;
        event->armed = false;
        if (event->at_us * 1000 > now_ns)
            now_ns = event->at_us * 1000;
        event->fire(event->context);
    }
    if (target_ns > now_ns)
        now_ns = target_ns;
}

void sim_clock_advance_ns(uint64_t duration_ns)
{
    move_to_ns(now_ns + duration_ns);
}

void sim_advance_us(uint64_t duration_us)
{
    sim_clock_advance_ns(duration_us * 1000);
}

void sim_cancel(struct sim_event *event)
{
    if (!event->armed)
        return;
    for (struct sim_event **link = &events; *link != NULL; link = &(*link)->next) {
        if (*link == event) {
            *link = event->next;
            break;
        }
    }
    event->armed = false;
}

/* A delay of 0 means 1 us, so that an event that arms itself again lets time go on. */
void sim_after_us(struct sim_event *event, uint64_t delay_us, void (*fire)(void *), void *context)
{
    struct sim_event **link = &events;

    sim_cancel(event);
    event->at_us = now_ns / 1000 + (delay_us != 0 ? delay_us : 1);
    event->fire = fire;
    event->context = context;
    event->armed = true;
    while (*link != NULL && (*link)->at_us <= event->at_us)
        link = &(*link)->next;
    event->next = *link;
    *link = event;
}

uint64_t sim_clock_now_ns(void)
{
    return now_ns;
}

uint64_t clock_now_us(void)
{
    sim_clock_advance_ns(SIM_ACCESS_NS);
    return now_ns / 1000;
}

void clock_delay_us(uint32_t duration_us)
{
    sim_advance_us(duration_us);
}

void clock_wait_until(uint64_t deadline_us)
{
    sim_clock_advance_ns(SIM_ACCESS_NS);
    while (!sim_irq_is_pending() && now_ns / 1000 < deadline_us) {
        if (events != NULL && events->at_us <= deadline_us)
            move_to_ns(events->at_us * 1000);
        else if (deadline_us == CLOCK_NEVER)
            sim_stop("sleeps for ever: no event is planned and no interrupt is pending");
        else
            move_to_ns(deadline_us * 1000);
    }
}
