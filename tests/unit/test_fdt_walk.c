/*
 * fdt_walk: every node and property once, in order; paths by whole names only.
 * What a damaged tree gets is in test_device_tree_damaged.c.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "error.h"
#include "fdt_walk.h"
#include "tree_builder.h"

static struct tree_builder builder;
static struct fdt_walk walk;
static uint8_t *fdt;
static size_t total;

/* libfdt puts a new node before its siblings: this one comes out as it is read. */
static int setup(void **state)
{
    (void)state;
    tree_begin(&builder);
    tree_node(&builder, "/", "chosen");
    tree_string(&builder, "/chosen", "bootargs", "x");
    tree_node(&builder, "/", "soc");
    tree_node(&builder, "/soc", "serial@2");
    tree_string(&builder, "/soc/serial@2", "compatible", "second");
    tree_node(&builder, "/soc", "serial@1");
    tree_string(&builder, "/soc/serial@1", "compatible", "first");
    tree_node(&builder, "/soc/serial@1", "soc");
    tree_node(&builder, "/", "so");
    tree_string(&builder, "/", "model", "board");
    fdt_add_mem_rsv(builder.bytes, 0x1000, 0x2000);
    fdt = tree_exact(&builder, &total);
    return fdt_walk_begin(&walk, fdt, total) == (int64_t)total ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    free(builder.copy);
    builder.copy = NULL;
    return 0;
}

static void expect(enum fdt_step step, const char *name, unsigned depth)
{
    assert_int_equal(fdt_walk_next(&walk), step);
    assert_int_equal(walk.depth, depth);
    if (name != NULL)
        assert_string_equal(walk.name, name);
}

static void test_every_tag_comes_once_in_order(void **state)
{
    (void)state;
    expect(FDT_STEP_NODE, "", 1);
    expect(FDT_STEP_PROPERTY, "model", 1);
    assert_int_equal(walk.length, 6);
    assert_string_equal((const char *)walk.value, "board");
    expect(FDT_STEP_NODE, "so", 2);
    expect(FDT_STEP_NODE_END, NULL, 1);
    expect(FDT_STEP_NODE, "soc", 2);
    expect(FDT_STEP_NODE, "serial@1", 3);
    expect(FDT_STEP_PROPERTY, "compatible", 3);
    expect(FDT_STEP_NODE, "soc", 4);
    expect(FDT_STEP_NODE_END, NULL, 3);
    expect(FDT_STEP_NODE_END, NULL, 2);
    expect(FDT_STEP_NODE, "serial@2", 3);
    expect(FDT_STEP_PROPERTY, "compatible", 3);
    expect(FDT_STEP_NODE_END, NULL, 2);
    expect(FDT_STEP_NODE_END, NULL, 1);
    expect(FDT_STEP_NODE, "chosen", 2);
    expect(FDT_STEP_PROPERTY, "bootargs", 2);
    expect(FDT_STEP_NODE_END, NULL, 1);
    expect(FDT_STEP_NODE_END, NULL, 0);
    expect(FDT_STEP_END, NULL, 0);
}

static void test_deleted_nodes_are_passed_over(void **state)
{
    size_t nops = 0;

    (void)state;
    /* fdt_nop_node leaves NOP tags where the node was. */
    assert_int_equal(fdt_nop_node(fdt, fdt_path_offset(fdt, "/soc")), 0);
    assert_int_equal(fdt_walk_begin(&walk, fdt, total), total);
    while (fdt_walk_next(&walk) != FDT_STEP_END)
        assert_true(++nops < 20 && strcmp(walk.name, "soc") != 0);
}

static bool finds(const char *path)
{
    fdt_walk_begin(&walk, fdt, total);
    return fdt_walk_find(&walk, path, strlen(path));
}

static void test_paths_are_found_by_whole_names(void **state)
{
    (void)state;
    assert_true(finds("/soc/serial@2"));
    assert_true(fdt_walk_property(&walk, "compatible", 10));
    assert_string_equal((const char *)walk.value, "second");
    assert_true(finds("/soc/serial@1/soc"));
    assert_int_equal(walk.depth, 4);
    assert_true(finds("/soc"));
    assert_int_equal(walk.depth, 2);
    assert_true(finds("/so"));
    assert_true(finds(""));
    assert_string_equal(walk.name, "");
    assert_false(finds("/serial@1"));
    assert_false(finds("/soc/serial"));
    assert_false(finds("/soc/serial@11"));
    assert_false(finds("/soc/soc"));
    assert_false(finds("/so/serial@1"));
    assert_false(finds("/soc/serial@2/soc"));
    assert_false(finds("soc"));
    assert_false(finds("/"));
    assert_false(finds("//soc"));
    assert_false(finds("/soc/"));
}

static void test_properties_are_those_of_the_node_alone(void **state)
{
    (void)state;
    assert_true(finds("/soc"));
    assert_false(fdt_walk_property(&walk, "compatible", 10)); /* its child has one */
    assert_true(finds("/soc/serial@1"));
    assert_false(fdt_walk_property(&walk, "compat", 6));
    assert_true(finds("/chosen"));
    assert_false(fdt_walk_property(&walk, "bootargs2", 9));
}

static void test_reservations_are_read_to_their_end(void **state)
{
    uint64_t base, bytes;

    (void)state;
    assert_true(fdt_walk_reservation(&walk, 0, &base, &bytes));
    assert_int_equal(base, 0x1000);
    assert_int_equal(bytes, 0x2000);
    assert_false(fdt_walk_reservation(&walk, 1, &base, &bytes));
}

static void test_bad_beginnings_are_told_apart(void **state)
{
    (void)state;
    assert_int_equal(fdt_walk_begin(&walk, fdt, 39), ERROR_ABSENT);
    assert_int_equal(fdt_walk_begin(&walk, fdt, total - 1), ERROR_TOO_LARGE);
    fdt_set_version(fdt, 16);
    assert_int_equal(fdt_walk_begin(&walk, fdt, total), ERROR_CORRUPT);
    fdt_set_version(fdt, 17);
    fdt_set_last_comp_version(fdt, 17);
    assert_int_equal(fdt_walk_begin(&walk, fdt, total), total);
    fdt_set_off_dt_struct(fdt, fdt_off_dt_struct(fdt) + 2);
    assert_int_equal(fdt_walk_begin(&walk, fdt, total), ERROR_CORRUPT);
    fdt_set_off_dt_struct(fdt, fdt_off_dt_struct(fdt) - 2);
    fdt_set_off_mem_rsvmap(fdt, fdt_off_mem_rsvmap(fdt) + 4);
    assert_int_equal(fdt_walk_begin(&walk, fdt, total), ERROR_CORRUPT);
    fdt_set_off_mem_rsvmap(fdt, fdt_off_mem_rsvmap(fdt) - 4);
    fdt[fdt_totalsize(fdt) - 1] = 'x'; /* the last string is not terminated */
    assert_int_equal(fdt_walk_begin(&walk, fdt, total), ERROR_CORRUPT);
    fdt_set_magic(fdt, 0);
    assert_int_equal(fdt_walk_begin(&walk, fdt, total), ERROR_ABSENT);
}

static void test_strings_and_values_outside_break_the_walk(void **state)
{
    size_t structure = fdt_off_dt_struct(fdt);

    /* root: tag, name; then the property: tag, length, name */
    (void)state;
    walk.at += 8; /* behind the root's tag: outside any node */
    assert_int_equal(fdt_walk_next(&walk), FDT_STEP_BROKEN);
    fdt_walk_begin(&walk, fdt, total);
    *(fdt32_t *)(fdt + structure + 16) = cpu_to_fdt32(fdt_size_dt_strings(fdt));
    expect(FDT_STEP_NODE, "", 1);
    assert_int_equal(fdt_walk_next(&walk), FDT_STEP_BROKEN);
    for (uint32_t length = 0xfffffff0; length != 0; length++) {
        *(fdt32_t *)(fdt + structure + 12) = cpu_to_fdt32(length);
        fdt_walk_begin(&walk, fdt, total);
        fdt_walk_next(&walk);
        assert_int_equal(fdt_walk_next(&walk), FDT_STEP_BROKEN);
        assert_int_equal(walk.offset, 8);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_every_tag_comes_once_in_order, setup, teardown),
        cmocka_unit_test_setup_teardown(test_deleted_nodes_are_passed_over, setup, teardown),
        cmocka_unit_test_setup_teardown(test_paths_are_found_by_whole_names, setup, teardown),
        cmocka_unit_test_setup_teardown(test_properties_are_those_of_the_node_alone, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_reservations_are_read_to_their_end, setup, teardown),
        cmocka_unit_test_setup_teardown(test_bad_beginnings_are_told_apart, setup, teardown),
        cmocka_unit_test_setup_teardown(test_strings_and_values_outside_break_the_walk, setup,
                                        teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
