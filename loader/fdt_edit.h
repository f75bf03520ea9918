/*
 * fdt_edit: the device tree that a service or another system gets, made from the one the
 * firmware passed.
 *
 * The copy differs in what the loader changed: memory as the board found it, the loader's own
 * range under /reserved-memory (no-map), the arguments in /chosen/bootargs, fresh bytes in
 * /chosen/rng-seed; for another system no range of the loader's, but the initial RAM disk and a
 * range in the reservation block. When there is no usable tree an empty one is begun, so that x0
 * always points to a tree that can be read.
 * By libfdt; bytes in, bytes out.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef FDT_EDIT_H
#define FDT_EDIT_H

#include <stddef.h>
#include <stdint.h>

#include "board.h"

#define FDT_EDIT_SEED_BYTES       32
#define FDT_EDIT_KASLR_SEED_BYTES 8

struct fdt_edit {
    const void *fdt;                  /* the firmware's tree, or null */
    size_t fdt_available;             /* how much of it may be read */
    const struct board_range *memory; /* for /memory */
    unsigned memory_count;
    struct board_range resident; /* for /reserved-memory; bytes 0: none */
    const char *bootargs;        /* for /chosen/bootargs; null: left as it is */
    const uint8_t *seed;         /* FDT_EDIT_SEED_BYTES for /chosen/rng-seed, or null */

    const uint8_t *kaslr_seed; /* FDT_EDIT_KASLR_SEED_BYTES for /chosen/kaslr-seed, or null */
    /* For /chosen/linux,initrd-start and -end; bytes 0: none; null: left as it is. */
    const struct board_range *initrd;
    struct board_range reserve; /* in the reservation block, unless it is already; bytes 0: none */
};

/* Returns how much room fdt_edit_build needs at most. */
size_t fdt_edit_room(const struct fdt_edit *edit);

/*
 * Writes the edited tree to buffer (8-byte aligned; apart from edit->fdt). Returns the
 * bytes used, ERROR_TOO_LARGE (capacity) or ERROR_CORRUPT (the firmware's tree passed
 * the checks of its header but cannot be edited; calling again with fdt null helps).
 * A tree whose header is wrong, or that is longer than fdt_available, counts as absent.
 */
int64_t fdt_edit_build(const struct fdt_edit *edit, void *buffer, size_t capacity);

/*
 * Returns /chosen/bootargs of a tree, or "" if there is none, the tree is null or bad,
 * or the property is not a terminated string. Points into the tree.
 */
const char *fdt_edit_bootargs(const void *fdt, size_t available);

#endif
