/*
 * vectors of the loader (EL2). What comes from its own level is a fault to be reported; what
 * comes from the service below is for the guard (guard.c), with all registers saved, since
 * the loader's C code uses any of them and the service is to go on as if nothing had been.
 *
 * While a service runs, each core's stack at EL2 is empty, so its registers always go to the
 * same place: the top of that stack.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "vectors.inc"

#define X       0               /* struct guard_registers (include/guard.h); guard.c */
#define STATE   (16 * 16)       /* asserts that they stand here */
#define FLOAT   (16 * 19)
#define VECTORS (16 * 20)
#define BYTES   (16 * 52)

.macro guard_vector kind
    sub     sp, sp, #BYTES
    stp     x0, x1, [sp, #X]
    mov     w1, #\kind
    b       guard_enter
.endm

    fault_vectors el2, guard_vector

    .section .text.guard, "ax"
guard_enter:
    stp     x2, x3, [sp, #X + 16 * 1]
    stp     x4, x5, [sp, #X + 16 * 2]
    stp     x6, x7, [sp, #X + 16 * 3]
    stp     x8, x9, [sp, #X + 16 * 4]
    stp     x10, x11, [sp, #X + 16 * 5]
    stp     x12, x13, [sp, #X + 16 * 6]
    stp     x14, x15, [sp, #X + 16 * 7]
    stp     x16, x17, [sp, #X + 16 * 8]
    stp     x18, x19, [sp, #X + 16 * 9]
    stp     x20, x21, [sp, #X + 16 * 10]
    stp     x22, x23, [sp, #X + 16 * 11]
    stp     x24, x25, [sp, #X + 16 * 12]
    stp     x26, x27, [sp, #X + 16 * 13]
    stp     x28, x29, [sp, #X + 16 * 14]
    mrs     x2, sp_el1
    stp     x30, x2, [sp, #X + 16 * 15]
    mrs     x2, elr_el2
    mrs     x3, spsr_el2
    stp     x2, x3, [sp, #STATE]
    mrs     x2, esr_el2
    mrs     x3, far_el2
    stp     x2, x3, [sp, #STATE + 16]
    mrs     x2, hpfar_el2
    mrs     x3, tpidr_el0
    stp     x2, x3, [sp, #STATE + 32]
    mrs     x2, fpsr
    mrs     x3, fpcr
    stp     x2, x3, [sp, #FLOAT]
    .irp    n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
    str     q\n, [sp, #VECTORS + 16 * \n]
    .endr
    adrp    x2, __tls_base          /* ours: errno is thread-local */
    add     x2, x2, :lo12:__tls_base
    msr     tpidr_el0, x2
    msr     fpcr, xzr
    mov     x29, xzr
    mov     x30, xzr
    mov     x0, sp
    bl      guard_entered           /* (registers, kind); returns to go on */

    ldp     x2, x3, [sp, #STATE]
    msr     elr_el2, x2
    msr     spsr_el2, x3
    ldr     x3, [sp, #STATE + 40]
    msr     tpidr_el0, x3
    ldp     x2, x3, [sp, #FLOAT]
    msr     fpsr, x2
    msr     fpcr, x3
    .irp    n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
    ldr     q\n, [sp, #VECTORS + 16 * \n]
    .endr
    ldr     x30, [sp, #X + 16 * 15]
    ldp     x28, x29, [sp, #X + 16 * 14]
    ldp     x26, x27, [sp, #X + 16 * 13]
    ldp     x24, x25, [sp, #X + 16 * 12]
    ldp     x22, x23, [sp, #X + 16 * 11]
    ldp     x20, x21, [sp, #X + 16 * 10]
    ldp     x18, x19, [sp, #X + 16 * 9]
    ldp     x16, x17, [sp, #X + 16 * 8]
    ldp     x14, x15, [sp, #X + 16 * 7]
    ldp     x12, x13, [sp, #X + 16 * 6]
    ldp     x10, x11, [sp, #X + 16 * 5]
    ldp     x8, x9, [sp, #X + 16 * 4]
    ldp     x6, x7, [sp, #X + 16 * 3]
    ldp     x4, x5, [sp, #X + 16 * 2]
    ldp     x2, x3, [sp, #X + 16 * 1]
    ldp     x0, x1, [sp, #X]
    add     sp, sp, #BYTES
    eret
