/*
 * memory_plan: on every machine there is a place to fetch an image to, and it is nobody
 * else's.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "boot_tags.h"
#include "error.h"
#include "loader.h"
#include "memory.h"
#include "sim.h"
#include "sim_board.h"
#include "sim_cpu.h"

#define MIB 0x100000ull
#define TOP 0x3c000000ull

static struct loader loader;
static struct keep keep;

/* A Pi 3 with the loader at the top. */
static int setup(void **state)
{
    (void)state;
    sim_reset();
    sim_cpu_reset();
    sim_board_reset();
    memset(&loader, 0, sizeof loader);
    memset(&keep, 0, sizeof keep);
    loader.keep = &keep;
    loader.board = sim_board.machine;
    loader.resident = (struct board_range){TOP - 2 * MIB, 2 * MIB};
    return 0;
}

static void reserve(uint64_t base, uint64_t bytes)
{
    loader.board.reserved[loader.board.reserved_count++] = (struct board_range){base, bytes};
}

static void one_bank(uint64_t base, uint64_t bytes)
{
    loader.board.memory[0] = (struct board_range){base, bytes};
    loader.board.memory_count = 1;
    loader.resident.base = base + bytes - 2 * MIB;
}

static bool overlap(struct board_range a, struct board_range b)
{
    return a.base < b.base + b.bytes && b.base < a.base + a.bytes;
}

static void expect_plan_is_sound(void)
{
    const struct board *board = &loader.board;
    const struct board_range ours[] = {loader.list, loader.staging};

    assert_int_equal(loader.list.bytes, 2 * MIB);
    assert_int_equal(loader.list.base % MEMORY_BLOCK_BYTES, 0);
    assert_true(loader.staging.bytes >= MIB && loader.staging.bytes <= 64 * MIB);
    assert_int_equal(loader.staging.base % MIB, 0);
    assert_false(overlap(loader.list, loader.staging));
    for (unsigned i = 0; i < 2; i++) {
        bool in_ram = false;

        assert_false(overlap(ours[i], loader.resident));
        for (unsigned r = 0; r < board->reserved_count; r++)
            assert_false(overlap(ours[i], board->reserved[r]));
        for (unsigned m = 0; m < board->memory_count; m++)
            in_ram |=
                ours[i].base >= board->memory[m].base &&
                ours[i].base + ours[i].bytes <= board->memory[m].base + board->memory[m].bytes;
        assert_true(in_ram);
        assert_true(sim_cpu_is_mapped(ours[i].base, ours[i].bytes));
    }
    /* An image as large as the file always finds a place beside it. */
    struct place_map map = {board->memory, board->memory_count, loader.taken, loader.taken_count};
    uint64_t address;

    assert_int_equal(place_find(&map, 0, loader.staging.bytes, ELF_PLACE_ALIGNMENT, &address), 0);
}

static void expect_a_plan(void)
{
    assert_int_equal(memory_plan(&loader), 0);
    expect_plan_is_sound();
}

static void test_a_pi_has_48_mib_to_keep_the_block_and_64_mib_below_the_loader(void **state)
{
    (void)state;
    expect_a_plan();
    assert_int_equal(loader.keeping.base, TOP - 50 * MIB);
    assert_int_equal(loader.keeping.bytes, 48 * MIB);
    assert_int_equal(loader.list.base, TOP - 52 * MIB);
    assert_int_equal(loader.staging.base, TOP - 116 * MIB);
    assert_int_equal(loader.staging.bytes, 64 * MIB);
}

static void test_the_device_tree_is_in_the_way_of_the_image_but_free_for_the_service(void **state)
{
    (void)state;
    loader.board.fdt = (struct board_range){128 * MIB, MIB};
    expect_a_plan();
    assert_int_equal(loader.taken[loader.taken_count - 1].base, 128 * MIB);
    assert_int_equal(loader.taken[loader.taken_count - 1].kind, BOOT_MEMORY_FREE);
    assert_true(loader.kept_count < loader.taken_count);
}

static void test_what_a_service_never_gets_comes_first(void **state)
{
    (void)state;
    reserve(16 * MIB, MIB);
    expect_a_plan();
    assert_int_equal(loader.kept_count, 5);
    assert_int_equal(loader.taken_count, 6);
    assert_int_equal(loader.taken[0].base, loader.resident.base);
    assert_int_equal(loader.taken[0].kind, BOOT_MEMORY_LOADER);
    assert_int_equal(loader.taken[1].kind, BOOT_MEMORY_RESERVED);
    assert_int_equal(loader.taken[2].base, 16 * MIB);
    assert_int_equal(loader.taken[3].base, loader.keeping.base);
    assert_int_equal(loader.taken[3].kind, BOOT_MEMORY_LOADER);
    assert_int_equal(loader.taken[4].base, loader.staging.base);
    assert_int_equal(loader.taken[4].kind, BOOT_MEMORY_UPLOAD);
    assert_int_equal(loader.taken[5].base, loader.list.base);
    assert_int_equal(loader.taken[5].kind, BOOT_MEMORY_BOOT_INFO);
    for (unsigned i = 0; i < loader.taken_count; i++)
        assert_non_null(loader.taken[i].what);
}

static void test_64_mib_of_ram_are_shared_between_file_and_image(void **state)
{
    (void)state;
    one_bank(0, 64 * MIB);
    expect_a_plan();
    assert_int_equal(loader.keeping.bytes, 14 * MIB);
    assert_int_equal(loader.list.base, 46 * MIB);
    assert_int_equal(loader.staging.bytes, 22 * MIB);
}

static void test_the_smallest_machine_that_can_boot_has_8_mib(void **state)
{
    (void)state; /* page 0 costs its block; loader, block; a file of 1 MiB, an image */
    one_bank(0, 8 * MIB);
    expect_a_plan();
    assert_int_equal(loader.staging.bytes, MIB);
    assert_int_equal(loader.keeping.bytes, 0); /* no image survives the next there */
    setup(NULL);
    one_bank(0, 6 * MIB);
    assert_int_equal(memory_plan(&loader), ERROR_NO_MEMORY);
    assert_int_equal(loader.staging.bytes, 0);
    assert_int_equal(loader.taken_count, loader.kept_count);
}

/* U-Boot and the firmware of small boards put the device tree close below the top. */
static void test_a_device_tree_just_below_the_loader_does_not_cost_the_boot(void **state)
{
    (void)state;
    for (uint64_t gap = 0; gap < 8 * MIB; gap += MIB / 2) {
        setup(NULL);
        reserve(loader.resident.base - 0x10000 - gap, 0x10000);
        expect_a_plan();
        assert_int_equal(loader.staging.bytes, 64 * MIB);
        assert_true(loader.list.base + 2 * MIB <= loader.board.reserved[1].base);
    }
}

static void test_the_highest_piece_with_room_enough_is_taken(void **state)
{
    (void)state;
    reserve(0x2eff0000, 0x10000); /* where the firmware puts the tree: 208 MiB remain above */
    expect_a_plan();
    assert_int_equal(loader.keeping.base, TOP - 50 * MIB);
    setup(NULL);
    reserve(0x37000000, 0x10000); /* 78 MiB remain: too few for file and image side by side */
    expect_a_plan();
    assert_int_equal(loader.keeping.base + loader.keeping.bytes, 0x37000000);
    assert_int_equal(loader.staging.bytes, 64 * MIB);
}

static void test_reserved_ranges_may_overlap_and_lie_anywhere(void **state)
{
    (void)state;
    reserve(TOP - 32 * MIB, 8 * MIB);
    reserve(TOP - 30 * MIB, MIB);     /* inside */
    reserve(TOP - 26 * MIB, 4 * MIB); /* sticks out */
    reserve(TOP - 3 * MIB, 2 * MIB);  /* half in the loader */
    reserve(0x3f000000, 16 * MIB);    /* no RAM there */
    reserve(0x10000800, 0x200);       /* not even a page */
    expect_a_plan();
    setup(NULL);
    reserve(0, TOP); /* everything */
    assert_int_equal(memory_plan(&loader), ERROR_NO_MEMORY);
}

static void test_all_reserved_entries_in_use_still_leave_room_in_the_list(void **state)
{
    (void)state;
    while (loader.board.reserved_count < BOARD_RESERVED_MAX)
        reserve(loader.board.reserved_count * 8 * MIB, 4096);
    expect_a_plan();
    assert_int_equal(loader.taken_count, BOARD_RESERVED_MAX + 4);
}

static void test_banks_that_touch_are_one_and_others_are_not(void **state)
{
    (void)state;
    loader.board.memory[0] = (struct board_range){512 * MIB, 448 * MIB};
    loader.board.memory[1] = (struct board_range){0, 512 * MIB};
    loader.board.memory_count = 2;
    expect_a_plan();
    assert_int_equal(loader.staging.bytes, 64 * MIB);

    setup(NULL); /* the loader's bank is too small for anything else */
    loader.board.memory[0] = (struct board_range){0, 256 * MIB};
    loader.board.memory[1] = (struct board_range){TOP - 4 * MIB, 4 * MIB};
    loader.board.memory_count = 2;
    expect_a_plan();
    assert_int_equal(loader.keeping.base, 208 * MIB);
}

static void test_a_loader_that_found_no_home_still_finds_room(void **state)
{
    (void)state; /* it stays where the firmware put it: at 0x80000 */
    loader.resident.base = 0;
    expect_a_plan();
    assert_int_equal(loader.keeping.base, TOP - 48 * MIB);
}

/* The firmware's tree, in the way at power-on, lies in the loader's own memory then. */
static void test_a_restart_finds_everything_where_it_was(void **state)
{
    struct loader before;

    (void)state;
    loader.board.fdt = (struct board_range){0x34000000, 0x8000};
    expect_a_plan();
    assert_true(loader.keeping.base + loader.keeping.bytes <= 0x34000000);
    before = loader;
    loader.taken_count = loader.kept_count = 0;
    loader.board.fdt = (struct board_range){loader.resident.base + 0x114000, 0x8000};
    expect_a_plan();
    assert_memory_equal(&before.keeping, &loader.keeping, sizeof loader.keeping);
    assert_memory_equal(&before.list, &loader.list, sizeof loader.list);
    assert_memory_equal(&before.staging, &loader.staging, sizeof loader.staging);
    assert_int_equal(before.kept_count, loader.kept_count);
}

static void test_only_free_ram_is_mapped(void **state)
{
    (void)state;
    reserve(16 * MIB, 2 * MIB);
    reserve(0x2eff0000, 0x10000);
    expect_a_plan();
    assert_false(sim_cpu_is_mapped(0, 1)); /* page 0 is reserved */
    assert_true(sim_cpu_is_mapped(2 * MIB, 14 * MIB));
    assert_false(sim_cpu_is_mapped(16 * MIB, 1));
    assert_true(sim_cpu_is_mapped(18 * MIB, 0x2ee00000 - 18 * MIB));
    assert_false(sim_cpu_is_mapped(0x2ee00000, 1));
    assert_true(sim_cpu_is_mapped(0x2f000000, loader.resident.base - 0x2f000000));
    assert_false(sim_cpu_is_mapped(TOP, 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_a_pi_has_48_mib_to_keep_the_block_and_64_mib_below_the_loader,
                               setup),
        cmocka_unit_test_setup(
            test_the_device_tree_is_in_the_way_of_the_image_but_free_for_the_service, setup),
        cmocka_unit_test_setup(test_what_a_service_never_gets_comes_first, setup),
        cmocka_unit_test_setup(test_64_mib_of_ram_are_shared_between_file_and_image, setup),
        cmocka_unit_test_setup(test_the_smallest_machine_that_can_boot_has_8_mib, setup),
        cmocka_unit_test_setup(test_a_device_tree_just_below_the_loader_does_not_cost_the_boot,
                               setup),
        cmocka_unit_test_setup(test_the_highest_piece_with_room_enough_is_taken, setup),
        cmocka_unit_test_setup(test_reserved_ranges_may_overlap_and_lie_anywhere, setup),
        cmocka_unit_test_setup(test_all_reserved_entries_in_use_still_leave_room_in_the_list,
                               setup),
        cmocka_unit_test_setup(test_banks_that_touch_are_one_and_others_are_not, setup),
        cmocka_unit_test_setup(test_a_loader_that_found_no_home_still_finds_room, setup),
        cmocka_unit_test_setup(test_a_restart_finds_everything_where_it_was, setup),
        cmocka_unit_test_setup(test_only_free_ram_is_mapped, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
