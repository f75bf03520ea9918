/*
 * fdt_walk: steps through a flattened device tree, once, from the first tag to the last.
 *
 * For programs that read a tree at every start: a step costs about 40 instructions, where
 * libfdt's costs 275 and every search of it begins anew (docs/decisions). Whoever changes
 * a tree uses libfdt. Each step is checked against the blocks' bounds when it is made;
 * nothing is read outside the tree, whatever stands in it. No state but the struct.
 * Reference: Devicetree Specification 0.4, chapter 5. Lacks: versions before 17, which
 * nobody has written since 2007.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef FDT_WALK_H
#define FDT_WALK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FDT_WALK_MAGIC     0xd00dfeedu
#define FDT_WALK_HEADER    40
#define FDT_WALK_DEPTH_MAX 32 /* nodes within nodes; a Pi's tree has 6 */

enum fdt_step {
    FDT_STEP_BROKEN = 0,   /* bounds, depth, a second root, an unknown tag */
    FDT_STEP_NODE = 1,     /* a node begins: name; it is depth deep, the root 1 */
    FDT_STEP_NODE_END = 2, /* it ends: depth is that of its parent */
    FDT_STEP_PROPERTY = 3, /* name, value, length */
    FDT_STEP_END = 9,      /* the tree ended as it should */
};

struct fdt_walk {
    const char *name;     /* of the node or property; terminated, in the tree */
    const uint8_t *value; /* of the property; any alignment */
    size_t length;
    unsigned depth;
    size_t offset; /* of the last tag in the structure block, for messages */

    const uint8_t *fdt; /* from here on: the walk's own */
    const uint8_t *at, *end;
    const char *strings;
    size_t strings_bytes;
    bool root_ended;
};

/*
 * Checks the header of the tree at fdt, of which the first available bytes may be read,
 * and begins a walk. Returns the tree's total size, ERROR_ABSENT (too few bytes for a
 * header, or no tree begins there), ERROR_INVALID (fdt is no multiple of 8),
 * ERROR_TOO_LARGE (the total size is over available) or ERROR_CORRUPT (a block outside
 * the tree or not aligned, an old version, reservations without an end).
 */
int64_t fdt_walk_begin(struct fdt_walk *walk, const void *fdt, size_t available);

/* Makes a step. After FDT_STEP_BROKEN or FDT_STEP_END, no more. */
enum fdt_step fdt_walk_next(struct fdt_walk *walk);

/*
 * Goes on from the beginning to the node with path ("/soc/serial@7e201000", length
 * bytes; names in full). Returns true when the last step was that node's FDT_STEP_NODE.
 */
bool fdt_walk_find(struct fdt_walk *walk, const char *path, size_t length);

/* From a node's FDT_STEP_NODE on, goes to its property with name (length bytes). */
bool fdt_walk_property(struct fdt_walk *walk, const char *name, size_t length);

/* Reads the entry with index of the reservation block; false at its end. */
bool fdt_walk_reservation(const struct fdt_walk *walk, unsigned index, uint64_t *base,
                          uint64_t *bytes);

#endif
