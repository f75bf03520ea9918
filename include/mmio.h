/*
 * mmio: device registers.
 *
 * The only way drivers touch a device. An address is a CPU address of a naturally
 * aligned 32-bit register. Accesses reach the devices in program order (the
 * peripherals are mapped Device-nGnRE, and the board's implementation adds the barrier
 * that the BCM2835 bus needs when a program moves from one peripheral to another:
 * BCM2835 ARM Peripherals, section 1.3). Ordering against DMA buffers in memory is the
 * work of dma.h, whose functions contain the barrier.
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
