/*
 * chainload: the firmware's device tree cannot be believed, or lacks what another system is told by
 * it. Numbers are those of the bad inputs (docs/security.md).
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "chainload_bench.h"

/* It is not passed on, nor is anything in it: the other system gets a tree of what the loader
 * knows by itself. */
static void expect_a_new_tree(void)
{
    sim_cpu_reset();
    loader.board.card = &card.device;
    expect_left();
    assert_null(fdt_getprop(tree_left, 0, "model", NULL));
    assert_null(chosen("bootargs", 0));
    assert_true(fdt_path_offset(tree_left, "/memory@10000000") > 0);
}

static void test_48_a_tree_longer_than_its_memory_or_with_offsets_that_wrap_is_replaced(
    void **state)
{
    uint8_t *fdt = (uint8_t *)(uintptr_t)loader.fdt;
    static const uint32_t offsets[] = {0xfffffff8, 0x80000000, 0x10000, 4};

    (void)state;
    add("IMAGE      ", image, IMAGE_BYTES);
    fdt_set_totalsize(fdt, (uint32_t)loader.fdt_available + 8);
    expect_a_new_tree();
    fdt_set_totalsize(fdt, 0xffffffff);
    expect_a_new_tree();
    fdt_set_totalsize(fdt, (uint32_t)loader.fdt_available);
    for (unsigned i = 0; i < 4; i++) {
        uint32_t structure = fdt_off_dt_struct(fdt), strings = fdt_off_dt_strings(fdt);

        fdt_set_off_dt_struct(fdt, offsets[i]);
        expect_a_new_tree();
        fdt_set_off_dt_struct(fdt, structure);
        fdt_set_off_dt_strings(fdt, offsets[i]);
        expect_a_new_tree();
        fdt_set_off_dt_strings(fdt, strings);
    }
}

static void test_49_a_tree_of_nodes_within_nodes_is_replaced(void **state)
{
    char path[256] = "";

    (void)state;
    add("IMAGE      ", image, IMAGE_BYTES);
    for (unsigned i = 0; i < 40; i++) {
        tree_node(&tree, i == 0 ? "/" : path, "n");
        strcat(path, "/n");
    }
    loader.fdt = tree_exact(&tree, &loader.fdt_available);
    expect_a_new_tree();
}

static void test_50_a_node_with_a_unit_address_does_not_pass_for_chosen(void **state)
{
    (void)state;
    add("IMAGE      ", image, IMAGE_BYTES);
    strcpy(loader.configuration.bootargs, "ours");
    tree_node(&tree, "/", "chosen@1");
    tree_string(&tree, "/chosen@1", "bootargs", "theirs");
    loader.fdt = tree_exact(&tree, &loader.fdt_available);
    expect_left();
    assert_string_equal(chosen("bootargs", 0), "ours");
    assert_string_equal(
        fdt_getprop(tree_left, fdt_path_offset(tree_left, "/chosen@1"), "bootargs", NULL),
        "theirs");
}

static void test_57_a_tree_without_chosen_gets_one(void **state)
{
    (void)state;
    add_both();
    tree_begin(&tree);
    tree_string(&tree, "/", "model", "a board");
    loader.fdt = tree_exact(&tree, &loader.fdt_available);
    strcpy(loader.configuration.bootargs, "quiet");
    expect_left();
    assert_string_equal(fdt_getprop(tree_left, 0, "model", NULL), "a board");
    assert_string_equal(chosen("bootargs", 0), "quiet");
    assert_non_null(chosen("linux,initrd-start", 8));
}

static void test_57_reservations_of_no_bytes_or_that_overlap_stay_as_they_are(void **state)
{
    const struct board_range empty = {RAM + 8 * MIB, 0}, all = {RAM + 4 * MIB, 4 * MIB};

    (void)state;
    add("IMAGE      ", image, IMAGE_BYTES);
    tree_node(&tree, "/", "reserved-memory");
    TREE_CELLS(&tree, "/reserved-memory", "#address-cells", 1);
    TREE_CELLS(&tree, "/reserved-memory", "#size-cells", 1);
    tree_node(&tree, "/reserved-memory", "empty");
    TREE_CELLS(&tree, "/reserved-memory/empty", "reg", (uint32_t)empty.base, 0);
    tree_node(&tree, "/reserved-memory", "all");
    TREE_CELLS(&tree, "/reserved-memory/all", "reg", (uint32_t)all.base, (uint32_t)all.bytes);
    fdt_add_mem_rsv(tree.bytes, all.base, all.bytes);
    fdt_add_mem_rsv(tree.bytes, 0, 0x2000); /* more than the stub's page: enough */
    loader.fdt = tree_exact(&tree, &loader.fdt_available);
    loader.taken[loader.taken_count++] = (struct place_taken){all.base, all.bytes, "reserved", 0};
    bytes_put_le32(image + 16, 2 * MIB + 1);
    expect_left();
    assert_true(fdt_path_offset(tree_left, "/reserved-memory/empty") > 0);
    assert_true(fdt_path_offset(tree_left, "/reserved-memory/all") > 0);
    assert_int_equal(fdt_num_mem_rsv(tree_left), 2);
    assert_true(apart(sim_cpu.entry, 2 * MIB + 1, all.base, all.bytes));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SYSTEM_TEST(test_48_a_tree_longer_than_its_memory_or_with_offsets_that_wrap_is_replaced),
        SYSTEM_TEST(test_49_a_tree_of_nodes_within_nodes_is_replaced),
        SYSTEM_TEST(test_50_a_node_with_a_unit_address_does_not_pass_for_chosen),
        SYSTEM_TEST(test_57_a_tree_without_chosen_gets_one),
        SYSTEM_TEST(test_57_reservations_of_no_bytes_or_that_overlap_stay_as_they_are),
    };

    return cmocka_run_group_tests(tests, group_setup, NULL);
}
