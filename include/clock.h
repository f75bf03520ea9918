/*
 * clock: time since the counter started (on this machine: since power-on or reset).
 *
 * Microseconds as uint64_t: no wrap within the life of a machine. Monotonic.
 * Deadlines are absolute values of this clock everywhere. CLOCK_NEVER is a deadline
 * that does not come.
 *
 * On the host the time is virtual: each call and each mmio access moves it on a
 * little, and clock_wait_until moves it to its deadline or to the next simulated
 * event, so that time-outs take no time.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef CLOCK_H
#define CLOCK_H

#include <stdbool.h>
#include <stdint.h>

#define CLOCK_NEVER UINT64_MAX

/* Returns microseconds since the counter started. Callable from anywhere. */
uint64_t clock_now_us(void);

/* Returns true once deadline_us has been reached. */
static inline bool clock_passed(uint64_t deadline_us)
{
    return clock_now_us() >= deadline_us;
}

/* Waits for at least duration_us microseconds, asleep when that is worth it, without
 * dispatching interrupts. For the delays devices ask for. */
void clock_delay_us(uint32_t duration_us);

/*
 * Sleeps (WFI) until an enabled interrupt is pending or deadline_us has come,
 * whichever is first; returns at once when either already holds. Does not dispatch:
 * the caller then calls irq_dispatch(). CLOCK_NEVER sleeps until an interrupt.
 * Not from interrupt handlers.
 */
void clock_wait_until(uint64_t deadline_us);

/* Waits like clock_delay_us, but asleep: for delays of a tenth of a millisecond and more,
 * which would cost very many instructions awake. An interrupt does not end it and is not
 * dispatched. Not from interrupt handlers. */
static inline void clock_sleep_us(uint32_t duration_us)
{
    uint64_t deadline_us = clock_now_us() + duration_us;

    while (!clock_passed(deadline_us))
        clock_wait_until(deadline_us);
}

#endif
