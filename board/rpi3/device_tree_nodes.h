/*
 * device_tree_nodes: what the nodes that we know say of the board. For device_tree.c alone.
 *
 * A step of the walk is a call here, with the walk as it stands then; results go to reader->tree.
 * What they are worth is known when the walk has ended well.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef DEVICE_TREE_NODES_H
#define DEVICE_TREE_NODES_H

#include "device_tree.h"
#include "fdt_walk.h"

/* What a node is, from its name and its parent. */
enum device_tree_kind {
    NODE_OTHER,
    NODE_ROOT,
    NODE_MEMORY,
    NODE_CHOSEN,
    NODE_BOOTLOADER, /* /chosen/bootloader */
    NODE_ALIASES,
    NODE_RESERVED,    /* /reserved-memory */
    NODE_RESERVATION, /* a child of it */
    NODE_CPUS,
    NODE_CPU,
};

struct device_tree_property {
    const uint8_t *bytes; /* null: the node does not have it */
    size_t length;
};

struct device_tree_cells {
    uint32_t address;
    uint32_t size;
};

/* What is known of a node while the walk is in it. */
struct device_tree_node {
    enum device_tree_kind kind;
    bool disabled;
    struct device_tree_cells cells; /* what it prescribes for its children */
    struct device_tree_property reg;
    struct device_tree_property release;
};

/* Begins with tree set and the rest zero. */
struct device_tree_reader {
    struct device_tree *tree;
    struct device_tree_node nodes[FDT_WALK_DEPTH_MAX + 1]; /* by depth; 0 is not used */
    const char *stdout_path;
    const char *ethernet;    /* path, from the aliases */
    struct fdt_walk aliases; /* where that node begins, if has_aliases */
    bool has_aliases;
};

/* A node begins, at walk->depth, from 1 on: nodes[] above it are known. */
void device_tree_begin_node(struct device_tree_reader *reader, const struct fdt_walk *walk);

/* Takes what it recognises; passes over everything else. */
void device_tree_take_property(struct device_tree_reader *reader, const struct fdt_walk *walk);

/* All properties of the node that has just ended, nodes[walk->depth + 1], are known. Returns false
 * if it makes the tree unusable. */
bool device_tree_end_node(struct device_tree_reader *reader, const struct fdt_walk *walk);

#endif
