/*
 * instructions: see instructions.h.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#define GUARD_BREAK 0x706c
#define SCTLR_M     1

    .macro FUNCTION name
    .section .text.\name, "ax"
    .global \name
    .type \name, %function
\name:
    .endm

    .macro CALL instruction
    stp x29, x30, [sp, #-32]!
    mov x29, sp
    str x0, [sp, #16]
    ldp x2, x3, [x0, #16]
    ldr x4, [x0, #32]
    ldp x0, x1, [x0]
    \instruction #0
    ldr x9, [sp, #16]
    stp x0, x1, [x9]
    stp x2, x3, [x9, #16]
    str x4, [x9, #32]
    ldp x29, x30, [sp], #32
    ret
    .endm

FUNCTION call_hvc
    CALL hvc
    .size call_hvc, . - call_hvc

FUNCTION call_smc
    CALL smc
    .size call_smc, . - call_smc

FUNCTION mask_interrupts
    msr daifset, #15
    ret
    .size mask_interrupts, . - mask_interrupts

FUNCTION write_without_map
    mrs x1, sctlr_el1
    bic x2, x1, #SCTLR_M
    dsb sy
    msr sctlr_el1, x2
    isb
    str w1, [x0] /* fault: write-unmapped */
    dsb sy
    msr sctlr_el1, x1
    isb
    ret
    .size write_without_map, . - write_without_map

FUNCTION break_with
    brk #GUARD_BREAK /* fault: break */
    ret
    .size break_with, . - break_with

    .section .note.GNU-stack, "", %progbits
