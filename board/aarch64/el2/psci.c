/*
 * psci: see psci.h.
 *
 * PSCI 1.0, what it demands of everybody and the calls for cores. Core 0 cannot be turned off:
 * the guard's timer and calls are its. CPU_SUSPEND knows standby only, which it may make of
 * a power-down as well: it is over when an interrupt is pending.
 * Reference: Arm DEN 0022 (D), chapter 5.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "psci.h"

#include "cores.h"
#include "ipi.h"

/* Calls that exist with arguments of 32 bits and of 64 have WIDE in the latter. */
#define WIDE 0x40000000u

enum function {
    VERSION = 0x84000000,
    CPU_SUSPEND,
    CPU_OFF,
    CPU_ON,
    AFFINITY_INFO,
    MIGRATE_INFO_TYPE = 0x84000006,
    SYSTEM_OFF = 0x84000008,
    SYSTEM_RESET,
    FEATURES,
};

enum {
    SUCCESS = 0,
    INVALID_PARAMETERS = -2,
    DENIED = -3,
    ALREADY_ON = -4,
    ON_PENDING = -5,
    INVALID_ADDRESS = -9,
};

#define VERSION_1_0        0x10000
#define NEEDS_NO_MIGRATION 2

/* What AFFINITY_INFO tells. */
#define IS_ON      0
#define IS_OFF     1
#define IS_PENDING 2

static int64_t switch_on(uint64_t core, uint64_t entry, uint64_t context)
{
    if (core >= IPI_CORES)
        return INVALID_PARAMETERS;
    if ((entry & 3) != 0 || !guard_is_services(entry, 4))
        return INVALID_ADDRESS;
    switch (cores_start((unsigned)core, entry, context)) {
    case CORES_OFF:
        return SUCCESS;
    case CORES_COMING:
        return ON_PENDING;
    default:
        return ALREADY_ON;
    }
}

static int64_t switch_off(void)
{
    if (cores_own_number() == 0)
        return DENIED;
    cores_stop();
}

static int64_t tell_state(uint64_t core, uint64_t level)
{
    static const uint8_t answers[] = {
        [CORES_OFF] = IS_OFF, [CORES_COMING] = IS_PENDING, [CORES_ON] = IS_ON};

    if (core >= IPI_CORES || level != 0)
        return INVALID_PARAMETERS;
    return answers[cores_state((unsigned)core)];
}

static int64_t suspend(void)
{
    asm volatile("dsb sy; wfi" ::: "memory");
    return SUCCESS;
}

static bool is_known(uint64_t function)
{
    switch ((uint32_t)function) {
    case VERSION:
    case CPU_SUSPEND:
    case CPU_SUSPEND | WIDE:
    case CPU_OFF:
    case CPU_ON:
    case CPU_ON | WIDE:
    case AFFINITY_INFO:
    case AFFINITY_INFO | WIDE:
    case MIGRATE_INFO_TYPE:
    case SYSTEM_OFF:
    case SYSTEM_RESET:
    case FEATURES:
        return true;
    default:
        return false;
    }
}

static int64_t call(uint32_t function, const uint64_t *x)
{
    uint64_t kept = function & WIDE ? UINT64_MAX : UINT32_MAX;

    switch (function & ~WIDE) {
    case VERSION:
        return VERSION_1_0;
    case CPU_SUSPEND:
        return suspend();
    case CPU_OFF:
        return switch_off();
    case CPU_ON:
        return switch_on(x[1] & kept, x[2] & kept, x[3] & kept);
    case AFFINITY_INFO:
        return tell_state(x[1] & kept, x[2] & kept);
    case MIGRATE_INFO_TYPE:
        return NEEDS_NO_MIGRATION;
    case SYSTEM_OFF:
        cores_power(true);
    case SYSTEM_RESET:
        cores_power(false);
    default: /* FEATURES: no call has any */
        return is_known(x[1] & UINT32_MAX) ? SUCCESS : PSCI_NOT_SUPPORTED;
    }
}

bool psci_call(const struct guard_registers *registers, int64_t *answer)
{
    if (!is_known(registers->x[0]))
        return false;
    *answer = call((uint32_t)registers->x[0], registers->x);
    return true;
}
