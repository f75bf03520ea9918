/*
 * timers: the service's timers, in order of their deadlines.
 *
 * The list is made of the struct service_timer the callers own (service.h); setting one
 * walks the list, everything else looks at its head.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef TIMERS_H
#define TIMERS_H

#include <stdbool.h>
#include <stdint.h>

/* The deadline of the next timer, CLOCK_NEVER if none runs. */
uint64_t timers_deadline_us(void);

/* True while a timer runs. */
bool timers_any(void);

/* Calls back every timer whose deadline is now_us or earlier. A timer that a callback
 * sets waits for the next call, however short its delay: callbacks cannot keep the event
 * loop from the network. */
void timers_run(uint64_t now_us);

/* Forgets all timers (tests). */
void timers_reset(void);

#endif
