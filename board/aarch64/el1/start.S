/*
 * start of a service: entered by the loader at EL1, or without a loader at EL2 by the
 * firmware or QEMU (x0 = FDT), U-Boot's booti (the same), bootelf and go (x0 = argc, MMU
 * and caches on). It goes to EL1 in every case; kernel_main sorts out the registers.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "start.inc"

    .section .head, "ax"
    .global __head
__head:
    image_header service_entry, 0

    /* For debuggers: nobody called this. */
    .cfi_sections .debug_frame
    .section .text.start, "ax"
    .global service_entry
service_entry:
    .cfi_startproc
    .cfi_undefined x30
    msr     daifset, #15
    mov     x20, x0
    mov     x21, x1
    mov     x22, x2
    mov     x23, x3
    mrs     x9, mpidr_el1
    tst     x9, #0xff
    b.ne    secondary_park

    address x9, __image_start
    address x10, __image_end
    mrs     x11, CurrentEL
    cmp     x11, #(1 << 2)
    b.eq    .Lat_el1
    cmp     x11, #(2 << 2)
    b.eq    .Lat_el2
    b       secondary_park

.Lat_el1:
    mrs     x11, sctlr_el1
    tbz     x11, #0, .Lmmu_is_off
    maintain_range civac, x9, x10, x12
.Lmmu_is_off:
    ldr     x11, =(SCTLR_EL1_RES1 | SCTLR_A | SCTLR_SA)
    msr     sctlr_el1, x11
    isb
    tlbi    vmalle1
    ic      iallu
    dsb     sy
    mov     x11, #(3 << 20)         /* CPACR: FP and SIMD at EL1 and EL0 */
    msr     cpacr_el1, x11
    address x11, __image_start      /* see vectors.inc */
    msr     vbar_el1, x11
    isb
    msr     fpcr, xzr

    address x11, __stack_top
    mov     sp, x11
    mov     x29, xzr
    mov     x30, xzr
    address x0, __image_start
    bl      early_relocate
    mov     x0, x20
    mov     x1, x23
    bl      early_map
    mov     x19, x0

    /* What was written so far went past the caches: drop what they may hold of it. */
    address x9, __data_start
    address x10, __image_end
    maintain_range ivac, x9, x10, x12

    msr     ttbr0_el1, x19
    ldr     x11, =0x803520          /* TCR_EL1: TTBR0 4 GiB, 4 KiB pages, write-back, inner
                                       shareable; EPD1: nothing through TTBR1 */
    msr     tcr_el1, x11
    ldr     x11, =0x44ff04          /* MAIR: 0 Device-nGnRE, 1 write-back, 2 uncached */
    msr     mair_el1, x11
    isb
    tlbi    vmalle1
    dsb     sy
    isb
    ldr     x11, =(SCTLR_EL1_RES1 | SCTLR_SA | SCTLR_M | SCTLR_C | SCTLR_I)
    msr     sctlr_el1, x11
    isb

    address x9, __bss_start
    address x10, __bss_end
    zero_range x9, x10
    address x9, __tls_base
    msr     tpidr_el0, x9
    bl      board_early
    mov     x0, x20
    mov     x1, x21
    mov     x2, x22
    mov     x3, x23
    bl      kernel_main
    .cfi_endproc
    /* The WFI park of cores that have nothing to do. Position independent. */
    .global secondary_park
secondary_park:
    msr     daifset, #15
1:  wfi
    b       1b

    .section .text.enter, "ax"
.Lat_el2:
    /* No loader. Leave EL2 for good. */
    mrs     x11, sctlr_el2
    tbz     x11, #0, .Lel2_mmu_is_off
    maintain_range civac, x9, x10, x12
.Lel2_mmu_is_off:
    ldr     x11, =SCTLR_EL2_RES1
    msr     sctlr_el2, x11
    isb
    tlbi    alle2
    mov     x11, #(1 << 31)
    msr     hcr_el2, x11
    mov     x11, #0x33ff
    msr     cptr_el2, x11
    set_up_for_el1 0, x11
    ldr     x11, =(SCTLR_EL1_RES1 | SCTLR_A | SCTLR_SA)
    msr     sctlr_el1, x11
    mov     x11, #0x3c5
    msr     spsr_el2, x11
    address x11, .Lmmu_is_off
    msr     elr_el2, x11
    isb
    eret
