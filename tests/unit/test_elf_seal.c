/*
 * elf_seal: a bit that flipped in code or constants is found, and nothing else is.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "elf.h"
#include "elf_builder.h"
#include "error.h"

static struct elf_builder b;
static struct elf_image image;
static char reason[ELF_REASON_BYTES];

static int setup(void **state)
{
    (void)state;
    elf_builder_init(&b);
    return 0;
}

/* From a heap block of exactly the file's size. */
static int check(void)
{
    uint8_t *file = malloc(b.length);
    int status;

    memcpy(file, b.bytes, b.length);
    memset(reason, 0, sizeof reason);
    status = elf_check(file, b.length, &image, reason);
    free(file);
    return status;
}

/* The file is refused with the error, and the sentence holds text; then all is as before. */
static void refused(enum error error, const char *text)
{
    int status = check();

    if (status != (int)error || strstr(reason, text) == NULL)
        fail_msg("wanted %d with \"%s\", got %d with \"%s\"", error, text, status, reason);
    assert_true(strlen(reason) < sizeof reason - 1);
    elf_builder_init(&b);
}

static void test_file_that_is_as_it_was_sealed_is_accepted(void **state)
{
    (void)state;
    elf_builder_seal(&b);
    assert_int_equal(check(), 0);
    assert_int_equal(image.note.read_only_bytes, BUILDER_SEALED);
    /* Neither data nor constants behind the area, nor what is not placed. */
    b.bytes[BUILDER_DATA_AT] ^= 1;
    b.bytes[BUILDER_CONSTANTS_AT + 0x280] ^= 1;
    b.bytes[BUILDER_TEXT_AT + 0x800] ^= 1;
    assert_int_equal(check(), 0);
}

static void test_sealed_memory_that_the_file_does_not_hold_is_zero(void **state)
{
    static uint8_t memory[0x1000]; /* of text and constants */
    struct image_note *note = elf_builder_seal(&b);

    (void)state;
    memset(b.bytes + BUILDER_TEXT_AT + 0x100, 0xee, 0x100);
    b.segment[BUILDER_TEXT].file_bytes = 0x100;
    b.segment[BUILDER_TEXT].memory_bytes = 0xff0;
    memcpy(memory, b.bytes + BUILDER_TEXT_AT, 0x100);
    for (unsigned bytes = 0x100; bytes <= sizeof memory; bytes += 0x3c5) {
        note->read_only_bytes = bytes;
        note->read_only_crc32c = crc32c(0, memory, bytes);
        assert_int_equal(check(), 0);
    }
}

static void test_file_whose_sealed_part_has_changed_is_refused(void **state)
{
    char text[ELF_REASON_BYTES];

    (void)state;
    for (unsigned i = 0; i < BUILDER_SEALED; i += 0x1ff) {
        const struct image_note *note = elf_builder_seal(&b);

        if (i >= 0x800 && i < 0x1000)
            continue; /* between the segments */
        b.bytes[BUILDER_TEXT_AT + i] ^= 0x10;
        snprintf(text, sizeof text,
                 "damaged: CRC-32C of 4608 bytes of code and constants is 0x%08x, its note says "
                 "0x%08x",
                 (unsigned)crc32c(0, b.bytes + BUILDER_TEXT_AT, BUILDER_SEALED),
                 (unsigned)note->read_only_crc32c);
        refused(ERROR_CORRUPT, text);
    }
    elf_builder_seal(&b)->read_only_crc32c ^= 1;
    refused(ERROR_CORRUPT, "damaged: ");
    elf_builder_seal(&b)->read_only_bytes++;
    refused(ERROR_CORRUPT, "damaged: ");
    elf_builder_seal(&b)->read_only_bytes = 0; /* sealed or not, but not half */
    refused(ERROR_CORRUPT, "damaged: CRC-32C of 0 bytes");
}

static void test_seal_that_contradicts_the_file_is_refused(void **state)
{
    (void)state;
    elf_builder_seal(&b)->read_only_bytes = BUILDER_DATA_AT - BUILDER_TEXT_AT + 1;
    memset(b.rela, 0, BUILDER_RELOCATIONS * sizeof *b.rela);
    refused(ERROR_CORRUPT, "its note seals 8193 bytes, the writable segment at 0x203000 among");
    elf_builder_seal(&b)->read_only_bytes = UINT32_MAX;
    memset(b.rela, 0, BUILDER_RELOCATIONS * sizeof *b.rela);
    refused(ERROR_CORRUPT, "its note seals 4294967295 bytes, the image has 16384, the file 12864");
    elf_builder_seal(&b)->read_only_bytes = BUILDER_LENGTH + 1; /* less than the image has */
    memset(b.rela, 0, BUILDER_RELOCATIONS * sizeof *b.rela);
    refused(ERROR_CORRUPT, "its note seals 12865 bytes, the image has 16384, the file 12864");
    /* The kernel would not find what was sealed. */
    b.rela[2].offset = BUILDER_LINK + BUILDER_TEXT_AT + BUILDER_SEALED - 8;
    elf_builder_seal(&b);
    refused(ERROR_UNSUPPORTED, "relocation 2 at 0x2021f8 is unaligned, code or sealed");
    b.rela[2].offset = BUILDER_LINK + BUILDER_TEXT_AT + BUILDER_SEALED;
    elf_builder_seal(&b);
    assert_int_equal(check(), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_file_that_is_as_it_was_sealed_is_accepted, setup),
        cmocka_unit_test_setup(test_sealed_memory_that_the_file_does_not_hold_is_zero, setup),
        cmocka_unit_test_setup(test_file_whose_sealed_part_has_changed_is_refused, setup),
        cmocka_unit_test_setup(test_seal_that_contradicts_the_file_is_refused, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
