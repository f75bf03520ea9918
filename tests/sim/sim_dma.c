/*
 * sim_dma: the devices' view of memory, kept apart from the CPU's.
 *
 * Each 64-byte line that dma_clean or dma_invalidate has touched has a shadow: the bytes
 * as RAM holds them, and for each byte who may use it. Cleaning copies CPU -> shadow,
 * invalidating copies shadow -> CPU; RAM that was never cleaned holds POISON, as the
 * board's would hold something else than the CPU's lost line. So a forgotten clean or
 * invalidate shows as old data or as 0xdb, and these stop the test:
 *   - a device reads a byte that was never cleaned, nor written by a device;
 *   - a device writes a byte that was not given to it by dma_invalidate (a dma_clean
 *     afterwards takes it back);
 *   - a device writes a byte that the CPU changed after giving it away: on the board the
 *     dirty line could be evicted over the device's data.
 *
 * Bus addresses: windows of 16 MiB of host memory, given out in threes so that memory
 * that crosses the end of a window stays contiguous for the device.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "dma.h"

#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "sim.h"
#include "sim_parts.h"

#define BUS_BASE     0xc0000000u
#define WINDOW_BITS  24
#define WINDOW_COUNT 63u
#define BUCKETS      4096u
#define POISON       0xdb

struct line {
    struct line *next;
    uintptr_t address; /* of the CPU's line */
    uint8_t ram[DMA_ALIGNMENT];
    uint8_t handed_over[DMA_ALIGNMENT]; /* the CPU's bytes at the last invalidate */
    uint64_t readable;                  /* bit n: byte n may be read by a device */
    uint64_t writable;                  /* bit n: byte n may be written by a device */
};

static struct line *buckets[BUCKETS];
static uintptr_t windows[WINDOW_COUNT]; /* host address >> WINDOW_BITS, 0 = free */

void sim_dma_reset(void)
{
    for (unsigned i = 0; i < BUCKETS; i++) {
        while (buckets[i] != NULL) {
            struct line *line = buckets[i];

            buckets[i] = line->next;
            free(line);
        }
    }
    memset(windows, 0, sizeof(windows));
}

static struct line *find_line(uintptr_t address, bool create)
{
    struct line **bucket = &buckets[address / DMA_ALIGNMENT % BUCKETS];
    struct line *line = *bucket;

    while (line != NULL && line->address != address)
        line = line->next;
    if (line == NULL && create) {
        line = calloc(1, sizeof(*line));
        if (line == NULL)
            sim_stop("no memory for the shadow of a line");
        memset(line->ram, POISON, sizeof(line->ram));
        line->address = address;
        line->next = *bucket;
        *bucket = line;
    }
    return line;
}

/* The part of [address, address + length) that lies in its first line. */
static size_t part_in_line(uintptr_t address, size_t length)
{
    size_t room = DMA_ALIGNMENT - address % DMA_ALIGNMENT;

    return length < room ? length : room;
}

static uint64_t mask_of(size_t at, size_t length)
{
    return (length == 64 ? ~0ull : (1ull << length) - 1) << at;
}

void dma_clean(const void *memory, size_t length)
{
    const uint8_t *bytes = memory;

    while (length != 0) {
        size_t at = (uintptr_t)bytes % DMA_ALIGNMENT;
        size_t part = part_in_line((uintptr_t)bytes, length);
        struct line *line = find_line((uintptr_t)bytes - at, true);

        memcpy(line->ram + at, bytes, part);
        line->readable |= mask_of(at, part);
        line->writable &= ~mask_of(at, part);
        bytes += part;
        length -= part;
    }
}

void dma_invalidate(void *memory, size_t length)
{
    uint8_t *bytes = memory;

    ASSERT((uintptr_t)memory % DMA_ALIGNMENT == 0 && length % DMA_ALIGNMENT == 0);
    for (; length != 0; length -= DMA_ALIGNMENT, bytes += DMA_ALIGNMENT) {
        struct line *line = find_line((uintptr_t)bytes, true);

        memcpy(bytes, line->ram, DMA_ALIGNMENT);
        memcpy(line->handed_over, line->ram, DMA_ALIGNMENT);
        line->writable = ~0ull;
    }
}

uint32_t dma_bus_address(const void *memory)
{
    uintptr_t address = (uintptr_t)memory;
    uintptr_t window = address >> WINDOW_BITS;
    unsigned i = 0;

    while (i < WINDOW_COUNT && windows[i] != window)
        i++;
    for (unsigned group = 0; i == WINDOW_COUNT && group < WINDOW_COUNT; group += 3) {
        if (windows[group] == 0) {
            windows[group] = window - 1;
            windows[group + 1] = window;
            windows[group + 2] = window + 1;
            i = group + 1;
        }
    }
    if (i == WINDOW_COUNT)
        sim_stop("DMA buffers in too many places of the host's memory");
    return BUS_BASE | i << WINDOW_BITS | (uint32_t)(address & ((1u << WINDOW_BITS) - 1));
}

static uintptr_t host_address(uint32_t bus_address)
{
    unsigned window = bus_address >> WINDOW_BITS & 63;

    if ((bus_address & BUS_BASE) != BUS_BASE || window >= WINDOW_COUNT || windows[window] == 0)
        sim_stop("a device uses bus address 0x%08x, which dma_bus_address never gave", bus_address);
    return windows[window] << WINDOW_BITS | (bus_address & ((1u << WINDOW_BITS) - 1));
}

void sim_dma_read(uint32_t bus_address, void *to, size_t length)
{
    uint8_t *bytes = to;

    while (length != 0) {
        uintptr_t address = host_address(bus_address);
        size_t at = address % DMA_ALIGNMENT;
        size_t part = part_in_line(address, length);
        struct line *line = find_line(address - at, false);

        if (line == NULL || (~line->readable & mask_of(at, part)) != 0)
            sim_stop("a device reads memory at bus address 0x%08x that was never cleaned",
                     bus_address);
        memcpy(bytes, line->ram + at, part);
        bytes += part;
        bus_address += (uint32_t)part;
        length -= part;
    }
}

void sim_dma_write(uint32_t bus_address, const void *from, size_t length)
{
    const uint8_t *bytes = from;

    while (length != 0) {
        uintptr_t address = host_address(bus_address);
        size_t at = address % DMA_ALIGNMENT;
        size_t part = part_in_line(address, length);
        struct line *line = find_line(address - at, false);

        if (line == NULL || (~line->writable & mask_of(at, part)) != 0)
            sim_stop("a device writes memory at bus address 0x%08x that was not given to it",
                     bus_address);
        if (memcmp((const void *)address, line->handed_over + at, part) != 0)
            sim_stop("the CPU wrote to memory at bus address 0x%08x after giving it to a device",
                     bus_address);
        memcpy(line->ram + at, bytes, part);
        line->readable |= mask_of(at, part);
        bytes += part;
        bus_address += (uint32_t)part;
        length -= part;
    }
}
