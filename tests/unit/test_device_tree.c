/*
 * device_tree: what a Pi's tree says arrives; a damaged one is refused or loses only the part
 * that is damaged. Numbers are those of the bad inputs (docs/security.md).
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

#include "device_tree.h"
#include "error.h"
#include "fdt_walk.h"
#include "tree_builder.h"

static struct tree_builder builder;
static struct device_tree tree;

/* A tree as the board's firmware writes it, as far as we look. */
static int setup(void **state)
{
    static const uint8_t mac[6] = {0xb8, 0x27, 0xeb, 1, 2, 3};

    (void)state;
    tree_begin(&builder);
    tree_string(&builder, "/", "model", "Raspberry Pi 3 Model B Rev 1.2");
    tree_string(&builder, "/", "serial-number", "00000000C0FFEE01");
    TREE_CELLS(&builder, "/", "#address-cells", 1);
    TREE_CELLS(&builder, "/", "#size-cells", 1);
    tree_node(&builder, "/", "memory@0");
    TREE_CELLS(&builder, "/memory@0", "reg", 0, 0x3b400000);
    tree_node(&builder, "/", "soc");
    tree_node(&builder, "/soc", "serial@7e201000");
    tree_string(&builder, "/soc/serial@7e201000", "compatible", "arm,pl011");
    tree_node(&builder, "/soc", "serial@7e215040");
    tree_string(&builder, "/soc/serial@7e215040", "compatible", "brcm,bcm2835-aux-uart");
    tree_node(&builder, "/soc", "ethernet@1");
    tree_bytes(&builder, "/soc/ethernet@1", "local-mac-address", mac, 6);
    tree_node(&builder, "/", "aliases");
    tree_string(&builder, "/aliases", "serial0", "/soc/serial@7e201000");
    tree_string(&builder, "/aliases", "serial1", "/soc/serial@7e215040");
    tree_string(&builder, "/aliases", "ethernet0", "/soc/ethernet@1");
    tree_node(&builder, "/", "chosen");
    tree_string(&builder, "/chosen", "bootargs", "console=ttyAMA0 -- --records 5");
    tree_string(&builder, "/chosen", "stdout-path", "serial0:115200n8");
    tree_node(&builder, "/chosen", "bootloader");
    TREE_CELLS(&builder, "/chosen/bootloader", "rsts", 0x1020);
    tree_bytes(&builder, "/chosen", "rng-seed", "0123456789abcdef", 16);
    tree_node(&builder, "/", "reserved-memory");
    TREE_CELLS(&builder, "/reserved-memory", "#address-cells", 2);
    TREE_CELLS(&builder, "/reserved-memory", "#size-cells", 1);
    tree_node(&builder, "/reserved-memory", "nvram@0");
    TREE_CELLS(&builder, "/reserved-memory/nvram@0", "reg", 0, 0x3ec0000, 0x10000);
    tree_node(&builder, "/reserved-memory", "linux,cma");
    TREE_CELLS(&builder, "/reserved-memory/linux,cma", "size", 0x4000000);
    tree_node(&builder, "/", "cpus");
    for (uint32_t i = 0; i < 4; i++) {
        char path[] = "/cpus/cpu@0";

        path[10] = (char)('0' + i);
        tree_node(&builder, "/cpus", path + 6);
        TREE_CELLS(&builder, path, "reg", i);
        TREE_CELLS(&builder, path, "cpu-release-addr", 0, 0xd8 + 8 * i);
    }
    fdt_add_mem_rsv(builder.bytes, 0, 0x1000);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    free(builder.copy);
    builder.copy = NULL;
    return 0;
}

static int read_tree(void)
{
    size_t length;
    uint8_t *fdt = tree_exact(&builder, &length);

    return device_tree_read(fdt, length, &tree);
}

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
        cmocka_unit_test_setup_teardown(test_everything_a_pi_says_arrives, setup, teardown),
        cmocka_unit_test_setup_teardown(test_u_boots_console_is_the_mini_uart, setup, teardown),
        cmocka_unit_test_setup_teardown(test_two_cells_give_addresses_above_four_gibibytes, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_memory_pieces_that_touch_or_overlap_become_one, setup,
                                        teardown),
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
        cmocka_unit_test_setup_teardown(test_memory_that_wraps_or_has_strange_cells_is_refused,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(test_random_damage_never_reads_outside_the_tree, setup,
                                        teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
