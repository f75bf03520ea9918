/*
 * test_heap: finding the heap's region, and its end that moves.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "heap.h"
#include "sim.h"

#define MIB (1024 * 1024ull)

static int set_up(void **state)
{
    (void)state;
    sim_reset();
    return 0;
}

static void assert_region(struct board_range region, uint64_t base, uint64_t bytes)
{
    assert_true(region.base == base);
    assert_true(region.bytes == bytes);
}

#define IMAGE_END (2 * MIB + 300000) /* of an image at 2 MiB */

static const struct board_range image = {2 * MIB, 300000};

static void test_the_largest_piece_between_holes_is_taken(void **state)
{
    const struct board_range memory[] = {{0, 948 * MIB}};
    const struct board_range holes[] = {
        {900 * MIB + 100, 4096}, /* a device tree */
        {0, 2 * MIB},            /* reserved by the firmware */
        image,
        {946 * MIB, 2 * MIB}, /* the loader */
    };

    (void)state;
    assert_region(heap_find_region(memory, 1, holes, 4, IMAGE_END), 2 * MIB + 303104,
                  898 * MIB - 303104);
}

static void test_the_rest_of_the_images_block_is_enough_when_there_is_no_more(void **state)
{
    const struct board_range memory[] = {{0, 4 * MIB}};
    const struct board_range holes[] = {{0, 2 * MIB}, image, {3 * MIB + 500000, 100}};

    (void)state;
    assert_region(heap_find_region(memory, 1, holes, 2, IMAGE_END), 2 * MIB + 303104,
                  2 * MIB - 303104);
    assert_region(heap_find_region(memory, 1, holes, 3, IMAGE_END), 2 * MIB + 303104,
                  MIB + 499712 - 303104);
}

static void test_elsewhere_only_whole_blocks_are_taken(void **state)
{
    const struct board_range memory[] = {{17 * MIB, 8 * MIB + 5000}};
    const struct board_range crumbs[] = {{17 * MIB, 3 * MIB - 1}};

    (void)state;
    assert_region(heap_find_region(memory, 1, &image, 1, IMAGE_END), 18 * MIB, 6 * MIB);
    assert_region(heap_find_region(crumbs, 1, &image, 1, IMAGE_END), 0, 0);
}

static void test_memory_below_the_image_in_its_block_is_not_taken(void **state)
{
    const struct board_range memory[] = {{0, 4 * MIB}};
    const struct board_range holes[] = {{3 * MIB, 100}, {3 * MIB + 4096, MIB}};

    (void)state; /* the image is at 3 MiB: nothing is mapped from 2 to 3 */
    assert_region(heap_find_region(memory, 1, holes, 2, 3 * MIB + 100), 0, 2 * MIB);
}

static void test_an_image_that_ends_with_its_block_has_no_rest(void **state)
{
    const struct board_range memory[] = {{2 * MIB, 5 * MIB}};
    const struct board_range whole[] = {{2 * MIB, 2 * MIB}};

    (void)state;
    assert_region(heap_find_region(memory, 1, whole, 1, 4 * MIB), 4 * MIB, 2 * MIB);
}

static void test_holes_may_overlap_and_reach_out_of_memory(void **state)
{
    const struct board_range memory[] = {{16 * MIB, 16 * MIB}};
    const struct board_range holes[] = {
        {18 * MIB, 4 * MIB}, {17 * MIB, 2 * MIB}, {0, 17 * MIB},   {30 * MIB, 100 * MIB},
        {100 * MIB, MIB},    {18 * MIB, 0},       {19 * MIB, MIB},
    };

    (void)state;
    assert_region(heap_find_region(memory, 1, holes, 7, IMAGE_END), 22 * MIB, 8 * MIB);
}

static void test_of_several_memories_the_best_piece_wins(void **state)
{
    const struct board_range memory[] = {{0, 4 * MIB}, {8 * MIB, 32 * MIB}, {64 * MIB, 24 * MIB}};
    const struct board_range holes[] = {{20 * MIB, 2 * MIB}};

    (void)state;
    assert_region(heap_find_region(memory, 3, holes, 1, IMAGE_END), 64 * MIB, 24 * MIB);
    assert_region(heap_find_region(memory, 2, holes, 1, IMAGE_END), 22 * MIB, 18 * MIB);
    assert_region(heap_find_region(memory, 1, NULL, 0, IMAGE_END), 0, 4 * MIB);
}

static void test_memory_that_is_all_taken_gives_no_region(void **state)
{
    const struct board_range memory[] = {{MIB, 4 * MIB}};
    const struct board_range all[] = {{0, 1024 * MIB}};

    (void)state;
    assert_region(heap_find_region(memory, 1, all, 1, IMAGE_END), 0, 0);
    assert_region(heap_find_region(memory, 0, NULL, 0, IMAGE_END), 0, 0);
}

static void test_ranges_that_wrap_are_passed_over(void **state)
{
    const struct board_range memory[] = {{UINT64_MAX - 100, 200}, {16 * MIB, 4 * MIB}};
    const struct board_range holes[] = {{17 * MIB, UINT64_MAX}, {16 * MIB, 2 * MIB}};
    const struct board_range last[] = {{UINT64_MAX - 5000, 5000}};

    (void)state;
    assert_region(heap_find_region(memory, 2, holes, 2, IMAGE_END), 18 * MIB, 2 * MIB);
    assert_region(heap_find_region(memory, 1, NULL, 0, IMAGE_END), 0, 0);
    assert_region(heap_find_region(last, 1, NULL, 0, IMAGE_END), 0, 0);
}

static void test_the_heap_grows_to_its_last_byte_and_not_beyond(void **state)
{
    static uint8_t memory[1000];

    (void)state;
    heap_init(memory, sizeof memory);
    assert_ptr_equal(heap_grow(600), memory);
    assert_ptr_equal(heap_grow(0), memory + 600);
    assert_null(heap_grow(401));
    assert_int_equal(heap_taken_bytes(), 600);
    assert_ptr_equal(heap_grow(400), memory + 600);
    assert_null(heap_grow(1));
    assert_ptr_equal(heap_grow(0), memory + 1000);
}

static void test_sizes_near_the_end_of_numbers_are_refused(void **state)
{
    static uint8_t memory[1000];

    (void)state;
    heap_init(memory, sizeof memory);
    assert_ptr_equal(heap_grow(100), memory);
    assert_null(heap_grow(PTRDIFF_MAX));
    assert_null(heap_grow(PTRDIFF_MIN));
    assert_null(heap_grow(-101));
    assert_ptr_equal(heap_grow(-100), memory + 100);
    assert_int_equal(heap_taken_bytes(), 0);
}

static void test_the_peak_stays_when_memory_is_given_back(void **state)
{
    static uint8_t memory[1000];

    (void)state;
    heap_init(memory, sizeof memory);
    heap_grow(700);
    heap_grow(-300);
    heap_grow(100);
    assert_int_equal(heap_taken_bytes(), 500);
    assert_int_equal(heap_peak_bytes(), 700);
    assert_int_equal(heap_bytes(), 1000);
}

static void test_exhaustion_is_logged_once(void **state)
{
    static uint8_t memory[1000];
    const char *line;

    (void)state;
    heap_init(memory, sizeof memory);
    heap_grow(900);
    assert_null(heap_grow(200));
    line = strstr(sim_log(), "heap: exhausted: 200 more bytes asked, 100 of 1000 left");
    assert_non_null(line);
    assert_null(heap_grow(200));
    assert_null(strstr(strchr(line, '\n'), "exhausted"));
}

static void test_without_a_region_nothing_can_be_had(void **state)
{
    (void)state;
    heap_init(NULL, 0);
    assert_null(heap_grow(1));
    assert_int_equal(heap_bytes(), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_the_largest_piece_between_holes_is_taken, set_up),
        cmocka_unit_test_setup(test_the_rest_of_the_images_block_is_enough_when_there_is_no_more,
                               set_up),
        cmocka_unit_test_setup(test_elsewhere_only_whole_blocks_are_taken, set_up),
        cmocka_unit_test_setup(test_memory_below_the_image_in_its_block_is_not_taken, set_up),
        cmocka_unit_test_setup(test_an_image_that_ends_with_its_block_has_no_rest, set_up),
        cmocka_unit_test_setup(test_holes_may_overlap_and_reach_out_of_memory, set_up),
        cmocka_unit_test_setup(test_of_several_memories_the_best_piece_wins, set_up),
        cmocka_unit_test_setup(test_memory_that_is_all_taken_gives_no_region, set_up),
        cmocka_unit_test_setup(test_ranges_that_wrap_are_passed_over, set_up),
        cmocka_unit_test_setup(test_the_heap_grows_to_its_last_byte_and_not_beyond, set_up),
        cmocka_unit_test_setup(test_sizes_near_the_end_of_numbers_are_refused, set_up),
        cmocka_unit_test_setup(test_the_peak_stays_when_memory_is_given_back, set_up),
        cmocka_unit_test_setup(test_exhaustion_is_logged_once, set_up),
        cmocka_unit_test_setup(test_without_a_region_nothing_can_be_had, set_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
