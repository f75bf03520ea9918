/*
 * load: memory traffic beside what a check looks at.
 *
 * One byte in each line of an area twice as large as the second-level cache (512 KB) is read and
 * written. So every line of it is fetched, is made dirty, and drives another dirty line out to
 * memory: sooner or later each line of anybody's that is dirty, too. A memset of the area would
 * not: from some lines on the A53 writes past its caches (Cortex-A53 TRM, 6.2.3).
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <stdlib.h>

#include "self_test.h"

#include "dma.h"

#define AREA_BYTES (1u << 20)
#define AREA_LINES (AREA_BYTES / DMA_ALIGNMENT)

static uint8_t *area;
static unsigned at;

int load_start(void)
{
    area = malloc(AREA_BYTES);
    return area ? 0 : ERROR_NO_MEMORY;
}

void load_lines(unsigned lines)
{
    while (lines-- > 0) {
        area[at * DMA_ALIGNMENT]++;
        asm volatile("" ::"r"(area) : "memory"); /* nobody reads it, and it is to be written */
        at = (at + 1) % AREA_LINES;
    }
}

void load_all(void)
{
    load_lines(AREA_LINES);
}
