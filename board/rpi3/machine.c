/*
 * machine: see machine.h. Also used before the loader has moved home, so it keeps nothing.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "machine.h"

#include "error.h"
#include "mailbox_bcm2835.h"
#include "memory_map.h"
#include "ranges.h"

/* The GPU's share begins where the ARM's ends, whatever the tree says. */
static void cut_memory(struct device_tree *tree, uint64_t end)
{
    unsigned kept = 0;

    for (unsigned i = 0; i < tree->memory_count; i++) {
        struct board_range range = tree->memory[i];

        if (range.base >= end)
            continue;
        if (range.bytes > end - range.base)
            range.bytes = end - range.base;
        tree->memory[kept++] = range;
    }
    tree->memory_count = kept;
}

static bool is_memory(const struct device_tree *tree, uint64_t address)
{
    for (unsigned i = 0; i < tree->memory_count; i++)
        if (address >= tree->memory[i].base &&
            address - tree->memory[i].base < tree->memory[i].bytes)
            return true;
    return false;
}

uint64_t machine_release_word(const struct device_tree *tree, unsigned core)
{
    uint64_t word = tree->cpu_release[core];

    if (word == 0 || word % sizeof(uint64_t) != 0 || !is_memory(tree, word))
        return SPIN_TABLE + core * sizeof(uint64_t);
    return word;
}

int machine_read(const void *fdt, struct device_tree *tree)
{
    uint64_t address = (uint64_t)fdt;
    uint32_t base, bytes;
    int status = ERROR_ABSENT;

    /* x0 can be anything: argc, the address of ATAGs, 0. */
    if (address % 8 == 0 && address >= 0x1000 && address < PERIPHERALS)
        status = device_tree_read(fdt, MACHINE_FDT_MAX, tree);
    else
        device_tree_read(NULL, 0, tree);

    mailbox_bcm2835_init(MAILBOX);
    int told = mailbox_arm_memory(&base, &bytes);

    if (told == 0)
        cut_memory(tree, (uint64_t)base + bytes);
    bool assumed = tree->memory_count == 0 && told < 0;

    if (tree->memory_count == 0) {
        tree->memory[0] =
            assumed ? (struct board_range){0, MEMORY_AT_LEAST} : (struct board_range){base, bytes};
        tree->memory_count = 1;
    }
    ranges_add(tree->reserved, &tree->reserved_count, BOARD_RESERVED_MAX,
               (struct board_range){0, SPIN_TABLE_PAGE_BYTES});
    if (status == ERROR_CORRUPT)
        return status;
    return assumed ? ERROR_ABSENT : 0;
}
