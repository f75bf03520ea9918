/*
 * alignment_core: what another core does with its MMU off, for alignment.c. No stack.
 *
 * Its vectors note the syndrome of whatever happens in x21 and go on behind the instruction.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#define CONTROL       0
#define CHECKED       8
#define UNCHECKED     16
#define ZEROED        24
#define LEVEL         32
#define DONE          40
#define WORDS         64
#define LINE          128

#define SCTLR_A       2
#define PSCI_CPU_OFF  0x84000002

    .macro vector
    .balign 0x80
    b       noted
    .endm

    .section .text.alignment_vectors, "ax"
    .balign 0x800
alignment_vectors:
    .rept 16
    vector
    .endr
noted:
    mrs     x21, esr_el1
    mrs     x22, elr_el1
    add     x22, x22, #4
    msr     elr_el1, x22
    eret

    .section .text.alignment_core_entry, "ax"
    .global alignment_core_entry
    .type alignment_core_entry, %function
alignment_core_entry:
    mov     x19, x0
    adrp    x1, alignment_vectors
    add     x1, x1, :lo12:alignment_vectors
    msr     vbar_el1, x1
    mrs     x1, CurrentEL
    str     x1, [x19, #LEVEL]
    mrs     x20, sctlr_el1
    str     x20, [x19, #CONTROL]
    add     x3, x19, #WORDS + 1

    /* With the check of all alignment: it must fault everywhere. */
    orr     x1, x20, #SCTLR_A
    msr     sctlr_el1, x1
    isb
    mov     x21, xzr
    ldr     x4, [x3]
    str     x21, [x19, #CHECKED]

    /* Without: Device memory is what makes it fault. */
    bic     x1, x20, #SCTLR_A
    msr     sctlr_el1, x1
    isb
    mov     x21, xzr
    ldr     x4, [x3]
    str     x21, [x19, #UNCHECKED]
    mov     x21, xzr
    add     x3, x19, #LINE
    dc      zva, x3
    str     x21, [x19, #ZEROED]
    msr     sctlr_el1, x20
    isb
    mov     x1, #1
    dsb     sy
    str     x1, [x19, #DONE]
    dsb     sy
    ldr     x0, =PSCI_CPU_OFF
    hvc     #0
1:  wfi
    b       1b
    .ltorg
