/*
 * test_log_split: lines of the log taken apart again, and what is none.
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

#include "log.h"
#include "sim.h"

static struct log_parts parts;

/* The bytes alone, so that reading past them is seen. */
static bool split(const char *line, size_t length)
{
    static char *bytes;

    free(bytes);
    bytes = malloc(length ? length : 1);
    memcpy(bytes, line, length);
    return log_split(bytes, length, &parts);
}

static void expect(const char *line, uint64_t at_us, const char *subject, const char *text)
{
    assert_true(split(line, strlen(line)));
    assert_int_equal(parts.at_us, at_us);
    assert_int_equal(parts.subject_length, strlen(subject));
    assert_memory_equal(parts.subject, subject, parts.subject_length);
    assert_int_equal(parts.text_length, strlen(text));
    assert_memory_equal(parts.text, text, parts.text_length);
}

static void test_a_line_has_its_parts_with_or_without_line_feed(void **state)
{
    (void)state;
    expect("[   0.012345] tftp: server does not answer\n", 12345, "tftp", "server does not answer");
    expect("[4294.967295] dns: a: b", 4294967295, "dns", "a: b");
    expect("[99999.000001] x: \n", 99999000001, "x", "");
}

static void test_what_log_line_writes_can_be_taken_apart(void **state)
{
    (void)state;
    sim_reset();
    log_line("kernel", "%s", "hello: there");
    assert_true(split(sim_log(), strlen(sim_log())));
    assert_int_equal(parts.subject_length, 6);
    assert_memory_equal(parts.text, "hello: there", parts.text_length);
    assert_int_equal(parts.text_length, 12);
    assert_in_range(parts.at_us, 1000000, 1001000);
}

static void test_every_shorter_piece_is_none_or_ends_in_its_text(void **state)
{
    static const char line[] = "[   0.012345] tftp: server";

    (void)state;
    for (size_t length = 0; length < sizeof line - 1; length++)
        assert_int_equal(split(line, length), length >= 20);
}

static void test_other_text_is_none(void **state)
{
    static const char *const others[] = {
        "",
        "\n",
        "raw output\n",
        "[ x.012345] a: b",
        "[   0] a: b",
        "[   0.] a: b",
        "[   0.0]a: b",
        "[   0.000001] no subject",
        "[   0.000001] subject:text",
        "[12345678901234567890.000001] a: b",
    };

    (void)state;
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        if (split(others[i], strlen(others[i])))
            fail_msg("\"%s\" is taken apart", others[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_line_has_its_parts_with_or_without_line_feed),
        cmocka_unit_test(test_what_log_line_writes_can_be_taken_apart),
        cmocka_unit_test(test_every_shorter_piece_is_none_or_ends_in_its_text),
        cmocka_unit_test(test_other_text_is_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
