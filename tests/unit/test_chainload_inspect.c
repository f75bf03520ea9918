/*
 * chainload: what a file is, and where it belongs. Every refusal by its sentence.
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
#include "chainload.h"
#include "elf_builder.h"
#include "error.h"

#define MIB     0x100000ull
#define LENGTH  4096
#define B_START 0x14000000u /* an instruction: b . */

static uint8_t file[LENGTH];
static struct chainload_image image;
static char reason[ELF_REASON_BYTES];

static void put_le64(uint8_t *at, uint64_t value)
{
    bytes_put_le32(at, (uint32_t)value);
    bytes_put_le32(at + 4, (uint32_t)(value >> 32));
}

static void make_image(uint64_t text_offset, uint64_t bytes, uint64_t flags)
{
    memset(file, 0, sizeof file);
    bytes_put_le32(file, B_START);
    put_le64(file + 8, text_offset);
    put_le64(file + 16, bytes);
    put_le64(file + 24, flags);
    memcpy(file + 56, "ARM\x64", 4);
}

/* From a block of its exact size, so that a read past it is found. */
static int inspect(const void *bytes, size_t length)
{
    uint8_t *exact = malloc(length ? length : 1);

    memcpy(exact, bytes, length);
    reason[0] = '\0';
    int status = chainload_inspect(exact, length, &image, reason);

    free(exact);
    return status;
}

static void refused(size_t length, int expected, const char *sentence)
{
    assert_int_equal(inspect(file, length), expected);
    assert_string_equal(reason, sentence);
}

/* ---- arm64 Image ---- */

static void test_an_image_says_where_it_belongs_and_how_much_it_needs(void **state)
{
    (void)state;
    make_image(0, 0x2010000, 0xa);
    assert_int_equal(inspect(file, LENGTH), 0);
    assert_int_equal(image.kind, CHAINLOAD_IMAGE);
    assert_int_equal(image.text_offset, 0);
    assert_int_equal(image.bytes, 0x2010000);
    assert_int_equal(image.file_bytes, LENGTH);
    assert_int_equal(image.entry, 0);
    assert_string_equal(chainload_kind_name(image.kind), "arm64 Image");
    /* "MZ" in front: it is an EFI program as well. */
    memcpy(file, "MZ", 2);
    assert_int_equal(inspect(file, LENGTH), 0);
    assert_int_equal(inspect(file, 64), 0);
}

static void test_an_image_longer_than_it_says_gets_room_for_all_of_it(void **state)
{
    (void)state;
    make_image(0x80000, 100, 2);
    assert_int_equal(inspect(file, LENGTH), 0);
    assert_int_equal(image.bytes, LENGTH);
}

static void test_an_old_image_without_a_size_gets_room_for_its_zeros(void **state)
{
    (void)state;
    make_image(0x1234567890abcd00, 0, 0); /* its byte order is not known either: not believed */
    assert_int_equal(inspect(file, LENGTH), 0);
    assert_int_equal(image.text_offset, 0x80000);
    assert_int_equal(image.bytes, LENGTH + 16 * MIB);
}

static void test_pages_of_4_and_64_kib_and_unknown_ones_are_taken(void **state)
{
    (void)state;
    for (uint64_t pages = 0; pages < 4; pages++) {
        make_image(0, 0x10000, pages << 1);
        if (pages == 2)
            refused(LENGTH, ERROR_UNSUPPORTED,
                    "its pages are of 16 KiB, which this processor does not have");
        else
            assert_int_equal(inspect(file, LENGTH), 0);
    }
}

static void test_a_big_endian_kernel_is_refused(void **state)
{
    (void)state;
    make_image(0, 0x10000, 0xb);
    refused(LENGTH, ERROR_UNSUPPORTED, "it is a big-endian kernel");
}

static void test_a_header_with_numbers_beyond_any_memory_is_refused(void **state)
{
    (void)state;
    make_image(0, UINT64_MAX, 0xa);
    refused(LENGTH, ERROR_CORRUPT, "Image header: text_offset 0x0, image_size 0xffffffffffffffff");
    make_image(0x100000000, 0x1000, 0xa);
    refused(LENGTH, ERROR_CORRUPT, "Image header: text_offset 0x100000000, image_size 0x1000");
    make_image(0x80001, 0x1000, 0xa);
    refused(LENGTH, ERROR_CORRUPT, "Image header: text_offset 0x80001 is no multiple of 4");
}

static void test_an_image_cut_off_in_its_header_is_not_taken_for_one(void **state)
{
    (void)state;
    make_image(0, 0x10000, 0xa);
    assert_int_equal(inspect(file, 63), 0); /* the magic is there, the header is not */
    assert_int_equal(image.kind, CHAINLOAD_RAW);
}

/* ---- raw ---- */

static void test_what_begins_with_an_instruction_is_a_raw_image(void **state)
{
    (void)state;
    memset(file, 0, sizeof file);
    bytes_put_le32(file, 0x1400000a); /* as Debian's u-boot.bin does */
    assert_int_equal(inspect(file, LENGTH), 0);
    assert_int_equal(image.kind, CHAINLOAD_RAW);
    assert_int_equal(image.first, 0x80000);
    assert_int_equal(image.bytes, LENGTH);
    assert_int_equal(image.entry, 0);
    assert_string_equal(chainload_kind_name(image.kind), "raw image");
    assert_int_equal(inspect(file, 4), 0);
}

static void test_bytes_that_are_no_instruction_are_refused(void **state)
{
    static const char sentence[] = "it does not begin with an instruction";

    (void)state;
    memset(file, 0, sizeof file);
    refused(LENGTH, ERROR_CORRUPT, sentence);
    memset(file, 0xff, sizeof file);
    refused(LENGTH, ERROR_CORRUPT, sentence);
    memset(file, 0x80, sizeof file);
    refused(3, ERROR_CORRUPT, sentence);
}

/* ---- what is something else ---- */

static void test_other_formats_are_refused_by_name(void **state)
{
    static const struct {
        size_t offset, length;
        const char *bytes, *sentence;
    } others[] = {
        {0, 3, "\x1f\x8b\x08", "it is packed with gzip: unpack it first"},
        {0, 4, "\x28\xb5\x2f\xfd", "it is packed with zstd: unpack it first"},
        {0, 6,
         "\xfd"
         "7zXZ\0",
         "it is packed with xz: unpack it first"},
        {0, 4, "BZh9", "it is packed with bzip2: unpack it first"},
        {0, 4, "\x04\x22\x4d\x18", "it is packed with lz4: unpack it first"},
        {0, 4, "\x02\x21\x4c\x18", "it is packed with lz4: unpack it first"},
        {0, 8, "MZ\0\0zimg", "it is an EFI zboot image: take the Image in it"},
        {0, 8, "MZ\x90\0\3\0\0\0", "it is an EFI program: start it from U-Boot"},
        {0, 4, "\x27\x05\x19\x56", "it is a uImage: take the file that was put into it"},
        {0, 4, "\xd0\x0d\xfe\xed", "it is a device tree or FIT: take the kernel in it"},
        {36, 4, "\x18\x28\x6f\x01", "it is a zImage for 32-bit ARM, not for AArch64"},
        {0, 6, "070701", "it is an initial RAM disk: it goes to initrd"},
        {0, 8, "ANDROID!", "it is an Android boot image: take the kernel in it"},
        {0, 20, "setenv bootargs quie", "it is text"},
    };

    (void)state;
    for (unsigned i = 0; i < sizeof others / sizeof others[0]; i++) {
        memset(file, 0, sizeof file);
        bytes_put_le32(file, B_START);
        memcpy(file + others[i].offset, others[i].bytes, others[i].length);
        refused(LENGTH, ERROR_UNSUPPORTED, others[i].sentence);
        refused(others[i].offset + others[i].length, ERROR_UNSUPPORTED, others[i].sentence);
    }
}

/* ---- ELF ---- */

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

static void test_an_image_is_copied_as_it_is_and_no_further(void **state)
{
    uint8_t memory[256];

    (void)state;
    make_image(0, 256, 0xa);
    assert_int_equal(inspect(file, 100), 0);
    memset(memory, 0xa5, sizeof memory);
    chainload_copy(&image, file, memory);
    assert_memory_equal(memory, file, 100);
    for (unsigned i = 100; i < sizeof memory; i++)
        assert_int_equal(memory[i], 0xa5);
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

/* ---- where it goes ---- */

static const struct board_range memory[] = {{0, 64 * MIB}};
static const struct place_taken taken[] = {
    {0, 0x1000, "reserved memory", 0},
    {48 * MIB, 16 * MIB, "the loader", 0},
};
static const struct place_map map = {memory, 1, taken, 2};

static uint64_t place(void)
{
    uint64_t base = 1;
    int status = chainload_place(&map, &image, &base, reason);

    if (status < 0)
        fail_msg("%s", reason);
    return base;
}

static void test_an_image_goes_to_the_lowest_multiple_of_2_mib_and_its_offset(void **state)
{
    (void)state;
    image = (struct chainload_image){.kind = CHAINLOAD_IMAGE, .bytes = 4 * MIB};
    assert_int_equal(place(), 2 * MIB); /* page 0 is taken */
    image.text_offset = 0x80000;
    assert_int_equal(place(), 0x80000);
    image.text_offset = 3 * MIB;
    assert_int_equal(place(), 3 * MIB); /* not 1 MiB: that would be before its base */
    image.text_offset = 0;
    image.bytes = 46 * MIB;
    assert_int_equal(place(), 2 * MIB);
}

static void test_an_image_without_room_for_all_its_bytes_is_refused(void **state)
{
    uint64_t base;

    (void)state;
    image = (struct chainload_image){.kind = CHAINLOAD_IMAGE, .bytes = 46 * MIB + 1};
    assert_int_equal(chainload_place(&map, &image, &base, reason), ERROR_NO_MEMORY);
    assert_string_equal(reason, "no 0x2e00001 bytes are free in one piece for it and its zeros");
}

static void test_a_raw_image_goes_to_its_place_or_nowhere(void **state)
{
    uint64_t base;

    (void)state;
    image = (struct chainload_image){.kind = CHAINLOAD_RAW, .first = 0x80000, .bytes = MIB};
    assert_int_equal(place(), 0x80000);
    image.bytes = 48 * MIB - 0x80000;
    assert_int_equal(place(), 0x80000);
    image.bytes++;
    assert_int_equal(chainload_place(&map, &image, &base, reason), ERROR_REFUSED);
    assert_string_equal(reason,
                        "it belongs to 0x80000-0x3000001, but at 0x3000000 there is the loader");
    image = (struct chainload_image){.kind = CHAINLOAD_ELF, .first = 0x800, .bytes = 0x10000};
    assert_int_equal(chainload_place(&map, &image, &base, reason), ERROR_REFUSED);
    assert_string_equal(reason,
                        "it belongs to 0x800-0x10800, but at 0x800 there is reserved memory");
    image.first = 0x3f000000;
    assert_int_equal(chainload_place(&map, &image, &base, reason), ERROR_REFUSED);
    assert_string_equal(
        reason, "it belongs to 0x3f000000-0x3f010000, but at 0x3f000000 there is no memory");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_image_says_where_it_belongs_and_how_much_it_needs),
        cmocka_unit_test(test_an_image_longer_than_it_says_gets_room_for_all_of_it),
        cmocka_unit_test(test_an_old_image_without_a_size_gets_room_for_its_zeros),
        cmocka_unit_test(test_pages_of_4_and_64_kib_and_unknown_ones_are_taken),
        cmocka_unit_test(test_a_big_endian_kernel_is_refused),
        cmocka_unit_test(test_a_header_with_numbers_beyond_any_memory_is_refused),
        cmocka_unit_test(test_an_image_cut_off_in_its_header_is_not_taken_for_one),
        cmocka_unit_test(test_what_begins_with_an_instruction_is_a_raw_image),
        cmocka_unit_test(test_bytes_that_are_no_instruction_are_refused),
        cmocka_unit_test(test_other_formats_are_refused_by_name),
        cmocka_unit_test(test_an_elf_lies_where_its_segments_are_loaded_to),
        cmocka_unit_test(test_an_elf_is_copied_by_segments_and_the_rest_of_it_is_zero),
        cmocka_unit_test(test_an_image_is_copied_as_it_is_and_no_further),
        cmocka_unit_test(test_an_elf_for_another_processor_is_refused),
        cmocka_unit_test(test_an_elf_that_contradicts_itself_is_refused),
        cmocka_unit_test(test_a_segment_outside_the_file_or_any_memory_is_refused),
        cmocka_unit_test(test_a_service_is_told_how_it_is_started),
        cmocka_unit_test(test_a_damaged_service_is_no_plain_elf),
        cmocka_unit_test(test_an_elf_with_notes_of_others_is_an_elf),
        cmocka_unit_test(test_random_damage_never_leaves_the_buffers),
        cmocka_unit_test(test_an_image_goes_to_the_lowest_multiple_of_2_mib_and_its_offset),
        cmocka_unit_test(test_an_image_without_room_for_all_its_bytes_is_refused),
        cmocka_unit_test(test_a_raw_image_goes_to_its_place_or_nowhere),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
