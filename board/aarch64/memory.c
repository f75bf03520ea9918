/*
 * memory: adds RAM to the map that early_map began.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "memory.h"

#include "early_map.h"
#include "level.h"

static uint64_t page_of(uint64_t address)
{
    return address & ~(uint64_t)(PAGE_BYTES - 1);
}

static unsigned map(uint64_t first, uint64_t last, bool touching)
{
    unsigned mapped = early_map_data(first, last, touching);

    /* Entries only went from invalid to valid: no TLB can hold them, the walker must just
     * see them. */
    asm volatile("dsb ishst; isb" ::: "memory");
    return mapped;
}

void memory_map_ram(uint64_t base, uint64_t bytes)
{
    map(page_of(base + PAGE_BYTES - 1), page_of(base + bytes), false);
}

bool memory_map_block(uint64_t address, uint64_t bytes)
{
    return map(page_of(address), page_of(address + bytes + PAGE_BYTES - 1), true) != 0;
}

void memory_unmap_block(uint64_t address)
{
    memory_tables.level2[address >> 21 & 511] = 0;
    level_forget_translations();
}
