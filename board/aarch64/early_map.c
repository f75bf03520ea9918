/*
 * early_map: relocation and the first translation tables, before the MMU is on.
 *
 * Compiled without vector registers and unaligned accesses (Makefile, CFLAGS_EARLY). The
 * tables built here stay in use: memory.c adds to them, and nothing is ever changed from
 * one kind of block to another, so break-before-make is never needed. The image is mapped
 * page by page from the start, for its permissions.
 * 4 GiB of addresses, 4 KiB granule: level 1 has 4 entries, level 2 covers the first GiB
 * (RAM and peripherals), the second GiB holds the BCM2836's local peripherals.
 * Reference: Arm ARM DDI 0487, chapter D5; DDI 0487 D5.3.3 for the attribute bits.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "early_map.h"
#include "image.h"
#include "memory.h"

struct memory_tables memory_tables;

/*
 * Idempotent: the addend is in the RELA entry, not in the place, so a loader that has
 * relocated us already does no harm, and nor does doing it again after a move. The linker
 * script allows only R_AARCH64_RELATIVE (the build checks it).
 */
void early_relocate(uint64_t base)
{
    uint64_t delta = base - __linked_at;

    for (const struct image_rela *rela = __rela_start; rela < __rela_end; rela++)
        *(uint64_t *)(rela->offset + delta) = (uint64_t)rela->addend + delta;
}

static uint64_t running_at_el2(void)
{
    uint64_t level;

    asm("mrs %0, CurrentEL" : "=r"(level));
    return level == 2 << 2;
}

/* Returns the attribute bits of a page of a kind for the exception level we run at. */
uint64_t early_attributes(enum memory_kind kind)
{
    bool executable = kind == MEMORY_CODE;
    bool writable = kind == MEMORY_DATA || kind == MEMORY_DEVICE;
    uint64_t bits = ACCESSED | (kind == MEMORY_DEVICE ? ATTRIBUTE_DEVICE : ATTRIBUTE_NORMAL);

    if (!writable)
        bits |= READ_ONLY;
    if (running_at_el2())
        return bits | EL2_AP1 | (executable ? 0 : EL2_NO_EXECUTE);
    return bits | EL1_NO_EXECUTE_EL0 | (executable ? 0 : EL1_NO_EXECUTE);
}

static enum memory_kind kind_of_page(uint64_t page)
{
    if (page < (uint64_t)__text_end)
        return MEMORY_CODE;
    return page < (uint64_t)__data_start ? MEMORY_CONSTANTS : MEMORY_DATA;
}

/* Maps the image page by page, in as many level 3 tables as it touches. */
static void map_image(struct memory_tables *tables)
{
    uint64_t first = (uint64_t)__image_start, last = (uint64_t)__image_end;
    unsigned used = 0;

    for (uint64_t page = first; page < last; page += PAGE_BYTES) {
        uint64_t *entry = &tables->level2[page >> 21 & 511];

        if (*entry == 0) {
            if (used == MEMORY_IMAGE_TABLES || page >> 30 != 0)
                return; /* the linker script's assertion keeps us from here */
            *entry = (uint64_t)tables->level3[used++] | IS_TABLE;
        }
        uint64_t *table = (uint64_t *)(*entry & ~(uint64_t)(PAGE_BYTES - 1));

        if (page != (uint64_t)__stack_guard)
            table[page >> 12 & 511] = page | early_attributes(kind_of_page(page)) | IS_PAGE;
    }
}

/* Fills the holes of a page table of the image's, but for those in the image itself: what
 * is not mapped there is not to be. */
static void map_beside_image(uint64_t *table, uint64_t first, uint64_t last)
{
    for (uint64_t page = first; page < last; page += PAGE_BYTES) {
        bool in_image = page >= (uint64_t)__image_start && page < (uint64_t)__image_end;
        uint64_t *entry = &table[page >> 12 & 511];

        if (!in_image && *entry == 0)
            *entry = page | early_attributes(MEMORY_DATA) | IS_PAGE;
    }
}

unsigned early_map_data(uint64_t first, uint64_t last, bool touching)
{
    unsigned mapped = 0;

    if (last > MEMORY_RAM_END)
        last = MEMORY_RAM_END;
    while (first < last) {
        uint64_t block = first & ~(uint64_t)(MEMORY_BLOCK_BYTES - 1);
        uint64_t end = block + MEMORY_BLOCK_BYTES;
        uint64_t *entry = &memory_tables.level2[block >> 21];
        bool is_whole = first == block && end <= last;

        if (end > last)
            end = last;
        if (*entry == 0 && (is_whole || touching)) {
            *entry = block | early_attributes(MEMORY_DATA) | IS_BLOCK;
            mapped++;
        } else if ((*entry & IS_TABLE) == IS_TABLE) {
            map_beside_image((uint64_t *)(*entry & ~(uint64_t)(PAGE_BYTES - 1)), first, end);
        }
        first = end;
    }
    return mapped;
}

/* Maps the two 2 MiB blocks from the one that address lies in, if it can be RAM. */
static void map_pointed_to(uint64_t address)
{
    uint64_t block = address & ~(uint64_t)(MEMORY_BLOCK_BYTES - 1);

    if (address >= PAGE_BYTES && address < MEMORY_RAM_END)
        early_map_data(block, block + 2 * MEMORY_BLOCK_BYTES, true);
}

uint64_t early_map(uint64_t pointer0, uint64_t pointer1)
{
    struct memory_tables *tables = &memory_tables;
    uint64_t *words = (uint64_t *)tables;

    for (unsigned i = 0; i < sizeof *tables / sizeof *words; i++)
        words[i] = 0;
    tables->level1[0] = (uint64_t)tables->level2 | IS_TABLE;
    tables->level1[1] = (uint64_t)1 << 30 | early_attributes(MEMORY_DEVICE) | IS_BLOCK;
    for (uint64_t block = MEMORY_RAM_END >> 21; block < 512; block++)
        tables->level2[block] = block << 21 | early_attributes(MEMORY_DEVICE) | IS_BLOCK;
    map_image(tables);
    map_pointed_to(pointer0);
    if (pointer1 != 0)
        map_pointed_to(pointer1);
    return (uint64_t)tables->level1;
}
