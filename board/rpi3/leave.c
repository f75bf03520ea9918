/*
 * leave: the machine goes to another system.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "board.h"
#include "cpu.h"
#include "irq.h"
#include "machine.h"
#include "memory.h"
#include "power.h"

_Static_assert(DEVICE_TREE_CORES == CPU_CORES, "each core has its word");
_Static_assert(SPIN_TABLE_OURS + CPU_SPIN_TABLE_BYTES <= SPIN_TABLE_PAGE_BYTES, "in the page");

int board_leave(const void *fdt)
{
    struct device_tree tree;
    uint64_t release_words[CPU_CORES] = {0};

    power_watchdog(0);
    irq_release();
    device_tree_read(fdt, MACHINE_FDT_MAX, &tree);
    memory_map_block(0, SPIN_TABLE_PAGE_BYTES);
    for (unsigned core = 1; core < CPU_CORES; core++) {
        release_words[core] = machine_release_word(&tree, core);
        memory_map_block(release_words[core], sizeof release_words[core]);
    }
    return cpu_release_secondary((void *)(uintptr_t)SPIN_TABLE_OURS, release_words);
}
