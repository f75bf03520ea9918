/*
 * elf: every way a file can be bad that the list of bad inputs (docs/security.md) names, 34 to 47.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "elf_bench.h"

static void test_file_without_anything_to_load_is_refused(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++)
        b.segment[i].type = 0;
    refused(ERROR_CORRUPT, "no segment takes memory");
    for (int i = 0; i < 3; i++)
        b.segment[i].file_bytes = b.segment[i].memory_bytes = 0;
    refused(ERROR_CORRUPT, "no segment takes memory");
}

static void test_program_header_table_that_does_not_fit_is_refused(void **state)
{
    (void)state;
    b.header->program_headers = UINT64_MAX - 8;
    refused(ERROR_CORRUPT, "0xfffffffffffffff7");
    b.header->program_headers = BUILDER_LENGTH - 5 * 56 + 1;
    refused(ERROR_CORRUPT, "the file ends at 12864");
    b.header->program_header_count = 0;
    refused(ERROR_CORRUPT, "0 program headers");
    b.header->program_header_count = 0xffff;
    refused(ERROR_UNSUPPORTED, "65535");
    b.header->program_header_count = 0xfffe;
    refused(ERROR_CORRUPT, "65534 program headers");
    b.header->program_header_bytes = 0;
    refused(ERROR_CORRUPT, "size is 0, not 56");
    b.header->program_header_bytes = 32;
    refused(ERROR_CORRUPT, "size is 32, not 56");
    b.header->header_bytes = 52;
    refused(ERROR_CORRUPT, "header size is 52");
}

static void test_segment_beyond_the_file_is_refused(void **state)
{
    (void)state;
    b.segment[BUILDER_DATA].offset = UINT64_MAX - 0x100;
    refused(ERROR_CORRUPT, "segment 2 wants 0x200 bytes at 0xfffffffffffffeff");
    b.segment[BUILDER_DATA].file_bytes = UINT64_MAX;
    refused(ERROR_CORRUPT, "0xffffffffffffffff bytes at 0x3000");
    b.segment[BUILDER_DATA].file_bytes = BUILDER_LENGTH - BUILDER_DATA_AT + 1;
    refused(ERROR_CORRUPT, "wants 0x241 bytes at 0x3000, the file ends at 0x3240");
    b.segment[BUILDER_DATA].offset = BUILDER_LENGTH;
    refused(ERROR_CORRUPT, "at 0x3240");
    b.segment[BUILDER_DYNAMIC].offset = BUILDER_LENGTH - 63;
    refused(ERROR_CORRUPT, "segment 3");
    b.segment[BUILDER_NOTE].file_bytes = 0x10000;
    refused(ERROR_CORRUPT, "segment 4");
}

static void test_segment_with_more_file_than_memory_is_refused(void **state)
{
    (void)state;
    b.segment[BUILDER_DATA].memory_bytes = BUILDER_DATA_BYTES - 1;
    refused(ERROR_CORRUPT, "segment 2 has 0x200 bytes in the file, 0x1ff in memory");
    b.segment[BUILDER_TEXT].memory_bytes = 0;
    refused(ERROR_CORRUPT, "segment 0 has 0x800 bytes in the file, 0x0");
}

static void test_segment_larger_than_any_memory_is_refused(void **state)
{
    (void)state;
    b.segment[BUILDER_DATA].memory_bytes = UINT64_MAX;
    refused(ERROR_CORRUPT, "segment 2: 0xffffffffffffffff bytes at 0x203000");
    b.segment[BUILDER_DATA].memory_bytes = ((uint64_t)1 << 32) + 1;
    refused(ERROR_CORRUPT, "0x100000001");
    b.segment[BUILDER_DATA].memory_bytes = (uint64_t)1 << 32;
    refused(ERROR_CORRUPT, "the image spans 0x100002000");
    b.segment[BUILDER_DATA].virtual_address = (uint64_t)1 << 40 | 0x3000;
    refused(ERROR_CORRUPT, "the image spans");
}

static void test_segments_on_one_page_or_out_of_order_are_refused(void **state)
{
    (void)state;
    b.segment[BUILDER_CONSTANTS].virtual_address = BUILDER_LINK + BUILDER_TEXT_AT;
    refused(ERROR_CORRUPT, "segment 1 at 0x201000 begins on a page of the one before");
    b.segment[BUILDER_DATA].virtual_address = BUILDER_LINK;
    refused(ERROR_CORRUPT, "segment 2 at 0x200000");
    b.segment[BUILDER_TEXT].memory_bytes = 0x1001;
    refused(ERROR_CORRUPT, "segment 1 at 0x202000");
    /* Side by side in bytes, but on one page: permissions would mix. */
    b.segment[BUILDER_DATA].virtual_address = BUILDER_LINK + BUILDER_CONSTANTS_AT + 0x800;
    b.segment[BUILDER_DATA].alignment = 8;
    refused(ERROR_CORRUPT, "segment 2 at 0x202800");
}

static void test_alignment_that_makes_no_sense_is_refused(void **state)
{
    (void)state;
    b.segment[BUILDER_TEXT].alignment = 0x1800;
    refused(ERROR_CORRUPT, "alignment 0x1800 is no power of two");
    b.segment[BUILDER_TEXT].alignment = UINT64_MAX;
    refused(ERROR_CORRUPT, "0xffffffffffffffff");
    b.segment[BUILDER_DATA].virtual_address += 8;
    refused(ERROR_CORRUPT, "address 0x203008 and offset 0x3000 differ modulo 0x1000");
    b.segment[BUILDER_TEXT].alignment = 0x400000;
    refused(ERROR_UNSUPPORTED, "0x400000 is over 2 MiB");
    b.segment[BUILDER_TEXT].alignment = 0;
    assert_int_equal(check(), 0);
    b.segment[BUILDER_TEXT].alignment = 1;
    assert_int_equal(check(), 0);
}

static void test_entry_outside_code_or_unaligned_is_refused(void **state)
{
    static const uint64_t entries[] = {
        0,
        BUILDER_LINK + BUILDER_TEXT_AT + 2,
        BUILDER_LINK + BUILDER_TEXT_AT - 4,
        BUILDER_LINK + BUILDER_TEXT_AT + 0x800, /* the segment's end */
        BUILDER_LINK + BUILDER_CONSTANTS_AT,
        BUILDER_LINK + BUILDER_DATA_AT,
        UINT64_MAX - 3,
    };

    (void)state;
    for (size_t i = 0; i < sizeof entries / sizeof entries[0]; i++) {
        b.header->entry = entries[i];
        refused(ERROR_CORRUPT, "is unaligned or in no executable segment");
    }
    b.header->entry = BUILDER_LINK + BUILDER_TEXT_AT + 0x7fc;
    assert_int_equal(check(), 0);
    /* Memory behind the file's bytes is zero: no code. */
    b.segment[BUILDER_TEXT].file_bytes = 0x400;
    refused(ERROR_CORRUPT, "entry 0x2017fc");
}

static void test_file_for_another_machine_is_refused(void **state)
{
    (void)state;
    b.header->class_bits = 1;
    refused(ERROR_UNSUPPORTED, "class is 1");
    b.header->byte_order = 2;
    refused(ERROR_UNSUPPORTED, "byte order is 2");
    b.header->ident_version = 0;
    refused(ERROR_UNSUPPORTED, "version is 0/1");
    b.header->version = 7;
    refused(ERROR_UNSUPPORTED, "version is 1/7");
    b.header->machine = 62;
    refused(ERROR_UNSUPPORTED, "machine is 62");
    b.header->machine = 40;
    refused(ERROR_UNSUPPORTED, "machine is 40");
    b.header->type = 1;
    refused(ERROR_UNSUPPORTED, "type is 1");
    b.header->type = 4;
    refused(ERROR_UNSUPPORTED, "type is 4");
    b.header->os_abi = 3;
    refused(ERROR_UNSUPPORTED, "OS ABI is 3.0");
    b.header->abi_version = 1;
    refused(ERROR_UNSUPPORTED, "OS ABI is 0.1");
    b.header->magic[1] = 'e';
    refused(ERROR_CORRUPT, "7f 65 4c 46");
    memcpy(b.bytes, "<html><h", 8);
    refused(ERROR_CORRUPT, "3c 68 74 6d");
}

static void test_writable_and_executable_segment_is_refused(void **state)
{
    (void)state;
    b.segment[BUILDER_TEXT].flags |= ELF_WRITE;
    refused(ERROR_UNSUPPORTED, "segment 0 at 0x201000 is writable and executable");
    b.segment[BUILDER_DATA].flags = ELF_WRITE | ELF_EXECUTE;
    refused(ERROR_UNSUPPORTED, "segment 2");
}

static void test_relocation_of_another_type_is_refused(void **state)
{
    (void)state;
    b.rela[1].info = 257; /* R_AARCH64_ABS64 */
    refused(ERROR_UNSUPPORTED, "relocation 1 has type 257, symbol 0");
    b.rela[0].info = (uint64_t)5 << 32 | 1025; /* GLOB_DAT of a symbol */
    refused(ERROR_UNSUPPORTED, "relocation 0 has type 1025, symbol 5");
    b.rela[2].info = (uint64_t)1 << 32 | ELF_RELOCATION_RELATIVE;
    refused(ERROR_UNSUPPORTED, "relocation 2 has type 1027, symbol 1");
    b.rela[2].info = 1032; /* IRELATIVE */
    refused(ERROR_UNSUPPORTED, "1032");
    b.rela[1].info = ELF_RELOCATION_NONE;
    b.rela[1].offset = UINT64_MAX; /* unused, so no matter */
    assert_int_equal(check(), 0);
}

static void test_relocation_outside_the_image_is_refused(void **state)
{
    static const uint64_t bad[] = {
        0,
        BUILDER_LINK,                           /* below the first page */
        BUILDER_LINK + BUILDER_TEXT_AT + 0x800, /* a gap */
        BUILDER_LINK + BUILDER_CONSTANTS_AT - 8,
        BUILDER_LINK + BUILDER_DATA_AT + BUILDER_DATA_BYTES + BUILDER_BSS_BYTES,
        BUILDER_LINK + BUILDER_DATA_AT + BUILDER_DATA_BYTES + BUILDER_BSS_BYTES - 7,
        UINT64_MAX - 7,
        UINT64_MAX,
    };

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        b.rela[1].offset = bad[i];
        refused(ERROR_CORRUPT, "is outside every segment");
    }
    b.rela[0].offset = BUILDER_LINK + BUILDER_TEXT_AT;
    refused(ERROR_UNSUPPORTED, "relocation 0 at 0x201000 is unaligned, code or sealed");
    b.rela[0].offset = BUILDER_LINK + BUILDER_DATA_AT + 4;
    refused(ERROR_UNSUPPORTED, "0x203004");
    /* The last word of the zeroed part is fine, and constants are. */
    b.rela[0].offset = BUILDER_LINK + BUILDER_DATA_AT + BUILDER_DATA_BYTES + BUILDER_BSS_BYTES - 8;
    b.rela[1].offset = BUILDER_LINK + BUILDER_CONSTANTS_AT;
    assert_int_equal(check(), 0);
}

static void test_relocation_table_that_does_not_hold_is_refused(void **state)
{
    (void)state;
    b.dynamic[1].value = 23;
    refused(ERROR_CORRUPT, "DT_RELASZ is 23");
    b.dynamic[1].value = UINT64_MAX / 24 * 24;
    refused(ERROR_CORRUPT, "are not in the file");
    b.dynamic[1].value = 24 * 100;
    refused(ERROR_CORRUPT, "DT_RELA: 0x960 bytes at 0x202100");
    b.dynamic[2].value = 16;
    refused(ERROR_CORRUPT, "DT_RELAENT is 16");
    b.dynamic[0].value = 0;
    refused(ERROR_CORRUPT, "at 0x0 are not in the file");
    b.dynamic[0].value = UINT64_MAX - 8;
    refused(ERROR_CORRUPT, "0xfffffffffffffff7");
    /* In memory, but in the part that is zeroed and not in the file. */
    b.dynamic[0].value = BUILDER_LINK + BUILDER_DATA_AT + BUILDER_DATA_BYTES - 24;
    refused(ERROR_CORRUPT, "0x48 bytes at 0x2031e8");
    b.segment[BUILDER_DYNAMIC].file_bytes = 63;
    refused(ERROR_CORRUPT, "PT_DYNAMIC of 0x3f bytes has no end");
    b.dynamic[3].tag = 0x6ffffffb;
    refused(ERROR_CORRUPT, "no end");
}

static void test_file_that_wants_a_dynamic_linker_is_refused(void **state)
{
    static const uint64_t tags[] = {1, 17, 22, 2, 35};

    (void)state;
    for (size_t i = 0; i < sizeof tags / sizeof tags[0]; i++) {
        b.dynamic[2] = (struct elf_dynamic){tags[i], 0x18};
        refused(ERROR_UNSUPPORTED, "(value 0x18) asks for a dynamic linker");
    }
    b.dynamic[2] = (struct elf_dynamic){ELF_DYNAMIC_RELR_BYTES, 0};
    assert_int_equal(check(), 0);
}

static void test_interpreter_and_thread_storage_and_second_dynamic_table_are_refused(void **state)
{
    (void)state;
    b.segment[BUILDER_NOTE].type = ELF_SEGMENT_INTERPRETER;
    refused(ERROR_UNSUPPORTED, "program header 4 asks for an interpreter");
    b.segment[BUILDER_NOTE].type = ELF_SEGMENT_TLS;
    refused(ERROR_UNSUPPORTED, "program header 4 asks for thread-local storage");
    b.segment[BUILDER_NOTE].type = ELF_SEGMENT_DYNAMIC;
    refused(ERROR_CORRUPT, "program headers 3 and 4 are both PT_DYNAMIC");
}

static void test_note_whose_sizes_wrap_is_refused(void **state)
{
    static const uint32_t sizes[] = {0xffffffff, 0xfffffffd, 0xfffffff4, 0x80000000, 200};

    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        memcpy(b.note, &sizes[i], 4);
        refused(ERROR_CORRUPT, "the note at 0x2300, 0x70 bytes aligned to 8, is damaged");
        memcpy(b.note + 4, &sizes[i], 4);
        refused(ERROR_CORRUPT, "is damaged");
    }
    b.segment[BUILDER_NOTE].alignment = 16;
    refused(ERROR_CORRUPT, "aligned to 16");
    b.segment[BUILDER_NOTE].file_bytes = 11;
    refused(ERROR_CORRUPT, "0xb bytes");
    b.segment[5] = b.segment[BUILDER_NOTE];
    b.header->program_header_count = 6;
    refused(ERROR_CORRUPT, "program header 5 is a second pilotlight note");
}

static void test_file_cut_off_anywhere_is_refused(void **state)
{
    (void)state;
    for (size_t length = 0; length < b.length; length += length < 0x400 ? 1 : 61) {
        int status = check_length(length);

        assert_true(status == ERROR_CORRUPT || status == ERROR_UNSUPPORTED);
        assert_true(reason[0] != '\0');
    }
    assert_int_equal(check_length(b.length - 1), ERROR_CORRUPT);
    assert_non_null(strstr(reason, "cut off: section headers at 0x3200, the file ends at 12863"));
    assert_int_equal(check_length(BUILDER_DATA_AT + 1), ERROR_CORRUPT);
    assert_non_null(strstr(reason, "cut off"));
    assert_int_equal(check_length(63), ERROR_CORRUPT);
    assert_non_null(strstr(reason, "63 bytes are too few"));
}

static void test_address_that_wraps_with_its_size_is_refused(void **state)
{
    (void)state;
    b.segment[BUILDER_DATA].virtual_address = UINT64_MAX - 0xfff;
    refused(ERROR_CORRUPT, "segment 2: 0x2000 bytes at 0xfffffffffffff000 are beyond any memory");
    b.segment[BUILDER_DATA].virtual_address = UINT64_MAX - 0x2fff;
    b.segment[BUILDER_DATA].alignment = 1;
    refused(ERROR_CORRUPT, "beyond any memory");
    b.segment[BUILDER_TEXT].virtual_address = UINT64_MAX - 0xffffffff;
    refused(ERROR_CORRUPT, "segment 0");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_file_without_anything_to_load_is_refused, setup),
        cmocka_unit_test_setup(test_program_header_table_that_does_not_fit_is_refused, setup),
        cmocka_unit_test_setup(test_segment_beyond_the_file_is_refused, setup),
        cmocka_unit_test_setup(test_segment_with_more_file_than_memory_is_refused, setup),
        cmocka_unit_test_setup(test_segment_larger_than_any_memory_is_refused, setup),
        cmocka_unit_test_setup(test_segments_on_one_page_or_out_of_order_are_refused, setup),
        cmocka_unit_test_setup(test_alignment_that_makes_no_sense_is_refused, setup),
        cmocka_unit_test_setup(test_entry_outside_code_or_unaligned_is_refused, setup),
        cmocka_unit_test_setup(test_file_for_another_machine_is_refused, setup),
        cmocka_unit_test_setup(test_writable_and_executable_segment_is_refused, setup),
        cmocka_unit_test_setup(test_relocation_of_another_type_is_refused, setup),
        cmocka_unit_test_setup(test_relocation_outside_the_image_is_refused, setup),
        cmocka_unit_test_setup(test_relocation_table_that_does_not_hold_is_refused, setup),
        cmocka_unit_test_setup(test_file_that_wants_a_dynamic_linker_is_refused, setup),
        cmocka_unit_test_setup(
            test_interpreter_and_thread_storage_and_second_dynamic_table_are_refused, setup),
        cmocka_unit_test_setup(test_note_whose_sizes_wrap_is_refused, setup),
        cmocka_unit_test_setup(test_file_cut_off_anywhere_is_refused, setup),
        cmocka_unit_test_setup(test_address_that_wraps_with_its_size_is_refused, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
