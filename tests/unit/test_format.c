/*
 * format: what it writes is what the C library writes.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "format.h"

/* Formats the same with the C library, into every room from none to more than enough. */
__attribute__((format(printf, 1, 2))) static void same(const char *format, ...)
{
    char expected[128], written[128];
    va_list arguments, again;

    va_start(arguments, format);
    va_copy(again, arguments);
    int whole = vsnprintf(expected, sizeof expected, format, again);

    va_end(again);
    assert_in_range(whole, 0, sizeof expected - 2);
    for (size_t room = 0; room <= (size_t)whole + 2; room++) {
        memset(written, '#', sizeof written);
        va_copy(again, arguments);
        assert_int_equal(format_text(written, room, format, again), whole);
        va_end(again);
        if (room > 0) {
            size_t kept = (size_t)whole < room ? (size_t)whole : room - 1;

            assert_memory_equal(written, expected, kept);
            assert_int_equal(written[kept], '\0');
        }
        assert_int_equal(written[room], '#');
    }
    va_end(arguments);
}

static void test_plain_text_is_copied(void **state)
{
    (void)state;
    same("%s", "");
    same("no conversion at all");
    same("100 %% sure");
}

static void test_numbers_of_every_size(void **state)
{
    (void)state;
    same("%u %u %u", 0u, 10u, UINT32_MAX);
    same("%d %d %d %d", 0, -1, INT32_MAX, INT32_MIN);
    same("%lu %lu", 0ul, UINT64_MAX);
    same("%ld %ld", INT64_MIN, INT64_MAX);
    same("%x %lx %zu %zx", 0xabcdef01u, 0xfedcba9876543210ul, (size_t)12345, (size_t)0xbeef);
}

static void test_widths_and_padding(void **state)
{
    (void)state;
    same("[%4u.%06u]", 7u, 12u);
    same("[%4u.%06u]", 123456u, 1234567u);
    same("%02x%02x:%08x %016lx %08lx", 0u, 0xffu, 0x1234u, 0x3f201000ul, UINT64_MAX);
    same("x%-2d|%-2d|%3d|%3d", 1, 12, -1, -1234);
    same("%5s|%-5s|%2s", "ab", "cd", "efg");
}

static void test_a_precision_cuts_a_string_that_need_not_end(void **state)
{
    const char bytes[3] = {'a', 'b', 'c'};

    (void)state;
    same("%.3s", bytes);
    same("%.16s/%.0s", "short", "gone");
}

static void test_arguments_keep_their_order(void **state)
{
    (void)state;
    same("%s %u %lx %s %d", "a", 1u, 2ul, "b", -3);
}

static void unknown(const char *expected, const char *format, ...)
{
    char written[64];
    va_list arguments;

    va_start(arguments, format);
    format_text(written, sizeof written, format, arguments);
    va_end(arguments);
    assert_string_equal(written, expected);
}

static void test_a_conversion_it_lacks_is_copied(void **state)
{
    (void)state;
    unknown("at %o", "at %o", 8);
    unknown("%08.2llq!", "%08.2llq!");
    unknown("ends in %", "ends in %");
    unknown("ends in %-5.3l", "ends in %-5.3l");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plain_text_is_copied),
        cmocka_unit_test(test_numbers_of_every_size),
        cmocka_unit_test(test_widths_and_padding),
        cmocka_unit_test(test_a_precision_cuts_a_string_that_need_not_end),
        cmocka_unit_test(test_arguments_keep_their_order),
        cmocka_unit_test(test_a_conversion_it_lacks_is_copied),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
