/*
 * machine: the device tree, with the mailbox behind it where it is silent.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MACHINE_H
#define MACHINE_H

#include "device_tree.h"

#define SPIN_TABLE_PAGE_BYTES 4096u
#define SPIN_TABLE            0xd8u /* release word of core 0 in the firmware's stub */
#define SPIN_TABLE_OURS                                                                            \
    0x400u /* a stub of our own: the firmware's, and QEMU's at 0x300, are
                                        before it */

/* How much of a tree may be read: early_map maps the 2 MiB block it begins in and the
 * next. */
#define MACHINE_FDT_MAX 0x200000u

/*
 * Reads the tree at fdt (any value; mapped if it looks like an address of RAM) into *tree.
 * Memory is cut to what the mailbox says the ARM has, or taken from there if the tree does
 * not tell. The spin table is among the reserved ranges, the tree is not: tree->bytes (0: none)
 * tells where it ends.
 * Returns 0, ERROR_CORRUPT (a tree is there but was not used; tree->reason), ERROR_ABSENT
 * (neither tree nor mailbox told the memory: MEMORY_AT_LEAST is assumed).
 */
int machine_read(const void *fdt, struct device_tree *tree);

/* Where core (1-3) waits for an address to go to: as the tree says, if that can be, else the
 * firmware's word. */
uint64_t machine_release_word(const struct device_tree *tree, unsigned core);

#endif
