/*
 * chainload: another system from the card gets what Linux' booting.rst asks for, or a
 * sentence says why not and nothing has happened.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "start_machine.h"

#include "bytes.h"
#include "chainload.h"
#include "fdt_walk.h"
#include "sim_block.h"
#include "sim_fat.h"
#include "sim_keys.h"
#include "signature_bench.h"

#define IMAGE_BYTES  5000
#define IMAGE_SIZE   (3 * MIB)
#define INITRD_BYTES 3333

static struct sim_fat fat;
static struct sim_block card;
static uint8_t image[IMAGE_BYTES + SIGNATURE_FOOTER_BYTES];
static uint8_t initrd[INITRD_BYTES + SIGNATURE_FOOTER_BYTES];
static const void *tree_left; /* as it was at the end */

static int system_setup(void **state)
{
    int result = setup(state);

    sim_keys_clear();
    for (size_t i = 0; i < IMAGE_BYTES; i++)
        image[i] = (uint8_t)(i * 5 + 1);
    memset(image + 8, 0, 56);
    bytes_put_le32(image + 16, IMAGE_SIZE);
    image[24] = 0xa; /* little-endian, pages of 4 KiB, anywhere */
    memcpy(image + 56, "ARM\x64", 4);
    for (size_t i = 0; i < INITRD_BYTES; i++)
        initrd[i] = (uint8_t)(i * 3);
    sim_fat_format(&fat, 16, 4);
    sim_block_init(&card, fat.storage, fat.block_count);
    loader.board.card = &card.device;
    strcpy(loader.configuration.image, "Image");
    tree_node(&tree, "/", "chosen");
    tree_string(&tree, "/chosen", "bootargs", "of the firmware");
    TREE_CELLS(&tree, "/chosen", "linux,initrd-start", 0x8000000);
    TREE_CELLS(&tree, "/chosen", "linux,initrd-end", 0x8100000);
    loader.fdt = tree_exact(&tree, &loader.fdt_available);
    return result;
}

static int system_teardown(void **state)
{
    (void)state;
    free(fat.storage);
    free(tree.copy);
    fat.storage = tree.copy = NULL;
    return 0;
}

static void add(const char *short_name, const void *bytes, size_t length)
{
    sim_fat_add(&fat, short_name, NULL, bytes, length, 1);
}

static void add_both(void)
{
    add("IMAGE      ", image, IMAGE_BYTES);
    add("INITRD  IMG", initrd, INITRD_BYTES);
    strcpy(loader.configuration.initrd, "initrd.img");
}

static void try(void *context)
{
    (void)context;
    status = chainload_try(&loader);
}

static void expect_left(void)
{
    if (!sim_expect_stop(try, NULL))
        fail_msg("not started: %s: %s", error_name(status), sim_log());
    assert_string_equal(sim_stop_message(), "left");
    tree_left = (const void *)sim_cpu.fdt;
    assert_int_equal(fdt_check_full(tree_left, fdt_totalsize(tree_left)), 0);
}

/* Refused, with this in the log, and nothing has happened to the devices. */
static void expect_refusal(int expected, const char *sentence)
{
    sim_log_clear();
    if (sim_expect_stop(try, NULL))
        fail_msg("stopped: %s", sim_stop_message());
    assert_int_equal(status, expected);
    if (strstr(sim_log(), sentence) == NULL)
        fail_msg("no \"%s\" in \"%s\"", sentence, sim_log());
    assert_ptr_equal(strchr(sim_log(), '\n') + 1, sim_log() + strlen(sim_log())); /* one line */
    assert_int_equal(sim_board.quiesces, 0);
    assert_int_equal(sim_board.leaves, 0);
    assert_false(loader.staging_is_full);
}

/* By whole names: to libfdt, "/chosen" may be "/chosen@1". bytes: that it has, unless 0. */
static const void *chosen(const char *name, size_t bytes)
{
    struct fdt_walk walk;

    assert_true(fdt_walk_begin(&walk, tree_left, fdt_totalsize(tree_left)) > 0);
    if (!fdt_walk_find(&walk, "/chosen", 7) || !fdt_walk_property(&walk, name, strlen(name)))
        return NULL;
    if (bytes != 0)
        assert_int_equal(walk.length, bytes);
    return walk.value;
}

static bool apart(uint64_t a, uint64_t a_bytes, uint64_t b_base, uint64_t b_bytes)
{
    return a + a_bytes <= b_base || b_base + b_bytes <= a;
}

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

static void test_a_tree_that_can_not_be_edited_is_refused(void **state)
{
    (void)state;
    add("IMAGE      ", image, IMAGE_BYTES);
    TREE_CELLS(&tree, "/", "#address-cells", 4);
    loader.fdt = tree_exact(&tree, &loader.fdt_available);
    expect_refusal(ERROR_CORRUPT, "chainload: Image: refused: the device tree can not be edited");
}

/* ---- bad inputs 48, 49 and 50: a tree that cannot be believed ---- */

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

/* ---- with keys ---- */

static void use_key(void)
{
    struct signer signer = signer_make(1);

    sim_keys = signer_keys(&signer);
}

static void test_with_keys_an_unsigned_image_is_refused(void **state)
{
    (void)state;
    use_key();
    add_both();
    expect_refusal(ERROR_REFUSED, "chainload: Image: refused: it is not signed");
}

static void test_with_keys_an_altered_initrd_is_refused(void **state)
{
    struct signer signer = signer_make(1);

    (void)state;
    use_key();
    strcpy(loader.configuration.initrd, "initrd.img");
    add("IMAGE      ", image, signer_sign(&signer, image, IMAGE_BYTES));
    size_t length = signer_sign(&signer, initrd, INITRD_BYTES);

    initrd[100] ^= 1;
    add("INITRD  IMG", initrd, length);
    expect_refusal(ERROR_CORRUPT, "chainload: initrd.img: refused: altered or damaged");
}

static void test_with_keys_signed_files_are_started_without_their_footers(void **state)
{
    struct signer signer = signer_make(1);

    (void)state;
    use_key();
    strcpy(loader.configuration.initrd, "initrd.img");
    add("IMAGE      ", image, signer_sign(&signer, image, IMAGE_BYTES));
    add("INITRD  IMG", initrd, signer_sign(&signer, initrd, INITRD_BYTES));
    expect_left();
    assert_memory_equal((const void *)sim_cpu.entry, image, IMAGE_BYTES);
    assert_int_equal(((const uint8_t *)sim_cpu.entry)[IMAGE_BYTES], 0xa5); /* as it was */
    assert_int_equal(bytes_be32((const uint8_t *)chosen("linux,initrd-end", 8) + 4) -
                         bytes_be32((const uint8_t *)chosen("linux,initrd-start", 8) + 4),
                     INITRD_BYTES);
}

/* The text of a .sig file: a comment, and base64 of the footer's blob. */
static size_t write_sig(const struct signature_footer *footer, char *text)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    uint8_t blob[75] = {0};
    char *at = text + sprintf(text, "%sverify with fleet.pub\n", SIGNATURE_COMMENT);

    memcpy(blob, &footer->blob, sizeof footer->blob);
    for (unsigned i = 0; i < 75; i += 3) {
        uint32_t bits = (uint32_t)blob[i] << 16 | (uint32_t)blob[i + 1] << 8 | blob[i + 2];

        for (int shift = 18; shift >= 0; shift -= 6)
            *at++ = digits[bits >> shift & 63];
    }
    at[-1] = '=';
    *at++ = '\n';
    return (size_t)(at - text);
}

static void test_with_keys_a_signature_beside_the_file_counts(void **state)
{
    struct signer signer = signer_make(1);
    struct signature_footer footer;
    char text[256];

    (void)state;
    use_key();
    signer_sign(&signer, image, IMAGE_BYTES);
    memcpy(&footer, image + IMAGE_BYTES, sizeof footer);
    add("IMAGE      ", image, IMAGE_BYTES);
    /* FAT keeps "Image.sig" as a short name. */
    add("IMAGE   SIG", text, write_sig(&footer, text));
    expect_left();
    assert_memory_equal((const void *)sim_cpu.entry, image, IMAGE_BYTES);
}

static void test_with_keys_a_signature_file_that_is_none_is_said(void **state)
{
    (void)state;
    use_key();
    add("IMAGE      ", image, IMAGE_BYTES);
    add("IMAGE   SIG", "nonsense\n", 9);
    expect_refusal(ERROR_CORRUPT, "sd: Image.sig: not a signature of signify");
}

#define SYSTEM_TEST(name) cmocka_unit_test_setup_teardown(name, system_setup, system_teardown)

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
        SYSTEM_TEST(test_48_a_tree_longer_than_its_memory_or_with_offsets_that_wrap_is_replaced),
        SYSTEM_TEST(test_49_a_tree_of_nodes_within_nodes_is_replaced),
        SYSTEM_TEST(test_50_a_node_with_a_unit_address_does_not_pass_for_chosen),
        SYSTEM_TEST(test_57_a_tree_without_chosen_gets_one),
        SYSTEM_TEST(test_57_reservations_of_no_bytes_or_that_overlap_stay_as_they_are),
        SYSTEM_TEST(test_with_keys_an_unsigned_image_is_refused),
        SYSTEM_TEST(test_with_keys_an_altered_initrd_is_refused),
        SYSTEM_TEST(test_with_keys_signed_files_are_started_without_their_footers),
        SYSTEM_TEST(test_with_keys_a_signature_beside_the_file_counts),
        SYSTEM_TEST(test_with_keys_a_signature_file_that_is_none_is_said),
    };

    return cmocka_run_group_tests(tests, group_setup, NULL);
}
