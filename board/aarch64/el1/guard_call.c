/*
 * guard_call: HVC to the loader at EL2 (include/guard_call.h).
 *
 * SMC Calling Convention: arguments in x1-x4. The guard gives back all registers but x0 and
 * x1, which is more than the convention promises; nothing else is clobbered.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "cpu.h"

int64_t cpu_guard_call(uint64_t function, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4,
                       uint64_t *x1)
{
    register uint64_t r0 asm("x0") = function;
    register uint64_t r1 asm("x1") = a1;
    register uint64_t r2 asm("x2") = a2;
    register uint64_t r3 asm("x3") = a3;
    register uint64_t r4 asm("x4") = a4;

    asm volatile("hvc #0" : "+r"(r0), "+r"(r1) : "r"(r2), "r"(r3), "r"(r4) : "memory");
    if (x1)
        *x1 = r1;
    return (int64_t)r0;
}
