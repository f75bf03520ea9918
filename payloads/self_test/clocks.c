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
#include "properties.h"

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
        verdict(SELFTEST_FAIL, "timers",
                "CNTFRQ is %lu Hz, and the system timer went on by %u us in %u us", hz,
                (unsigned)us, INTERVAL_US);
    } else {
        int64_t ppm = ((int64_t)(ticks * 1000000 / hz) - (int64_t)us) * 1000000 / (int64_t)us;

        verdict(ppm >= -LIMIT_PPM && ppm <= LIMIT_PPM ? SELFTEST_PASS : SELFTEST_FAIL, "timers",
                "the generic timer (%lu Hz) against the system timer (1 MHz): %ld ppm in %u us, "
                "limit %d",
                hz, ppm, (unsigned)us, LIMIT_PPM);
    }
    check_done();
}

/* ---- the cycle counter ----------------------------------------------------------- */

#define CYCLES_US      100000
#define CYCLES_PERCENT 2
#define CLOCK_ARM      3
#define PMCR_ENABLE    1u
#define PMCR_LONG      (1u << 6)
#define CYCLE_COUNTER  (1ul << 31)

static uint64_t read_cycles(void)
{
    uint64_t cycles;

    asm volatile("isb; mrs %0, pmccntr_el0; isb" : "=r"(cycles)::"memory");
    return cycles;
}

/* Cycles in CYCLES_US without sleeping: asleep it stands still. */
static uint64_t count_cycles(uint64_t *us)
{
    uint64_t control, enabled, begun_us, cycles;

    asm volatile("mrs %0, pmcr_el0; mrs %1, pmcntenset_el0" : "=r"(control), "=r"(enabled));
    asm volatile("msr pmccfiltr_el0, xzr; msr pmcr_el0, %0; msr pmcntenset_el0, %1; isb" ::"r"(
                     control | PMCR_ENABLE | PMCR_LONG),
                 "r"(CYCLE_COUNTER));
    begun_us = clock_now_us();
    cycles = read_cycles();
    while (clock_now_us() - begun_us < CYCLES_US)
        asm volatile("");
    cycles = read_cycles() - cycles;
    *us = clock_now_us() - begun_us;
    asm volatile("msr pmcntenclr_el0, %0; msr pmcr_el0, %1; isb" ::"r"(CYCLE_COUNTER & ~enabled),
                 "r"(control));
    return cycles;
}

void check_cycle_counter(void)
{
    uint32_t rate[2] = {CLOCK_ARM, 0};
    int status = property_ask(PROPERTY_CLOCK_RATE, rate);
    uint64_t us, cycles = count_cycles(&us), hz = cycles * 1000000 / us;
    uint64_t apart = hz > rate[1] ? hz - rate[1] : rate[1] - hz;
    bool is_near = apart * 100 <= (uint64_t)rate[1] * CYCLES_PERCENT;

    if (status < 0)
        verdict(SELFTEST_FAIL, "arm-cycles", "%lu Hz counted; the firmware does not tell the rate",
                hz);
    else
        verdict(pass_or_qemu(is_near), "arm-cycles",
                "%lu Hz counted in %lu us, %u Hz says the firmware, limit %d %%%s", hz, us,
                (unsigned)rate[1], CYCLES_PERCENT,
                !is_near && self_test.is_qemu ? ": QEMU's counter is no processor's clock" : "");
    check_done();
}
