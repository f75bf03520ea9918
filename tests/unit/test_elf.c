/*
 * elf: the ways a file can be good, and that nothing outside of it is read.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "elf_bench.h"

static void test_good_file_is_described(void **state)
{
    (void)state;
    assert_int_equal(check(), 0);
    assert_true(image.movable);
    assert_int_equal(image.segment_count, 3);
    assert_int_equal(image.first, BUILDER_LINK + BUILDER_TEXT_AT);
    assert_int_equal(image.bytes, BUILDER_SPAN);
    assert_int_equal(image.entry, BUILDER_LINK + BUILDER_TEXT_AT);
    assert_int_equal(image.rela, BUILDER_RELA_AT);
    assert_int_equal(image.rela_count, BUILDER_RELOCATIONS);
    assert_true(image.has_note);
    assert_string_equal(image.note.name, "hello");
    assert_string_equal(image.note.version, "1.0.0");
}

static void test_file_at_a_fixed_address_is_accepted(void **state)
{
    (void)state;
    b.header->type = ELF_TYPE_EXECUTABLE;
    assert_int_equal(check(), 0);
    assert_false(image.movable);
    assert_int_equal(elf_displacement(&image, 0x400000), 0);
}

static void test_file_without_note_dynamic_table_and_sections_is_accepted(void **state)
{
    (void)state;
    b.header->program_header_count = 3;
    b.header->section_headers = 0;
    assert_int_equal(check(), 0);
    assert_false(image.has_note);
    assert_int_equal(image.rela_count, 0);
}

static void test_unknown_program_headers_are_passed_over(void **state)
{
    (void)state;
    b.segment[5] = (struct elf_program_header){0x6474e551, 6,          UINT64_MAX, UINT64_MAX, 0,
                                               UINT64_MAX, UINT64_MAX, 3}; /* PT_GNU_STACK */
    b.header->program_header_count = 6;
    assert_int_equal(check(), 0);
}

static void test_empty_segments_are_passed_over(void **state)
{
    (void)state;
    b.segment[5] = (struct elf_program_header){.type = ELF_SEGMENT_LOAD, .alignment = 0x1000};
    b.header->program_header_count = 6;
    assert_int_equal(check(), 0);
    assert_int_equal(image.segment_count, 3);
}

static void test_hundreds_of_segments_are_accepted(void **state)
{
    enum { COUNT = 300 };
    struct elf_header header = *b.header;
    size_t length = sizeof header + COUNT * sizeof(struct elf_program_header);
    uint8_t *file = calloc(1, length);
    struct elf_segment segment;
    unsigned next = 0;
    unsigned seen = 0;

    (void)state;
    header.section_headers = 0;
    header.program_header_count = COUNT;
    header.entry = BUILDER_LINK;
    memcpy(file, &header, sizeof header);
    for (unsigned i = 0; i < COUNT; i++) {
        struct elf_program_header load = {ELF_SEGMENT_LOAD,
                                          i == 0 ? ELF_READ | ELF_EXECUTE : ELF_READ,
                                          0,
                                          BUILDER_LINK + i * 0x1000ull,
                                          0,
                                          4,
                                          8,
                                          0x1000};

        memcpy(file + sizeof header + i * sizeof load, &load, sizeof load);
    }
    assert_int_equal(elf_check(file, length, &image, reason), 0);
    assert_int_equal(image.segment_count, COUNT);
    while (elf_next_segment(&image, file, &next, &segment))
        assert_int_equal(segment.address, BUILDER_LINK + seen++ * 0x1000ull);
    assert_int_equal(seen, COUNT);
    free(file);
}

static void test_a_pie_that_calls_itself_fixed_is_movable(void **state)
{
    (void)state;
    b.header->type = ELF_TYPE_EXECUTABLE;
    assert_int_equal(check(), 0);
    assert_false(image.movable);
    b.dynamic[3] = (struct elf_dynamic){ELF_DYNAMIC_FLAGS_1, ELF_FLAGS_1_PIE};
    b.dynamic[4] = (struct elf_dynamic){ELF_DYNAMIC_END, 0};
    b.segment[BUILDER_DYNAMIC].file_bytes += sizeof *b.dynamic;
    assert_int_equal(check(), 0);
    assert_true(image.movable);
}

/* Deterministic damage all over: the check may say yes or no, but stays inside the file. */
static void test_random_damage_never_reads_outside_the_file(void **state)
{
    uint32_t random = 1;

    (void)state;
    for (unsigned round = 0; round < 20000; round++) {
        for (unsigned i = 0; i < 4; i++) {
            random = random * 1664525 + 1013904223;
            if ((random >> 30) != 0)
                b.bytes[(random >> 8) % 344] = (uint8_t)random;
            else
                b.bytes[BUILDER_RELA_AT + (random >> 8) % 0x300] = (uint8_t)(random >> 3);
        }
        if (check() == 0) {
            struct elf_segment segment;
            unsigned next = 0;

            while (elf_next_segment(&image, b.bytes, &next, &segment)) {
                assert_true(segment.address >= image.first);
                assert_true(segment.address - image.first + segment.bytes <= image.bytes);
                assert_true(segment.file_offset + segment.file_bytes <= b.length);
            }
        }
        elf_builder_init(&b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_good_file_is_described, setup),
        cmocka_unit_test_setup(test_file_at_a_fixed_address_is_accepted, setup),
        cmocka_unit_test_setup(test_a_pie_that_calls_itself_fixed_is_movable, setup),
        cmocka_unit_test_setup(test_file_without_note_dynamic_table_and_sections_is_accepted,
                               setup),
        cmocka_unit_test_setup(test_unknown_program_headers_are_passed_over, setup),
        cmocka_unit_test_setup(test_empty_segments_are_passed_over, setup),
        cmocka_unit_test_setup(test_hundreds_of_segments_are_accepted, setup),
        cmocka_unit_test_setup(test_random_damage_never_reads_outside_the_file, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
