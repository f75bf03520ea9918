/*
 * entry of a core that PSCI has switched on: see core.h. No stack, no MMU.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#define COUNT     0
#define AFFINITY  8
#define LEVEL     16
#define MASKS     24
#define CONTROL   32
#define ANSWER    40
#define DONE      48
#define ORDER     64
#define ARGUMENTS 72

    .section .text.core_entry, "ax"
    .global core_entry
core_entry:
    mov     x19, x0
    mrs     x1, mpidr_el1
    str     x1, [x19, #AFFINITY]
    mrs     x1, CurrentEL
    str     x1, [x19, #LEVEL]
    mrs     x1, daif
    str     x1, [x19, #MASKS]
    mrs     x1, sctlr_el1
    str     x1, [x19, #CONTROL]
    mov     x20, xzr                /* orders followed */
1:  ldr     x1, [x19, #COUNT]
    add     x1, x1, #1
    str     x1, [x19, #COUNT]
    yield
    ldr     x21, [x19, #ORDER]
    cmp     x21, x20
    b.eq    1b
    and     x1, x21, #0xff
    cmp     x1, #1
    b.eq    2f
    cmp     x1, #2
    b.eq    3f
    cmp     x1, #3
    b.eq    4f
    b       5f
2:  ldr     x0, [x19, #ARGUMENTS]
    ldr     x1, [x19, #ARGUMENTS + 8]
    ldr     x2, [x19, #ARGUMENTS + 16]
    ldr     x3, [x19, #ARGUMENTS + 24]
    hvc     #0
    str     x0, [x19, #ANSWER]
    b       5f
3:  str     x21, [x19, #DONE]
    msr     daifset, #15
    b       .
4:  ldr     x0, [x19, #ARGUMENTS]
    str     x0, [x0]
5:  mov     x20, x21
    str     x20, [x19, #DONE]
    b       1b
