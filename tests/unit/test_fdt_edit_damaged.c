/*
 * fdt_edit: bad inputs 48, 49, 50 and 57 (docs/security.md), as a tree to be edited.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "fdt_edit_bench.h"

static void expect_a_new_tree(void)
{
    assert_true(build() > 0);
    assert_int_equal(fdt_check_full(result, fdt_totalsize(result)), 0);
    assert_null(text_at("/", "model"));
}

static void test_48_total_size_over_the_buffer_or_offsets_that_wrap(void **state)
{
    static const uint32_t values[] = {4, 0x10000, 0x7ffffffc, 0x80000000, 0xfffffff8};
    uint8_t *fdt = builder.copy;

    (void)state;
    for (unsigned i = 0; i < sizeof values / sizeof values[0]; i++) {
        uint32_t structure = fdt_off_dt_struct(fdt), strings = fdt_off_dt_strings(fdt);
        uint32_t reservations = fdt_off_mem_rsvmap(fdt);

        fdt_set_off_dt_struct(fdt, values[i]);
        expect_a_new_tree();
        fdt_set_off_dt_struct(fdt, structure);
        fdt_set_off_dt_strings(fdt, values[i]);
        expect_a_new_tree();
        fdt_set_off_dt_strings(fdt, strings);
        fdt_set_off_mem_rsvmap(fdt, values[i]);
        expect_a_new_tree();
        fdt_set_off_mem_rsvmap(fdt, reservations);
    }
    fdt_set_totalsize(fdt, (uint32_t)edit.fdt_available + 1);
    expect_a_new_tree();
    fdt_set_totalsize(fdt, UINT32_MAX);
    expect_a_new_tree();
}

static void test_49_nodes_nested_too_deeply(void **state)
{
    char path[256] = "";

    (void)state;
    for (unsigned i = 0; i < 40; i++) {
        tree_node(&builder, i == 0 ? "/" : path, "n");
        strcat(path, "/n");
    }
    edit.fdt = tree_exact(&builder, &edit.fdt_available);
    expect_a_new_tree();
}

static void test_50_two_roots(void **state)
{
    uint32_t *words;
    uint32_t count;

    (void)state;
    /* The last tags are the root's end and the tree's: a second root goes between them, over
     * the node in front of them, whose tags it takes. */
    tree_begin(&builder);
    tree_string(&builder, "/", "model", "a board");
    tree_node(&builder, "/", "aaa");
    edit.fdt = tree_exact(&builder, &edit.fdt_available);
    assert_true(build() > 0);
    assert_string_equal(text_at("/", "model"), "a board");
    words = (uint32_t *)(builder.copy + fdt_off_dt_struct(edit.fdt));
    count = fdt_size_dt_struct(edit.fdt) / 4;
    /* BEGIN "aaa" END END TREE_END becomes END BEGIN "" END TREE_END. */
    assert_int_equal(fdt32_to_cpu(words[count - 5]), FDT_BEGIN_NODE);
    words[count - 5] = cpu_to_fdt32(FDT_END_NODE);
    words[count - 4] = cpu_to_fdt32(FDT_BEGIN_NODE);
    words[count - 3] = 0;
    expect_a_new_tree();
}

static void test_57_no_chosen_and_reserved_memory_that_is_empty_or_overlaps(void **state)
{
    (void)state;
    tree_begin(&builder);
    tree_string(&builder, "/", "model", "a board");
    tree_node(&builder, "/", "reserved-memory");
    tree_node(&builder, "/reserved-memory", "empty");
    TREE_CELLS(&builder, "/reserved-memory/empty", "reg", 0, 0x1000, 0);
    tree_node(&builder, "/reserved-memory", "overlaps");
    TREE_CELLS(&builder, "/reserved-memory/overlaps", "reg", 0, 0x3be00000, 0x200000);
    edit.fdt = tree_exact(&builder, &edit.fdt_available);
    assert_true(build() > 0);
    assert_int_equal(fdt_check_full(result, fdt_totalsize(result)), 0);
    assert_string_equal(text_at("/", "model"), "a board");
    assert_string_equal(text_at("/chosen", "bootargs"), "-n 5");
    assert_true(fdt_path_offset(result, "/reserved-memory/empty") > 0);
    assert_true(fdt_path_offset(result, "/reserved-memory/overlaps") > 0);
    assert_non_null(text_at("/reserved-memory/pilotlight@3be00000", "no-map"));
}

static void test_random_damage_never_leaves_the_buffers(void **state)
{
    uint8_t *damaged = aligned_alloc(8, (edit.fdt_available + 7) & ~(size_t)7);
    uint32_t random = 3;

    (void)state;
    for (unsigned round = 0; round < 5000; round++) {
        static const struct board_range initrd = {0x36000000, 0x1234};

        if (round == 2500)
            for_another_system(&initrd);
        memcpy(damaged, builder.copy, edit.fdt_available);
        for (unsigned i = 0; i < 1 + round % 3; i++) {
            random = random * 1664525 + 1013904223;
            damaged[(random >> 8) % edit.fdt_available] = (uint8_t)(random >> 3);
        }
        edit.fdt = damaged;
        if (build() < 0) {
            edit.fdt = NULL;
            assert_true(build() > 0);
        }
        assert_int_equal(fdt_check_header(result), 0);
    }
    free(damaged);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_48_total_size_over_the_buffer_or_offsets_that_wrap,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(test_49_nodes_nested_too_deeply, setup, teardown),
        cmocka_unit_test_setup_teardown(test_50_two_roots, setup, teardown),
        cmocka_unit_test_setup_teardown(
            test_57_no_chosen_and_reserved_memory_that_is_empty_or_overlaps, setup, teardown),
        cmocka_unit_test_setup_teardown(test_random_damage_never_leaves_the_buffers, setup,
                                        teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
