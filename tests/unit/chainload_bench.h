/*
 * chainload_bench: a machine whose card has another system on it, an Image and an initrd, and how
 * it ends: left for that system, or with a sentence.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef CHAINLOAD_BENCH_H
#define CHAINLOAD_BENCH_H

#include <string.h>

#include "start_machine.h"

#include "bytes.h"
#include "chainload.h"
#include "fdt_walk.h"
#include "sim_block.h"
#include "sim_fat.h"
#include "sim_keys.h"
#include "signature_format.h"

#define IMAGE_BYTES  5000
#define IMAGE_SIZE   (3 * MIB)
#define INITRD_BYTES 3333

static struct sim_fat fat;
static struct sim_block card;
static uint8_t image[IMAGE_BYTES + SIGNATURE_FOOTER_BYTES];
static uint8_t initrd[INITRD_BYTES + SIGNATURE_FOOTER_BYTES];
static const void *tree_left; /* as it was at the end */

static inline int system_setup(void **state)
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

static inline int system_teardown(void **state)
{
    (void)state;
    free(fat.storage);
    free(tree.copy);
    fat.storage = tree.copy = NULL;
    return 0;
}

static inline void add(const char *short_name, const void *bytes, size_t length)
{
    sim_fat_add(&fat, short_name, NULL, bytes, length, 1);
}

static inline void add_both(void)
{
    add("IMAGE      ", image, IMAGE_BYTES);
    add("INITRD  IMG", initrd, INITRD_BYTES);
    strcpy(loader.configuration.initrd, "initrd.img");
}

static inline void try(void *context)
{
    (void)context;
    status = chainload_try(&loader);
}

static inline void expect_left(void)
{
    if (!sim_expect_stop(try, NULL))
        fail_msg("not started: %s: %s", error_name(status), sim_log());
    assert_string_equal(sim_stop_message(), "left");
    tree_left = (const void *)sim_cpu.fdt;
    assert_int_equal(fdt_check_full(tree_left, fdt_totalsize(tree_left)), 0);
}

/* Refused, with this in the log, and nothing has happened to the devices. */
static inline void expect_refusal(int expected, const char *sentence)
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
static inline const void *chosen(const char *name, size_t bytes)
{
    struct fdt_walk walk;

    assert_true(fdt_walk_begin(&walk, tree_left, fdt_totalsize(tree_left)) > 0);
    if (!fdt_walk_find(&walk, "/chosen", 7) || !fdt_walk_property(&walk, name, strlen(name)))
        return NULL;
    if (bytes != 0)
        assert_int_equal(walk.length, bytes);
    return walk.value;
}

static inline bool apart(uint64_t a, uint64_t a_bytes, uint64_t b_base, uint64_t b_bytes)
{
    return a + a_bytes <= b_base || b_base + b_bytes <= a;
}

#define SYSTEM_TEST(name) cmocka_unit_test_setup_teardown(name, system_setup, system_teardown)

#endif
