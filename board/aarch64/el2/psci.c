/*
 * psci: see psci.h.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "psci.h"

#define VERSION      0x84000000u
#define SYSTEM_OFF   0x84000008u
#define SYSTEM_RESET 0x84000009u

#define VERSION_1_0 0x10000

bool psci_call(const struct guard_registers *registers, int64_t *answer)
{
    switch ((uint32_t)registers->x[0]) {
    case VERSION:
        *answer = VERSION_1_0;
        return true;
    case SYSTEM_OFF:
        guard_powered(true);
    case SYSTEM_RESET:
        guard_powered(false);
    default:
        return false;
    }
}
