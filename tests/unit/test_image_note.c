/*
 * image_note: found among others, refused when its sizes or strings do not hold.
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

#include "error.h"
#include "image_note.h"

static uint8_t notes[1024];
static size_t length;
static struct image_note found;

static const struct image_note ours = {.abi = IMAGE_NOTE_ABI,
                                       .required_features = IMAGE_FEATURE_NETWORK,
                                       .security_counter = 7,
                                       .stack_bytes = 65536,
                                       .heap_bytes = 1 << 20,
                                       .name = "dns",
                                       .version = "1.4.2",
                                       .confirm_s = 10};

static int setup(void **state)
{
    (void)state;
    memset(notes, 0, sizeof notes);
    memset(&found, 0xee, sizeof found);
    length = 0;
    return 0;
}

/* Adds a note; returns where it begins. */
static uint8_t *add(const char *name, size_t name_bytes, uint32_t type, const void *descriptor,
                    size_t descriptor_bytes, size_t alignment)
{
    uint8_t *at = notes + length;
    uint32_t header[3] = {(uint32_t)name_bytes, (uint32_t)descriptor_bytes, type};
    size_t descriptor_at = (12 + name_bytes + alignment - 1) & ~(alignment - 1);

    memcpy(at, header, sizeof header);
    memcpy(at + 12, name, name_bytes);
    memcpy(at + descriptor_at, descriptor, descriptor_bytes);
    length += (descriptor_at + descriptor_bytes + alignment - 1) & ~(alignment - 1);
    return at;
}

static uint8_t *add_ours(const struct image_note *note, size_t alignment)
{
    return add(IMAGE_NOTE_NAME, sizeof IMAGE_NOTE_NAME, IMAGE_NOTE_TYPE, note, sizeof *note,
               alignment);
}

/* Searches a heap block of exactly the bytes there are. */
static int find(size_t bytes, size_t alignment)
{
    uint8_t *copy = malloc(bytes + 1);
    int status;

    memcpy(copy + 1, notes, bytes); /* at an odd address, too */
    status = image_note_find(copy + 1, bytes, alignment, &found);
    free(copy);
    return status;
}

static void test_note_is_found_and_copied(void **state)
{
    (void)state;
    add_ours(&ours, 4);
    assert_int_equal(find(length, 4), 0);
    assert_memory_equal(&found, &ours, sizeof ours);
}

static void test_note_is_found_behind_others_with_alignment_four_and_eight(void **state)
{
    (void)state;
    add("GNU", 4, 5, "0123456789abcdef", 16, 8);
    add("pilotlight", 11, 2, &ours, 4, 8); /* our name, another type */
    add("pilotlighd", 11, 1, &ours, sizeof ours, 8);
    add("", 0, 0, "", 0, 8);
    add_ours(&ours, 8);
    assert_int_equal(find(length, 8), 0);
    assert_string_equal(found.name, "dns");
    setup(NULL);
    add("GNU", 4, 3, "12345", 5, 4);
    add_ours(&ours, 4);
    assert_int_equal(find(length, 4), 0);
    assert_string_equal(found.version, "1.4.2");
}

static void test_no_note_is_told_apart_from_a_bad_one(void **state)
{
    (void)state;
    assert_int_equal(find(0, 4), ERROR_ABSENT);
    add("GNU", 4, 3, "0123", 4, 4);
    assert_int_equal(find(length, 4), ERROR_ABSENT);
    assert_int_equal(find(length, 0), ERROR_INVALID);
    assert_int_equal(find(length, 5), ERROR_INVALID);
    assert_int_equal(find(length, 16), ERROR_INVALID);
}

static void test_sizes_beyond_the_end_are_refused(void **state)
{
    static const uint32_t sizes[] = {0xffffffff, 0xfffffffe, 0xfffffffc, 0xfffffff5,
                                     0xfffffff4, 0x80000000, 0x7fffffff, 1000};

    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        for (size_t field = 0; field < 8; field += 4) {
            setup(NULL);
            memcpy(add_ours(&ours, 4) + field, &sizes[i], 4);
            assert_int_equal(find(length, 4), ERROR_CORRUPT);
            assert_int_equal(find(length, 8), ERROR_CORRUPT);
        }
    }
    /* Both at once add up to a small number in 32 bits. */
    setup(NULL);
    memset(add_ours(&ours, 4), 0xff, 8);
    assert_int_equal(find(length, 4), ERROR_CORRUPT);
}

static void test_note_cut_off_anywhere_is_refused(void **state)
{
    (void)state;
    add_ours(&ours, 4);
    for (size_t bytes = 1; bytes < 24 + sizeof ours; bytes++)
        assert_int_equal(find(bytes, 4), ERROR_CORRUPT);
}

static void test_padding_after_the_last_note_may_be_missing(void **state)
{
    (void)state;
    add("GNU", 4, 3, "12345", 5, 4);
    assert_int_equal(find(12 + 4 + 5, 4), ERROR_ABSENT);
    setup(NULL);
    add("", 0, 7, "", 0, 4); /* a header and nothing else */
    assert_int_equal(length, 12);
    assert_int_equal(find(12, 4), ERROR_ABSENT);
}

static void test_short_descriptor_is_refused(void **state)
{
    (void)state;
    for (size_t bytes = 0; bytes < IMAGE_NOTE_MIN_BYTES; bytes++) {
        setup(NULL);
        add(IMAGE_NOTE_NAME, sizeof IMAGE_NOTE_NAME, IMAGE_NOTE_TYPE, &ours, bytes, 4);
        assert_int_equal(find(length, 4), ERROR_CORRUPT);
    }
}

static void test_note_of_before_confirm_s_ends_in_zeros(void **state)
{
    (void)state;
    assert_int_equal(IMAGE_NOTE_MIN_BYTES, offsetof(struct image_note, confirm_s));
    add(IMAGE_NOTE_NAME, sizeof IMAGE_NOTE_NAME, IMAGE_NOTE_TYPE, &ours, IMAGE_NOTE_MIN_BYTES, 4);
    /* What follows is another note and no part of this one. */
    add("\xff\xff\xff", 4, 0xffffffff, "\xff\xff\xff\xff", 4, 4);
    assert_int_equal(find(length, 4), 0);
    assert_memory_equal(&found, &ours, IMAGE_NOTE_MIN_BYTES);
    assert_int_equal(found.confirm_s, 0);
    assert_int_equal(found.reserved, 0);
}

static void test_longer_descriptor_is_cut(void **state)
{
    uint8_t longer[sizeof ours + 16];

    (void)state;
    memset(longer, 0x77, sizeof longer);
    memcpy(longer, &ours, sizeof ours);
    add(IMAGE_NOTE_NAME, sizeof IMAGE_NOTE_NAME, IMAGE_NOTE_TYPE, longer, sizeof longer, 4);
    assert_int_equal(find(length, 4), 0);
    assert_memory_equal(&found, &ours, sizeof ours);
}

static void test_names_that_are_not_allowed_are_refused(void **state)
{
    static const char *const names[] = {"",         "Dns", "dns service", "../dns", "dns\n",
                                        "d\033[2J", "a`",  "a{",          "a/",     "a:"};
    struct image_note note = ours;

    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        setup(NULL);
        memset(note.name, 0, sizeof note.name);
        strcpy(note.name, names[i]);
        add_ours(&note, 4);
        assert_int_equal(find(length, 4), ERROR_CORRUPT);
    }
    setup(NULL);
    memset(note.name, 'a', sizeof note.name); /* not terminated */
    add_ours(&note, 4);
    assert_int_equal(find(length, 4), ERROR_CORRUPT);
    setup(NULL);
    memset(note.name, 0, sizeof note.name);
    strcpy(note.name, "az-09");
    memcpy(note.version, " ~", 3);
    add_ours(&note, 4);
    assert_int_equal(find(length, 4), 0);
    setup(NULL);
    memset(note.name, 'a', sizeof note.name);
    note.name[31] = '\0';
    add_ours(&note, 4);
    assert_int_equal(find(length, 4), 0);
}

static void test_versions_that_are_not_printable_or_terminated_are_refused(void **state)
{
    struct image_note note = ours;

    (void)state;
    note.version[1] = 27;
    add_ours(&note, 4);
    assert_int_equal(find(length, 4), ERROR_CORRUPT);
    setup(NULL);
    memset(note.version, '9', sizeof note.version);
    add_ours(&note, 4);
    assert_int_equal(find(length, 4), ERROR_CORRUPT);
    setup(NULL);
    memset(note.version, 0, sizeof note.version);
    add_ours(&note, 4);
    assert_int_equal(find(length, 4), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_note_is_found_and_copied, setup),
        cmocka_unit_test_setup(test_note_is_found_behind_others_with_alignment_four_and_eight,
                               setup),
        cmocka_unit_test_setup(test_no_note_is_told_apart_from_a_bad_one, setup),
        cmocka_unit_test_setup(test_sizes_beyond_the_end_are_refused, setup),
        cmocka_unit_test_setup(test_note_cut_off_anywhere_is_refused, setup),
        cmocka_unit_test_setup(test_padding_after_the_last_note_may_be_missing, setup),
        cmocka_unit_test_setup(test_short_descriptor_is_refused, setup),
        cmocka_unit_test_setup(test_note_of_before_confirm_s_ends_in_zeros, setup),
        cmocka_unit_test_setup(test_longer_descriptor_is_cut, setup),
        cmocka_unit_test_setup(test_names_that_are_not_allowed_are_refused, setup),
        cmocka_unit_test_setup(test_versions_that_are_not_printable_or_terminated_are_refused,
                               setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
