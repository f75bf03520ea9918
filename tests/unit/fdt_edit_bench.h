/*
 * fdt_edit_bench: a firmware's device tree, edited into exactly the room that was asked for.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef FDT_EDIT_BENCH_H
#define FDT_EDIT_BENCH_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "error.h"
#include "fdt_edit.h"
#include "tree_builder.h"

static struct tree_builder builder;
static uint8_t seed[FDT_EDIT_SEED_BYTES];
static const struct board_range memory[2] = {{0, 0x20000000}, {0x30000000, 0xc000000}};
static struct fdt_edit edit;
static uint8_t *result;

static inline int setup(void **state)
{
    (void)state;
    tree_begin(&builder);
    TREE_CELLS(&builder, "/", "#address-cells", 2);
    TREE_CELLS(&builder, "/", "#size-cells", 1);
    tree_string(&builder, "/", "model", "a board");
    tree_node(&builder, "/", "memory@40000000");
    tree_node(&builder, "/", "memory@0"); /* added later, stands before */
    TREE_CELLS(&builder, "/memory@0", "reg", 0, 0, 0x1000);
    tree_string(&builder, "/memory@0", "device_type", "memory");
    tree_node(&builder, "/", "chosen");
    tree_string(&builder, "/chosen", "bootargs", "of the firmware");
    tree_string(&builder, "/chosen", "stdout-path", "serial0");
    fdt_add_mem_rsv(builder.bytes, 0, 0x1000);
    for (unsigned i = 0; i < sizeof seed; i++)
        seed[i] = (uint8_t)(i + 1);
    edit = (struct fdt_edit){
        .memory = memory,
        .memory_count = 2,
        .resident = {0x3be00000, 0x200000},
        .bootargs = "-n 5",
        .seed = seed,
    };
    edit.fdt = tree_exact(&builder, &edit.fdt_available);
    return 0;
}

static inline int teardown(void **state)
{
    (void)state;
    free(result);
    free(builder.copy);
    result = builder.copy = NULL;
    return 0;
}

/* Builds into exactly the room that was asked for. */
static inline int64_t build(void)
{
    size_t room = fdt_edit_room(&edit);

    free(result);
    result = aligned_alloc(8, (room + 7) & ~(size_t)7);
    return fdt_edit_build(&edit, result, room);
}

static inline void expect_cells(const char *path, const char *name, const uint32_t *cells,
                                int count)
{
    int length;
    const fdt32_t *found = fdt_getprop(result, fdt_path_offset(result, path), name, &length);

    assert_non_null(found);
    assert_int_equal(length, count * 4);
    for (int i = 0; i < count; i++)
        assert_int_equal(fdt32_to_cpu(found[i]), cells[i]);
}

static inline const char *text_at(const char *path, const char *name)
{
    return fdt_getprop(result, fdt_path_offset(result, path), name, NULL);
}

static inline void for_another_system(const struct board_range *initrd)
{
    static const uint8_t kaslr_seed[FDT_EDIT_KASLR_SEED_BYTES] = {8, 7, 6, 5, 4, 3, 2, 1};

    edit.resident.bytes = 0;
    edit.kaslr_seed = kaslr_seed;
    edit.initrd = initrd;
    edit.reserve = (struct board_range){0, 0x1000};
}

#endif
