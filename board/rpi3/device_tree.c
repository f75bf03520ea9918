/*
 * device_tree: see device_tree.h.
 *
 * One walk over all tags does both: it checks bounds, depth and that there is one root,
 * and it keeps what it recognises of the nodes it passes. If the walk does not end well,
 * all of it is thrown away. Nodes are known by their exact names: a search that forgives
 * a missing unit address takes "chosen@1" for "/chosen" (the trick of CVE-2021-27097).
 * FIT images (trees that hold images and signatures) are not read anywhere in Pilotlight.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "device_tree.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "bytes.h"
#include "error.h"
#include "fdt_walk.h"
#include "ranges.h"

/* What a node is, from its name and its parent. */
enum kind {
    OTHER,
    ROOT,
    MEMORY,
    CHOSEN,
    BOOTLOADER, /* /chosen/bootloader */
    ALIASES,
    RESERVED,    /* /reserved-memory */
    RESERVATION, /* a child of it */
    CPUS,
    CPU,
};

struct property {
    const uint8_t *bytes; /* null: the node does not have it */
    size_t length;
};

struct cells {
    uint32_t address;
    uint32_t size;
};

/* What is known of a node while the walk is in it. */
struct node {
    enum kind kind;
    bool disabled;
    struct cells cells; /* what it prescribes for its children */
    struct property reg;
    struct property release;
};

struct reader {
    struct device_tree *tree;
    struct node nodes[FDT_WALK_DEPTH_MAX + 1]; /* by depth; 0 is not used */
    const char *stdout_path;
    const char *ethernet;    /* path, from the aliases */
    struct fdt_walk aliases; /* where that node begins, if has_aliases */
    bool has_aliases;
};

/* ---- properties ---- */

/* The property as a terminated, non-empty string, or null. */
static const char *as_string(const struct property *property)
{
    return property->length > 1 && property->bytes[property->length - 1] == '\0'
               ? (const char *)property->bytes
               : NULL;
}

static bool as_u32(const struct property *property, uint32_t *value)
{
    if (property->length != 4)
        return false;
    *value = bytes_be32(property->bytes);
    return true;
}

/* A number of one or two cells. */
static uint64_t cells_value(const uint8_t *at, uint32_t cells)
{
    uint64_t value = bytes_be32(at);

    return cells == 1 ? value : value << 32 | bytes_be32(at + 4);
}

/* ---- ranges ---- */

/* Adds every range of a reg property. Returns false if one wraps around, or the cells are
 * not ours to read, or there are too many to tell apart. */
static bool add_reg(const struct property *reg, const struct cells *cells,
                    struct board_range *ranges, unsigned *count, unsigned capacity)
{
    size_t each = (cells->address + cells->size) * sizeof(uint32_t);
    bool good = true;

    if (cells->address < 1 || cells->address > 2 || cells->size < 1 || cells->size > 2)
        return false;
    for (size_t at = 0; at + each <= reg->length; at += each) {
        const uint8_t *from = reg->bytes + at;
        struct board_range range = {cells_value(from, cells->address),
                                    cells_value(from + cells->address * 4, cells->size)};

        if (range.bytes > UINT64_MAX - range.base) {
            range.bytes = UINT64_MAX - range.base;
            good = false;
        }
        if (range.bytes != 0)
            good = ranges_add(ranges, count, capacity, range) && good;
    }
    return good;
}

/* ---- the nodes we know ---- */

static void read_serial(struct device_tree *tree, const char *text)
{
    for (size_t i = 0; text[i] != '\0' && i < sizeof tree->serial - 1; i++) {
        char digit = text[i] >= 'A' && text[i] <= 'F' ? (char)(text[i] + 32) : text[i];

        if (!((digit >= '0' && digit <= '9') || (digit >= 'a' && digit <= 'f'))) {
            memset(tree->serial, 0, sizeof tree->serial);
            return;
        }
        tree->serial[i] = digit;
    }
}

static void read_chosen(struct reader *reader, const char *name, const struct property *property)
{
    struct device_tree *tree = reader->tree;
    const char *text = as_string(property);

    if (strcmp(name, "bootargs") == 0) {
        if (text != NULL)
            tree->bootargs = text;
    } else if (strcmp(name, "stdout-path") == 0) {
        reader->stdout_path = text;
    } else if (strcmp(name, "rng-seed") == 0 ||
               (strcmp(name, "kaslr-seed") == 0 && tree->seed == NULL)) {
        tree->seed = property->bytes;
        tree->seed_bytes = property->length;
    }
}

/* Sorts one property into its node or into the result. */
static void read_property(struct reader *reader, struct node *node, const char *name,
                          const struct property *property)
{
    struct device_tree *tree = reader->tree;
    const char *text = as_string(property);

    if (strcmp(name, "reg") == 0)
        node->reg = *property;
    else if (strcmp(name, "#address-cells") == 0)
        as_u32(property, &node->cells.address);
    else if (strcmp(name, "#size-cells") == 0)
        as_u32(property, &node->cells.size);
    else if (strcmp(name, "status") == 0)
        node->disabled = text == NULL || (strcmp(text, "okay") != 0 && strcmp(text, "ok") != 0);
    else if (node->kind == CHOSEN)
        read_chosen(reader, name, property);
    else if (node->kind == CPU && strcmp(name, "cpu-release-addr") == 0)
        node->release = *property;
    else if (node->kind == ROOT && strcmp(name, "model") == 0 && text != NULL)
        strncpy(tree->model, text, sizeof tree->model - 1);
    else if (node->kind == ROOT && strcmp(name, "serial-number") == 0 && text != NULL)
        read_serial(tree, text);
    else if (node->kind == ALIASES && strcmp(name, "ethernet0") == 0)
        reader->ethernet = text;
    /* The firmware writes one or the other. */
    if ((node->kind == BOOTLOADER && strcmp(name, "rsts") == 0) ||
        (node->kind == CHOSEN && strcmp(name, "pm_rsts") == 0))
        tree->has_reset_status |= as_u32(property, &tree->reset_status);
}

static enum kind kind_of(enum kind parent, const char *name)
{
    switch (parent) {
    case ROOT:
        return strcmp(name, "chosen") == 0            ? CHOSEN
               : strcmp(name, "aliases") == 0         ? ALIASES
               : strcmp(name, "reserved-memory") == 0 ? RESERVED
               : strcmp(name, "cpus") == 0            ? CPUS
               : strcmp(name, "memory") == 0          ? MEMORY
               : strncmp(name, "memory@", 7) == 0     ? MEMORY
                                                      : OTHER;
    case CHOSEN:
        return strcmp(name, "bootloader") == 0 ? BOOTLOADER : OTHER;
    case RESERVED:
        return RESERVATION;
    case CPUS:
        return CPU;
    default:
        return OTHER;
    }
}

/* All properties of node are known. Returns false if it makes the tree unusable. */
static bool finish_node(struct reader *reader, const struct node *node, const struct cells *cells)
{
    struct device_tree *tree = reader->tree;
    size_t length = node->reg.length;

    switch (node->kind) {
    case MEMORY:
        return length == 0 ||
               add_reg(&node->reg, cells, tree->memory, &tree->memory_count, BOARD_MEMORY_MAX);
    case RESERVATION:
        /* Too many or too long ones are widened, never dropped. */
        if (!node->disabled)
            add_reg(&node->reg, cells, tree->reserved, &tree->reserved_count, BOARD_RESERVED_MAX);
        return true;
    case CPU:
        /* reg has the parent's cells; the core's number is in the last. */
        if (length >= 4 && (node->release.length == 4 || node->release.length == 8)) {
            uint32_t core = bytes_be32(node->reg.bytes + length - 4);

            if (core < DEVICE_TREE_CORES)
                tree->cpu_release[core] =
                    cells_value(node->release.bytes, (uint32_t)node->release.length / 4);
        }
        return true;
    default:
        return true;
    }
}

/* ---- the walk ---- */

static int refuse(struct device_tree *tree, const char *what, uint64_t a, uint64_t b)
{
    memset(tree, 0, sizeof *tree);
    tree->bootargs = "";
    snprintf(tree->reason, sizeof tree->reason, "%s (0x%" PRIx64 ", 0x%" PRIx64 ")", what, a, b);
    return ERROR_CORRUPT;
}

static void begin_node(struct reader *reader, const struct fdt_walk *walk)
{
    struct node *node = &reader->nodes[walk->depth];

    *node = (struct node){.cells = {2, 1}}; /* the specification's defaults */
    node->kind = walk->depth == 1 ? ROOT : kind_of(node[-1].kind, walk->name);
    if (node->kind == ALIASES) {
        reader->aliases = *walk;
        reader->has_aliases = true;
    }
}

static int read_nodes(struct reader *reader, struct fdt_walk *walk)
{
    for (;;) {
        enum fdt_step step = fdt_walk_next(walk);
        struct node *node = &reader->nodes[walk->depth];

        switch (step) {
        case FDT_STEP_NODE:
            begin_node(reader, walk);
            break;
        case FDT_STEP_PROPERTY:
            if (node->kind != OTHER && walk->length != 0)
                read_property(reader, node, walk->name,
                              &(struct property){walk->value, walk->length});
            break;
        case FDT_STEP_NODE_END:
            if (walk->depth > 0 && !finish_node(reader, node + 1, &node->cells))
                return refuse(reader->tree, "memory wraps around or has too many ranges: at, bytes",
                              walk->offset, node[1].reg.length);
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
static void find_console(struct reader *reader, struct fdt_walk walk)
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

static void find_mac(struct reader *reader, struct fdt_walk walk)
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
    struct reader reader = {.tree = tree};
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
