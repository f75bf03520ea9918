/*
 * start of the loader: entered at EL2 by the firmware, U-Boot (booti, go) or QEMU, and
 * once more by itself when it has copied itself to the top of RAM.
 *
 * x0 = FDT or anything; x1 = a word of home.c after the move. With the MMU on (U-Boot's go,
 * and our own second entry) our image is cleaned first, then the MMU is switched off: one
 * path for all.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "cores_start.h"
#include "start.inc"

/* While a service runs. HCR_EL2: EL1 is AArch64 (RW), SMC comes to us (TSC), and so do FIQs
 * (FMO), whatever EL1 masks; physical addresses go through stage 2 (VM). IRQs are EL1's. */
#define GUARD_HCR (1 << 31 | 1 << 19 | 1 << 3 | 1 << 0)
#define MDCR_TDE  (1 << 8)          /* BRK comes to us */

/* The MMU and the caches go on, with what stands at table. */
.macro mmu_on table, scratch
    msr     ttbr0_el2, \table
    ldr     \scratch, =0x80803520   /* TCR_EL2: 4 GiB, 4 KiB pages, write-back, inner
                                       shareable, 32-bit physical; bits 31 and 23 RES1 */
    msr     tcr_el2, \scratch
    ldr     \scratch, =0x44ff04     /* MAIR: 0 Device-nGnRE, 1 write-back, 2 uncached */
    msr     mair_el2, \scratch
    isb
    tlbi    alle2
    dsb     sy
    isb
    ldr     \scratch, =(SCTLR_EL2_RES1 | SCTLR_SA | SCTLR_M | SCTLR_C | SCTLR_I)
    msr     sctlr_el2, \scratch
    isb
.endm

/* EL1 is 64-bit, IRQ and FIQ come to us while we run, nothing is trapped yet. */
.macro set_up_el2 scratch
    mov     \scratch, #(1 << 31)
    orr     \scratch, \scratch, #(1 << 4 | 1 << 3)
    msr     hcr_el2, \scratch
    mov     \scratch, #0x33ff       /* CPTR_EL2: its RES1 bits; no trap of FP */
    msr     cptr_el2, \scratch
    msr     cntvoff_el2, xzr
    address \scratch, __image_start /* see vectors.inc */
    msr     vbar_el2, \scratch
    isb
.endm

    .section .head, "ax"
    .global __head
__head:
    image_header loader_entry, 0x80000

    .section .text.start, "ax"
    .global loader_entry
loader_entry:
    msr     daifset, #15
    mov     x20, x0
    mov     x21, x1

    /* Only core 0 of a core that is at EL2 has business here. */
    mrs     x9, mpidr_el1
    tst     x9, #0xff
    b.ne    nothing_to_do
    mrs     x9, CurrentEL
    cmp     x9, #(2 << 2)
    b.ne    nothing_to_do

    msr     spsel, #1
    mrs     x11, sctlr_el2
    tbz     x11, #0, .Lmmu_is_off
    b       clean_own_image
.Lmmu_is_off:
    ldr     x11, =(SCTLR_EL2_RES1 | SCTLR_A | SCTLR_SA)
    msr     sctlr_el2, x11
    isb
    tlbi    alle2
    ic      iallu
    dsb     sy
    isb

    set_up_el2 x11

    address x11, __stack_top
    mov     sp, x11
    mov     x29, xzr
    mov     x30, xzr
    /* Data lies behind the constants in the file: see loader.ld. */
    address x9, __data_start
    address x10, __data_end
    address x11, __data_behind_constants
1:  ldp     x12, x13, [x11], #16
    stp     x12, x13, [x9], #16
    cmp     x9, x10
    b.lo    1b
    address x0, __image_start
    bl      early_relocate
    mov     x0, x20
    mov     x1, xzr
    bl      early_map               /* returns the level 1 table */
    mov     x19, x0

    /* What was written so far went past the caches: drop what they may hold of it. */
    address x9, __data_start
    address x10, __image_end
    maintain_range ivac, x9, x10, x12

    mmu_on  x19, x11
    b       loader_mapped

    /* The room in front of the vectors is full. */
    .section .text.enter, "ax"
    /* All of our own image to memory, but for the page under the stack: in our own map it
     * is not there, and maintenance by address faults on it like a load. (No emulator tells.)
     * It is never used, so what a cache may hold of it does not matter. */
clean_own_image:
    address x9, __image_start
    address x10, __stack_guard
    maintain_range civac, x9, x10, x12
    address x9, __stack_bottom
    address x10, __image_end
    maintain_range civac, x9, x10, x12
    b       .Lmmu_is_off

loader_mapped:
    address x9, __bss_start
    address x10, __bss_end
    zero_range x9, x10
    address x9, __tls_base
    msr     tpidr_el0, x9
    bl      board_early
    mov     x0, x20
    mov     x1, x21
    bl      loader_start
nothing_to_do:
    msr     daifset, #15
1:  wfi
    b       1b

    /* park_core(register): from C on a core that is wanted no more, into the park. Writing to
     * the register clears its mark: nothing but the park and its word is touched after that,
     * and tables, stack and all the rest can go. */
    .global park_core
park_core:
    msr     daifset, #15
    mmu_off x9, x10
    tlbi    alle2
    tlbi    alle1
    ic      iallu
    dsb     sy
    isb
    mov     w9, #-1
    str     w9, [x0]
    dsb     sy

    /* The park, in a WFI, until the core's word is CORES_GO (cores.c) or an address to leave to
     * for good. Entered at any level with the MMU off; at home, so it stays where it is when the
     * loader starts anew over itself. Looks before it sleeps: what wakes it may be from before it
     * came. */
    .global secondary_park
secondary_park:
    msr     daifset, #15
    mrs     x20, mpidr_el1
    and     x20, x20, #3
    address x9, cores_released
    ldr     x10, =CORES_GO
1:  ldr     x11, [x9, x20, lsl #3]
    cmp     x11, x10
    b.eq    2f
    cbnz    x11, leave_park
    wfi
    b       1b

    /* Into cores_awake(core), on its own stack, with the map of core 0. */
2:  set_up_el2 x9
    address x9, cores_stacks
    add     x9, x9, x20, lsl #CORES_STACK_SHIFT
    mov     sp, x9
    mov     x29, xzr
    mov     x30, xzr
    address x9, memory_tables + CORES_TABLE
    tlbi    alle1
    ic      iallu
    mmu_on  x9, x10
    mov     x0, x20
    bl      cores_awake             /* does not return */
    b       nothing_to_do

    /* enter_el1(entry, fdt, x1, list, stage 2 table, its control, stack at EL2): the last
     * instructions before a service's first on this core. */
    .global enter_el1
enter_el1:
    msr     vttbr_el2, x4
    msr     vtcr_el2, x5
    ldr     x9, =GUARD_HCR
    msr     hcr_el2, x9
    set_up_for_el1 MDCR_TDE, x9
    msr     fpcr, xzr
    msr     fpsr, xzr
    ldr     x9, =SCTLR_EL1_RES1
    msr     sctlr_el1, x9
    mov     x9, #0x3c5              /* SPSR: EL1h, DAIF masked */
    msr     spsr_el2, x9
    msr     elr_el2, x0
    mov     sp, x6                  /* EL2's stack is empty again: for the vectors */
    isb
    tlbi    alle1
    ic      iallu
    dsb     sy
    isb
    mov     x0, x1
    mov     x1, x2
    mov     x2, xzr
    .irp    n, 4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30
    mov     x\n, xzr
    .endr
    eret

    /* restart_loader(fdt, x1): from the top of our own image. loader_entry turns the MMU off;
     * what it then copies over data must not be behind lines that are still dirty: it cleans
     * the whole image first. */
    .global restart_loader
restart_loader:
    msr     daifset, #15
    mrs     x9, mdcr_el2
    bic     x9, x9, #MDCR_TDE
    msr     mdcr_el2, x9
    b       loader_entry

    /* enter_home(fdt, x1, entry): into our own copy, with the MMU off, since the page we
     * run on is not executable there. The copy has been published. */
    .global enter_home
enter_home:
    mmu_off x9, x10
    br      x2
