/*
 * /chosen/bootargs: keys for the loader, arguments for the service.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "boot_arguments.h"
#include "error.h"

static struct configuration configuration;
static struct boot_arguments arguments;
static char sentences[4096];
static char shown[BOOT_ARGUMENTS_BYTES + 1];

static void report(void *context, const char *sentence)
{
    (void)context;
    for (const char *at = sentence; *at != '\0'; at++)
        assert_in_range(*at, 0x20, 0x7e);
    strcat(sentences, sentence);
    strcat(sentences, "\n");
}

static unsigned read_bytes(const char *text, size_t length)
{
    char *exact = malloc(length ? length : 1);
    unsigned errors;

    memcpy(exact, text, length);
    sentences[0] = '\0';
    errors = boot_arguments_read(exact, length, &configuration, &arguments, report, NULL);
    free(exact);
    return errors;
}

static unsigned read_text(const char *text)
{
    return read_bytes(text, strlen(text));
}

/* The arguments joined by '|', each with its end checked. */
static const char *joined(void)
{
    size_t at = 0;

    shown[0] = '\0';
    for (unsigned i = 0; i < arguments.count; i++) {
        assert_true(at < arguments.length);
        strcat(shown, arguments.bytes + at);
        strcat(shown, "|");
        at += strlen(arguments.bytes + at) + 1;
    }
    assert_int_equal(at, arguments.length);
    return shown;
}

static int set_up(void **state)
{
    (void)state;
    configuration_defaults(&configuration);
    return 0;
}

static void assert_arguments(const char *text, const char *expected)
{
    assert_int_equal(read_bytes(text, strlen(text)), 0);
    assert_string_equal(sentences, "");
    assert_string_equal(joined(), expected);
}

static void test_what_stands_behind_two_dashes_goes_to_the_service(void **state)
{
    (void)state;
    assert_arguments("", "");
    assert_arguments("console=ttyAMA0,115200 root=/dev/mmcblk0p2", "");
    assert_arguments("quiet -- a b  c\n", "a|b|c|");
    assert_arguments("-- one", "one|");
    assert_arguments("--", "");
    assert_arguments("quiet --", "");
    assert_arguments("-- a -- b", "a|--|b|");
    assert_arguments("a--b --c -- d", "d|");
}

static void test_double_quotes_group(void **state)
{
    (void)state;
    assert_arguments("-- \"two words\" x=\"a b\"c \"\" \"--\"", "two words|x=a bc||--|");
}

static void test_keys_override_the_configuration(void **state)
{
    (void)state;
    assert_arguments("pilot.server=192.0.2.9 x pilot.file=a.elf pilot.sd_host=emmc "
                     "pilot.sources=network -- pilot.file=b.elf",
                     "pilot.file=b.elf|");
    assert_string_equal(configuration.file, "a.elf");
    assert_int_equal(configuration.server.ip[3], 9);
    assert_int_equal(configuration.card_host, BOARD_CARD_EMMC);
    assert_int_equal(configuration.source_count, 1);
}

static void test_keys_of_the_guard_can_be_set_too(void **state)
{
    (void)state;
    assert_arguments("pilot.deploy=off pilot.warm=off pilot.watchdog_ms=0 pilot.confirm_ms=5000 "
                     "pilot.exit=restart pilot.core=send pilot.syslog=192.0.2.9",
                     "");
    assert_int_equal(configuration.deploy, BOOT_DEPLOY_OFF);
    assert_false(configuration.warm);
    assert_int_equal(configuration.watchdog_ms, 0);
    assert_int_equal(configuration.confirm_ms, 5000);
    assert_int_equal(configuration.exit, CONFIGURATION_EXIT_RESTART);
    assert_int_equal(configuration.core, CONFIGURATION_CORE_SEND);
    assert_int_equal(configuration.syslog.ip[3], 9);
    assert_int_equal(read_text("pilot.exit=reboot pilot.warm -- a"), 2);
    assert_string_equal(sentences, "bootargs: \"pilot.exit=reboot\" is not wait, restart or off\n"
                                   "bootargs: \"pilot.warm\" has no =value\n");
    assert_int_equal(configuration.exit, CONFIGURATION_EXIT_RESTART);
}

static void test_another_systems_command_line_can_be_set_as_one_value(void **state)
{
    char text[600] = "pilot.bootargs=\"", expected[CONFIGURATION_BOOTARGS_MAX];

    (void)state;
    assert_arguments("pilot.source=\"image u-boot.bin\" pilot.bootargs=\"console=ttyS1 quiet\"",
                     "");
    assert_int_equal(configuration.sources[0], CONFIGURATION_IMAGE);
    assert_string_equal(configuration.image, "u-boot.bin");
    assert_string_equal(configuration.bootargs, "console=ttyS1 quiet");
    memset(expected, 'x', sizeof expected - 1);
    expected[sizeof expected - 1] = '\0';
    strcat(strcat(text, expected), "\"");
    assert_arguments(text, "");
    assert_string_equal(configuration.bootargs, expected);
}

static void test_configured_arguments_hold_unless_there_are_two_dashes(void **state)
{
    (void)state;
    strcpy(configuration.arguments, "1 \"2 3\"");
    assert_arguments("quiet", "1|2 3|");
    assert_arguments("quiet -- 4", "4|");
    assert_arguments("quiet --", "");
    assert_arguments("pilot.arguments=\"7 8\"", "7|8|");
}

static void test_static_network_can_be_set_in_any_order(void **state)
{
    (void)state;
    assert_arguments("pilot.network=static pilot.mask=/24 pilot.address=192.0.2.7", "");
    assert_true(configuration.is_static);
    set_up(state);
    /* The address may be the configuration file's: who read both checks. */
    assert_int_equal(read_text("pilot.network=static"), 0);
    assert_true(configuration.is_static);
}

static void test_wrong_keys_are_named_and_change_nothing(void **state)
{
    struct configuration before = configuration;

    (void)state;
    assert_int_equal(read_text("pilot.nonsense=1 pilot.file pilot.wait_ms=x pilot. pilot.="), 5);
    assert_string_equal(sentences, "bootargs: \"pilot.nonsense=1\" is not a key\n"
                                   "bootargs: \"pilot.file\" has no =value\n"
                                   "bootargs: \"pilot.wait_ms=x\" is not a number of "
                                   "milliseconds from 1000 to 3600000\n"
                                   "bootargs: \"pilot.\" has no =value\n"
                                   "bootargs: \"pilot.=\" is not a key\n");
    assert_memory_equal(&configuration, &before, sizeof before);
}

static void test_quote_that_is_not_closed_is_reported(void **state)
{
    (void)state;
    assert_int_equal(read_text("-- a \"b c"), 1);
    assert_string_equal(sentences, "bootargs: \"arguments\" have a quote that is not closed\n");
    assert_string_equal(joined(), "a|b c|");
    assert_int_equal(read_text("pilot.file=\"a b"), 1);
    assert_string_equal(configuration.file, "");
}

static void test_more_arguments_than_fit_are_left_out_whole(void **state)
{
    char text[2 * BOOT_ARGUMENTS_BYTES] = "--";

    (void)state;
    for (unsigned i = 0; i < BOOT_ARGUMENTS_MAX; i++)
        strcat(text, " a");
    assert_int_equal(read_bytes(text, strlen(text)), 0);
    assert_int_equal(arguments.count, BOOT_ARGUMENTS_MAX);
    strcat(text, " a");
    assert_int_equal(read_bytes(text, strlen(text)), 1);
    assert_int_equal(arguments.count, BOOT_ARGUMENTS_MAX);
    assert_string_equal(sentences, "bootargs: \"arguments\" are too many or too long; the rest is "
                                   "left out\n");

    strcpy(text, "-- first ");
    memset(text + 9, 'b', BOOT_ARGUMENTS_BYTES);
    /* "first" and its NUL are 6; the second with its NUL fills the rest exactly. */
    assert_int_equal(read_bytes(text, 9 + BOOT_ARGUMENTS_BYTES - 7), 0);
    assert_int_equal(arguments.length, BOOT_ARGUMENTS_BYTES);
    assert_int_equal(arguments.count, 2);
    assert_int_equal(read_bytes(text, 9 + BOOT_ARGUMENTS_BYTES - 6), 1);
    assert_int_equal(arguments.count, 1);
    assert_string_equal(joined(), "first|");
}

static void test_very_long_word_is_passed_over(void **state)
{
    char text[2000];

    (void)state;
    memset(text, 'x', sizeof text);
    memcpy(text + 1200, " pilot.file=a.elf ", 18);
    assert_int_equal(read_bytes(text, sizeof text), 0);
    assert_string_equal(configuration.file, "a.elf");
    memcpy(text, "pilot.arguments=", 16);
    assert_int_equal(read_bytes(text, sizeof text), 1);
    assert_non_null(strstr(sentences, "is too long"));
    assert_string_equal(configuration.arguments, "");
}

static void test_text_ends_at_a_nul(void **state)
{
    (void)state;
    assert_int_equal(read_bytes("-- a\0 b", 7), 0);
    assert_string_equal(joined(), "a|");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_what_stands_behind_two_dashes_goes_to_the_service, set_up),
        cmocka_unit_test_setup(test_double_quotes_group, set_up),
        cmocka_unit_test_setup(test_keys_override_the_configuration, set_up),
        cmocka_unit_test_setup(test_keys_of_the_guard_can_be_set_too, set_up),
        cmocka_unit_test_setup(test_another_systems_command_line_can_be_set_as_one_value, set_up),
        cmocka_unit_test_setup(test_configured_arguments_hold_unless_there_are_two_dashes, set_up),
        cmocka_unit_test_setup(test_static_network_can_be_set_in_any_order, set_up),
        cmocka_unit_test_setup(test_wrong_keys_are_named_and_change_nothing, set_up),
        cmocka_unit_test_setup(test_quote_that_is_not_closed_is_reported, set_up),
        cmocka_unit_test_setup(test_more_arguments_than_fit_are_left_out_whole, set_up),
        cmocka_unit_test_setup(test_very_long_word_is_passed_over, set_up),
        cmocka_unit_test_setup(test_text_ends_at_a_nul, set_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
