/*
 * device_tree_nodes: what the nodes that we know say of the board. See device_tree_nodes.h.
 *
 * Nodes are known by their exact names: a search that forgives a missing unit address takes
 * "chosen@1" for "/chosen" (the trick of CVE-2021-27097).
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "device_tree_nodes.h"

#include <string.h>

#include "bytes.h"
#include "ranges.h"

/* ---- properties ---- */

/* The property as a terminated, non-empty string, or null. */
static const char *as_string(const struct device_tree_property *property)
{
    return property->length > 1 && property->bytes[property->length - 1] == '\0'
               ? (const char *)property->bytes
               : NULL;
}

static bool as_u32(const struct device_tree_property *property, uint32_t *value)
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
static bool add_reg(const struct device_tree_property *reg, const struct device_tree_cells *cells,
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

static void read_chosen(struct device_tree_reader *reader, const char *name,
                        const struct device_tree_property *property)
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
static void read_property(struct device_tree_reader *reader, struct device_tree_node *node,
                          const char *name, const struct device_tree_property *property)
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
    else if (node->kind == NODE_CHOSEN)
        read_chosen(reader, name, property);
    else if (node->kind == NODE_CPU && strcmp(name, "cpu-release-addr") == 0)
        node->release = *property;
    else if (node->kind == NODE_ROOT && strcmp(name, "model") == 0 && text != NULL)
        strncpy(tree->model, text, sizeof tree->model - 1);
    else if (node->kind == NODE_ROOT && strcmp(name, "serial-number") == 0 && text != NULL)
        read_serial(tree, text);
    else if (node->kind == NODE_ALIASES && strcmp(name, "ethernet0") == 0)
        reader->ethernet = text;
    /* The firmware writes one or the other. */
    if ((node->kind == NODE_BOOTLOADER && strcmp(name, "rsts") == 0) ||
        (node->kind == NODE_CHOSEN && strcmp(name, "pm_rsts") == 0))
        tree->has_reset_status |= as_u32(property, &tree->reset_status);
}

static enum device_tree_kind kind_of(enum device_tree_kind parent, const char *name)
{
    switch (parent) {
    case NODE_ROOT:
        return strcmp(name, "chosen") == 0            ? NODE_CHOSEN
               : strcmp(name, "aliases") == 0         ? NODE_ALIASES
               : strcmp(name, "reserved-memory") == 0 ? NODE_RESERVED
               : strcmp(name, "cpus") == 0            ? NODE_CPUS
               : strcmp(name, "memory") == 0          ? NODE_MEMORY
               : strncmp(name, "memory@", 7) == 0     ? NODE_MEMORY
                                                      : NODE_OTHER;
    case NODE_CHOSEN:
        return strcmp(name, "bootloader") == 0 ? NODE_BOOTLOADER : NODE_OTHER;
    case NODE_RESERVED:
        return NODE_RESERVATION;
    case NODE_CPUS:
        return NODE_CPU;
    default:
        return NODE_OTHER;
    }
}

/* All properties of node are known. Returns false if it makes the tree unusable. */
static bool finish_node(struct device_tree_reader *reader, const struct device_tree_node *node,
                        const struct device_tree_cells *cells)
{
    struct device_tree *tree = reader->tree;
    size_t length = node->reg.length;

    switch (node->kind) {
    case NODE_MEMORY:
        return length == 0 ||
               add_reg(&node->reg, cells, tree->memory, &tree->memory_count, BOARD_MEMORY_MAX);
    case NODE_RESERVATION:
        /* Too many or too long ones are widened, never dropped. */
        if (!node->disabled)
            add_reg(&node->reg, cells, tree->reserved, &tree->reserved_count, BOARD_RESERVED_MAX);
        return true;
    case NODE_CPU:
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

void device_tree_begin_node(struct device_tree_reader *reader, const struct fdt_walk *walk)
{
    struct device_tree_node *node = &reader->nodes[walk->depth];

    *node = (struct device_tree_node){.cells = {2, 1}}; /* the specification's defaults */
    node->kind = walk->depth == 1 ? NODE_ROOT : kind_of(node[-1].kind, walk->name);
    if (node->kind == NODE_ALIASES) {
        reader->aliases = *walk;
        reader->has_aliases = true;
    }
}

void device_tree_take_property(struct device_tree_reader *reader, const struct fdt_walk *walk)
{
    struct device_tree_node *node = &reader->nodes[walk->depth];

    if (node->kind != NODE_OTHER && walk->length != 0)
        read_property(reader, node, walk->name,
                      &(struct device_tree_property){walk->value, walk->length});
}

bool device_tree_end_node(struct device_tree_reader *reader, const struct fdt_walk *walk)
{
    const struct device_tree_node *parent = &reader->nodes[walk->depth];

    return walk->depth == 0 || finish_node(reader, parent + 1, &parent->cells);
}
