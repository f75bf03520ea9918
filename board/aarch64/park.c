/*
 * park: the cores we do not use, into a WFI: secondary_park in start.S. The loader's can be left
 * again (el2/cores.c), the one of a service that runs without a loader cannot.
 *
 * The firmware leaves cores 1-3 spinning on release addresses (with WFE; in QEMU that is a
 * busy loop that costs a host core each). Their caches are off, so the address is written
 * through to memory before the event.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "cpu.h"

#include "dma.h"

extern uint8_t secondary_park[] __attribute__((visibility("hidden"))); /* not through the GOT */

void cpu_park_secondary(uint64_t release)
{
    *(uint64_t *)release = (uint64_t)secondary_park;
    cpu_publish((const void *)release, sizeof(uint64_t));
    asm volatile("sev");
}
