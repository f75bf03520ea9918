/*
 * state: another system in place of Linux, which says on the PL011 in what state it was entered,
 * on core 0 and then on core 1, which it gets out of the spin table. A line for each value:
 * "state: CORE NAME HEXADECIMAL". For test_chainload_state.py.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#define UART 0x3f201000
#define RELEASE_1 0xe0

.macro tell name, register
    mov     x25, \register
    adr     x26, 5f
    bl      tell_line
    b       6f
5:  .asciz  "\name"
    .balign 4
6:
.endm

.macro tell_system name, register
    mrs     x24, \register
    tell    \name, x24
.endm

.macro tell_all
    tell    x0, x20
    tell    x1, x21
    tell    x2, x22
    tell    x3, x23
    tell_system CurrentEL, CurrentEL
    tell_system DAIF, DAIF
    tell_system SCTLR_EL2, sctlr_el2
    tell_system HCR_EL2, hcr_el2
    tell_system CPTR_EL2, cptr_el2
    tell_system HSTR_EL2, hstr_el2
    tell_system VTTBR_EL2, vttbr_el2
    tell_system VBAR_EL2, vbar_el2
    tell_system CNTHCTL_EL2, cnthctl_el2
    tell_system CNTVOFF_EL2, cntvoff_el2
    tell_system CNTHP_CTL_EL2, cnthp_ctl_el2
    tell_system CNTP_CTL_EL0, cntp_ctl_el0
    tell_system CNTV_CTL_EL0, cntv_ctl_el0
.endm

    .text
    mov     x20, x0
    mov     x21, x1
    mov     x22, x2
    mov     x23, x3
    mov     w27, #'0'
    tell_all
    /* A tree begins with d0 0d fe ed. */
    ldr     w24, [x20]
    tell    tree, x24
    adr     x9, core_1
    mov     x10, #RELEASE_1
    str     x9, [x10]
    dsb     sy
    sev
1:  wfi
    b       1b

core_1:
    mov     x20, x0
    mov     x21, x1
    mov     x22, x2
    mov     x23, x3
    mov     w27, #'1'
    tell_all
    mrs     x24, mpidr_el1
    and     x24, x24, #3
    tell    number, x24
    b       1b

    /* x25: value, x26: name, w27: core. */
tell_line:
    mov     x19, x30
    adr     x9, 2f
    bl      put_text
    mov     w10, w27
    bl      put
    mov     w10, #' '
    bl      put
    mov     x9, x26
    bl      put_text
    mov     w10, #' '
    bl      put
    mov     x11, #60
3:  lsr     x10, x25, x11
    and     w10, w10, #15
    cmp     w10, #10
    add     w12, w10, #('a' - 10)
    add     w10, w10, #'0'
    csel    w10, w10, w12, lo
    bl      put
    subs    x11, x11, #4
    b.ge    3b
    mov     w10, #'\n'
    bl      put
    br      x19
2:  .asciz  "state: "
    .balign 4

put_text:
    mov     x18, x30
4:  ldrb    w10, [x9], #1
    cbz     w10, 7f
    bl      put
    b       4b
7:  br      x18

put:
    ldr     x13, =UART
8:  ldr     w14, [x13, #0x18]
    tbnz    w14, #5, 8b             /* the FIFO is full */
    str     w10, [x13]
    ret
