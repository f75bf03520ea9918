/*
 * device_tree: see device_tree.h.
 *
 * One walk over all tags does both: it checks bounds, depth and that there is one root,
 * and it keeps what it recognises of the nodes it passes (device_tree_nodes.c). If the walk
 * does not end well, all of it is thrown away. Two nodes have no name that we know: the
 * console's and the Ethernet device's are looked for when others have told their paths.
 * FIT images (trees that hold images and signatures) are not read anywhere in Pilotlight.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "device_tree.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "bytes.h"
#include "device_tree_nodes.h"
#include "error.h"
#include "fdt_walk.h"
#include "ranges.h"

/* ---- the walk ---- */

static int refuse(struct device_tree *tree, const char *what, uint64_t a, uint64_t b)
{
    memset(tree, 0, sizeof *tree);
    tree->bootargs = "";
    snprintf(tree->reason, sizeof tree->reason, "%s (0x%" PRIx64 ", 0x%" PRIx64 ")", what, a, b);
    return ERROR_CORRUPT;
}

static int read_nodes(struct device_tree_reader *reader, struct fdt_walk *walk)
{
    for (;;) {
        switch (fdt_walk_next(walk)) {
        case FDT_STEP_NODE:
            device_tree_begin_node(reader, walk);
            break;
        case FDT_STEP_PROPERTY:
            device_tree_take_property(reader, walk);
            break;
        case FDT_STEP_NODE_END:
            if (!device_tree_end_node(reader, walk))
                return refuse(reader->tree, "memory wraps around or has too many ranges: at, bytes",
                              walk->offset, reader->nodes[walk->depth + 1].reg.length);
            break;
        case FDT_STEP_END:
            return 0;
        case FDT_STEP_BROKEN:
            return refuse(reader->tree, "structure breaks: at, depth", walk->offset, walk->depth);
        }
    }
}

/* ---- what other nodes say ---- */

/* True if the list of strings in compatible has text. */
static bool has_string(const struct fdt_walk *compatible, const char *text)
{
    size_t bytes = strlen(text) + 1;

    for (size_t at = 0; at + bytes <= compatible->length;
         at += strnlen((const char *)compatible->value + at, compatible->length - at) + 1)
        if (memcmp(compatible->value + at, text, bytes) == 0)
            return true;
    return false;
}

/* stdout-path is "alias:115200n8", "/path/to/node", or with both. walk: at the start. */
static void find_console(struct device_tree_reader *reader, struct fdt_walk walk)
{
    struct device_tree *tree = reader->tree;
    const char *path = reader->stdout_path;
    size_t length = strcspn(path, ":");
    const char *options = path + length + (path[length] == ':');

    for (; *options >= '0' && *options <= '9' && tree->console_baud < 10000000; options++)
        tree->console_baud = tree->console_baud * 10 + (uint32_t)(*options - '0');
    if (*path != '/') {
        if (!reader->has_aliases || !fdt_walk_property(&reader->aliases, path, length))
            return;
        path = (const char *)reader->aliases.value;
        length = strnlen(path, reader->aliases.length);
    }
    if (!fdt_walk_find(&walk, path, length) || !fdt_walk_property(&walk, "compatible", 10))
        return;
    if (has_string(&walk, "arm,pl011"))
        tree->console = DEVICE_TREE_CONSOLE_PL011;
    else if (has_string(&walk, "brcm,bcm2835-aux-uart"))
        tree->console = DEVICE_TREE_CONSOLE_MINI_UART;
}

static void find_mac(struct device_tree_reader *reader, struct fdt_walk walk)
{
    if (!fdt_walk_find(&walk, reader->ethernet, strlen(reader->ethernet)) ||
        !fdt_walk_property(&walk, "local-mac-address", 17))
        return;
    /* A group address is no station's. */
    if (walk.length == 6 && (walk.value[0] & 1) == 0)
        memcpy(reader->tree->mac, walk.value, 6);
}

static void read_memreserve(struct device_tree *tree, const struct fdt_walk *walk)
{
    struct board_range range;

    for (unsigned i = 0; fdt_walk_reservation(walk, i, &range.base, &range.bytes); i++) {
        if (range.bytes > UINT64_MAX - range.base)
            range.bytes = UINT64_MAX - range.base;
        if (range.bytes != 0)
            ranges_add(tree->reserved, &tree->reserved_count, BOARD_RESERVED_MAX, range);
    }
}

/* Says in words what was wrong with the header. */
static int refuse_header(struct device_tree *tree, const void *fdt, size_t available, int64_t error)
{
    const uint8_t *header = fdt;

    switch (error) {
    case ERROR_ABSENT:
        refuse(tree, "no device tree begins: at, may be read", (uintptr_t)fdt, available);
        return ERROR_ABSENT;
    case ERROR_INVALID:
        return refuse(tree, "address is no multiple of 8", (uintptr_t)fdt, 8);
    case ERROR_TOO_LARGE:
        return refuse(tree, "header: total size, may be read", bytes_be32(header + 4), available);
    default:
        return refuse(tree, "header: structure at, strings at", bytes_be32(header + 8),
                      bytes_be32(header + 12));
    }
}

int device_tree_read(const void *fdt, size_t available, struct device_tree *tree)
{
    struct device_tree_reader reader = {.tree = tree};
    struct fdt_walk start, walk;
    int64_t total = fdt == NULL ? ERROR_ABSENT : fdt_walk_begin(&start, fdt, available);
    int status;

    memset(tree, 0, sizeof *tree);
    tree->bootargs = "";
    if (total < 0)
        return refuse_header(tree, fdt, available, total);
    read_memreserve(tree, &start);
    walk = start;
    status = read_nodes(&reader, &walk);
    if (status < 0)
        return status;
    tree->bytes = (size_t)total;
    if (reader.stdout_path != NULL)
        find_console(&reader, start);
    if (reader.ethernet != NULL)
        find_mac(&reader, start);
    return 0;
}
