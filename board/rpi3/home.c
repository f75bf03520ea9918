/*
 * home: the loader moves to the top of RAM, where no service will be.
 *
 * Runs where the firmware put the image, to find the place and copy; there; and again whenever the
 * loader takes the machine back from a service. Until the copy nothing may change initialised
 * data, since that is what is copied (relocations are applied anew).
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <string.h>

#include "cpu.h"
#include "image.h"
#include "loader_entry.h"
#include "machine.h"
#include "memory.h"
#include "memory_map.h"

void loader_start(uint64_t fdt, uint64_t x1);
_Noreturn void enter_home(uint64_t fdt, uint64_t x1, uint64_t entry);
extern uint8_t loader_entry[] __attribute__((visibility("hidden"))); /* not through the GOT */

static bool overlaps(uint64_t base, const struct board_range *range)
{
    return range->base < base + MEMORY_BLOCK_BYTES && base < range->base + range->bytes;
}

static bool is_free(uint64_t base, uint64_t fdt, const struct device_tree *tree)
{
    struct board_range fdt_range = {fdt, tree->bytes};
    struct board_range image = {(uint64_t)__image_start, (uint64_t)(__image_end - __image_start)};

    for (unsigned i = 0; i < tree->reserved_count; i++)
        if (overlaps(base, &tree->reserved[i]))
            return false;
    return !overlaps(base, &image) && !overlaps(base, &fdt_range);
}

/* Returns the highest free 2 MiB block, or 0. */
static uint64_t find_home(uint64_t fdt, const struct device_tree *tree)
{
    uint64_t best = 0;

    for (unsigned i = 0; i < tree->memory_count; i++) {
        const struct board_range *range = &tree->memory[i];
        uint64_t base = (range->base + range->bytes) & ~(uint64_t)(MEMORY_BLOCK_BYTES - 1);

        while (base >= range->base + MEMORY_BLOCK_BYTES) {
            base -= MEMORY_BLOCK_BYTES;
            if (is_free(base, fdt, tree)) {
                if (base > best)
                    best = base;
                break;
            }
        }
    }
    return best;
}

static void move(uint64_t home, uint64_t fdt)
{
    size_t length = (size_t)(__data_end - __image_start);

    memory_map_block(home, MEMORY_BLOCK_BYTES);
    memcpy((void *)home, __image_start, length);
    cpu_publish((void *)home, (size_t)(__image_end - __image_start));
    enter_home(fdt, LOADER_ENTRY_AT_HOME, home + (uint64_t)(loader_entry - __image_start));
}

void loader_start(uint64_t fdt, uint64_t x1)
{
    struct device_tree tree;

    if (x1 != LOADER_ENTRY_AT_HOME && x1 != LOADER_ENTRY_RESTARTED) {
        machine_read((const void *)fdt, &tree);
        uint64_t home = find_home(fdt, &tree);

        if (home != 0)
            move(home, fdt);
        /* No room anywhere: stay. The image is in the way of few services only. */
    }
    loader_main((const void *)fdt, (uint64_t)__image_start & ~(uint64_t)(MEMORY_BLOCK_BYTES - 1),
                MEMORY_BLOCK_BYTES, x1 == LOADER_ENTRY_RESTARTED);
}
