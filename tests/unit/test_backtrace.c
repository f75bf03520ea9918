/*
 * backtrace: the chain is followed as far as it is sound, and nothing is read that may not be.
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

#include "backtrace.h"

#define WORDS    65 /* an odd number: half a record at the end */
#define CAPACITY 8
#define CODE     UINT64_C(0x200000) /* the service's, as far as readable() says */
#define CODE_END UINT64_C(0x210000)

/* Of its own size, so that the sanitizer sees a read beside it. */
static uint64_t *stack;
static uint64_t calls[CAPACITY + 1];

static int setup(void **state)
{
    (void)state;
    assert_int_equal(posix_memalign((void **)&stack, 16, WORDS * sizeof *stack), 0);
    memset(stack, 0, WORDS * sizeof *stack);
    memset(calls, 0x5e, sizeof calls);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    free(stack);
    return 0;
}

static bool readable(uint64_t address, uint64_t bytes)
{
    const uint64_t first = (uintptr_t)stack, last = (uintptr_t)(stack + WORDS);

    return (address >= first && address < last && bytes <= last - address) ||
           (address >= CODE && address < CODE_END && bytes <= CODE_END - address);
}

static uint64_t at(unsigned index)
{
    return (uintptr_t)(stack + index);
}

/* A record at a word of the stack; returns its address. */
static uint64_t put(unsigned index, uint64_t caller, uint64_t return_address)
{
    stack[index] = caller;
    stack[index + 1] = return_address;
    return at(index);
}

static unsigned follow(uint64_t frame_pointer)
{
    unsigned count = backtrace_follow(frame_pointer, readable, calls, CAPACITY);

    assert_true(count <= CAPACITY);
    assert_int_equal(calls[CAPACITY], UINT64_C(0x5e5e5e5e5e5e5e5e));
    return count;
}

static void test_chain_gives_the_calls_innermost_first(void **state)
{
    (void)state;
    put(20, 0, CODE + 0x300);
    put(8, at(20), CODE + 0x200);
    assert_int_equal(follow(put(2, at(8), CODE + 0x100)), 3);
    assert_int_equal(calls[0], CODE + 0xfc);
    assert_int_equal(calls[1], CODE + 0x1fc);
    assert_int_equal(calls[2], CODE + 0x2fc);
}

static void test_chain_ends_at_a_return_address_of_zero(void **state)
{
    (void)state;
    put(8, 0, 0);
    assert_int_equal(follow(put(2, at(8), CODE + 0x100)), 1);
}

static void test_frame_pointer_that_is_none_gives_nothing(void **state)
{
    (void)state;
    put(0, 0, CODE + 0x100);
    assert_int_equal(follow(at(0)), 1);
    assert_int_equal(follow(0), 0);
    assert_int_equal(follow(put(3, 0, CODE + 0x100)), 0);
    assert_int_equal(follow(at(WORDS - 1)), 0);
    assert_int_equal(follow(at(0) - 16), 0);
    assert_int_equal(follow(at(WORDS)), 0);
    assert_int_equal(follow(UINT64_MAX), 0);
    assert_int_equal(follow(UINT64_MAX - 15), 0);
    assert_int_equal(follow(16), 0);
}

static void test_records_at_the_ends_of_the_stack_are_read(void **state)
{
    (void)state;
    put(WORDS - 3, at(WORDS), CODE + 0x200);
    assert_int_equal(follow(put(0, at(WORDS - 3), CODE + 0x100)), 2);
}

static void test_chain_that_goes_back_or_stands_still_ends(void **state)
{
    (void)state;
    put(2, at(8), CODE + 0x100);
    put(8, at(2), CODE + 0x200);
    assert_int_equal(follow(at(2)), 2);
    assert_int_equal(follow(put(8, at(8), CODE + 0x200)), 1);
}

static void test_return_address_that_is_no_code_ends_the_chain(void **state)
{
    static const uint64_t none[] = {1,
                                    2,
                                    3,
                                    4,
                                    CODE,
                                    CODE + 2,
                                    CODE + 0x101,
                                    CODE_END + 4,
                                    CODE_END + 8,
                                    0xffffffff,
                                    UINT64_MAX,
                                    UINT64_MAX - 3};

    (void)state;
    put(8, 0, CODE + 0x200);
    for (unsigned i = 0; i < sizeof none / sizeof *none; i++)
        assert_int_equal(follow(put(2, at(8), none[i])), 0);
    assert_int_equal(follow(put(2, at(8), CODE + 4)), 2);
    assert_int_equal(follow(put(2, at(8), CODE_END)), 2);
}

static void test_long_chain_is_cut_to_the_room(void **state)
{
    (void)state;
    for (unsigned i = 0; i + 1 < WORDS; i += 2)
        put(i, at(i + 2), CODE + 0x100 + 4 * i);
    assert_int_equal(follow(at(0)), CAPACITY);
    assert_int_equal(calls[CAPACITY - 1], CODE + 0xfc + 8 * (CAPACITY - 1));
    assert_int_equal(backtrace_follow(at(0), readable, calls, 0), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_chain_gives_the_calls_innermost_first, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_chain_ends_at_a_return_address_of_zero, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_frame_pointer_that_is_none_gives_nothing, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_records_at_the_ends_of_the_stack_are_read, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_chain_that_goes_back_or_stands_still_ends, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_return_address_that_is_no_code_ends_the_chain, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_long_chain_is_cut_to_the_room, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
