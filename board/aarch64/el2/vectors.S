/*
 * vectors of the loader (EL2). Everything that arrives is a fault to be reported, but
 * HVC from a service: that is a guard call.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "vectors.inc"

    fault_vectors el2, guard_entry

    /* A synchronous exception from EL1. Guard calls are HVC (exception class 0x16). */
guard_entry:
    stp     x0, x1, [sp, #-16]!
    mrs     x0, esr_el2
    lsr     x0, x0, #26
    cmp     x0, #0x16
    b.ne    1f
    stp     x2, x3, [sp, #-16]!
    stp     x29, x30, [sp, #-16]!
    ldp     x0, x1, [sp, #32]
    stp     x4, x5, [sp, #-16]!
    stp     x6, x7, [sp, #-16]!
    stp     x8, x9, [sp, #-16]!
    stp     x10, x11, [sp, #-16]!
    stp     x12, x13, [sp, #-16]!
    stp     x14, x15, [sp, #-16]!
    stp     x16, x17, [sp, #-16]!
    stp     x18, xzr, [sp, #-16]!
    bl      guard_call              /* x0 is the answer; x1-x3 are not changed */
    ldp     x18, xzr, [sp], #16
    ldp     x16, x17, [sp], #16
    ldp     x14, x15, [sp], #16
    ldp     x12, x13, [sp], #16
    ldp     x10, x11, [sp], #16
    ldp     x8, x9, [sp], #16
    ldp     x6, x7, [sp], #16
    ldp     x4, x5, [sp], #16
    ldp     x29, x30, [sp], #16
    ldp     x2, x3, [sp], #16
    ldr     x1, [sp, #8]
    add     sp, sp, #16
    eret
1:  ldp     x0, x1, [sp], #16
    save_fault el2
    mov     w1, #8
    b       enter_report
