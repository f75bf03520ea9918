/*
 * place: free memory is RAM that nothing has taken; images go nowhere else.
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

#include "boot_tags.h"
#include "elf.h"
#include "elf_builder.h"
#include "error.h"
#include "place.h"

#define MIB 0x100000ull

/* A Pi 3: 960 MiB in two pieces that touch, and a piece above that does not. */
static struct board_range memory[3];
static struct place_taken taken[8];
static struct place_map map;
static struct elf_builder b;
static struct elf_image image;
static char reason[ELF_REASON_BYTES];

static int setup(void **state)
{
    (void)state;
    memory[0] = (struct board_range){512 * MIB, 448 * MIB};
    memory[1] = (struct board_range){0, 512 * MIB};
    memory[2] = (struct board_range){0x41000000, MIB};
    memset(taken, 0, sizeof taken);
    taken[0] = (struct place_taken){958 * MIB, 2 * MIB, "the loader", BOOT_MEMORY_LOADER};
    taken[1] = (struct place_taken){0, 0x1000, "the spin table", BOOT_MEMORY_RESERVED};
    map = (struct place_map){memory, 3, taken, 2};
    memset(reason, 0, sizeof reason);
    elf_builder_init(&b);
    return elf_check(b.bytes, b.length, &image, reason);
}

static void take(uint64_t base, uint64_t bytes, const char *what)
{
    taken[map.taken_count++] = (struct place_taken){base, bytes, what, BOOT_MEMORY_RESERVED};
}

/* Makes the image one with a fixed address, with its data segment at address. */
static void fix_data_at(uint64_t address)
{
    b.header->type = ELF_TYPE_EXECUTABLE;
    b.segment[BUILDER_DATA].virtual_address = address;
    b.header->program_header_count = 3;
    assert_int_equal(elf_check(b.bytes, b.length, &image, reason), 0);
}

static void refused_at(uint64_t address, const char *text)
{
    uint64_t displacement;

    fix_data_at(address);
    assert_int_equal(place_image(&map, &image, b.bytes, &displacement, reason), ERROR_REFUSED);
    if (strstr(reason, text) == NULL)
        fail_msg("no \"%s\" in \"%s\"", text, reason);
}

static void test_free_memory_is_listed_in_order(void **state)
{
    struct board_range range;
    uint64_t cursor;

    (void)state;
    take(100 * MIB, MIB, "a");
    take(100 * MIB, 2 * MIB, "b"); /* overlaps a */
    take(102 * MIB, 4096, "c");    /* touches b */
    take(0x3f000000, 0x1000000, "devices, where no memory is");
    cursor = place_next_free(&map, 0, &range);
    assert_int_equal(range.base, 0x1000);
    assert_int_equal(range.bytes, 100 * MIB - 0x1000);
    cursor = place_next_free(&map, cursor, &range);
    assert_int_equal(range.base, 102 * MIB + 4096);
    assert_int_equal(range.base + range.bytes, 958 * MIB);
    cursor = place_next_free(&map, cursor, &range);
    assert_int_equal(range.base, 0x41000000);
    assert_int_equal(range.bytes, MIB);
    assert_int_equal(place_next_free(&map, cursor, &range), 0);
}

static void test_no_memory_means_nothing_is_free(void **state)
{
    struct board_range range;
    uint64_t address;

    (void)state;
    map.memory_count = 0;
    assert_int_equal(place_next_free(&map, 0, &range), 0);
    assert_int_equal(place_find(&map, 0, 1, 1, &address), ERROR_NO_MEMORY);
}

static void test_everything_taken_means_nothing_is_free(void **state)
{
    struct board_range range;

    (void)state;
    take(0, UINT64_MAX, "all");
    assert_int_equal(place_next_free(&map, 0, &range), 0);
}

static void test_ranges_at_the_top_of_the_address_space_do_not_wrap(void **state)
{
    struct board_range range;
    uint64_t address;

    (void)state;
    memory[2] = (struct board_range){UINT64_MAX - 0xfff, 0x10000};
    take(UINT64_MAX - 0x7ff, UINT64_MAX, "the top");
    assert_int_equal(place_next_free(&map, 0x40000000, &range), UINT64_MAX - 0x7ff);
    assert_int_equal(range.bytes, 0x800);
    assert_int_equal(place_find(&map, 0x40000000, 0x1000, 1, &address), ERROR_NO_MEMORY);
    assert_int_equal(place_find(&map, 0x40000000, 0x700, 0x1000000, &address), ERROR_NO_MEMORY);
}

static void test_image_goes_to_the_lowest_free_boundary(void **state)
{
    uint64_t displacement;

    (void)state;
    assert_int_equal(place_image(&map, &image, b.bytes, &displacement, reason), 0);
    assert_int_equal(displacement, 0); /* linked at 2 MiB, and 0 is taken */
    take(2 * MIB, 1, "a byte");
    take(5 * MIB, 1, "and another");
    assert_int_equal(place_image(&map, &image, b.bytes, &displacement, reason), 0);
    assert_int_equal(displacement, 2 * MIB);
    take(4 * MIB + 0x4fff, 1, "the last byte of its place");
    assert_int_equal(place_image(&map, &image, b.bytes, &displacement, reason), 0);
    assert_int_equal(displacement, 4 * MIB);
    map.taken_count = 1;
    assert_int_equal(place_image(&map, &image, b.bytes, &displacement, reason), 0);
    assert_int_equal(displacement, -2 * MIB);
}

static void test_image_that_fits_exactly_is_placed_and_one_byte_more_is_not(void **state)
{
    uint64_t address;

    (void)state;
    map.memory_count = 1;
    assert_int_equal(place_find(&map, 0, 446 * MIB, 2 * MIB, &address), 0);
    assert_int_equal(address, 512 * MIB);
    assert_int_equal(place_find(&map, 0, 446 * MIB + 1, 2 * MIB, &address), ERROR_NO_MEMORY);
    assert_int_equal(place_find(&map, 0, UINT64_MAX, 2 * MIB, &address), ERROR_NO_MEMORY);
    assert_int_equal(place_find(&map, 900 * MIB + 1, 1, 2 * MIB, &address), 0);
    assert_int_equal(address, 902 * MIB);
}

static void test_image_without_room_is_refused_in_words(void **state)
{
    uint64_t displacement;

    (void)state;
    take(0, 958 * MIB, "nearly all");
    map.memory_count = 2;
    assert_int_equal(place_image(&map, &image, b.bytes, &displacement, reason), ERROR_NO_MEMORY);
    assert_string_equal(reason, "no 0x5000 bytes are free in one piece");
}

static void test_fixed_segment_over_something_taken_is_refused(void **state)
{
    uint64_t displacement;

    (void)state;
    take(16 * MIB, MIB, "the received file");
    take(0x8000000, 0x10000, "the device tree");
    refused_at(958 * MIB, "0x3be00000, which is the loader");
    refused_at(958 * MIB - 0x1000, "0x3be00000, which is the loader");
    refused_at(960 * MIB - 0x1000, "which is the loader");
    refused_at(17 * MIB - 0x1000, "which is the received file");
    refused_at(16 * MIB - 0x1000, "segment 0xfff000-0x1001000 wants 0x1000000");
    refused_at(0x8000000, "which is the device tree");
    fix_data_at(15 * MIB);
    assert_int_equal(place_image(&map, &image, b.bytes, &displacement, reason), 0);
    take(15 * MIB + 0x2000, 1, "a wall"); /* leaves exactly what is needed */
    assert_int_equal(place_image(&map, &image, b.bytes, &displacement, reason), 0);
    assert_int_equal(displacement, 0);
}

static void test_what_lies_between_fixed_segments_is_not_overwritten(void **state)
{
    (void)state;
    take(0x800000, 0x1000, "the device tree");
    refused_at(16 * MIB, "0x800000, which is the device tree");
}

static void test_fixed_segment_over_the_spin_table_is_refused(void **state)
{
    uint64_t displacement;

    (void)state;
    b.header->type = ELF_TYPE_EXECUTABLE;
    for (unsigned i = 0; i < 3; i++)
        b.segment[i].virtual_address -= BUILDER_LINK + BUILDER_TEXT_AT;
    b.header->entry = 0;
    b.header->program_header_count = 3;
    assert_int_equal(elf_check(b.bytes, b.length, &image, reason), 0);
    assert_int_equal(place_image(&map, &image, b.bytes, &displacement, reason), ERROR_REFUSED);
    assert_string_equal(reason, "segment 0x0-0x1000 wants 0x0, which is the spin table");
}

static void test_fixed_segment_over_devices_or_video_memory_is_refused(void **state)
{
    (void)state;
    refused_at(0x3f000000, "segment 0x3f000000-0x3f002000 wants 0x3f000000, which is no memory");
    refused_at(0x3f201000, "which is no memory");
    refused_at(0x40000000, "which is no memory");
    map.taken_count = 0;
    refused_at(0x3bfff000, "wants 0x3c000000, which is no memory"); /* crosses the end of RAM */
    refused_at(0x410ff000, "wants 0x41100000, which is no memory");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_free_memory_is_listed_in_order, setup),
        cmocka_unit_test_setup(test_no_memory_means_nothing_is_free, setup),
        cmocka_unit_test_setup(test_everything_taken_means_nothing_is_free, setup),
        cmocka_unit_test_setup(test_ranges_at_the_top_of_the_address_space_do_not_wrap, setup),
        cmocka_unit_test_setup(test_image_goes_to_the_lowest_free_boundary, setup),
        cmocka_unit_test_setup(test_image_that_fits_exactly_is_placed_and_one_byte_more_is_not,
                               setup),
        cmocka_unit_test_setup(test_image_without_room_is_refused_in_words, setup),
        cmocka_unit_test_setup(test_fixed_segment_over_something_taken_is_refused, setup),
        cmocka_unit_test_setup(test_what_lies_between_fixed_segments_is_not_overwritten, setup),
        cmocka_unit_test_setup(test_fixed_segment_over_the_spin_table_is_refused, setup),
        cmocka_unit_test_setup(test_fixed_segment_over_devices_or_video_memory_is_refused, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
