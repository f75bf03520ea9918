/*
 * power_bcm2835: reset, halt and watchdog.
 *
 * The partition number a reset asks the firmware to boot is spread over the even bits
 * 0-10 of RSTS; 63 means halt. The watchdog counts 1/65536 s in 20 bits: 15.99 s.
 * QEMU 7.2 resets at once whatever the watchdog holds and exits on a halt.
 * Reference: no public manual; Linux' drivers/watchdog/bcm2835_wdt.c and
 * the repository raspberrypi/firmware for the bits.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "power_bcm2835.h"

#include "clock.h"
#include "error.h"
#include "mmio.h"
#include "power.h"

enum {
    RSTC = 0x1c,
    RSTC_RESET_MASK = 0x30,
    RSTC_FULL_RESET = 0x20,
    RSTS = 0x20,
    RSTS_PARTITION = 0x555,
    RSTS_WATCHDOG_FULL = 1 << 5, /* "quick" and "hard" lie among the partition's bits */
    RSTS_POWER_ON = 1 << 12,
    WDOG = 0x24,
    WDOG_MAX_MS = 15990,
};
#define PASSWORD 0x5a000000u

static uintptr_t base;

void power_bcm2835_init(uintptr_t registers)
{
    base = registers;
}

uint32_t power_bcm2835_reason_of(uint32_t raw)
{
    /* This order: the power-on bit stays set when whoever resets writes back what it read
     * (0x1020 is what boards show after a reboot). */
    if (raw & RSTS_WATCHDOG_FULL)
        return POWER_RESET_WATCHDOG_OR_SOFTWARE;
    return raw & RSTS_POWER_ON ? POWER_RESET_POWER_ON : POWER_RESET_UNKNOWN;
}

uint32_t power_bcm2835_reset_reason(uint32_t *raw)
{
    *raw = mmio_read32(base + RSTS);
    return power_bcm2835_reason_of(*raw);
}

static void start_counting(uint32_t ticks)
{
    uint32_t control = mmio_read32(base + RSTC) & 0xffffff & ~(uint32_t)RSTC_RESET_MASK;

    mmio_write32(base + WDOG, PASSWORD | ticks);
    mmio_write32(base + RSTC, PASSWORD | control | RSTC_FULL_RESET);
}

static _Noreturn void reset_to_partition(uint32_t partition)
{
    uint32_t status = mmio_read32(base + RSTS) & 0xffffff & ~(uint32_t)RSTS_PARTITION;

    mmio_write32(base + RSTS, PASSWORD | status | partition);
    start_counting(10); /* 150 us: enough for the write to arrive */
    for (;;)
        clock_wait_until(CLOCK_NEVER);
}

void power_reset(void)
{
    reset_to_partition(0);
}

void power_off(void)
{
    reset_to_partition(RSTS_PARTITION);
}

int power_watchdog(uint32_t timeout_ms)
{
    if (timeout_ms > WDOG_MAX_MS)
        return ERROR_INVALID;
    if (timeout_ms == 0)
        mmio_write32(base + RSTC,
                     PASSWORD | (mmio_read32(base + RSTC) & 0xffffff & ~(uint32_t)RSTC_RESET_MASK));
    else
        start_counting((uint32_t)((uint64_t)timeout_ms * 65536 / 1000));
    return 0;
}
