/*
 * chainload: an ELF that is no service of ours: where it lies, what is copied, how it is refused.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "chainload_inspect_bench.h"

#include "elf_builder.h"

/* Two segments, the upper one first, and the entry in it; linked higher than they are loaded. */
static struct elf_header *header = (struct elf_header *)file;
static struct elf_program_header *segment = (struct elf_program_header *)(file + 64);

static void make_elf(void)
{
    memset(file, 0, sizeof file);
    for (unsigned i = 1024; i < sizeof file; i++)
        file[i] = (uint8_t)(i * 7 | 1);
    *header = (struct elf_header){.magic = {0x7f, 'E', 'L', 'F'},
                                  .class_bits = ELF_CLASS_64,
                                  .byte_order = ELF_LITTLE_ENDIAN,
                                  .ident_version = 1,
                                  .type = ELF_TYPE_EXECUTABLE,
                                  .machine = ELF_MACHINE_AARCH64,
                                  .version = 1,
                                  .entry = 0xffff000000203010,
                                  .program_headers = 64,
                                  .header_bytes = 64,
                                  .program_header_bytes = 56,
                                  .program_header_count = 3};
    segment[0] = (struct elf_program_header){ELF_SEGMENT_LOAD,
                                             ELF_READ | ELF_WRITE | ELF_EXECUTE,
                                             1024,
                                             0xffff000000203000,
                                             0x203000,
                                             256,
                                             0x800,
                                             4096};
    segment[1] = (struct elf_program_header){.type = ELF_SEGMENT_NOTE, .memory_bytes = 1 << 30};
    segment[2] = (struct elf_program_header){ELF_SEGMENT_LOAD, ELF_READ, 2048, 0xffff000000200000,
                                             0x200000,         512,      512,  4096};
}

static void test_an_elf_lies_where_its_segments_are_loaded_to(void **state)
{
    (void)state;
    make_elf();
    assert_int_equal(inspect(file, LENGTH), 0);
    assert_int_equal(image.kind, CHAINLOAD_ELF);
    assert_int_equal(image.first, 0x200000);
    assert_int_equal(image.bytes, 0x3800);
    assert_int_equal(image.entry, 0x3010);
    assert_string_equal(chainload_kind_name(image.kind), "ELF");
}

static void test_an_elf_is_copied_by_segments_and_the_rest_of_it_is_zero(void **state)
{
    uint8_t *memory = malloc(0x3800);

    (void)state;
    make_elf();
    memset(memory, 0xa5, 0x3800);
    assert_int_equal(inspect(file, LENGTH), 0);
    chainload_copy(&image, file, memory);
    assert_memory_equal(memory, file + 2048, 512);
    for (unsigned i = 512; i < 0x3000; i++)
        assert_int_equal(memory[i], 0);
    assert_memory_equal(memory + 0x3000, file + 1024, 256);
    for (unsigned i = 0x3100; i < 0x3800; i++)
        assert_int_equal(memory[i], 0);
    free(memory);
}

static void test_an_elf_for_another_processor_is_refused(void **state)
{
    (void)state;
    make_elf();
    header->machine = 62;
    refused(LENGTH, ERROR_UNSUPPORTED,
            "it is an ELF for another processor (class 2, byte order 1, machine 62)");
    make_elf();
    header->class_bits = 1;
    refused(LENGTH, ERROR_UNSUPPORTED,
            "it is an ELF for another processor (class 1, byte order 1, machine 183)");
    make_elf();
    header->type = 1;
    refused(LENGTH, ERROR_UNSUPPORTED, "it is an ELF of type 1, not a linked program");
}

static void test_an_elf_that_contradicts_itself_is_refused(void **state)
{
    (void)state;
    make_elf();
    refused(63, ERROR_CORRUPT, "63 bytes are too few for an ELF header");
    header->program_header_count = 80;
    refused(LENGTH, ERROR_CORRUPT,
            "80 program headers of 56 bytes at 0x40, the file ends at 0x1000");
    make_elf();
    header->program_headers = UINT64_MAX - 8;
    assert_int_equal(inspect(file, LENGTH), ERROR_CORRUPT);
    make_elf();
    header->program_header_bytes = 32;
    assert_int_equal(inspect(file, LENGTH), ERROR_CORRUPT);
    make_elf();
    header->program_header_count = 0;
    refused(LENGTH, ERROR_CORRUPT, "its entry 0xffff000000203010 lies in none of its segments");
    make_elf();
    header->entry = 0xffff000000203800;
    refused(LENGTH, ERROR_CORRUPT, "its entry 0xffff000000203800 lies in none of its segments");
}

static void test_a_segment_outside_the_file_or_any_memory_is_refused(void **state)
{
    (void)state;
    make_elf();
    refused(2048 + 511, ERROR_CORRUPT,
            "segment 2: 0x200 bytes at 0x800 for 0x200, the file ends at 0x9ff");
    segment[0].offset = UINT64_MAX - 100;
    assert_int_equal(inspect(file, LENGTH), ERROR_CORRUPT);
    make_elf();
    segment[0].file_bytes = 0x801; /* more than it takes in memory */
    assert_int_equal(inspect(file, LENGTH), ERROR_CORRUPT);
    make_elf();
    segment[0].physical_address = UINT64_MAX - 0x7f0; /* wraps around */
    assert_int_equal(inspect(file, LENGTH), ERROR_UNSUPPORTED);
    make_elf();
    segment[0].memory_bytes = 0x100000000;
    refused(LENGTH, ERROR_UNSUPPORTED,
            "segment 0: 0x100000000 bytes at address 0x203000 are more than any memory");
}

static void test_a_service_is_told_how_it_is_started(void **state)
{
    static struct elf_builder builder;

    (void)state;
    elf_builder_init(&builder);
    assert_int_equal(inspect(builder.bytes, builder.length), ERROR_UNSUPPORTED);
    assert_string_equal(reason, "it is a pilotlight service: for source = sd, not image");
}

/* elf_check refuses each of them, and none of them is a plain ELF for that. */
static void test_a_damaged_service_is_no_plain_elf(void **state)
{
    static const size_t damage[] = {
        BUILDER_TEXT_AT + 8,                                     /* no more what was sealed */
        BUILDER_NOTE_AT + 24 + offsetof(struct image_note, abi), /* of another time */
        BUILDER_NOTE_AT + 24 + offsetof(struct image_note, name),
        BUILDER_NOTE_AT + 7, /* its size runs past the end */
        BUILDER_RELA_AT + 8, /* a relocation of another type */
        BUILDER_DYNAMIC_AT,
        offsetof(struct elf_header, section_headers) + 2, /* it seems to be cut off */
        offsetof(struct elf_header, os_abi),
        offsetof(struct elf_header, entry),
        sizeof(struct elf_header) + offsetof(struct elf_program_header, flags),
        sizeof(struct elf_header) + offsetof(struct elf_program_header, offset) + 7,
    };
    static struct elf_builder builder;
    struct elf_image service;

    (void)state;
    for (unsigned i = 0; i < sizeof damage / sizeof damage[0]; i++) {
        elf_builder_init(&builder);
        elf_builder_seal(&builder);
        assert_int_equal(elf_check(builder.bytes, builder.length, &service, reason), 0);
        builder.bytes[damage[i]] ^= 0x82;
        if (inspect(builder.bytes, builder.length) != ERROR_UNSUPPORTED)
            fail_msg("taken with byte 0x%zx damaged", damage[i]);
        assert_string_equal(reason, "it is a pilotlight service: for source = sd, not image");
    }
}

/* Notes of others, and what lies outside the file, say nothing. */
static void test_an_elf_with_notes_of_others_is_an_elf(void **state)
{
    static const uint32_t build_id[] = {4, 4, 3, 0x00554e47, 0x12345678};

    (void)state;
    make_elf();
    memcpy(file + 512, build_id, sizeof build_id);
    segment[1] = (struct elf_program_header){
        .type = ELF_SEGMENT_NOTE, .offset = 512, .file_bytes = sizeof build_id, .alignment = 4};
    assert_int_equal(inspect(file, LENGTH), 0);
    segment[1].file_bytes = sizeof build_id - 4; /* damaged */
    assert_int_equal(inspect(file, LENGTH), 0);
    segment[1].alignment = 64;
    assert_int_equal(inspect(file, LENGTH), 0);
    segment[1].offset = LENGTH - 4;
    assert_int_equal(inspect(file, LENGTH), 0);
    segment[1].offset = UINT64_MAX - 4;
    assert_int_equal(inspect(file, LENGTH), 0);
}

/* Whatever stands in a file, what is accepted can be copied within what it asked for. */
static void test_random_damage_never_leaves_the_buffers(void **state)
{
    uint32_t random = 5;
    unsigned accepted = 0;

    (void)state;
    for (unsigned round = 0; round < 20000; round++) {
        make_elf();
        for (unsigned i = 0; i < 1 + round % 3; i++) {
            random = random * 1664525 + 1013904223;
            file[(random >> 8) % (64 + 3 * 56)] = (uint8_t)(random >> 3);
        }
        if (inspect(file, LENGTH) != 0 || image.bytes > MIB)
            continue;
        uint8_t *memory = malloc(image.bytes);

        assert_true(image.entry < image.bytes);
        chainload_copy(&image, file, memory);
        free(memory);
        accepted++;
    }
    assert_true(accepted > 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_elf_lies_where_its_segments_are_loaded_to),
        cmocka_unit_test(test_an_elf_is_copied_by_segments_and_the_rest_of_it_is_zero),
        cmocka_unit_test(test_an_elf_for_another_processor_is_refused),
        cmocka_unit_test(test_an_elf_that_contradicts_itself_is_refused),
        cmocka_unit_test(test_a_segment_outside_the_file_or_any_memory_is_refused),
        cmocka_unit_test(test_a_service_is_told_how_it_is_started),
        cmocka_unit_test(test_a_damaged_service_is_no_plain_elf),
        cmocka_unit_test(test_an_elf_with_notes_of_others_is_an_elf),
        cmocka_unit_test(test_random_damage_never_leaves_the_buffers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
