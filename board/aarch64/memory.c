/*
 * memory: adds RAM to the map that early_map began.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "memory.h"

#include "early_map.h"
#include "image.h"
#include "level.h"

static void map_blocks(uint64_t first, uint64_t last)
{
    uint64_t attributes = early_attributes(MEMORY_DATA) | IS_BLOCK;

    if (last > MEMORY_PERIPHERALS >> 21)
        last = MEMORY_PERIPHERALS >> 21;
    for (uint64_t block = first; block < last; block++)
        if (memory_tables.level2[block] == 0)
            memory_tables.level2[block] = block << 21 | attributes;
    /* Entries only went from invalid to valid: no TLB can hold them, the walker must just
     * see them. */
    asm volatile("dsb ishst; isb" ::: "memory");
}

/* The image's last block, which a small machine cannot leave unused. */
static void map_rest_of_image_block(uint64_t base, uint64_t end)
{
    uint64_t page = (uint64_t)__image_end;
    uint64_t last = (page + MEMORY_BLOCK_BYTES - 1) & ~(uint64_t)(MEMORY_BLOCK_BYTES - 1);
    uint64_t *table =
        (uint64_t *)(memory_tables.level2[page >> 21 & 511] & ~(uint64_t)(PAGE_BYTES - 1));
    uint64_t attributes = early_attributes(MEMORY_DATA) | IS_PAGE;

    if (page < base)
        page = (base + PAGE_BYTES - 1) & ~(uint64_t)(PAGE_BYTES - 1);
    for (; page < last && page + PAGE_BYTES <= end; page += PAGE_BYTES)
        if (table[page >> 12 & 511] == 0)
            table[page >> 12 & 511] = page | attributes;
}

void memory_map_ram(uint64_t base, uint64_t bytes)
{
    map_rest_of_image_block(base, base + bytes);
    map_blocks((base + MEMORY_BLOCK_BYTES - 1) >> 21, (base + bytes) >> 21);
}

void memory_map_block(uint64_t address, uint64_t bytes)
{
    uint64_t end = address + bytes + PAGE_BYTES - 1;

    map_rest_of_image_block(address & ~(uint64_t)(PAGE_BYTES - 1), end);
    map_blocks(address >> 21, (address + bytes + MEMORY_BLOCK_BYTES - 1) >> 21);
}

void memory_unmap_block(uint64_t address)
{
    uint64_t *entry = &memory_tables.level2[address >> 21 & 511];

    if ((*entry & IS_TABLE) != IS_BLOCK)
        return;
    *entry = 0;
    level_forget_translations();
}
