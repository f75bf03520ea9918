/*
 * memory_check: finds out when code or constants in memory have changed.
 *
 * They cannot change by a store of ours (the map forbids it), so a change means a DMA
 * gone astray or failing memory. The build wrote the CRC-32C of the area into the image's
 * note; it is checked whole at start and then over and over in slices, when idle.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MEMORY_CHECK_H
#define MEMORY_CHECK_H

#include <stddef.h>
#include <stdint.h>

#define MEMORY_CHECK_SLICE_BYTES 1024u
#define MEMORY_CHECK_INTERVAL_US                                                                   \
    500000u /* 100 KB: a round every 50 s, about 1,000
                                               instructions a second */

/* Checks the bytes from start on against expected and, if they are right, begins the
 * rounds. Returns 0 or ERROR_CORRUPT (logged, with both values). */
int memory_check_start(const void *start, size_t bytes, uint32_t expected);

/* The moment memory_check_step is due; CLOCK_NEVER if nothing is checked. */
uint64_t memory_check_deadline_us(void);

/* Checks the next slice. Returns 0, or ERROR_CORRUPT at the end of a round that found
 * the area changed (logged). */
int memory_check_step(uint64_t now_us);

/* How often the whole area was found right. */
uint32_t memory_check_count(void);

#endif
