/*
 * leave: the last instructions of the loader on each core, before another system's first.
 *
 * The processor is left as the firmware leaves it: EL2, MMU and caches off, everything masked,
 * nothing trapped, no timer running. With the caches off the next system may write anywhere in
 * memory past them; a line of ours that is still dirty then would go over it later. So every
 * level is cleaned and invalidated by set and way, each core its own: what must be in memory for
 * the next system to run was cleaned by address before (cpu_publish), as the architecture asks.
 * Reference: Arm ARM DDI 0487, D4.4 (maintenance by set/way), D13.2 (registers); Cortex-A53 TRM
 * (DDI 0500) 2.4.2; Linux Documentation/arch/arm64/booting.rst, sections 4 and 5.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "cores_start.h"
#include "start.inc"

    .section .text.leave, "ax"

    /* cpu_leave(entry, fdt) */
    .global cpu_leave
cpu_leave:
    msr     daifset, #15
    mov     x20, x0
    mov     x21, x1
    mmu_off x9, x10
    b       leave

    /* From the park (start.S), with the MMU off: x11 = what cores_released said, the stub. */
    .global leave_park
leave_park:
    mov     x20, x11
    mov     x21, xzr

    /* To x20 with x0 = x21. No stack from here on: it is in no cache and on no map. */
leave:
    mrs     x9, clidr_el1
    ubfx    x10, x9, #24, #3        /* levels to the point of coherency */
    mov     x11, xzr                /* level, from 0 */
.Llevel:
    cmp     x11, x10
    b.hs    .Lclean
    add     x12, x11, x11, lsl #1
    lsr     x13, x9, x12
    and     x13, x13, #7
    cmp     x13, #2                 /* a data cache, or one for both? */
    b.lo    .Lnext_level
    lsl     x12, x11, #1
    msr     csselr_el1, x12
    isb
    mrs     x13, ccsidr_el1
    and     x14, x13, #7
    add     x14, x14, #4            /* log2 of the bytes in a line: where the set begins */
    ubfx    x15, x13, #3, #10       /* ways - 1 */
    ubfx    x16, x13, #13, #15      /* sets - 1 */
    clz     w17, w15                /* where the way begins */
.Lset:
    mov     x0, x15
.Lway:
    lsl     x1, x0, x17
    lsl     x2, x16, x14
    orr     x1, x1, x2
    orr     x1, x1, x12
    dc      cisw, x1
    subs    x0, x0, #1
    b.hs    .Lway
    subs    x16, x16, #1
    b.hs    .Lset
    dsb     sy                      /* what went to the next level is there */
.Lnext_level:
    add     x11, x11, #1
    b       .Llevel
.Lclean:
    msr     csselr_el1, xzr
    dsb     sy

    ldr     x9, =SCTLR_EL2_RES1
    msr     sctlr_el2, x9
    ldr     x9, =SCTLR_EL1_RES1
    msr     sctlr_el1, x9
    mov     x9, #(1 << 31)          /* HCR_EL2: EL1 is 64-bit */
    msr     hcr_el2, x9
    mov     x9, #0x33ff             /* CPTR_EL2: its RES1 bits; no trap of FP */
    msr     cptr_el2, x9
    set_up_for_el1 0, x9
    msr     vttbr_el2, xzr
    msr     vtcr_el2, xzr
    msr     ttbr0_el2, xzr
    msr     tpidr_el2, xzr
    msr     vbar_el2, xzr           /* what is there is the next system's from now on */
    msr     cntp_ctl_el0, xzr
    msr     cntv_ctl_el0, xzr
    msr     cnthp_ctl_el2, xzr
    isb
    tlbi    alle2
    tlbi    alle1
    ic      iallu
    dsb     sy
    isb
    mov     x0, x21
    .irp    n, 1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,21,22,23,24,25,26,27,28,29,30
    mov     x\n, xzr
    .endr
    br      x20

    /*
     * The spin table: runs from wherever cores.c copied it to. Behind it stands what the core
     * works with: the word it waits for, and the register that clears its mark - from here, where
     * the loader's memory is not needed any more. Its word still holds the park's address then, as
     * another core may not have seen it yet; it counts when spin_table_open is not 0.
     */
    .balign 16
    .global spin_table, spin_table_open, spin_table_of, spin_table_end
spin_table:
    mrs     x4, mpidr_el1
    and     x4, x4, #3
    adr     x5, spin_table_of
    add     x5, x5, x4, lsl #4
    ldp     x6, x7, [x5]
    mov     w8, #-1
    str     w8, [x7]
    dsb     sy
    adr     x5, spin_table_open
1:  ldr     x4, [x5]
    cbnz    x4, 2f
    wfe
    b       1b
2:  ldr     x4, [x6]
    cbnz    x4, 3f
    wfe
    b       2b
3:  mov     x5, xzr
    mov     x6, xzr
    mov     x7, xzr
    mov     x8, xzr
    br      x4
    .balign 16
spin_table_open:
    .quad   0, 0
spin_table_of:                      /* 16 bytes for each core, to the end */
    .org    spin_table + CORES_SPIN_TABLE_BYTES /* fails if code and entries are more */
spin_table_end:
