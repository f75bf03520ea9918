/*
 * elf_place: what lies in memory after an image was placed.
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

#include "bytes.h"
#include "elf.h"
#include "elf_builder.h"

static struct elf_builder b;
static struct elf_image image;
static uint8_t *memory; /* exactly image.bytes */

static int setup(void **state)
{
    char reason[ELF_REASON_BYTES];

    (void)state;
    elf_builder_init(&b);
    if (elf_check(b.bytes, b.length, &image, reason) != 0)
        return -1;
    memory = malloc(image.bytes);
    memset(memory, 0x5a, image.bytes);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    free(memory);
    return 0;
}

static uint8_t *at(uint64_t linked)
{
    return memory + (linked - image.first);
}

static void test_segments_are_copied_and_the_rest_is_zeroed(void **state)
{
    (void)state;
    elf_place(&image, b.bytes, memory, 0);
    assert_memory_equal(at(BUILDER_LINK + BUILDER_TEXT_AT), b.bytes + BUILDER_TEXT_AT, 0x800);
    for (unsigned i = 0x800; i < 0x1000; i++)
        assert_int_equal(at(BUILDER_LINK + BUILDER_TEXT_AT)[i], 0);
    assert_memory_equal(at(BUILDER_LINK + BUILDER_CONSTANTS_AT), b.bytes + BUILDER_CONSTANTS_AT,
                        0x400);
    assert_int_equal(at(BUILDER_LINK + BUILDER_DATA_AT)[BUILDER_DATA_BYTES - 1], 0xda);
    for (unsigned i = BUILDER_DATA_BYTES; i < 0x2000; i++)
        assert_int_equal(at(BUILDER_LINK + BUILDER_DATA_AT)[i], 0);
}

static void test_relocations_add_the_displacement(void **state)
{
    uint64_t displacement = elf_displacement(&image, 0x3a000000);

    (void)state;
    assert_int_equal(displacement, 0x3a000000 - BUILDER_LINK);
    elf_place(&image, b.bytes, memory, displacement);
    for (unsigned i = 0; i < BUILDER_RELOCATIONS; i++)
        assert_int_equal(bytes_le64(at(BUILDER_LINK + BUILDER_DATA_AT + 0x10 + 8 * i)),
                         0x3a000000 + BUILDER_TEXT_AT + 0x100 * i);
    /* The words beside them are as the file has them. */
    assert_int_equal(*at(BUILDER_LINK + BUILDER_DATA_AT + 0xf), 0xda);
    assert_int_equal(*at(BUILDER_LINK + BUILDER_DATA_AT + 0x28), 0xda);
}

static void test_displacement_may_be_downward(void **state)
{
    uint64_t displacement = elf_displacement(&image, 0);

    (void)state;
    assert_int_equal(displacement, -(uint64_t)BUILDER_LINK);
    elf_place(&image, b.bytes, memory, displacement);
    assert_int_equal(bytes_le64(at(BUILDER_LINK + BUILDER_DATA_AT + 0x10)), BUILDER_TEXT_AT);
}

static void test_placing_twice_gives_the_same(void **state)
{
    uint8_t *once = malloc(image.bytes);

    (void)state;
    elf_place(&image, b.bytes, memory, 0x200000);
    memcpy(once, memory, image.bytes);
    elf_place(&image, b.bytes, memory, 0x200000);
    assert_memory_equal(once, memory, image.bytes);
    free(once);
}

static void test_unused_relocations_change_nothing(void **state)
{
    (void)state;
    b.rela[1].info = ELF_RELOCATION_NONE;
    elf_place(&image, b.bytes, memory, 0x200000);
    assert_int_equal(*at(BUILDER_LINK + BUILDER_DATA_AT + 0x18), 0xda);
}

static void test_relocations_in_zeroed_memory_survive_the_zeroing(void **state)
{
    uint64_t last = BUILDER_LINK + BUILDER_DATA_AT + BUILDER_DATA_BYTES + BUILDER_BSS_BYTES - 8;

    (void)state;
    b.rela[2].offset = last;
    elf_place(&image, b.bytes, memory, 0x200000);
    assert_int_equal(bytes_le64(at(last)), 0x200000 + BUILDER_LINK + BUILDER_TEXT_AT + 0x200);
}

static void test_offset_within_two_mebibytes_is_kept(void **state)
{
    (void)state;
    assert_int_equal((image.first + elf_displacement(&image, 0x600000)) & 0x1fffff,
                     image.first & 0x1fffff);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_segments_are_copied_and_the_rest_is_zeroed, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_relocations_add_the_displacement, setup, teardown),
        cmocka_unit_test_setup_teardown(test_displacement_may_be_downward, setup, teardown),
        cmocka_unit_test_setup_teardown(test_placing_twice_gives_the_same, setup, teardown),
        cmocka_unit_test_setup_teardown(test_unused_relocations_change_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(test_relocations_in_zeroed_memory_survive_the_zeroing,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(test_offset_within_two_mebibytes_is_kept, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
