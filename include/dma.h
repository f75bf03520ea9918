/*
 * dma: memory shared with devices that are not coherent with the CPU's caches.
 *
 * The Pi 3's DMA masters (DWC2, SDHOST through the DMA engine, mailbox) do not see
 * the A53's caches. Buffers are ordinary cacheable memory, DMA_ALIGNMENT aligned in
 * base and rounded up to it in size, so that no foreign data shares their lines.
 * A buffer belongs to the CPU or to the device, never to both:
 *
 *     CPU fills -> dma_clean -> device reads
 *     dma_invalidate -> device writes -> dma_invalidate -> CPU reads
 *
 * (The first invalidate drops dirty lines that could be evicted over the device's
 * data; the second drops lines the CPU fetched speculatively meanwhile. The first may be
 * of length 0, for its barrier only, when the CPU has but read the buffer since it was
 * last invalidated: reading and speculation make no line dirty.)
 * Each call ends with a barrier: a register write after it that starts the device
 * is seen by the device after the memory is.
 *
 * On the host tests/sim/ keeps the device's view apart from the CPU's, so that a
 * forgotten call shows as old data.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef DMA_H
#define DMA_H

#include <stddef.h>
#include <stdint.h>

#define DMA_ALIGNMENT 64 /* bytes: the A53's cache line */

/* Storage class for a DMA buffer: struct { DMA_ALIGNED uint8_t bytes[2048]; } */
#define DMA_ALIGNED _Alignas(DMA_ALIGNMENT)

/* Makes what the CPU wrote to [memory, memory + length) visible to devices. */
void dma_clean(const void *memory, size_t length);

/* Makes what a device wrote there visible to the CPU, and what the CPU had there
 * lost. memory and length must be multiples of DMA_ALIGNMENT (asserted). */
void dma_invalidate(void *memory, size_t length);

/* Returns the address by which a bus master reaches memory (on the BCM2837 the
 * physical address in the uncached alias 0xc0000000). Never fails. */
uint32_t dma_bus_address(const void *memory);

#endif
