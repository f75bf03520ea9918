/*
 * device_tree: what a Pi's tree says arrives, and costs only its own part where it is strange.
 * Numbers are those of the bad inputs (docs/security.md). Trees that are refused:
 * test_device_tree_damaged.c.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "device_tree_bench.h"

static void test_everything_a_pi_says_arrives(void **state)
{
    (void)state;
    assert_int_equal(read_tree(), 0);
    assert_int_equal(tree.bytes, fdt_totalsize(builder.copy));
    assert_string_equal(tree.model, "Raspberry Pi 3 Model B Rev 1.2");
    assert_string_equal(tree.serial, "00000000c0ffee01");
    assert_int_equal(tree.memory_count, 1);
    assert_int_equal(tree.memory[0].base, 0);
    assert_int_equal(tree.memory[0].bytes, 0x3b400000);
    assert_int_equal(tree.reserved_count, 2);
    assert_int_equal(tree.reserved[0].base, 0);
    assert_int_equal(tree.reserved[0].bytes, 0x1000);
    assert_int_equal(tree.reserved[1].base, 0x3ec0000);
    assert_int_equal(tree.reserved[1].bytes, 0x10000);
    assert_string_equal(tree.bootargs, "console=ttyAMA0 -- --records 5");
    assert_int_equal(tree.console, DEVICE_TREE_CONSOLE_PL011);
    assert_int_equal(tree.console_baud, 115200);
    assert_memory_equal(tree.mac, "\xb8\x27\xeb\x01\x02\x03", 6);
    for (uint64_t i = 0; i < 4; i++)
        assert_int_equal(tree.cpu_release[i], 0xd8 + 8 * i);
    assert_true(tree.has_reset_status);
    assert_int_equal(tree.reset_status, 0x1020);
    assert_int_equal(tree.seed_bytes, 16);
    assert_memory_equal(tree.seed, "0123456789abcdef", 16);
}

static void test_u_boots_console_is_the_mini_uart(void **state)
{
    (void)state;
    tree_string(&builder, "/chosen", "stdout-path", "serial1");
    assert_int_equal(read_tree(), 0);
    assert_int_equal(tree.console, DEVICE_TREE_CONSOLE_MINI_UART);
    assert_int_equal(tree.console_baud, 0);
    tree_string(&builder, "/chosen", "stdout-path", "/soc/serial@7e215040:9600");
    assert_int_equal(read_tree(), 0);
    assert_int_equal(tree.console, DEVICE_TREE_CONSOLE_MINI_UART);
    assert_int_equal(tree.console_baud, 9600);
    tree_string(&builder, "/chosen", "stdout-path", "serial7:99999999999999999999");
    assert_int_equal(read_tree(), 0);
    assert_int_equal(tree.console, DEVICE_TREE_CONSOLE_UNKNOWN);
}

static void test_two_cells_give_addresses_above_four_gibibytes(void **state)
{
    (void)state;
    TREE_CELLS(&builder, "/", "#address-cells", 2);
    TREE_CELLS(&builder, "/", "#size-cells", 2);
    TREE_CELLS(&builder, "/memory@0", "reg", 0, 0, 0, 0x3c000000, 1, 0x40000000, 2, 0);
    assert_int_equal(read_tree(), 0);
    assert_int_equal(tree.memory_count, 2);
    assert_int_equal(tree.memory[1].base, 0x140000000);
    assert_int_equal(tree.memory[1].bytes, 0x200000000);
}

static void test_memory_pieces_that_touch_or_overlap_become_one(void **state)
{
    (void)state;
    TREE_CELLS(&builder, "/memory@0", "reg", 0x10000000, 0x10000000, 0, 0x10000000, 0x18000000,
               0x10000000, 0x30000000, 0);
    tree_node(&builder, "/", "memory@30000000");
    TREE_CELLS(&builder, "/memory@30000000", "reg", 0x30000000, 0x8000000);
    assert_int_equal(read_tree(), 0);
    assert_int_equal(tree.memory_count, 2);
    assert_int_equal(tree.memory[0].base + tree.memory[1].base, 0x30000000);
    assert_int_equal(tree.memory[0].bytes + tree.memory[1].bytes, 0x28000000 + 0x8000000);
}

static void test_50_nodes_with_a_unit_address_do_not_pass_for_others(void **state)
{
    (void)state;
    /* Added last, so they stand first. */
    tree_node(&builder, "/", "chosen@1");
    tree_string(&builder, "/chosen@1", "bootargs", "evil");
    tree_node(&builder, "/", "reserved-memory@2");
    tree_node(&builder, "/reserved-memory@2", "all@0");
    TREE_CELLS(&builder, "/reserved-memory@2/all@0", "reg", 0, 0x30000000);
    tree_node(&builder, "/", "memoryless");
    TREE_CELLS(&builder, "/memoryless", "reg", 0x50000000, 0x1000);
    assert_int_equal(read_tree(), 0);
    assert_string_equal(tree.bootargs, "console=ttyAMA0 -- --records 5");
    assert_int_equal(tree.reserved_count, 2);
    assert_int_equal(tree.memory_count, 1);
}

static void test_57_missing_nodes_leave_their_fields_empty(void **state)
{
    (void)state;
    tree_begin(&builder);
    assert_int_equal(read_tree(), 0);
    assert_int_equal(tree.memory_count, 0);
    assert_int_equal(tree.reserved_count, 0);
    assert_string_equal(tree.bootargs, "");
    assert_string_equal(tree.model, "");
    assert_int_equal(tree.console, DEVICE_TREE_CONSOLE_UNKNOWN);
    assert_false(tree.has_reset_status);
    assert_null(tree.seed);
}

static void test_properties_of_the_wrong_shape_are_left_out(void **state)
{
    (void)state;
    tree_bytes(&builder, "/chosen", "bootargs", "not terminated", 14);
    tree_bytes(&builder, "/chosen", "stdout-path", "", 0);
    tree_bytes(&builder, "/chosen/bootloader", "rsts", "\x10\x20", 2);
    tree_string(&builder, "/", "serial-number", "0123-bad");
    tree_bytes(&builder, "/", "model", "x", 1);
    tree_bytes(&builder, "/soc/ethernet@1", "local-mac-address", "\x01\x02\x03\x04\x05\x06", 6);
    TREE_CELLS(&builder, "/cpus/cpu@1", "reg", 0xffffffff);
    tree_bytes(&builder, "/cpus/cpu@2", "reg", "", 0);
    tree_bytes(&builder, "/cpus/cpu@3", "cpu-release-addr", "12345", 5);
    assert_int_equal(read_tree(), 0);
    assert_string_equal(tree.bootargs, "");
    assert_false(tree.has_reset_status);
    assert_string_equal(tree.serial, "");
    assert_string_equal(tree.model, "");
    assert_memory_equal(tree.mac, "\0\0\0\0\0\0", 6);
    assert_int_equal(tree.cpu_release[0], 0xd8);
    for (unsigned i = 1; i < 4; i++)
        assert_int_equal(tree.cpu_release[i], 0);
}

static void test_long_texts_are_cut_and_terminated(void **state)
{
    (void)state;
    tree_string(&builder, "/", "model",
                "0123456789012345678901234567890123456789012345678901234567890123456789");
    tree_string(&builder, "/", "serial-number", "0123456789abcdef0123");
    assert_int_equal(read_tree(), 0);
    assert_int_equal(strlen(tree.model), sizeof tree.model - 1);
    assert_string_equal(tree.serial, "0123456789abcdef");
}

static void test_57_empty_and_overlapping_reservations_become_few(void **state)
{
    (void)state;
    tree_node(&builder, "/reserved-memory", "empty@1");
    TREE_CELLS(&builder, "/reserved-memory/empty@1", "reg", 0, 0x20000000, 0);
    tree_node(&builder, "/reserved-memory", "over@2");
    TREE_CELLS(&builder, "/reserved-memory/over@2", "reg", 0, 0x3ec8000, 0x10000, 0, 0x3ecc000, 4);
    tree_node(&builder, "/reserved-memory", "short@3");
    TREE_CELLS(&builder, "/reserved-memory/short@3", "reg", 0, 0x20000000);
    tree_node(&builder, "/reserved-memory", "off@4");
    TREE_CELLS(&builder, "/reserved-memory/off@4", "reg", 0, 0x20000000, 0x1000);
    tree_string(&builder, "/reserved-memory/off@4", "status", "disabled");
    assert_int_equal(read_tree(), 0);
    assert_int_equal(tree.reserved_count, 2);
    assert_int_equal(tree.reserved[1].base, 0x3ec0000);
    assert_int_equal(tree.reserved[1].bytes, 0x18000);
}

static void test_reservation_that_wraps_reaches_to_the_top(void **state)
{
    (void)state;
    TREE_CELLS(&builder, "/reserved-memory", "#size-cells", 2);
    TREE_CELLS(&builder, "/reserved-memory/nvram@0", "reg", 0, 0x3ec0000, 0xffffffff, 0xffffffff);
    assert_int_equal(read_tree(), 0);
    assert_int_equal(tree.reserved[1].base, 0x3ec0000);
    assert_int_equal(tree.reserved[1].bytes, UINT64_MAX - 0x3ec0000);
}

static void test_too_many_reservations_are_widened_not_dropped(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 40; i++) {
        char path[40] = "/reserved-memory/r@00";

        path[19] = (char)('0' + i / 10);
        path[20] = (char)('0' + i % 10);
        tree_node(&builder, "/reserved-memory", path + 17);
        TREE_CELLS(&builder, path, "reg", 0, 0x10000000 + i * 0x100000, 0x1000);
    }
    assert_int_equal(read_tree(), 0);
    assert_true(tree.reserved_count <= BOARD_RESERVED_MAX);
    for (uint32_t i = 0; i < 40; i++) {
        uint64_t base = 0x10000000 + i * 0x100000;
        unsigned covered = 0;

        for (unsigned j = 0; j < tree.reserved_count; j++)
            covered += tree.reserved[j].base <= base &&
                       base + 0x1000 <= tree.reserved[j].base + tree.reserved[j].bytes;
        assert_int_equal(covered, 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_everything_a_pi_says_arrives, setup, teardown),
        cmocka_unit_test_setup_teardown(test_u_boots_console_is_the_mini_uart, setup, teardown),
        cmocka_unit_test_setup_teardown(test_two_cells_give_addresses_above_four_gibibytes, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_memory_pieces_that_touch_or_overlap_become_one, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_50_nodes_with_a_unit_address_do_not_pass_for_others,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(test_57_missing_nodes_leave_their_fields_empty, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_properties_of_the_wrong_shape_are_left_out, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_long_texts_are_cut_and_terminated, setup, teardown),
        cmocka_unit_test_setup_teardown(test_57_empty_and_overlapping_reservations_become_few,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(test_reservation_that_wraps_reaches_to_the_top, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_too_many_reservations_are_widened_not_dropped, setup,
                                        teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
