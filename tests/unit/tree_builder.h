/*
 * tree_builder: device trees for tests, written with libfdt's own write functions.
 *
 * A tree is built in a static buffer and handed to the code under test in a heap block
 * of exactly its size, so that the address sanitizer sees every byte read too far.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef TREE_BUILDER_H
#define TREE_BUILDER_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <libfdt.h>

struct tree_builder {
    uint8_t bytes[65536] __attribute__((aligned(8)));
    uint8_t *copy; /* of the last tree_exact */
};

/* The smallest tree: a root node with nothing in it. */
static inline void tree_begin(struct tree_builder *tree)
{
    static const uint32_t words[18] = {
        0xd00dfeed, 72, 56, 72, 40, 17, 16, 0, 0, 16, 0, 0, 0, 0, 1, 0, 2, 9,
    };
    uint8_t empty[72] __attribute__((aligned(8)));

    for (size_t i = 0; i < 18; i++)
        for (size_t j = 0; j < 4; j++)
            empty[4 * i + j] = (uint8_t)(words[i] >> (24 - 8 * j));
    if (fdt_open_into(empty, tree->bytes, sizeof tree->bytes) != 0)
        abort();
}

/* Adds a node; returns its offset, good until the next change before it. */
static inline int tree_node(struct tree_builder *tree, const char *parent, const char *name)
{
    int node = fdt_add_subnode(tree->bytes, fdt_path_offset(tree->bytes, parent), name);

    if (node < 0)
        abort();
    return node;
}

static inline void tree_bytes(struct tree_builder *tree, const char *path, const char *name,
                              const void *bytes, size_t length)
{
    if (fdt_setprop(tree->bytes, fdt_path_offset(tree->bytes, path), name, bytes, (int)length) != 0)
        abort();
}

static inline void tree_string(struct tree_builder *tree, const char *path, const char *name,
                               const char *text)
{
    tree_bytes(tree, path, name, text, strlen(text) + 1);
}

/* A property of 32-bit cells. */
static inline void tree_cells(struct tree_builder *tree, const char *path, const char *name,
                              const uint32_t *cells, size_t count)
{
    fdt32_t words[64];

    for (size_t i = 0; i < count; i++)
        words[i] = cpu_to_fdt32(cells[i]);
    tree_bytes(tree, path, name, words, count * 4);
}

#define TREE_CELLS(tree, path, name, ...)                                                          \
    tree_cells(tree, path, name, (const uint32_t[]){__VA_ARGS__},                                  \
               sizeof((const uint32_t[]){__VA_ARGS__}) / sizeof(uint32_t))

/* Packs the tree and returns a copy in a heap block of exactly *length bytes. */
static inline uint8_t *tree_exact(struct tree_builder *tree, size_t *length)
{
    if (fdt_pack(tree->bytes) != 0)
        abort();
    *length = fdt_totalsize(tree->bytes);
    free(tree->copy);
    tree->copy = aligned_alloc(8, (*length + 7) & ~(size_t)7);
    memcpy(tree->copy, tree->bytes, *length);
    if (fdt_open_into(tree->bytes, tree->bytes, sizeof tree->bytes) != 0) /* room again */
        abort();
    return tree->copy;
}

#endif
