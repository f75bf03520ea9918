/*
 * clock: the generic timer's counter, and sleeping until one of its compare values.
 *
 * The counter's frequency is whatever CNTFRQ_EL0 says (19.2 MHz on the board, 62.5 MHz in
 * QEMU). Ticks are turned into microseconds by a multiplication with a 64.64 fraction
 * made once: no division on the way of a packet.
 * Which timer wakes us depends on the exception level: level.c in el1/ and el2/.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "clock.h"

#include "level.h"

/* Two thousand years: from here on a number of ticks may not fit. */
#define FAR_FUTURE_US ((uint64_t)1 << 56)

static uint64_t us_per_tick;  /* times 2^64 */
static uint64_t ticks_per_us; /* times 2^32 */

static uint64_t read_counter(void)
{
    uint64_t ticks;

    asm volatile("mrs %0, cntpct_el0" : "=r"(ticks));
    return ticks;
}

static void learn_frequency(void)
{
    uint64_t hz;

    asm("mrs %0, cntfrq_el0" : "=r"(hz));
    if (hz < 1000000)
        hz = 19200000; /* CNTFRQ was never set: the board's crystal */
    /* (1000000 << 64) / hz in two steps of 32 bits: no 128-bit division in the image. */
    uint64_t high = ((uint64_t)1000000 << 32) / hz;
    uint64_t rest = ((uint64_t)1000000 << 32) % hz;

    us_per_tick = high << 32 | (rest << 32) / hz;
    ticks_per_us = (hz << 32) / 1000000;
}

uint64_t clock_now_us(void)
{
    if (__builtin_expect(us_per_tick == 0, 0))
        learn_frequency();
    return (uint64_t)((__uint128_t)read_counter() * us_per_tick >> 64);
}

void clock_delay_us(uint32_t duration_us)
{
    uint64_t end_us = clock_now_us() + duration_us + 1;

    /* Sleeping takes tens of microseconds on some machines: not worth it for less. A
     * pending interrupt makes this spin, which is what it would do without sleeping. */
    while (!clock_passed(end_us))
        if (duration_us >= 200)
            clock_wait_until(end_us);
}

/* One tick more than the fraction says: never before the moment. */
uint64_t clock_ticks_at(uint64_t moment_us)
{
    if (ticks_per_us == 0)
        learn_frequency();
    return (uint64_t)((__uint128_t)moment_us * ticks_per_us >> 32) + 1;
}

void clock_wait_until(uint64_t deadline_us)
{
    if (deadline_us >= FAR_FUTURE_US) {
        level_timer_disarm();
    } else {
        if (clock_passed(deadline_us))
            return;
        level_timer_arm(clock_ticks_at(deadline_us));
    }
    /* The barrier completes what we wrote to devices before we sleep. */
    asm volatile("dsb sy; wfi" ::: "memory");
}
