/*
 * power: the end of this run of the machine, and the watchdog that can force it.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef POWER_H
#define POWER_H

#include <stdint.h>

/* Why the machine started, as far as it can be known. */
enum power_reset_reason {
    POWER_RESET_UNKNOWN = 0,
    POWER_RESET_POWER_ON = 1,
    POWER_RESET_WATCHDOG_OR_SOFTWARE = 2, /* the BCM2835 cannot tell them apart */
};

/* Resets the whole machine. Does not return. Write caches and devices are the
 * caller's business: quiesce first. */
_Noreturn void power_reset(void);

/* Stops the machine for good (the Pi: halt until power is cycled; QEMU: ends with
 * exit code 0). Does not return. */
_Noreturn void power_off(void);

/* Arms or re-arms the hardware watchdog: the machine resets timeout_ms (1 ... 15,990)
 * from now. 0 disarms. Returns 0 or ERROR_INVALID. QEMU 7.2 does not model the
 * expiry. */
int power_watchdog(uint32_t timeout_ms);

#endif
