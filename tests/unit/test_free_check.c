/*
 * free_check: a pointer that malloc gave and that is in use can be freed, no other.
 *
 * The heap is an array of words here, with pieces where the tests put them.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "free_check.h"

#define WORD  sizeof(size_t)
#define WORDS 64

static size_t heap[WORDS];
static const struct free_piece *first;

/* Pieces of 8 words from the heap's beginning to its end, all of them in use. */
static int setup(void **state)
{
    (void)state;
    memset(heap, 0, sizeof heap);
    for (unsigned at = 0; at < WORDS; at += 8)
        heap[at] = 8 * WORD;
    first = NULL;
    return 0;
}

/* What lies in front of the other free ones is free from now on. */
static void make_free(unsigned at, unsigned words)
{
    struct free_piece *piece = (struct free_piece *)&heap[at];

    *piece = (struct free_piece){words * WORD, first};
    first = piece;
}

static const char *check(const void *pointer)
{
    return free_check(first, (uintptr_t)heap, (uintptr_t)(heap + WORDS), pointer);
}

static void test_a_piece_in_use_can_be_freed_wherever_it_lies(void **state)
{
    (void)state;
    assert_null(check(heap + 1));
    assert_null(check(heap + WORDS - 7));
    make_free(40, 8);
    make_free(8, 16);
    for (unsigned at = 0; at < WORDS; at += 8)
        if (at != 40 && at != 8 && at != 16)
            assert_null(check(heap + at + 1));
}

static void test_what_is_free_is_not_freed_again(void **state)
{
    (void)state;
    make_free(56, 8);
    make_free(24, 16);
    make_free(8, 8);
    assert_string_equal(check(heap + 57), "the pointer is not free already");
    assert_string_equal(check(heap + 25), "the pointer is not free already");
    assert_string_equal(check(heap + 33), "the pointer is not free already"); /* joined */
    assert_string_equal(check(heap + 9), "the pointer is not free already");
}

static void test_what_malloc_did_not_give_is_not_freed(void **state)
{
    static const char wrong[] = "the pointer is one that malloc gave";
    size_t elsewhere[2] = {64, 0};

    (void)state;
    assert_string_equal(check(elsewhere + 1), wrong);
    assert_string_equal(check(heap), wrong); /* there is no room for a length */
    assert_string_equal(check(heap + WORDS), wrong);
    assert_string_equal(check((char *)heap + 12), wrong);
    assert_string_equal(check((void *)UINTPTR_MAX), wrong);
    assert_string_equal(check((void *)8), wrong);
}

static void test_a_heap_without_memory_has_given_nothing(void **state)
{
    (void)state;
    assert_non_null(free_check(NULL, (uintptr_t)heap, (uintptr_t)heap, heap + 1));
    assert_non_null(free_check(NULL, 0, 0, heap + 1));
}

static void test_a_length_that_can_not_be_one_is_noticed(void **state)
{
    static const char wrong[] = "the length before the pointer is whole";
    static const size_t bad[] = {0, WORD, 8 * WORD + 1, 0x6161616161616161, SIZE_MAX & ~7ul};

    (void)state;
    for (unsigned i = 0; i < sizeof bad / sizeof *bad; i++) {
        heap[16] = bad[i];
        assert_string_equal(check(heap + 17), wrong);
    }
    heap[16] = (WORDS - 16) * WORD;
    assert_null(check(heap + 17));
    heap[16] += WORD; /* beyond the heap */
    assert_string_equal(check(heap + 17), wrong);
    heap[16] = 2 * WORD; /* the smallest */
    assert_null(check(heap + 17));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_a_piece_in_use_can_be_freed_wherever_it_lies, setup),
        cmocka_unit_test_setup(test_what_is_free_is_not_freed_again, setup),
        cmocka_unit_test_setup(test_what_malloc_did_not_give_is_not_freed, setup),
        cmocka_unit_test_setup(test_a_heap_without_memory_has_given_nothing, setup),
        cmocka_unit_test_setup(test_a_length_that_can_not_be_one_is_noticed, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
