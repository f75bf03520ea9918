/*
 * memory_plan: who gets which memory while the loader works.
 *
 * At the top of free RAM, below the loader: the keeping area, the boot-info block, then the
 * staging area for the file that is fetched or pushed. Images go to the bottom.
 * board/rpi3/memory_map.h has the picture.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "error.h"
#include "loader.h"
#include "memory.h"
#include "boot_tags.h"

#define STAGING_MAX (64u << 20)
#define STAGING_MIN (1u << 20)
#define KEEPING_MAX (48u << 20)
/* A quarter of it is for keeping; the block and twice the staging fit into the rest. */
#define ROOM_ENOUGH (4ull * KEEPING_MAX)

static void take(struct loader *loader, struct board_range range, const char *what, uint32_t kind)
{
    if (range.bytes != 0 && loader->taken_count < LOADER_TAKEN_MAX)
        loader->taken[loader->taken_count++] =
            (struct place_taken){range.base, range.bytes, what, kind};
}

/* Divides the room that ends at end. Returns false if it is too little. */
static bool divide(struct keep *keep, uint64_t room, uint64_t end)
{
    if (room < MEMORY_BLOCK_BYTES + 2 * STAGING_MIN)
        return false;

    /* Whole blocks, since that is what can be hidden from a service. */
    uint64_t keeping = room / 4 & ~(MEMORY_BLOCK_BYTES - 1ull);

    if (keeping > KEEPING_MAX)
        keeping = KEEPING_MAX;
    /* Half of what is left at most: the image must fit in beside the file. */
    uint64_t staging = (room - keeping - MEMORY_BLOCK_BYTES) / 2 & ~(STAGING_MIN - 1ull);

    if (staging > STAGING_MAX)
        staging = STAGING_MAX;
    keep->keeping = (struct board_range){end - keeping, keeping};
    keep->list = (struct board_range){keep->keeping.base - MEMORY_BLOCK_BYTES, MEMORY_BLOCK_BYTES};
    keep->staging = (struct board_range){keep->list.base - staging, staging};
    return true;
}

/* The division is made once: a restart finds what is kept where it was, although the
 * firmware's device tree is not in the way any more. */
int memory_plan(struct loader *loader)
{
    const struct board *board = &loader->board;
    struct keep *keep = loader->keep;
    struct place_map map = {board->memory, board->memory_count, loader->taken, 0};
    struct board_range range;
    uint64_t cursor = 0, room = 0, end = 0;

    take(loader, loader->resident, "the loader", BOOT_MEMORY_LOADER);
    for (unsigned i = 0; i < board->reserved_count; i++)
        take(loader, board->reserved[i], "reserved memory", BOOT_MEMORY_RESERVED);
    loader->kept_count = loader->taken_count;
    take(loader, board->fdt, "the device tree", BOOT_MEMORY_FREE);
    map.taken_count = loader->taken_count;
    loader->taken_count = loader->kept_count;

    /* All that is free is mapped. Of its pieces we want the highest with room enough, else
     * the largest: a device tree close below the loader must not cost us the boot. */
    while ((cursor = place_next_free(&map, cursor, &range)) != 0) {
        uint64_t piece_end = (range.base + range.bytes) & ~(MEMORY_BLOCK_BYTES - 1ull);
        uint64_t base = (range.base + MEMORY_BLOCK_BYTES - 1) & ~(MEMORY_BLOCK_BYTES - 1ull);
        uint64_t piece = base < piece_end ? piece_end - base : 0;

        memory_map_ram(range.base, range.bytes);
        if (piece > ROOM_ENOUGH)
            piece = ROOM_ENOUGH;
        if (piece >= room) {
            room = piece;
            end = piece_end;
        }
    }
    if (keep->list.bytes == 0 && !divide(keep, room, end))
        return ERROR_NO_MEMORY;
    loader->keeping = keep->keeping;
    loader->list = keep->list;
    loader->staging = keep->staging;
    take(loader, loader->keeping, "the kept images", BOOT_MEMORY_LOADER);
    take(loader, loader->staging, "the received file", BOOT_MEMORY_UPLOAD);
    loader->kept_count = loader->taken_count;
    take(loader, loader->list, "the boot-info block", BOOT_MEMORY_BOOT_INFO);
    /* A service gets a copy of the device tree: where the firmware put it is free then. */
    take(loader, board->fdt, "the device tree", BOOT_MEMORY_FREE);
    return 0;
}
