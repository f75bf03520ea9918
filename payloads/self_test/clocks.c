/*
 * clocks: the machine's clocks against each other.
 *
 * The generic timer counts the crystal (19.2 MHz on a board), so does the system timer after a
 * division to 1 MHz: they cannot drift apart, unless CNTFRQ is not what the counter does.
 * The cycle counter counts the ARM's own clock.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "self_test.h"

#include "clock.h"
#include "memory_map.h"
#include "mmio.h"

#define LOOKS       64
#define INTERVAL_US 500000
#define LIMIT_PPM   100

struct moment {
    uint64_t ticks; /* of the generic timer */
    uint32_t us;    /* of the system timer */
};

static uint64_t read_counter(void)
{
    uint64_t ticks;

    asm volatile("isb; mrs %0, cntpct_el0; isb" : "=r"(ticks)::"memory");
    return ticks;
}

static uint64_t counter_hz(void)
{
    uint64_t hz;

    asm("mrs %0, cntfrq_el0" : "=r"(hz));
    return hz;
}

/* Both at one moment: of several looks, the one that took the least time. */
static struct moment look(void)
{
    struct moment best = {0, 0};
    uint64_t least = UINT64_MAX;

    for (unsigned i = 0; i < LOOKS; i++) {
        uint64_t before = read_counter();
        uint32_t us = mmio_read32(SYSTEM_TIMER_LOW);
        uint64_t after = read_counter();

        if (after - before < least) {
            least = after - before;
            best = (struct moment){before + least / 2, us};
        }
    }
    return best;
}

void check_timers(void)
{
    uint64_t hz = counter_hz();
    struct moment first = look();

    clock_delay_us(INTERVAL_US);
    struct moment last = look();
    uint32_t us = last.us - first.us;
    uint64_t ticks = last.ticks - first.ticks;

    if (hz == 0 || us < INTERVAL_US / 2) {
        verdict(SELF_TEST_FAIL, "timers",
                "CNTFRQ is %lu Hz, and the system timer went on by %u us in %u us", hz,
                (unsigned)us, INTERVAL_US);
    } else {
        int64_t ppm = ((int64_t)(ticks * 1000000 / hz) - (int64_t)us) * 1000000 / (int64_t)us;

        verdict(ppm >= -LIMIT_PPM && ppm <= LIMIT_PPM ? SELF_TEST_PASS : SELF_TEST_FAIL, "timers",
                "the generic timer (%lu Hz) against the system timer (1 MHz): %ld ppm in %u us, "
                "limit %d",
                hz, ppm, (unsigned)us, LIMIT_PPM);
    }
    check_done();
}
