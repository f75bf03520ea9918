/*
 * chainload: what a file is that is no ELF, and where it belongs. Every refusal by its sentence.
 * ELF files: test_chainload_inspect_elf.c.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "chainload_inspect_bench.h"

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
        cmocka_unit_test(test_an_image_is_copied_as_it_is_and_no_further),
        cmocka_unit_test(test_an_image_goes_to_the_lowest_multiple_of_2_mib_and_its_offset),
        cmocka_unit_test(test_an_image_without_room_for_all_its_bytes_is_refused),
        cmocka_unit_test(test_a_raw_image_goes_to_its_place_or_nowhere),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
