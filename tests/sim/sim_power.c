/*
 * sim_power: records requests; the end of the machine is the end of the test. A watchdog
 * that runs out stops with "watchdog", as the board (but not QEMU) would reset.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "power.h"

#include "error.h"
#include "sim.h"
#include "sim_parts.h"

#define WATCHDOG_MAX_MS 15990

static uint32_t watchdog_ms;
static struct sim_event expiry;

static void bite(void *context)
{
    (void)context;
    sim_stop("watchdog");
}

void sim_power_reset(void)
{
    sim_cancel(&expiry);
    watchdog_ms = 0;
}

uint32_t sim_watchdog_ms(void)
{
    return watchdog_ms;
}

void power_reset(void)
{
    sim_stop("reset");
}

void power_off(void)
{
    sim_stop("off");
}

int power_watchdog(uint32_t timeout_ms)
{
    if (timeout_ms > WATCHDOG_MAX_MS)
        return ERROR_INVALID;
    watchdog_ms = timeout_ms;
    if (timeout_ms != 0)
        sim_after_us(&expiry, timeout_ms * 1000ull, bite, NULL);
    else
        sim_cancel(&expiry);
    return 0;
}
