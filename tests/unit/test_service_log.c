/*
 * test_service_log: the service's lines and its stdout in the log.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "service.h"
#include "service_parts.h"
#include "sim.h"

static int set_up(void **state)
{
    (void)state;
    sim_reset();
    service_log_init("demo");
    return 0;
}

static void put(const char *text)
{
    while (*text)
        service_log_put(*text++);
}

/* Counts the lines that carry the service's name. */
static unsigned lines(void)
{
    unsigned count = 0;

    for (const char *at = sim_log(); (at = strstr(at, "] demo: ")); at++)
        count++;
    return count;
}

static void test_a_line_carries_the_services_name(void **state)
{
    (void)state;
    service_log("%d of %s", 7, "nine");
    assert_non_null(strstr(sim_log(), "] demo: 7 of nine\n"));
}

static void test_stdout_becomes_lines_and_waits_for_their_end(void **state)
{
    (void)state;
    put("one\ntw");
    assert_int_equal(lines(), 1);
    put("o\r\nthree");
    assert_non_null(strstr(sim_log(), "] demo: one\n"));
    assert_non_null(strstr(sim_log(), "] demo: two\n"));
    assert_null(strstr(sim_log(), "three"));
    service_log_flush();
    assert_non_null(strstr(sim_log(), "] demo: three\n"));
    service_log_flush();
    assert_int_equal(lines(), 3);
}

static void test_empty_lines_of_stdout_are_left_out(void **state)
{
    (void)state;
    put("\n\n\na\n\n");
    assert_int_equal(lines(), 1);
}

static void test_a_line_without_end_is_written_when_it_is_full(void **state)
{
    char text[451];

    (void)state;
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    put(text);
    assert_int_equal(lines(), 2);
    service_log_flush();
    assert_int_equal(lines(), 3);
    assert_int_equal(strlen(strstr(strrchr(sim_log(), ']'), ": ") + 2), 51); /* 50 and \n */
}

static void test_a_begun_line_comes_before_a_later_log_line(void **state)
{
    const char *log;

    (void)state;
    put("begun");
    service_log("later");
    log = sim_log();
    assert_true(strstr(log, "demo: begun\n") < strstr(log, "demo: later\n"));
    assert_non_null(strstr(log, "demo: begun\n"));
}

static void test_control_characters_of_stdout_do_not_reach_the_terminal(void **state)
{
    (void)state;
    put("\033[2Jgone\n");
    assert_null(strchr(sim_log(), '\033'));
    assert_non_null(strstr(sim_log(), ".[2Jgone"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, set_up)
    const struct CMUnitTest tests[] = {
        TEST(test_a_line_carries_the_services_name),
        TEST(test_stdout_becomes_lines_and_waits_for_their_end),
        TEST(test_empty_lines_of_stdout_are_left_out),
        TEST(test_a_line_without_end_is_written_when_it_is_full),
        TEST(test_a_begun_line_comes_before_a_later_log_line),
        TEST(test_control_characters_of_stdout_do_not_reach_the_terminal),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
