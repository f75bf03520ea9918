/*
 * fdt_edit: the service's tree says what the loader decided, and keeps the rest.
 * Trees that are damaged: test_fdt_edit_damaged.c.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "fdt_edit_bench.h"

static void test_edited_tree_says_what_the_loader_decided(void **state)
{
    int64_t length = build();
    int seed_length;

    (void)state;
    assert_true(length > 0);
    assert_int_equal(fdt_check_full(result, (size_t)length), 0);
    assert_int_equal(fdt_totalsize(result), length);
    expect_cells("/memory@0", "reg", (uint32_t[]){0, 0, 0x20000000, 0, 0x30000000, 0xc000000}, 6);
    assert_string_equal(text_at("/memory@0", "device_type"), "memory");
    assert_true(fdt_path_offset(result, "/memory@40000000") < 0);
    expect_cells("/reserved-memory/pilotlight@3be00000", "reg",
                 (uint32_t[]){0, 0x3be00000, 0x200000}, 3);
    assert_non_null(text_at("/reserved-memory/pilotlight@3be00000", "no-map"));
    assert_non_null(text_at("/reserved-memory", "ranges"));
    expect_cells("/reserved-memory", "#address-cells", (uint32_t[]){2}, 1);
    expect_cells("/reserved-memory", "#size-cells", (uint32_t[]){1}, 1);
    assert_string_equal(text_at("/chosen", "bootargs"), "-n 5");
    assert_memory_equal(
        fdt_getprop(result, fdt_path_offset(result, "/chosen"), "rng-seed", &seed_length), seed,
        sizeof seed);
    assert_int_equal(seed_length, sizeof seed);
}

static void test_everything_else_stays(void **state)
{
    uint64_t base, bytes;

    (void)state;
    assert_true(build() > 0);
    assert_string_equal(text_at("/", "model"), "a board");
    assert_string_equal(text_at("/chosen", "stdout-path"), "serial0");
    assert_int_equal(fdt_get_mem_rsv(result, 0, &base, &bytes), 0);
    assert_int_equal(bytes, 0x1000);
    edit.bootargs = NULL;
    edit.seed = NULL;
    edit.memory_count = 0;
    edit.resident.bytes = 0;
    assert_true(build() > 0);
    assert_string_equal(text_at("/chosen", "bootargs"), "of the firmware");
    assert_null(text_at("/chosen", "rng-seed"));
    expect_cells("/memory@0", "reg", (uint32_t[]){0, 0, 0x1000}, 3);
    assert_true(fdt_path_offset(result, "/reserved-memory") < 0);
}

static void test_reserved_memory_that_is_there_is_added_to_in_its_own_cells(void **state)
{
    (void)state;
    tree_node(&builder, "/", "reserved-memory");
    TREE_CELLS(&builder, "/reserved-memory", "#address-cells", 1);
    TREE_CELLS(&builder, "/reserved-memory", "#size-cells", 2);
    tree_node(&builder, "/reserved-memory", "cma");
    edit.fdt = tree_exact(&builder, &edit.fdt_available);
    assert_true(build() > 0);
    expect_cells("/reserved-memory/pilotlight@3be00000", "reg",
                 (uint32_t[]){0x3be00000, 0, 0x200000}, 3);
    assert_true(fdt_path_offset(result, "/reserved-memory/cma") > 0);
}

static void test_editing_its_own_result_changes_nothing(void **state)
{
    uint8_t *first;
    int64_t length = build();

    /* A loader started by a loader: the node is there already. */
    (void)state;
    first = result;
    result = NULL;
    edit.fdt = first;
    edit.fdt_available = (size_t)length;
    assert_int_equal(build(), length);
    expect_cells("/reserved-memory/pilotlight@3be00000", "reg",
                 (uint32_t[]){0, 0x3be00000, 0x200000}, 3);
    assert_string_equal(text_at("/chosen", "bootargs"), "-n 5");
    free(first);
}

static void test_without_a_usable_tree_a_new_one_is_made(void **state)
{
    static const uint64_t junk[64] = {0x1234};
    const struct {
        const void *fdt;
        size_t available;
    } bad[] = {{NULL, 0}, {junk, sizeof junk}, {edit.fdt, edit.fdt_available - 1}, {edit.fdt, 20}};

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        edit.fdt = bad[i].fdt;
        edit.fdt_available = bad[i].available;
        assert_true(build() > 0);
        assert_int_equal(fdt_check_full(result, fdt_totalsize(result)), 0);
        assert_null(text_at("/", "model"));
        assert_string_equal(text_at("/chosen", "bootargs"), "-n 5");
        /* Cells of an empty root are 2 and 1 by the specification's default. */
        expect_cells("/memory@0", "reg", (uint32_t[]){0, 0, 0x20000000, 0, 0x30000000, 0xc000000},
                     6);
        assert_non_null(text_at("/reserved-memory/pilotlight@3be00000", "no-map"));
    }
}

static void test_too_little_room_is_told_at_every_size(void **state)
{
    int64_t length = build();

    (void)state;
    for (size_t capacity = 0; capacity < (size_t)length; capacity += 3) {
        uint8_t *small = aligned_alloc(8, (capacity + 15) & ~(size_t)7);

        assert_int_equal(fdt_edit_build(&edit, small, capacity), ERROR_TOO_LARGE);
        free(small);
    }
}

static void test_tree_with_cells_nobody_can_write_is_refused(void **state)
{
    (void)state;
    TREE_CELLS(&builder, "/", "#address-cells", 4);
    edit.fdt = tree_exact(&builder, &edit.fdt_available);
    assert_int_equal(build(), ERROR_CORRUPT);
}

static void test_tree_with_a_reservation_of_no_bytes_is_replaced(void **state)
{
    (void)state;
    fdt_add_mem_rsv(builder.bytes, 0x2000, 0x1000);
    edit.fdt = tree_exact(&builder, &edit.fdt_available);
    memset(builder.copy + fdt_off_mem_rsvmap(edit.fdt) + 16 + 8, 0, 8);
    assert_true(build() > 0);
    assert_int_equal(fdt_check_full(result, fdt_totalsize(result)), 0);
    assert_null(text_at("/", "model"));
}

/* Bad input 50: a node with a unit address must not pass for the one without (CVE-2021-27097). */
static void test_50_similar_names_are_left_alone(void **state)
{
    (void)state;
    tree_node(&builder, "/", "chosen@1");
    tree_node(&builder, "/", "memory-controller@0");
    edit.fdt = tree_exact(&builder, &edit.fdt_available);
    assert_true(build() > 0);
    assert_null(text_at("/chosen@1", "bootargs"));
    assert_true(fdt_path_offset(result, "/memory-controller@0") > 0);
    tree_node(&builder, "/", "reserved-memory@1"); /* and none without @ */
    edit.fdt = tree_exact(&builder, &edit.fdt_available);
    assert_int_equal(build(), ERROR_CORRUPT);
}

static void test_arguments_are_found_or_empty(void **state)
{
    (void)state;
    assert_string_equal(fdt_edit_bootargs(edit.fdt, edit.fdt_available), "of the firmware");
    assert_string_equal(fdt_edit_bootargs(edit.fdt, edit.fdt_available - 1), "");
    assert_string_equal(fdt_edit_bootargs(NULL, 0), "");
    tree_bytes(&builder, "/chosen", "bootargs", "open end", 8);
    edit.fdt = tree_exact(&builder, &edit.fdt_available);
    assert_string_equal(fdt_edit_bootargs(edit.fdt, edit.fdt_available), "");
    tree_begin(&builder);
    edit.fdt = tree_exact(&builder, &edit.fdt_available);
    assert_string_equal(fdt_edit_bootargs(edit.fdt, edit.fdt_available), "");
}

static void test_another_system_is_told_its_initrd_in_the_roots_cells(void **state)
{
    static const struct board_range initrd = {0x36000000, 0x1234};

    (void)state;
    for_another_system(&initrd);
    assert_true(build() > 0);
    expect_cells("/chosen", "linux,initrd-start", (uint32_t[]){0, 0x36000000}, 2);
    expect_cells("/chosen", "linux,initrd-end", (uint32_t[]){0, 0x36001234}, 2);
    TREE_CELLS(&builder, "/", "#address-cells", 1);
    edit.fdt = tree_exact(&builder, &edit.fdt_available);
    assert_true(build() > 0);
    expect_cells("/chosen", "linux,initrd-start", (uint32_t[]){0x36000000}, 1);
    expect_cells("/chosen", "linux,initrd-end", (uint32_t[]){0x36001234}, 1);
}

static void test_another_system_does_not_get_the_firmwares_initrd(void **state)
{
    static const struct board_range none;

    (void)state;
    TREE_CELLS(&builder, "/chosen", "linux,initrd-start", 0x8000000);
    TREE_CELLS(&builder, "/chosen", "linux,initrd-end", 0x8100000);
    edit.fdt = tree_exact(&builder, &edit.fdt_available);
    assert_true(build() > 0);
    assert_non_null(text_at("/chosen", "linux,initrd-start")); /* nobody has spoken of it */
    for_another_system(&none);
    assert_true(build() > 0);
    assert_null(text_at("/chosen", "linux,initrd-start"));
    assert_null(text_at("/chosen", "linux,initrd-end"));
}

static void test_another_system_gets_fresh_seeds_for_those_that_were_used(void **state)
{
    int length;

    (void)state;
    tree_bytes(&builder, "/chosen", "kaslr-seed", "used", 4);
    edit.fdt = tree_exact(&builder, &edit.fdt_available);
    for_another_system(NULL);
    assert_true(build() > 0);
    assert_memory_equal(
        fdt_getprop(result, fdt_path_offset(result, "/chosen"), "kaslr-seed", &length),
        edit.kaslr_seed, FDT_EDIT_KASLR_SEED_BYTES);
    assert_int_equal(length, FDT_EDIT_KASLR_SEED_BYTES);
}

static void expect_reservations(int count)
{
    assert_true(build() > 0);
    assert_int_equal(fdt_check_full(result, fdt_totalsize(result)), 0);
    assert_int_equal(fdt_num_mem_rsv(result), count);
}

static void test_a_page_is_reserved_once(void **state)
{
    uint64_t base, bytes;

    (void)state;
    for_another_system(NULL);
    expect_reservations(1); /* it was there */
    edit.reserve = (struct board_range){0x800, 0x800};
    expect_reservations(1); /* within what is there */
    edit.reserve = (struct board_range){0, 0x1001};
    expect_reservations(2); /* a byte more */
    edit.reserve = (struct board_range){0x1000, 0x1000};
    expect_reservations(2);
    assert_int_equal(fdt_get_mem_rsv(result, 1, &base, &bytes), 0);
    assert_int_equal(base, 0x1000);
    assert_int_equal(bytes, 0x1000);
    edit.fdt = NULL;
    expect_reservations(1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_edited_tree_says_what_the_loader_decided, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_everything_else_stays, setup, teardown),
        cmocka_unit_test_setup_teardown(
            test_reserved_memory_that_is_there_is_added_to_in_its_own_cells, setup, teardown),
        cmocka_unit_test_setup_teardown(test_editing_its_own_result_changes_nothing, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_without_a_usable_tree_a_new_one_is_made, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_too_little_room_is_told_at_every_size, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_tree_with_cells_nobody_can_write_is_refused, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_50_similar_names_are_left_alone, setup, teardown),
        cmocka_unit_test_setup_teardown(test_tree_with_a_reservation_of_no_bytes_is_replaced, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_arguments_are_found_or_empty, setup, teardown),
        cmocka_unit_test_setup_teardown(test_another_system_is_told_its_initrd_in_the_roots_cells,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(test_another_system_does_not_get_the_firmwares_initrd,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(
            test_another_system_gets_fresh_seeds_for_those_that_were_used, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_page_is_reserved_once, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
