/*
 * cache: dma.h and cpu_publish on the BCM2837: cache maintenance by address, and the bus address
 * of memory.
 *
 * Cleaning also invalidates: on the A53 an eviction can overtake a clean by address (erratum
 * 855873, from r0p3 on; the board's is r0p4). The mend for plain cleaning is a bit of CPUACTLR
 * that is ours only where EL3 gives it away.
 * What is not mapped must not be named: maintenance by address faults there like a load. QEMU
 * does nothing at all. At EL1 under a stage 2, invalidating cleans, too (HCR_EL2.VM): a line
 * that was dirty before a transfer must be gone before it, too.
 * dsb sy, not dmb: the next store may start a device that is not in the shareability
 * domain of the cores. Reference: DDI 0487 B2.3.7; BCM2835 ARM Peripherals section 1.2.3
 * (bus addresses).
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "dma.h"

#include "check.h"
#include "cpu.h"

#define UNCACHED_ALIAS 0xc0000000u /* the VideoCore's view of RAM, past its L2 cache */

void dma_clean(const void *memory, size_t length)
{
    uintptr_t end = (uintptr_t)memory + length;

    for (uintptr_t line = (uintptr_t)memory & ~(uintptr_t)(DMA_ALIGNMENT - 1); line < end;
         line += DMA_ALIGNMENT)
        asm volatile("dc civac, %0" ::"r"(line) : "memory");
    asm volatile("dsb sy" ::: "memory");
}

void dma_invalidate(void *memory, size_t length)
{
    uintptr_t line = (uintptr_t)memory, end = line + length;

    ASSERT((((uintptr_t)memory | length) & (DMA_ALIGNMENT - 1)) == 0);
    /* Four at a time: this is on the path of every received frame. */
    for (; end - line >= 4 * DMA_ALIGNMENT; line += 4 * DMA_ALIGNMENT)
        asm volatile("dc ivac, %0; dc ivac, %1; dc ivac, %2; dc ivac, %3" ::"r"(line),
                     "r"(line + DMA_ALIGNMENT), "r"(line + 2 * DMA_ALIGNMENT),
                     "r"(line + 3 * DMA_ALIGNMENT)
                     : "memory");
    for (; line < end; line += DMA_ALIGNMENT)
        asm volatile("dc ivac, %0" ::"r"(line) : "memory");
    asm volatile("dsb sy" ::: "memory");
}

uint32_t dma_bus_address(const void *memory)
{
    return (uint32_t)(uintptr_t)memory | UNCACHED_ALIAS;
}

void cpu_publish(const void *code, size_t length)
{
    uintptr_t end = (uintptr_t)code + length;

    for (uintptr_t line = (uintptr_t)code & ~(uintptr_t)(DMA_ALIGNMENT - 1); line < end;
         line += DMA_ALIGNMENT)
        asm volatile("dc civac, %0" ::"r"(line) : "memory");
    asm volatile("dsb sy; ic iallu; dsb sy; isb" ::: "memory");
}
