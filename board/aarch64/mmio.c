/*
 * mmio on AArch64: single 32-bit loads and stores; the map makes them Device-nGnRE.
 * The only file of the tree with the word volatile.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "mmio.h"

uint32_t mmio_read32(uintptr_t address)
{
    return *(const volatile uint32_t *)address;
}

void mmio_write32(uintptr_t address, uint32_t value)
{
    *(volatile uint32_t *)address = value;
}
