/*
 * fuzz_device_tree: any bytes as a device tree, read by the board and edited by the
 * loader. The editor must cope with trees that the reader refused.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <libfdt.h>

#include "device_tree.h"
#include "fdt_edit.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static void require(int condition)
{
    if (!condition)
        abort();
}

static void require_sound(const struct device_tree *tree)
{
    require(tree->memory_count <= BOARD_MEMORY_MAX && tree->reserved_count <= BOARD_RESERVED_MAX);
    for (unsigned i = 0; i < tree->memory_count; i++)
        require(tree->memory[i].bytes != 0 &&
                tree->memory[i].bytes <= UINT64_MAX - tree->memory[i].base);
    require(memchr(tree->model, '\0', sizeof tree->model) != NULL);
    require(memchr(tree->serial, '\0', sizeof tree->serial) != NULL);
    require(strlen(tree->bootargs) <= tree->bytes);
}

static void edit(const uint8_t *fdt, size_t length)
{
    static const struct board_range memory = {0, 0x3c000000};
    static const uint8_t seed[FDT_EDIT_SEED_BYTES] = {1};
    struct fdt_edit wanted = {.fdt = fdt,
                              .fdt_available = length,
                              .memory = &memory,
                              .memory_count = 1,
                              .resident = {0x3be00000, 0x200000},
                              .bootargs = fdt_edit_bootargs(fdt, length),
                              .seed = seed};
    size_t room = fdt_edit_room(&wanted);
    uint8_t *result = aligned_alloc(8, (room + 7) & ~(size_t)7);
    int64_t used = fdt_edit_build(&wanted, result, room);

    require(used <= (int64_t)room);
    if (used > 0)
        require(fdt_check_header(result) == 0 && fdt_totalsize(result) == used);
    free(result);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    uint8_t *fdt = aligned_alloc(8, (length + 8) & ~(size_t)7);
    struct device_tree tree;

    if (length != 0)
        memcpy(fdt, bytes, length);
    if (device_tree_read(fdt, length, &tree) == 0)
        require_sound(&tree);
    else
        require(tree.reason[0] != '\0' && tree.bytes == 0);
    edit(fdt, length);
    free(fdt);
    return 0;
}
