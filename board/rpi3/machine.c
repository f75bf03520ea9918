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
    for (unsigned i = 0; i < tree->memory_count; i++) {
        struct board_range *range = &tree->memory[i];

        if (range->base >= end)
            range->bytes = 0;
        else if (range->bytes > end - range->base)
            range->bytes = end - range->base;
    }
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
    if (tree->memory_count == 0) {
        tree->memory[0] = told == 0 ? (struct board_range){base, bytes}
                                    : (struct board_range){0, MEMORY_AT_LEAST};
        tree->memory_count = 1;
    } else {
        told = 0;
    }
    ranges_add(tree->reserved, &tree->reserved_count, BOARD_RESERVED_MAX,
               (struct board_range){0, SPIN_TABLE_PAGE_BYTES});
    return status == ERROR_ABSENT && told == 0 ? 0 : status;
}
