/*
 * chainload: another system from the card gets what Linux' booting.rst asks for, or a
 * sentence says why not and nothing has happened. Trees that cannot be believed:
 * test_chainload_tree.c. A loader with keys: test_chainload_signed.c.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "chainload_bench.h"

static void test_an_image_is_started_where_nothing_else_is(void **state)
{
    uint64_t at, initrd_at, base, bytes;
    const uint8_t *value;

    (void)state;
    add_both();
    strcpy(loader.configuration.bootargs, "console=ttyS1 quiet");
    expect_left();
    at = sim_cpu.entry;
    assert_int_equal(at % (2 * MIB), 0);
    assert_memory_equal((const void *)at, image, IMAGE_BYTES);

    value = chosen("linux,initrd-start", 8);
    initrd_at = bytes_be32(value + 4);
    assert_int_equal(bytes_be32((const uint8_t *)chosen("linux,initrd-end", 8) + 4),
                     initrd_at + INITRD_BYTES);
    assert_int_equal(initrd_at % 4096, 0);
    assert_memory_equal((const void *)initrd_at, initrd, INITRD_BYTES);

    assert_true(apart(at, IMAGE_SIZE, initrd_at, INITRD_BYTES));
    assert_true(apart(at, IMAGE_SIZE, sim_cpu.fdt, 2 * MIB));
    assert_true(apart(initrd_at, INITRD_BYTES, sim_cpu.fdt, 2 * MIB));
    assert_int_equal(sim_cpu.fdt % (2 * MIB), 0); /* so it crosses no border of 2 MiB */
    assert_true(fdt_totalsize(tree_left) <= 2 * MIB);

    assert_string_equal(chosen("bootargs", 0), "console=ttyS1 quiet");
    assert_non_null(chosen("rng-seed", 32));
    assert_non_null(chosen("kaslr-seed", 8));
    assert_true(fdt_path_offset(tree_left, "/reserved-memory") < 0);
    assert_int_equal(fdt_num_mem_rsv(tree_left), 1);
    assert_int_equal(fdt_get_mem_rsv(tree_left, 0, &base, &bytes), 0);
    assert_int_equal(base, 0);
    assert_int_equal(bytes, 4096);
    value = fdt_getprop(tree_left, fdt_path_offset(tree_left, "/memory@10000000"), "reg", NULL);
    assert_int_equal(bytes_be32(value + 4), RAM);
    assert_int_equal(bytes_be32(value + 8), RAM_SIZE);
}

static void test_what_is_started_was_mapped_and_is_in_memory(void **state)
{
    (void)state;
    add_both();
    expect_left();
    assert_true(sim_cpu_is_mapped(sim_cpu.entry, IMAGE_SIZE));
    assert_true(sim_cpu_is_mapped(sim_cpu.fdt, fdt_totalsize(tree_left)));
    /* Its zeros, too: a line of ours that is dirty must not go over them later. */
    assert_true(sim_cpu_is_published(sim_cpu.entry, IMAGE_SIZE));
    assert_true(sim_cpu_is_published(sim_cpu.fdt, fdt_totalsize(tree_left)));
    assert_true(sim_cpu_is_published(
        bytes_be32((const uint8_t *)chosen("linux,initrd-start", 8) + 4), INITRD_BYTES));
}

static void test_the_devices_are_at_rest_and_the_cores_in_the_spin_table(void **state)
{
    (void)state;
    add_both();
    expect_left();
    assert_int_equal(sim_board.quiesces, 1);
    assert_int_equal(sim_board.leaves, 1);
    assert_ptr_equal(sim_board.left_with, tree_left);
    assert_non_null(strstr(sim_log(), "chainload: starting Image (arm64 Image, 3072 KB at "
                                      "0x10200000, initrd 3 KB at 0x"));
}

static void test_a_core_that_was_never_ours_is_told_of_and_costs_nothing_else(void **state)
{
    (void)state;
    add_both();
    sim_board.leave_status = ERROR_TIMEOUT;
    expect_left();
    assert_non_null(strstr(sim_log(), "chainload: not all processor cores were parked"));
}

static void test_without_bootargs_and_initrd_the_firmwares_are_kept_and_forgotten(void **state)
{
    (void)state;
    add("IMAGE      ", image, IMAGE_BYTES);
    expect_left();
    assert_string_equal(chosen("bootargs", 0), "of the firmware");
    assert_null(chosen("linux,initrd-start", 0)); /* it was not kept out of anybody's way */
    assert_null(chosen("linux,initrd-end", 0));
    assert_null(strstr(sim_log(), "initrd"));
}

/* Its devices may still write to memory of its own, where we are going to put things. */
static void test_after_a_service_that_was_cut_off_its_devices_are_stopped_first(void **state)
{
    (void)state;
    add("IMAGE      ", image, IMAGE_BYTES);
    keep.at_rest = false;
    expect_left();
    assert_int_equal(sim_board.network_starts, 1);
    assert_true(keep.at_rest);
}

/* ---- what is refused ---- */

static void test_nothing_to_start_is_said(void **state)
{
    (void)state;
    expect_refusal(ERROR_ABSENT, "chainload: no file Image on the card\n");
    assert_ptr_equal(loader.board.card, &card.device); /* it may hold a service */
    loader.configuration.image[0] = '\0';
    expect_refusal(ERROR_ABSENT, "chainload: no image is configured\n");
    strcpy(loader.configuration.image, "Image");
    loader.board.card = NULL;
    sim_log_clear();
    assert_int_equal(chainload_try(&loader), ERROR_ABSENT); /* settings_read has said it */
    assert_string_equal(sim_log(), "");
}

static void test_a_card_that_fails_is_looked_at_anew(void **state)
{
    (void)state;
    add("IMAGE      ", image, IMAGE_BYTES);
    card.bad_block = fat.data_block;
    expect_refusal(ERROR_IO, "sd: ");
    assert_null(loader.board.card);
}

static void test_a_card_without_a_volume_is_said_once(void **state)
{
    (void)state;
    fat.storage[446 + 4] = 0x7f; /* the partition's type */
    expect_refusal(ERROR_ABSENT, "sd: ");
}

static void test_a_missing_initrd_is_said_before_anything_is_started(void **state)
{
    (void)state;
    add("IMAGE      ", image, IMAGE_BYTES);
    strcpy(loader.configuration.initrd, "initrd.img");
    expect_refusal(ERROR_ABSENT, "chainload: no file initrd.img on the card\n");
}

static void test_files_larger_than_staging_are_refused(void **state)
{
    (void)state;
    add_both();
    loader.staging.bytes = IMAGE_BYTES - 1;
    expect_refusal(ERROR_TOO_LARGE, "sd: Image has 5000 bytes, there is room for 4999");
    loader.staging.bytes = 6000; /* the next page is outside */
    expect_refusal(ERROR_TOO_LARGE, "sd: initrd.img has 3333 bytes, there is room for 0");
    loader.staging.bytes = 8192; /* exactly full with the image, in whole pages */
    expect_refusal(ERROR_TOO_LARGE, "sd: initrd.img has 3333 bytes, there is room for 0");
    loader.staging.bytes = 8192 + INITRD_BYTES;
    expect_left();
}

static void test_what_is_no_image_is_refused_by_name(void **state)
{
    (void)state;
    memcpy(image, "\x1f\x8b\x08", 3);
    memset(image + 56, 0, 4);
    add("IMAGE      ", image, IMAGE_BYTES);
    expect_refusal(ERROR_UNSUPPORTED,
                   "chainload: Image: refused: it is packed with gzip: unpack it first\n");
    assert_ptr_equal(loader.board.card, &card.device); /* another source may have use for it */
}

static void test_an_image_without_room_is_refused(void **state)
{
    (void)state;
    bytes_put_le32(image + 16, RAM_SIZE);
    add("IMAGE      ", image, IMAGE_BYTES);
    expect_refusal(ERROR_NO_MEMORY, "chainload: Image: refused: no 0x2000000 bytes are free");
}

static void test_no_room_for_the_tree_is_refused(void **state)
{
    (void)state;
    /* All that is free in one piece but the last 2 MiB, which are not in one block. */
    bytes_put_le32(image + 16, (uint32_t)(loader.staging.base - RAM - 3 * MIB));
    add("IMAGE      ", image, IMAGE_BYTES);
    expect_refusal(ERROR_NO_MEMORY,
                   "chainload: Image: refused: no 2 MiB are free for the device tree\n");
}

static void test_a_raw_image_whose_place_is_no_memory_is_refused(void **state)
{
    (void)state;
    memset(image + 56, 0, 4);
    add("IMAGE      ", image, IMAGE_BYTES);
    expect_refusal(ERROR_REFUSED, "chainload: Image: refused: it belongs to 0x80000-0x81388, but "
                                  "at 0x80000 there is no memory\n");
}

static void test_a_tree_that_can_not_be_edited_is_refused(void **state)
{
    (void)state;
    add("IMAGE      ", image, IMAGE_BYTES);
    TREE_CELLS(&tree, "/", "#address-cells", 4);
    loader.fdt = tree_exact(&tree, &loader.fdt_available);
    expect_refusal(ERROR_CORRUPT, "chainload: Image: refused: the device tree can not be edited");
}

/* ---- an ELF ---- */

/* Page 0 of RAM is reserved, so its block is not mapped as a whole. */
static void test_an_elf_beside_a_reserved_page_is_mapped_before_it_is_copied(void **state)
{
    struct elf_header *header = (struct elf_header *)image;
    struct elf_program_header segment = {ELF_SEGMENT_LOAD,
                                         ELF_READ | ELF_WRITE | ELF_EXECUTE,
                                         1024,
                                         0x80000,
                                         RAM + 0x80000,
                                         2000,
                                         3000,
                                         4096};

    (void)state;
    *header = (struct elf_header){.magic = {0x7f, 'E', 'L', 'F'},
                                  .class_bits = ELF_CLASS_64,
                                  .byte_order = ELF_LITTLE_ENDIAN,
                                  .ident_version = 1,
                                  .type = ELF_TYPE_EXECUTABLE,
                                  .machine = ELF_MACHINE_AARCH64,
                                  .version = 1,
                                  .entry = 0x80010,
                                  .program_headers = 64,
                                  .header_bytes = 64,
                                  .program_header_bytes = 56,
                                  .program_header_count = 1};
    memcpy(image + 64, &segment, sizeof segment);
    add("IMAGE      ", image, IMAGE_BYTES);
    expect_left();
    assert_int_equal(sim_cpu.entry, RAM + 0x80010);
    assert_memory_equal((const void *)(RAM + 0x80000), image + 1024, 2000);
    assert_int_equal(((const uint8_t *)RAM)[0x80000 + 2999], 0);
    assert_true(sim_cpu_is_mapped(RAM + 0x80000, 3000));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SYSTEM_TEST(test_an_image_is_started_where_nothing_else_is),
        SYSTEM_TEST(test_what_is_started_was_mapped_and_is_in_memory),
        SYSTEM_TEST(test_the_devices_are_at_rest_and_the_cores_in_the_spin_table),
        SYSTEM_TEST(test_a_core_that_was_never_ours_is_told_of_and_costs_nothing_else),
        SYSTEM_TEST(test_without_bootargs_and_initrd_the_firmwares_are_kept_and_forgotten),
        SYSTEM_TEST(test_after_a_service_that_was_cut_off_its_devices_are_stopped_first),
        SYSTEM_TEST(test_nothing_to_start_is_said),
        SYSTEM_TEST(test_a_card_that_fails_is_looked_at_anew),
        SYSTEM_TEST(test_a_card_without_a_volume_is_said_once),
        SYSTEM_TEST(test_a_missing_initrd_is_said_before_anything_is_started),
        SYSTEM_TEST(test_files_larger_than_staging_are_refused),
        SYSTEM_TEST(test_what_is_no_image_is_refused_by_name),
        SYSTEM_TEST(test_an_image_without_room_is_refused),
        SYSTEM_TEST(test_no_room_for_the_tree_is_refused),
        SYSTEM_TEST(test_a_raw_image_whose_place_is_no_memory_is_refused),
        SYSTEM_TEST(test_an_elf_beside_a_reserved_page_is_mapped_before_it_is_copied),
        SYSTEM_TEST(test_a_tree_that_can_not_be_edited_is_refused),
    };

    return cmocka_run_group_tests(tests, group_setup, NULL);
}
