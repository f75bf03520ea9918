/*
 * boot_info: the device tree that stands in the list, and the room for both.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "boot_info_bench.h"

static void test_device_tree_stands_in_the_list_and_is_edited(void **state)
{
    size_t length;
    const uint8_t *fdt;

    (void)state;
    info.bootargs = "--records 5";
    assert_true(build() > 0);
    fdt = transfer_list_find(list, BOOT_TAG_FDT, 1, &length);
    assert_ptr_equal(fdt, list + fdt_offset);
    assert_int_equal((uintptr_t)fdt % 8, 0);
    assert_int_equal(fdt_check_full(fdt, length), 0);
    assert_int_equal(fdt_totalsize(fdt), length);
    assert_string_equal(fdt_getprop(fdt, 0, "model", NULL), "a board");
    assert_string_equal(fdt_getprop(fdt, fdt_path_offset(fdt, "/chosen"), "bootargs", NULL),
                        "--records 5");
    assert_true(fdt_path_offset(fdt, "/reserved-memory/pilotlight@3be00000") > 0);
}

static void test_list_and_tree_get_different_halves_of_the_seed(void **state)
{
    const uint8_t *fdt;

    (void)state;
    assert_true(build() > 0);
    fdt = list + fdt_offset;
    assert_memory_equal(entry(BOOT_TAG_SEED, 32), seed, 32);
    assert_memory_equal(fdt_getprop(fdt, fdt_path_offset(fdt, "/chosen"), "rng-seed", NULL),
                        seed + 32, 32);
}

static void test_bad_or_missing_tree_is_replaced_by_an_empty_one(void **state)
{
    (void)state;
    info.fdt = NULL;
    assert_true(build() > 0);
    assert_int_equal(fdt_check_full(list + fdt_offset, fdt_totalsize(list + fdt_offset)), 0);
    /* Passes the header's checks, cannot be edited. */
    TREE_CELLS(&tree, "/", "#address-cells", 9);
    info.fdt = tree_exact(&tree, &info.fdt_available);
    assert_true(build() > 0);
    assert_null(fdt_getprop(list + fdt_offset, 0, "model", NULL));
    assert_true(fdt_path_offset(list + fdt_offset, "/memory@0") > 0);
}

static void test_too_little_room_is_told_at_every_size(void **state)
{
    size_t room = boot_info_room(&info);

    (void)state;
    assert_true(build_in(room) > 0);
    for (size_t bytes = 0; bytes < 512; bytes += 8)
        assert_int_equal(build_in(bytes), ERROR_TOO_LARGE);
    for (size_t bytes = 512; bytes < room; bytes += 24) {
        int64_t used = build_in(bytes);

        if (used > 0)
            assert_int_equal(transfer_list_check(list, bytes), used);
        else
            assert_int_equal(used, ERROR_TOO_LARGE);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_device_tree_stands_in_the_list_and_is_edited, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_list_and_tree_get_different_halves_of_the_seed, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_bad_or_missing_tree_is_replaced_by_an_empty_one, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_too_little_room_is_told_at_every_size, setup,
                                        teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
