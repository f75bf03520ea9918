/*
 * heap: the memory that malloc takes from, one region that grows upward.
 *
 * malloc itself is the C library's; this is what its sbrk rests on.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef HEAP_H
#define HEAP_H

#include <stddef.h>
#include <stdint.h>

#include "board.h"

/*
 * Returns the largest piece of the memory ranges that no hole touches, as far as
 * memory_map_ram can map it: whole blocks of 2 MiB, and in the block where the image ends
 * (image_end) whole pages behind it. bytes is 0 when nothing is left. Ranges that wrap
 * round the address space or are empty are passed over; holes may overlap each other and
 * lie anywhere, the image is one of them.
 */
struct board_range heap_find_region(const struct board_range *memory, unsigned memory_count,
                                    const struct board_range *holes, unsigned hole_count,
                                    uint64_t image_end);

/* Gives the heap its region, which must be mapped. Called once, before any malloc. */
void heap_init(void *base, size_t bytes);

/*
 * Moves the heap's end by change bytes (negative: back) and returns where it was, or a
 * null pointer when the region does not reach that far; the first such refusal is logged.
 */
void *heap_grow(ptrdiff_t change);

/* Where the region begins; null without one. */
const void *heap_base(void);

/* Bytes of the region; taken from it now; taken at most so far. */
size_t heap_bytes(void);
size_t heap_taken_bytes(void);
size_t heap_peak_bytes(void);

#endif
