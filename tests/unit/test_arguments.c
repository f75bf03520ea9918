/*
 * test_arguments: a service's argv from the boot-info block and from bootargs.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "arguments.h"
#include "error.h"

static const char *argv[ARGUMENTS_MAX + 1];

static int set_up(void **state)
{
    (void)state;
    for (int i = 0; i <= ARGUMENTS_MAX; i++)
        argv[i] = "untouched";
    argv[0] = "name";
    return 0;
}

static void assert_arguments(int argc, const char *first, const char *last)
{
    assert_string_equal(argv[0], "name");
    assert_null(argv[argc]);
    if (argc > 1) {
        assert_string_equal(argv[1], first);
        assert_string_equal(argv[argc - 1], last);
    }
}

/* From a copy of exactly the bytes, so that a read past them is seen. */
static int from_list(const void *bytes, size_t length)
{
    static char *copy;

    free(copy);
    copy = malloc(length ? length : 1);
    memcpy(copy, bytes, length);
    return arguments_from_list(argv, copy, length);
}

static void test_strings_of_a_list_become_arguments(void **state)
{
    (void)state;
    assert_int_equal(from_list("10000\0two words", 16), 3);
    assert_arguments(3, "10000", "two words");
}

static void test_empty_strings_are_arguments_too(void **state)
{
    (void)state;
    assert_int_equal(from_list("\0\0", 2), 3);
    assert_arguments(3, "", "");
}

static void test_no_strings_leave_only_the_name(void **state)
{
    (void)state;
    assert_int_equal(from_list("", 0), 1);
    assert_arguments(1, NULL, NULL);
}

static void test_a_last_string_that_does_not_end_is_corrupt(void **state)
{
    (void)state;
    assert_int_equal(from_list("one\0two", 7), ERROR_CORRUPT);
    assert_arguments(1, NULL, NULL);
    assert_int_equal(from_list("x", 1), ERROR_CORRUPT);
    assert_arguments(1, NULL, NULL);
}

static void test_the_most_arguments_fit_and_one_more_is_refused(void **state)
{
    static const char zeros[ARGUMENTS_MAX];

    (void)state;
    assert_int_equal(from_list(zeros, ARGUMENTS_MAX - 1), ARGUMENTS_MAX);
    assert_arguments(ARGUMENTS_MAX, "", "");
    assert_int_equal(from_list(zeros, ARGUMENTS_MAX), ERROR_TOO_LARGE);
    assert_arguments(1, NULL, NULL);
}

static int from_bootargs(const char *text)
{
    static char *copy;

    free(copy);
    copy = malloc(strlen(text) + 1);
    strcpy(copy, text);
    return arguments_from_bootargs(argv, copy);
}

static void test_double_quotes_group_words(void **state)
{
    (void)state;
    assert_int_equal(from_bootargs("a=\"-- x\" -- \"two words\" \"\""), 3);
    assert_arguments(3, "two words", "");
    assert_int_equal(from_bootargs("-- in\"si\"de \"open to the end"), 3);
    assert_arguments(3, "inside", "open to the end");
}

static void test_words_behind_two_dashes_are_the_services(void **state)
{
    (void)state;
    assert_int_equal(from_bootargs("console=ttyAMA0 root=/dev/sda -- 500 -v"), 3);
    assert_arguments(3, "500", "-v");
    assert_int_equal(from_bootargs("-- one"), 2);
    assert_arguments(2, "one", "one");
    assert_int_equal(from_bootargs("--   one   two \n"), 3);
    assert_arguments(3, "one", "two");
}

static void test_the_firmwares_words_are_not_the_services(void **state)
{
    static const char *const lines[] = {
        "", "   ", "console=ttyAMA0", "a --b c", "a b--", "x ---", "a --", "--",
    };

    (void)state;
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        assert_int_equal(from_bootargs(lines[i]), 1);
        assert_arguments(1, NULL, NULL);
    }
}

static void test_two_dashes_among_the_services_words_are_a_word(void **state)
{
    (void)state;
    assert_int_equal(from_bootargs("-- a -- b"), 4);
    assert_arguments(4, "a", "b");
    assert_string_equal(argv[2], "--");
}

static void test_too_many_words_are_refused(void **state)
{
    char text[3 + 2 * ARGUMENTS_MAX + 1] = "-- ";

    (void)state;
    for (int i = 0; i < ARGUMENTS_MAX - 1; i++)
        strcat(text, "w ");
    assert_int_equal(from_bootargs(text), ARGUMENTS_MAX);
    assert_arguments(ARGUMENTS_MAX, "w", "w");
    strcat(text, "w");
    assert_int_equal(from_bootargs(text), ERROR_TOO_LARGE);
    assert_arguments(1, NULL, NULL);
}

static int tear_down(void **state)
{
    (void)state;
    from_list("", 0);
    from_bootargs("");
    return 0;
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, set_up)
    const struct CMUnitTest tests[] = {
        TEST(test_strings_of_a_list_become_arguments),
        TEST(test_empty_strings_are_arguments_too),
        TEST(test_no_strings_leave_only_the_name),
        TEST(test_a_last_string_that_does_not_end_is_corrupt),
        TEST(test_the_most_arguments_fit_and_one_more_is_refused),
        TEST(test_double_quotes_group_words),
        TEST(test_words_behind_two_dashes_are_the_services),
        TEST(test_the_firmwares_words_are_not_the_services),
        TEST(test_two_dashes_among_the_services_words_are_a_word),
        TEST(test_too_many_words_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, tear_down);
}
