/*
 * Unit tests of syslog_line.
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

#include "syslog_line.h"

static char message[SYSLOG_LINE_MAX + 1 + 16];

static struct syslog_line line_of(const char *text)
{
    return (struct syslog_line){.host = "00000000abcdef01",
                                .name = "dns",
                                .sequence = 7,
                                .at_us = 12345678,
                                .subject = "net",
                                .text = text,
                                .length = strlen(text)};
}

static void assert_message(const struct syslog_line *line, const char *expected)
{
    memset(message, '#', sizeof message);
    assert_int_equal(syslog_line_write(message, line), strlen(expected));
    assert_memory_equal(message, expected, strlen(expected));
    for (size_t i = SYSLOG_LINE_MAX + 1; i < sizeof message; i++)
        assert_int_equal(message[i], '#');
}

static void test_a_line_is_a_message_of_rfc_5424(void **state)
{
    struct syslog_line line = line_of("link up");

    (void)state;
    assert_message(&line, "<134>1 - 00000000abcdef01 dns - - "
                          "[meta sequenceId=\"7\" sysUpTime=\"1234\"] net: link up");
}

static void test_names_that_are_not_known_are_the_nilvalue(void **state)
{
    struct syslog_line line = line_of("x");

    (void)state;
    line.host = NULL;
    line.name = "";
    assert_message(&line, "<134>1 - - - - - [meta sequenceId=\"7\" sysUpTime=\"1234\"] net: x");
}

static void test_names_have_no_spaces_and_at_most_48_bytes(void **state)
{
    struct syslog_line line = line_of("x");

    (void)state;
    line.host = "a b\tc\177\303";
    line.name = "0123456789012345678901234567890123456789012345678901234567890123456789";
    assert_message(&line, "<134>1 - a.b.c.. 012345678901234567890123456789012345678901234567 - - "
                          "[meta sequenceId=\"7\" sysUpTime=\"1234\"] net: x");
}

static void test_text_needs_no_nul_and_is_cleaned(void **state)
{
    struct syslog_line line = line_of("a\033[2J\n\377b");
    char *exact = malloc(line.length);

    (void)state;
    memcpy(exact, line.text, line.length);
    line.text = exact; /* the sanitizer sees a read past the end */
    assert_message(&line, "<134>1 - 00000000abcdef01 dns - - "
                          "[meta sequenceId=\"7\" sysUpTime=\"1234\"] net: a.[2J..b");
    free(exact);
}

static void test_a_line_that_is_too_long_is_cut_off(void **state)
{
    char text[2 * SYSLOG_LINE_MAX];
    struct syslog_line line = line_of("");

    (void)state;
    memset(text, 'x', sizeof text);
    line.text = text;
    line.length = sizeof text;
    memset(message, '#', sizeof message);
    assert_int_equal(syslog_line_write(message, &line), SYSLOG_LINE_MAX);
    assert_int_equal(message[SYSLOG_LINE_MAX - 1], 'x');
    assert_int_equal(message[SYSLOG_LINE_MAX], '\0');
    assert_int_equal(message[SYSLOG_LINE_MAX + 1], '#');
}

static void test_the_time_is_counted_modulo_2_to_the_32_hundredths(void **state)
{
    struct syslog_line line = line_of("x");

    (void)state;
    line.at_us = (UINT64_C(0x100000000) + 5) * 10000;
    line.sequence = SYSLOG_SEQUENCE_MAX;
    assert_message(&line, "<134>1 - 00000000abcdef01 dns - - "
                          "[meta sequenceId=\"2147483647\" sysUpTime=\"5\"] net: x");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_line_is_a_message_of_rfc_5424),
        cmocka_unit_test(test_names_that_are_not_known_are_the_nilvalue),
        cmocka_unit_test(test_names_have_no_spaces_and_at_most_48_bytes),
        cmocka_unit_test(test_text_needs_no_nul_and_is_cleaned),
        cmocka_unit_test(test_a_line_that_is_too_long_is_cut_off),
        cmocka_unit_test(test_the_time_is_counted_modulo_2_to_the_32_hundredths),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
