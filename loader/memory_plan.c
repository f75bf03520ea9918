/*
 * memory_plan: who gets which memory while the loader works.
 *
 * From the loader's block downward: the boot-info block, then the staging area for the
 * file that is fetched. Images go to the bottom. board/rpi3/memory_map.h has the picture.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "error.h"
#include "loader.h"
#include "memory.h"
#include "boot_tags.h"

#define STAGING_MAX (64u << 20)
#define STAGING_MIN (1u << 20)

static void take(struct loader *loader, struct board_range range, const char *what, uint32_t kind)
{
    if (loader->taken_count < LOADER_TAKEN_MAX)
        loader->taken[loader->taken_count++] =
            (struct place_taken){range.base, range.bytes, what, kind};
}

/* The piece of RAM below the loader, down to the next thing that is taken. */
static struct board_range below_loader(const struct loader *loader)
{
    uint64_t end = loader->resident.base, base = 0;
    const struct board *board = &loader->board;

    for (unsigned i = 0; i < board->memory_count; i++)
        if (board->memory[i].base < end && board->memory[i].base + board->memory[i].bytes >= end)
            base = board->memory[i].base;
    for (unsigned i = 0; i < board->reserved_count; i++) {
        uint64_t reserved_end = board->reserved[i].base + board->reserved[i].bytes;

        if (board->reserved[i].base < end && reserved_end > base)
            base = reserved_end < end ? reserved_end : end;
    }
    base = (base + MEMORY_BLOCK_BYTES - 1) & ~(uint64_t)(MEMORY_BLOCK_BYTES - 1);
    return (struct board_range){base, base < end ? end - base : 0};
}

/* Maps all RAM that nobody reserved. */
static void map_ram(const struct loader *loader)
{
    struct place_taken reserved[BOARD_RESERVED_MAX];
    struct place_map map = {loader->board.memory, loader->board.memory_count, reserved,
                            loader->board.reserved_count};
    struct board_range range;
    uint64_t cursor = 0;

    for (unsigned i = 0; i < map.taken_count; i++)
        reserved[i] = (struct place_taken){loader->board.reserved[i].base,
                                           loader->board.reserved[i].bytes, "", 0};
    while ((cursor = place_next_free(&map, cursor, &range)) != 0)
        memory_map_ram(range.base, range.bytes);
}

int memory_plan(struct loader *loader)
{
    struct board_range room = below_loader(loader);
    uint64_t end = loader->resident.base;

    map_ram(loader);
    take(loader, loader->resident, "the loader", BOOT_MEMORY_LOADER);
    for (unsigned i = 0; i < loader->board.reserved_count; i++)
        take(loader, loader->board.reserved[i], "reserved memory", BOOT_MEMORY_RESERVED);
    loader->kept_count = loader->taken_count;
    if (room.bytes < MEMORY_BLOCK_BYTES + STAGING_MIN)
        return ERROR_NO_MEMORY;

    loader->list = (struct board_range){end - MEMORY_BLOCK_BYTES, MEMORY_BLOCK_BYTES};
    /* Half of what is left at most: the image must fit in beside the file. */
    uint64_t staging = (room.bytes - MEMORY_BLOCK_BYTES) / 2 & ~(uint64_t)(STAGING_MIN - 1);

    if (staging > STAGING_MAX)
        staging = STAGING_MAX;
    loader->staging = (struct board_range){loader->list.base - staging, staging};
    take(loader, loader->list, "the boot-info block", BOOT_MEMORY_BOOT_INFO);
    take(loader, loader->staging, "the received file", BOOT_MEMORY_FREE);
    return 0;
}
