/*
 * guard: what becomes of a service's exceptions to EL2. See include/guard.h.
 *
 * Three things get here on purpose: HVC (and SMC, which HCR_EL2.TSC traps since there is
 * no EL3 to answer it), the timer's FIQ, and on other cores the mailbox FIQ that calls them
 * back. All else is the end of the service.
 * Reference: Arm ARM DDI 0487, D13.2.37 (ESR_EL2), D1.14.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "guard.h"

#include <stddef.h>

#include "clock.h"
#include "cores.h"
#include "crc32c.h"
#include "image.h"
#include "level.h"
#include "loader_entry.h"
#include "psci.h"

#define CLASS_SHIFT 26
#define CLASS_HVC   0x16
#define CLASS_SMC   0x17

enum kind { SYNCHRONOUS, IRQ, FIQ, SERROR };

/* vectors.S knows these. */
_Static_assert(offsetof(struct guard_registers, sp) == 16 * 15 + 8, "SP");
_Static_assert(offsetof(struct guard_registers, pc) == 16 * 16, "STATE");
_Static_assert(offsetof(struct guard_registers, thread) == 16 * 16 + 40, "STATE");
_Static_assert(offsetof(struct guard_registers, fpsr) == 16 * 19, "FLOAT");
_Static_assert(offsetof(struct guard_registers, vectors) == 16 * 20, "VECTORS");
_Static_assert(sizeof(struct guard_registers) == 16 * 52, "BYTES");

void guard_entered(struct guard_registers *registers, enum kind kind);
_Noreturn void restart_loader(uint64_t fdt, uint64_t x1);

static uint64_t timer_us = CLOCK_NEVER;

void guard_timer(uint64_t deadline_us)
{
    timer_us = deadline_us;
    if (deadline_us == CLOCK_NEVER)
        level_timer_disarm();
    else
        level_timer_arm(clock_ticks_at(deadline_us));
}

static void take_call(struct guard_registers *registers)
{
    int64_t answer;

    if (psci_call(registers, &answer))
        registers->x[0] = (uint64_t)answer;
    else if (cores_own_number() == 0)
        registers->x[0] = (uint64_t)guard_called(registers);
    else
        registers->x[0] = (uint64_t)PSCI_NOT_SUPPORTED;
}

/* The timer asserts its FIQ until it is told otherwise. */
static void take_fiq(const struct guard_registers *registers)
{
    if (cores_own_number() != 0) {
        cores_called_back(); /* returns if it was nobody's call */
        return;
    }
    cores_serve(); /* does not return if another core has come to its end */
    if (clock_passed(timer_us)) {
        guard_timer(CLOCK_NEVER);
        guard_expired(registers);
    } else {
        guard_timer(timer_us);
    }
}

void guard_entered(struct guard_registers *registers, enum kind kind)
{
    unsigned class = registers->syndrome >> CLASS_SHIFT & 63;

    if (kind == FIQ) {
        take_fiq(registers);
        return;
    }
    if (kind == SYNCHRONOUS && class == CLASS_HVC) {
        take_call(registers);
        return;
    }
    if (kind == SYNCHRONOUS && class == CLASS_SMC) {
        registers->pc += 4; /* a trapped SMC has not been executed */
        take_call(registers);
        return;
    }
    cores_take_stop(registers); /* another core's is handed to core 0 */
    guard_stopped(registers);
}

uint32_t guard_own_crc32c(void)
{
    const uint8_t *end = (const uint8_t *)__data_behind_constants + (__data_end - __data_start);

    return crc32c(0, __image_start, (size_t)(end - __image_start));
}

void guard_restart(const void *fdt)
{
    level_timer_disarm();
    restart_loader((uint64_t)fdt, LOADER_ENTRY_RESTARTED);
}
