/*
 * image_accept: an image gets what its note asks for, or one sentence.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "error.h"
#include "image_accept.h"

static struct elf_image image;
static char reason[ELF_REASON_BYTES + 1];

static int setup(void **state)
{
    (void)state;
    image = (struct elf_image){
        .has_note = true, .bytes = 0x10000, .note = {.abi = IMAGE_NOTE_ABI, .name = "hello"}};
    memset(reason, 0x7e, sizeof reason);
    return 0;
}

static void refused(uint64_t free_bytes, int status, const char *text)
{
    assert_int_equal(image_accept(&image, free_bytes, reason), status);
    assert_string_equal(reason, text);
    assert_int_equal(reason[ELF_REASON_BYTES], 0x7e);
}

static void test_an_image_that_asks_for_little_is_accepted(void **state)
{
    (void)state;
    assert_int_equal(image_accept(&image, 0x100000, reason), 0);
    image.note.required_features = IMAGE_FEATURE_NETWORK | IMAGE_FEATURE_CARD | IMAGE_FEATURE_GUARD;
    assert_int_equal(image_accept(&image, 0x100000, reason), 0);
}

static void test_an_elf_file_without_our_note_is_not_a_service(void **state)
{
    (void)state;
    image.has_note = false;
    refused(UINT64_MAX, ERROR_UNSUPPORTED, "it has no pilotlight note: not a service");
}

static void test_another_abi_is_named_with_ours(void **state)
{
    (void)state;
    image.note.abi = 0;
    refused(UINT64_MAX, ERROR_UNSUPPORTED, "it is built for ABI 0, this loader has 1");
    image.note.abi = UINT32_MAX;
    refused(UINT64_MAX, ERROR_UNSUPPORTED, "it is built for ABI 4294967295, this loader has 1");
}

static void test_only_the_missing_features_are_named(void **state)
{
    (void)state;
    image.note.required_features = IMAGE_FEATURE_NETWORK | 8;
    refused(UINT64_MAX, ERROR_UNSUPPORTED, "it requires features 0x8 that this loader lacks");
    image.note.required_features = 0x80000000;
    refused(UINT64_MAX, ERROR_UNSUPPORTED,
            "it requires features 0x80000000 that this loader lacks");
}

static void test_image_and_heap_must_fit_together(void **state)
{
    (void)state;
    image.note.heap_bytes = 0x90000;
    assert_int_equal(image_accept(&image, 0xa0000, reason), 0);
    refused(0x9ffff, ERROR_NO_MEMORY, "it wants 65536 bytes and a heap of 589824, 655359 are free");
    image.note.heap_bytes = 0;
    assert_int_equal(image_accept(&image, 0x10000, reason), 0);
    refused(0xffff, ERROR_NO_MEMORY, "it wants 65536 bytes and a heap of 0, 65535 are free");
}

static void test_sizes_that_would_wrap_are_too_much(void **state)
{
    (void)state;
    image.note.heap_bytes = UINT64_MAX; /* + 0x10000 is 0xffff */
    refused(0x20000, ERROR_NO_MEMORY,
            "it wants 65536 bytes and a heap of 18446744073709551615, 131072 are free");
    image.bytes = UINT64_MAX; /* the longest sentence there is */
    refused(UINT64_MAX - 1, ERROR_NO_MEMORY,
            "it wants 18446744073709551615 bytes and a heap of 18446744073709551615, "
            "18446744073709551614 are free");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_an_image_that_asks_for_little_is_accepted, setup),
        cmocka_unit_test_setup(test_an_elf_file_without_our_note_is_not_a_service, setup),
        cmocka_unit_test_setup(test_another_abi_is_named_with_ours, setup),
        cmocka_unit_test_setup(test_only_the_missing_features_are_named, setup),
        cmocka_unit_test_setup(test_image_and_heap_must_fit_together, setup),
        cmocka_unit_test_setup(test_sizes_that_would_wrap_are_too_much, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
