/*
 * mmio: device registers.
 *
 * The only way drivers touch a device. An address is a CPU address of a naturally
 * aligned 32-bit register. Accesses to one device reach it in program order (peripherals
 * are mapped Device-nGnRE). Accesses to different devices may overtake each other: what
 * BCM2835 ARM Peripherals, section 1.3, warns of is the older core's bus, but a write to
 * device A still need not have arrived when one to device B does; a driver that needs
 * that reads A back. Ordering against DMA buffers in memory is the work of dma.h, whose
 * functions contain the barrier.
 *
 * On the host tests/sim/ routes each access to a device model and stops with a
 * message when no model owns the address.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MMIO_H
#define MMIO_H

#include <stdint.h>

/* Returns the 32-bit register at address. Never waits. */
uint32_t mmio_read32(uintptr_t address);

/* Writes the 32-bit register at address. Never waits for the device. */
void mmio_write32(uintptr_t address, uint32_t value);

#endif
