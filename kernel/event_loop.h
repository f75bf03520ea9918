/*
 * event_loop: everything that happens after service_main returned happens here.
 *
 * Tickless: with nothing to do the core sleeps (WFI) up to the nearest deadline. The
 * path from waking to the service's callback and back is what a packet costs besides
 * driver and network stack, so it is short.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef EVENT_LOOP_H
#define EVENT_LOOP_H

#include <stdbool.h>
#include <stdint.h>

struct event_loop_statistics {
    uint64_t idle_us; /* asleep in all */
    uint64_t wakeups; /* times it woke */
};

extern struct event_loop_statistics event_loop_statistics;

/*
 * One round: interrupts, network, timers, log; then sleep if nothing was done, until
 * something comes up or until_us. Returns after the sleep, before what woke it is
 * handled. A damaged read-only area stops the program (memory_check.h).
 */
void event_loop_round(uint64_t until_us);

/* Rounds for ever; ends the service with status 0 when no timer runs and no socket is
 * open any more, for then nothing can happen. */
_Noreturn void event_loop_run(void);

#endif
