/*
 * enter: from the loader at EL2 into a service at EL1; guard calls.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "cpu.h"

#include "power.h"
#include "transfer_list.h"

/* SMC calling convention: not supported. PSCI function numbers: Arm DEN 0022. */
#define NOT_SUPPORTED     -1
#define PSCI_VERSION      0x84000000u
#define PSCI_SYSTEM_OFF   0x84000008u
#define PSCI_SYSTEM_RESET 0x84000009u
#define PSCI_1_0          0x10000

_Noreturn void enter_el1(uint64_t entry, uint64_t fdt, uint64_t x1, uint64_t list);
int64_t guard_call(uint64_t function);

void cpu_enter_service(uint64_t entry, uint64_t fdt, uint64_t list)
{
    enter_el1(entry, fdt, TRANSFER_LIST_X1, list);
}

/* Answers an HVC of the service; called from the vectors. */
int64_t guard_call(uint64_t function)
{
    switch ((uint32_t)function) {
    case PSCI_VERSION:
        return PSCI_1_0;
    case PSCI_SYSTEM_OFF:
        power_off();
    case PSCI_SYSTEM_RESET:
        power_reset();
    default:
        return NOT_SUPPORTED;
    }
}
