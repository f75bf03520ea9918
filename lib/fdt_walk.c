/*
 * fdt_walk: see fdt_walk.h.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "fdt_walk.h"

#include <string.h>

#include "bytes.h"
#include "error.h"

enum {
    TAG_NOP = 4,
    VERSION = 17,

    /* Offsets in the header; all fields are 32-bit, big-endian. */
    TOTAL_SIZE = 4,
    STRUCTURE = 8,
    STRINGS = 12,
    RESERVATIONS = 16,
    TREE_VERSION = 20,
    COMPATIBLE_VERSION = 24,
    STRINGS_BYTES = 32,
    STRUCTURE_BYTES = 36,

    RESERVATION_BYTES = 16,
};

static uint64_t bytes_be64(const uint8_t *at)
{
    return (uint64_t)bytes_be32(at) << 32 | bytes_be32(at + 4);
}

static bool is_within(uint64_t offset, uint64_t bytes, uint64_t total)
{
    return offset >= FDT_WALK_HEADER && offset <= total && bytes <= total - offset;
}

bool fdt_walk_reservation(const struct fdt_walk *walk, unsigned index, uint64_t *base,
                          uint64_t *bytes)
{
    const uint8_t *at =
        walk->fdt + bytes_be32(walk->fdt + RESERVATIONS) + (size_t)index * RESERVATION_BYTES;

    *base = bytes_be64(at);
    *bytes = bytes_be64(at + 8);
    return *base != 0 || *bytes != 0;
}

/* True if the block of reservations ends inside the tree. */
static bool reservations_end(const struct fdt_walk *walk, uint64_t total)
{
    uint64_t offset = bytes_be32(walk->fdt + RESERVATIONS);
    uint64_t base, bytes;

    for (unsigned i = 0; is_within(offset, RESERVATION_BYTES, total); i++) {
        if (!fdt_walk_reservation(walk, i, &base, &bytes))
            return true;
        offset += RESERVATION_BYTES;
    }
    return false;
}

int64_t fdt_walk_begin(struct fdt_walk *walk, const void *fdt, size_t available)
{
    const uint8_t *header = fdt;
    uint32_t total, structure, strings;

    if (available < FDT_WALK_HEADER || bytes_be32(header) != FDT_WALK_MAGIC)
        return ERROR_ABSENT;
    total = bytes_be32(header + TOTAL_SIZE);
    structure = bytes_be32(header + STRUCTURE);
    strings = bytes_be32(header + STRINGS);
    memset(walk, 0, sizeof *walk);
    walk->fdt = header;
    walk->at = header + structure;
    walk->end = walk->at + bytes_be32(header + STRUCTURE_BYTES);
    walk->strings = (const char *)header + strings;
    walk->strings_bytes = bytes_be32(header + STRINGS_BYTES);
    if ((uintptr_t)fdt % 8 != 0)
        return ERROR_INVALID;
    if (total > available)
        return ERROR_TOO_LARGE;
    if (bytes_be32(header + RESERVATIONS) % 8 != 0 || structure % 4 != 0 ||
        bytes_be32(header + TREE_VERSION) < VERSION ||
        bytes_be32(header + COMPATIBLE_VERSION) > VERSION ||
        !is_within(structure, bytes_be32(header + STRUCTURE_BYTES), total) ||
        !is_within(strings, walk->strings_bytes, total) || !reservations_end(walk, total) ||
        (walk->strings_bytes != 0 && walk->strings[walk->strings_bytes - 1] != '\0'))
        return ERROR_CORRUPT;
    return total;
}

/* Takes bytes (padded to whole words) from the structure block, or returns null. */
static const uint8_t *take(struct fdt_walk *walk, uint64_t bytes)
{
    const uint8_t *at = walk->at;

    bytes = (bytes + 3) & ~(uint64_t)3;
    if (bytes > (size_t)(walk->end - at))
        return NULL;
    walk->at += bytes;
    return at;
}

static enum fdt_step begin_node(struct fdt_walk *walk)
{
    size_t room = (size_t)(walk->end - walk->at);
    size_t length = strnlen((const char *)walk->at, room);

    walk->name = (const char *)walk->at;
    if (walk->root_ended || walk->depth == FDT_WALK_DEPTH_MAX || take(walk, length + 1) == NULL)
        return FDT_STEP_BROKEN;
    walk->depth++;
    return FDT_STEP_NODE;
}

static enum fdt_step property(struct fdt_walk *walk)
{
    const uint8_t *head = take(walk, 8);
    uint32_t name;

    if (head == NULL || walk->depth == 0)
        return FDT_STEP_BROKEN;
    walk->length = bytes_be32(head);
    name = bytes_be32(head + 4);
    walk->value = take(walk, walk->length);
    /* The block of strings ends with a NUL, so every name in it does. */
    if (walk->value == NULL || name >= walk->strings_bytes)
        return FDT_STEP_BROKEN;
    walk->name = walk->strings + name;
    return FDT_STEP_PROPERTY;
}

enum fdt_step fdt_walk_next(struct fdt_walk *walk)
{
    const uint8_t *tag;

    do {
        walk->offset = (size_t)(walk->at - walk->fdt) - bytes_be32(walk->fdt + STRUCTURE);
        tag = take(walk, 4);
        if (tag == NULL)
            return FDT_STEP_BROKEN;
    } while (bytes_be32(tag) == TAG_NOP);
    switch (bytes_be32(tag)) {
    case FDT_STEP_NODE:
        return begin_node(walk);
    case FDT_STEP_NODE_END:
        if (walk->depth == 0)
            return FDT_STEP_BROKEN;
        walk->depth--;
        walk->root_ended = walk->depth == 0;
        return FDT_STEP_NODE_END;
    case FDT_STEP_PROPERTY:
        return property(walk);
    case FDT_STEP_END:
        return walk->root_ended ? FDT_STEP_END : FDT_STEP_BROKEN;
    default:
        return FDT_STEP_BROKEN;
    }
}

bool fdt_walk_find(struct fdt_walk *walk, const char *path, size_t length)
{
    const char *end = path + length;
    unsigned found = 1; /* depth of the innermost node of the path that was found */
    enum fdt_step step;

    while ((step = fdt_walk_next(walk)) != FDT_STEP_BROKEN && step != FDT_STEP_END) {
        const char *next = path;

        if (step == FDT_STEP_NODE_END && walk->depth < found)
            return false;
        if (step != FDT_STEP_NODE || walk->depth != found + (walk->depth > 1))
            continue;
        if (walk->depth > 1) {
            size_t part;

            if (*path != '/')
                return false;
            next = memchr(path + 1, '/', (size_t)(end - path - 1));
            if (next == NULL)
                next = end;
            part = (size_t)(next - path - 1);
            if (strlen(walk->name) != part || memcmp(walk->name, path + 1, part) != 0)
                continue;
            found++;
            path = next;
        }
        if (path == end)
            return true;
    }
    return false;
}

bool fdt_walk_property(struct fdt_walk *walk, const char *name, size_t length)
{
    while (fdt_walk_next(walk) == FDT_STEP_PROPERTY)
        if (strlen(walk->name) == length && memcmp(walk->name, name, length) == 0)
            return true;
    return false;
}
