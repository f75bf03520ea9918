/*
 * heap: one region, one end that moves.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "heap.h"

#include <stdbool.h>

#include "guardian.h"
#include "log.h"
#include "memory.h"

#define PAGE_BYTES 4096u

static struct {
    uint8_t *base;
    size_t bytes;
    size_t taken;
    size_t peak;
    bool refusal_logged;
} heap;

/* Returns false for a range that is empty or wraps. */
static bool range_end(const struct board_range *range, uint64_t *end)
{
    return range->bytes > 0 && !__builtin_add_overflow(range->base, range->bytes, end);
}

static uint64_t round_up(uint64_t address, uint64_t unit)
{
    uint64_t rounded;

    return __builtin_add_overflow(address, unit - 1, &rounded) ? UINT64_MAX : rounded & ~(unit - 1);
}

/* Cuts [start, end) to what can be mapped, and keeps it if it is the largest so far. */
static void keep_larger(struct board_range *largest, uint64_t start, uint64_t end,
                        uint64_t image_end)
{
    uint64_t pages_end = round_up(image_end, MEMORY_BLOCK_BYTES);
    bool starts_in_pages = start >= image_end && start < pages_end;
    bool ends_in_pages = end > image_end && end < pages_end;

    start = round_up(start, starts_in_pages ? PAGE_BYTES : MEMORY_BLOCK_BYTES);
    end &= ~(uint64_t)((ends_in_pages ? PAGE_BYTES : MEMORY_BLOCK_BYTES) - 1);
    if (start < end && end - start > largest->bytes)
        *largest = (struct board_range){start, end - start};
}

/* Finds the hole that begins lowest among those that reach past start and begin below
 * end. */
static bool next_hole(const struct board_range *holes, unsigned hole_count, uint64_t start,
                      uint64_t end, uint64_t *hole_start, uint64_t *hole_end)
{
    bool found = false;

    for (unsigned i = 0; i < hole_count; i++) {
        uint64_t last;

        if (!range_end(&holes[i], &last) || last <= start || holes[i].base >= end)
            continue;
        if (!found || holes[i].base < *hole_start) {
            *hole_start = holes[i].base;
            *hole_end = last;
            found = true;
        }
    }
    return found;
}

struct board_range heap_find_region(const struct board_range *memory, unsigned memory_count,
                                    const struct board_range *holes, unsigned hole_count,
                                    uint64_t image_end)
{
    struct board_range largest = {0, 0};

    for (unsigned i = 0; i < memory_count; i++) {
        uint64_t start = memory[i].base, end, hole_start, hole_end;

        if (!range_end(&memory[i], &end))
            continue;
        while (start < end && next_hole(holes, hole_count, start, end, &hole_start, &hole_end)) {
            if (hole_start > start)
                keep_larger(&largest, start, hole_start, image_end);
            start = hole_end;
        }
        if (start < end)
            keep_larger(&largest, start, end, image_end);
    }
    return largest;
}

void heap_init(void *base, size_t bytes)
{
    heap.base = base;
    heap.bytes = bytes;
    heap.taken = 0;
    heap.peak = 0;
    heap.refusal_logged = false;
}

void *heap_grow(ptrdiff_t change)
{
    size_t before = heap.taken;

    if (change < 0 ? (size_t)0 - (size_t)change > before : (size_t)change > heap.bytes - before) {
        if (change > 0 && !heap.refusal_logged)
            log_line("heap", "exhausted: %lu more bytes asked, %lu of %lu left",
                     (unsigned long)change, (unsigned long)(heap.bytes - before),
                     (unsigned long)heap.bytes);
        heap.refusal_logged |= change > 0;
        return NULL;
    }
    heap.taken = before + (size_t)change;
    if (heap.taken > heap.peak)
        heap.peak = heap.taken;
    guardian_heap(heap.base, heap.taken);
    return heap.base + before;
}

const void *heap_base(void)
{
    return heap.base;
}

size_t heap_bytes(void)
{
    return heap.bytes;
}

size_t heap_taken_bytes(void)
{
    return heap.taken;
}

size_t heap_peak_bytes(void)
{
    return heap.peak;
}
