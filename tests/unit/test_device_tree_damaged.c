/*
 * device_tree: a damaged tree is refused, and nothing outside of it is read. Numbers are those of
 * the bad inputs (docs/security.md).
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "device_tree_bench.h"

#include "error.h"
#include "fdt_walk.h"

/* Reads the tree after one 32-bit word of it was changed. */
static int read_with(size_t offset, uint32_t value)
{
    size_t length;
    uint8_t *fdt = tree_exact(&builder, &length);

    *(fdt32_t *)(fdt + offset) = cpu_to_fdt32(value);
    return device_tree_read(fdt, length, &tree);
}

static void refused(int status, const char *text)
{
    static const struct device_tree nothing;

    assert_int_equal(status, ERROR_CORRUPT);
    if (strstr(tree.reason, text) == NULL)
        fail_msg("no \"%s\" in \"%s\"", text, tree.reason);
    assert_string_equal(tree.bootargs, "");
    tree.bootargs = NULL;
    memset(tree.reason, 0, sizeof tree.reason);
    assert_memory_equal(&tree, &nothing, sizeof tree);
}

static void test_no_tree_is_told_apart_from_a_bad_one(void **state)
{
    static const uint64_t words[8] = {0};

    (void)state;
    assert_int_equal(device_tree_read(NULL, 4096, &tree), ERROR_ABSENT);
    assert_int_equal(device_tree_read(words, sizeof words, &tree), ERROR_ABSENT);
    assert_string_equal(tree.bootargs, "");
    assert_int_equal(device_tree_read(builder.bytes, 39, &tree), ERROR_ABSENT);
    assert_int_equal(device_tree_read(builder.bytes, 0, &tree), ERROR_ABSENT);
    memmove(builder.bytes + 4, builder.bytes, 1024);
    refused(device_tree_read(builder.bytes + 4, 1024, &tree), "is no multiple of 8");
}

static void test_48_tree_larger_than_its_buffer_is_refused(void **state)
{
    size_t length;
    uint8_t *fdt = tree_exact(&builder, &length);

    (void)state;
    refused(device_tree_read(fdt, length - 1, &tree), "header: total size, may be read (0x");
    refused(device_tree_read(fdt, 40, &tree), ", 0x28)");
    refused(read_with(4, 0xffffffff), "total size, may be read (0xffffffff, 0x");
    refused(read_with(4, 0x80000000), "total size, may be read (0x80000000, 0x");
    refused(read_with(4, 39), "header");
    refused(read_with(4, (uint32_t)length + 1), "header");
}

static void test_48_blocks_that_wrap_or_leave_the_tree_are_refused(void **state)
{
    static const uint32_t values[] = {0xffffffff, 0xfffffff8, 0x80000000, 0x7ffffff8, 65536};

    (void)state;
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        refused(read_with(8, values[i]), "header");  /* off_dt_struct */
        refused(read_with(12, values[i]), "header"); /* off_dt_strings */
        refused(read_with(16, values[i]), "header"); /* off_mem_rsvmap */
        refused(read_with(32, values[i]), "header"); /* size_dt_strings */
        refused(read_with(36, values[i]), "header"); /* size_dt_struct */
    }
    refused(read_with(20, 1), "header");  /* version */
    refused(read_with(24, 18), "header"); /* last compatible version */
    refused(read_with(36, 8), "structure breaks: at, depth (0x8, 0x1)");
    refused(read_with(36, 0), "structure breaks: at, depth (0x0, 0x0)");
}

static void test_tree_cut_off_anywhere_is_refused_or_absent(void **state)
{
    size_t length;
    uint8_t *fdt = tree_exact(&builder, &length);

    (void)state;
    for (size_t available = 0; available < length; available += 13) {
        uint8_t *cut = aligned_alloc(8, (available + 15) & ~(size_t)7);

        memcpy(cut, fdt, available);
        assert_true(device_tree_read(cut, available, &tree) < 0);
        free(cut);
    }
}

static void test_49_nodes_nested_too_deeply_are_refused(void **state)
{
    char path[400] = "";

    (void)state;
    for (unsigned depth = 1; depth < FDT_WALK_DEPTH_MAX; depth++) {
        tree_node(&builder, depth == 1 ? "/" : path, "deep");
        strcat(path, "/deep");
    }
    assert_int_equal(read_tree(), 0);
    tree_node(&builder, path, "deep");
    refused(read_tree(), "structure breaks: at, depth (0x");
}

static void test_49_thousands_of_open_nodes_are_refused(void **state)
{
    /* BEGIN_NODE "x" over and over, as long as there is room. */
    uint32_t *words = aligned_alloc(8, 65536);
    size_t count = 65536 / 4;

    (void)state;
    for (size_t i = 0; i + 1 < count; i += 2) {
        words[i] = cpu_to_fdt32(FDT_BEGIN_NODE);
        words[i + 1] = cpu_to_fdt32('x' << 24);
    }
    memset(words, 0, 56);
    fdt_set_magic(words, FDT_MAGIC);
    fdt_set_totalsize(words, 65536);
    fdt_set_off_dt_struct(words, 56);
    fdt_set_off_dt_strings(words, 65536);
    fdt_set_off_mem_rsvmap(words, 40);
    fdt_set_version(words, 17);
    fdt_set_last_comp_version(words, 16);
    fdt_set_size_dt_struct(words, 65536 - 56);
    refused(device_tree_read(words, 65536, &tree), "structure breaks: at, depth (0x100, 0x20)");
    free(words);
}

static void test_50_second_root_and_unbalanced_nodes_are_refused(void **state)
{
    size_t structure;
    uint32_t size;

    (void)state;
    tree_begin(&builder);
    fdt_pack(builder.bytes);
    structure = fdt_off_dt_struct(builder.bytes);
    size = fdt_size_dt_struct(builder.bytes);
    assert_int_equal(size, 16);
    memmove(builder.bytes + structure + 28, builder.bytes + structure + 16, 64);
    fdt_set_totalsize(builder.bytes, fdt_totalsize(builder.bytes) + 12);
    fdt_set_off_dt_strings(builder.bytes, fdt_off_dt_strings(builder.bytes) + 12);
    fdt_set_size_dt_struct(builder.bytes, size + 12);
    /* root "", END_NODE, then again, then END */
    memcpy(builder.bytes + structure + 12, builder.bytes + structure, 12);
    *(fdt32_t *)(builder.bytes + structure + 24) = cpu_to_fdt32(FDT_END);
    refused(device_tree_read(builder.bytes, fdt_totalsize(builder.bytes), &tree),
            "structure breaks: at, depth (0xc, 0x0)");
    *(fdt32_t *)(builder.bytes + structure + 12) = cpu_to_fdt32(FDT_END_NODE);
    refused(device_tree_read(builder.bytes, fdt_totalsize(builder.bytes), &tree),
            "structure breaks: at, depth (0xc, 0x0)");
    *(fdt32_t *)(builder.bytes + structure + 8) = cpu_to_fdt32(FDT_NOP);
    *(fdt32_t *)(builder.bytes + structure + 12) = cpu_to_fdt32(FDT_END);
    refused(device_tree_read(builder.bytes, fdt_totalsize(builder.bytes), &tree),
            "structure breaks: at, depth (0xc, 0x1)");
    *(fdt32_t *)(builder.bytes + structure) = cpu_to_fdt32(FDT_END);
    refused(device_tree_read(builder.bytes, fdt_totalsize(builder.bytes), &tree),
            "structure breaks: at, depth (0x0, 0x0)");
}

static void test_memory_that_wraps_or_has_strange_cells_is_refused(void **state)
{
    (void)state;
    TREE_CELLS(&builder, "/", "#size-cells", 2);
    TREE_CELLS(&builder, "/memory@0", "reg", 0x1000, 0xffffffff, 0xfffff001);
    refused(read_tree(), "memory wraps around");
    setup(NULL);
    TREE_CELLS(&builder, "/", "#address-cells", 3);
    refused(read_tree(), "memory wraps around or has too many ranges");
    setup(NULL);
    TREE_CELLS(&builder, "/", "#size-cells", 0);
    refused(read_tree(), "memory wraps around or has too many ranges");
    setup(NULL);
    TREE_CELLS(&builder, "/memory@0", "reg", 0, 1, 16, 1, 32, 1, 48, 1, 64, 1, 80, 1, 96, 1, 112, 1,
               128, 1);
    refused(read_tree(), "too many ranges");
}

static void test_random_damage_never_reads_outside_the_tree(void **state)
{
    uint32_t random = 7;
    size_t length;
    uint8_t *fdt = tree_exact(&builder, &length);
    uint8_t *good = malloc(length);

    (void)state;
    memcpy(good, fdt, length);
    for (unsigned round = 0; round < 20000; round++) {
        memcpy(fdt, good, length);
        for (unsigned i = 0; i < 1 + round % 4; i++) {
            random = random * 1664525 + 1013904223;
            fdt[(random >> 8) % length] = (uint8_t)(random >> 2);
        }
        if (device_tree_read(fdt, length, &tree) == 0)
            assert_true(strlen(tree.bootargs) < length);
    }
    free(good);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_no_tree_is_told_apart_from_a_bad_one, setup, teardown),
        cmocka_unit_test_setup_teardown(test_48_tree_larger_than_its_buffer_is_refused, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_48_blocks_that_wrap_or_leave_the_tree_are_refused,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(test_tree_cut_off_anywhere_is_refused_or_absent, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_49_nodes_nested_too_deeply_are_refused, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_49_thousands_of_open_nodes_are_refused, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_50_second_root_and_unbalanced_nodes_are_refused, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_memory_that_wraps_or_has_strange_cells_is_refused,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(test_random_damage_never_reads_outside_the_tree, setup,
                                        teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
