/*
 * fdt_edit: see fdt_edit.h.
 *
 * Nodes are looked up by their whole names (fdt_walk), and changed by libfdt, whose own
 * paths would take "chosen@1" for "/chosen" (the trick of CVE-2021-27097).
 * libfdt will not add "chosen" beside "chosen@1", though: such a tree counts as one that
 * cannot be edited.
 * Lacks: editing nodes of devices (status, MAC); nothing needs it yet.
 * Reference: Devicetree Specification 0.4, 3.4 to 3.6; libfdt.h.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "fdt_edit.h"

#include <inttypes.h>
#include <stdalign.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <libfdt.h>

#include "bytes.h"
#include "error.h"
#include "fdt_walk.h"

/* What our nodes and properties add at most, names and padding included, without the
 * arguments: about 20 words each for memory, chosen, reserved-memory and its child. */
#define ROOM_BYTES 1024

/* A tree of one empty root node: header, no reservations, structure, no strings. */
static alignas(8) const uint8_t empty_tree[72] = {
    0xd0, 0x0d, 0xfe, 0xed, 0, 0, 0, 72, /* magic, total size */
    0,    0,    0,    56,   0, 0, 0, 72, /* offsets of structure and strings */
    0,    0,    0,    40,   0, 0, 0, 17, /* offset of reservations, version */
    0,    0,    0,    16,   0, 0, 0, 0,  /* compatible version, boot CPU */
    0,    0,    0,    0,    0, 0, 0, 16, /* sizes of strings and structure */
    0,    0,    0,    0,    0, 0, 0, 0,  0, 0, 0, 0, 0, 0, 0, 0,
    0,    0,    0,    1,    0, 0, 0, 0,  0, 0, 0, 2, 0, 0, 0, 9,
};

/* Returns fdt if libfdt can work on it without leaving it. This is the check of a tree,
 * from its header to its last tag; libfdt is built without its own (FDT_ASSUME_MASK in the
 * Makefile), which would be made again at every step. */
static const void *usable_tree(const void *fdt, size_t available)
{
    struct fdt_walk walk;
    enum fdt_step step;
    uint64_t base, bytes;

    if (fdt == NULL || fdt_walk_begin(&walk, fdt, available) < 0)
        return NULL;
    /* To libfdt a reservation of no bytes is the last: it would cut off the true end. */
    for (unsigned i = 0; fdt_walk_reservation(&walk, i, &base, &bytes); i++)
        if (bytes == 0)
            return NULL;
    do
        step = fdt_walk_next(&walk);
    while (step != FDT_STEP_BROKEN && step != FDT_STEP_END);
    return step == FDT_STEP_END ? fdt : NULL;
}

/* Returns the offset of a node by its whole path, as libfdt counts, or a negative error.
 * By fdt_walk: a search of libfdt costs several times as much. */
static int find_node(const void *fdt, const char *path)
{
    struct fdt_walk walk;

    if (fdt_walk_begin(&walk, fdt, fdt_totalsize(fdt)) < 0 ||
        !fdt_walk_find(&walk, path, strlen(path)))
        return -FDT_ERR_NOTFOUND;
    return (int)walk.offset;
}

/* Finds the node with path, or makes it as a child of parent. */
static int ensure_node(void *fdt, int parent, const char *path)
{
    int node = find_node(fdt, path);

    return node < 0 ? fdt_add_subnode(fdt, parent, strrchr(path, '/') + 1) : node;
}

/* Writes value as cells big-endian words; returns where the next goes. */
static uint8_t *put_cells(uint8_t *at, unsigned cells, uint64_t value)
{
    while (cells-- > 0) {
        bytes_put_be32(at, cells > 1 ? 0 : (uint32_t)(value >> 32 * cells));
        at += 4;
    }
    return at;
}

/* Sets reg of node to ranges, in the cells that parent prescribes. */
static int set_reg(void *fdt, int node, int parent, const struct board_range *ranges,
                   unsigned count)
{
    uint8_t reg[BOARD_MEMORY_MAX * 16];
    uint8_t *at = reg;
    int address_cells = fdt_address_cells(fdt, parent);
    int size_cells = fdt_size_cells(fdt, parent);

    if (address_cells < 1 || address_cells > 2 || size_cells < 1 || size_cells > 2 ||
        count > BOARD_MEMORY_MAX)
        return -FDT_ERR_BADNCELLS;
    for (unsigned i = 0; i < count; i++) {
        at = put_cells(at, (unsigned)address_cells, ranges[i].base);
        at = put_cells(at, (unsigned)size_cells, ranges[i].bytes);
    }
    return fdt_setprop(fdt, node, "reg", reg, (int)(at - reg));
}

/* Returns the root's first child behind the given offset that describes memory. */
static int memory_child(const void *fdt, int behind)
{
    struct fdt_walk walk;
    enum fdt_step step;

    if (fdt_walk_begin(&walk, fdt, fdt_totalsize(fdt)) < 0)
        return -FDT_ERR_NOTFOUND;
    while ((step = fdt_walk_next(&walk)) != FDT_STEP_BROKEN && step != FDT_STEP_END)
        if (step == FDT_STEP_NODE && walk.depth == 2 && (int)walk.offset > behind &&
            (strcmp(walk.name, "memory") == 0 || strncmp(walk.name, "memory@", 7) == 0))
            return (int)walk.offset;
    return -FDT_ERR_NOTFOUND;
}

/* Leaves one memory node, with all of memory in it. The first that is there is
 * kept, whatever its unit address: a new one costs more instructions. */
static int edit_memory(void *fdt, const struct fdt_edit *edit)
{
    char name[32];
    int node = memory_child(fdt, 0);
    int other;
    int status = 0;

    if (edit->memory_count == 0)
        return 0;
    if (node < 0) {
        snprintf(name, sizeof name, "memory@%" PRIx64, edit->memory[0].base);
        node = fdt_add_subnode(fdt, 0, name);
        if (node < 0)
            return node;
        status = fdt_setprop_string(fdt, node, "device_type", "memory");
    }
    while (status == 0 && (other = memory_child(fdt, node)) >= 0)
        status = fdt_del_node(fdt, other);
    return status < 0 ? status : set_reg(fdt, node, 0, edit->memory, edit->memory_count);
}

static int edit_reserved(void *fdt, const struct fdt_edit *edit)
{
    char path[56];
    int parent;
    int node;
    int status;

    if (edit->resident.bytes == 0)
        return 0;
    parent = find_node(fdt, "/reserved-memory");
    if (parent == -FDT_ERR_NOTFOUND) {
        /* New: cells as in the root, so that "ranges;" is right. */
        int address_cells = fdt_address_cells(fdt, 0);
        int size_cells = fdt_size_cells(fdt, 0);

        parent = fdt_add_subnode(fdt, 0, "reserved-memory");
        if (parent < 0)
            return parent;
        status = fdt_setprop_empty(fdt, parent, "ranges");
        if (status == 0)
            status = fdt_setprop_u32(fdt, parent, "#size-cells", (uint32_t)size_cells);
        if (status == 0)
            status = fdt_setprop_u32(fdt, parent, "#address-cells", (uint32_t)address_cells);
        if (status < 0)
            return status;
    }
    snprintf(path, sizeof path, "/reserved-memory/pilotlight@%" PRIx64, edit->resident.base);
    node = ensure_node(fdt, parent, path);
    if (node < 0)
        return node;
    status = fdt_setprop_empty(fdt, node, "no-map");
    return status < 0 ? status : set_reg(fdt, node, parent, &edit->resident, 1);
}

/* Sets a property to an address, in the root's cells. */
static int set_address(void *fdt, int node, const char *name, uint64_t address)
{
    uint8_t value[8];
    unsigned cells = fdt_address_cells(fdt, 0) == 1 ? 1 : 2;

    put_cells(value, cells, address);
    return fdt_setprop(fdt, node, name, value, (int)cells * 4);
}

static int edit_initrd(void *fdt, int node, const struct board_range *initrd)
{
    static const char start[] = "linux,initrd-start", end[] = "linux,initrd-end";
    int status;

    if (initrd->bytes == 0) {
        /* The firmware's, if it loaded one, may have been written over. */
        fdt_delprop(fdt, node, start);
        fdt_delprop(fdt, node, end);
        return 0;
    }
    status = set_address(fdt, node, start, initrd->base);
    return status < 0 ? status : set_address(fdt, node, end, initrd->base + initrd->bytes);
}

static int edit_chosen(void *fdt, const struct fdt_edit *edit)
{
    int node = ensure_node(fdt, 0, "/chosen");
    int status = node < 0 ? node : 0;

    if (status == 0 && edit->bootargs != NULL)
        status = fdt_setprop_string(fdt, node, "bootargs", edit->bootargs);
    if (status == 0 && edit->seed != NULL)
        status = fdt_setprop(fdt, node, "rng-seed", edit->seed, FDT_EDIT_SEED_BYTES);
    if (status == 0 && edit->kaslr_seed != NULL)
        status = fdt_setprop(fdt, node, "kaslr-seed", edit->kaslr_seed, FDT_EDIT_KASLR_SEED_BYTES);
    if (status == 0 && edit->initrd != NULL)
        status = edit_initrd(fdt, node, edit->initrd);
    return status;
}

static int edit_reservations(void *fdt, const struct fdt_edit *edit)
{
    const struct board_range *wanted = &edit->reserve;
    struct fdt_walk walk;
    uint64_t base, bytes;

    if (wanted->bytes == 0)
        return 0;
    if (fdt_walk_begin(&walk, fdt, fdt_totalsize(fdt)) < 0)
        return -FDT_ERR_BADSTRUCTURE;
    for (unsigned i = 0; fdt_walk_reservation(&walk, i, &base, &bytes); i++)
        if (wanted->base - base < bytes && wanted->bytes <= bytes - (wanted->base - base))
            return 0;
    return fdt_add_mem_rsv(fdt, wanted->base, wanted->bytes);
}

size_t fdt_edit_room(const struct fdt_edit *edit)
{
    const void *from = usable_tree(edit->fdt, edit->fdt_available);

    return (from != NULL ? fdt_totalsize(from) : sizeof empty_tree) + ROOM_BYTES +
           (edit->bootargs != NULL ? strlen(edit->bootargs) : 0);
}

int64_t fdt_edit_build(const struct fdt_edit *edit, void *buffer, size_t capacity)
{
    const void *from = usable_tree(edit->fdt, edit->fdt_available);
    int status;

    if (capacity > INT32_MAX)
        capacity = INT32_MAX;
    status = fdt_open_into(from != NULL ? from : empty_tree, buffer, (int)capacity);
    if (status == 0)
        status = edit_memory(buffer, edit);
    if (status == 0)
        status = edit_reserved(buffer, edit);
    if (status == 0)
        status = edit_chosen(buffer, edit);
    if (status == 0)
        status = edit_reservations(buffer, edit);
    if (status == 0)
        status = fdt_pack(buffer);
    if (status < 0)
        return status == -FDT_ERR_NOSPACE ? ERROR_TOO_LARGE : ERROR_CORRUPT;
    return fdt_totalsize(buffer);
}

const char *fdt_edit_bootargs(const void *fdt, size_t available)
{
    struct fdt_walk walk;

    if (fdt != NULL && fdt_walk_begin(&walk, fdt, available) >= 0 &&
        fdt_walk_find(&walk, "/chosen", 7) && fdt_walk_property(&walk, "bootargs", 8) &&
        walk.length > 0 && walk.value[walk.length - 1] == '\0')
        return (const char *)walk.value;
    return "";
}
