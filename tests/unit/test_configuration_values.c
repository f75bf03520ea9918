/*
 * pilot.conf: which values each key takes, which it refuses, and in which words.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "configuration_bench.h"

static void test_addresses_that_are_none_are_refused(void **state)
{
    static const char *const wrong[] = {
        "1.2.3",    "1.2.3.4.5", "1.2.3.256",  "1.2.3.-4", "1.2.3.4x",  "1..3.4",
        ".1.2.3.4", "1.2.3.",    "0001.2.3.4", "a.b.c.d",  "1.2.3.4 5", "99999999999.1.1.1"};

    (void)state;
    for (unsigned i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        char text[64], expected[128];

        snprintf(text, sizeof text, "server = %s", wrong[i]);
        snprintf(expected, sizeof expected,
                 "pilot.conf:1:10: \"%s\" is not an IPv4 address like 192.0.2.1\n", wrong[i]);
        assert_bad(text, expected);
        assert_address(configuration.server, "0.0.0.0");
    }
}

static void test_masks_are_read_in_both_forms_and_must_be_masks(void **state)
{
    (void)state;
    assert_good("mask = /24");
    assert_address(configuration.mask, "255.255.255.0");
    assert_good("mask = 32");
    assert_address(configuration.mask, "255.255.255.255");
    assert_good("mask = /1");
    assert_address(configuration.mask, "128.0.0.0");
    assert_good("mask = 255.255.240.0");
    assert_bad("mask = /33", "pilot.conf:1:8: \"/33\" is not a mask like 255.255.255.0 or /24\n");
    assert_bad("mask = /0", "pilot.conf:1:8: \"/0\" is not a mask like 255.255.255.0 or /24\n");
    assert_bad("mask = /", "pilot.conf:1:8: \"/\" is not a mask like 255.255.255.0 or /24\n");
    assert_bad("mask = 255.0.255.0",
               "pilot.conf:1:8: \"255.0.255.0\" is not a mask: ones must come before zeros\n");
    assert_bad("mask = 0.0.0.0",
               "pilot.conf:1:8: \"0.0.0.0\" is not a mask: ones must come before zeros\n");
}

static void test_sources_are_a_list_without_repeats(void **state)
{
    (void)state;
    assert_good("sources = network");
    assert_int_equal(configuration.source_count, 1);
    assert_int_equal(configuration.sources[0], CONFIGURATION_NETWORK);
    assert_good("sources=sd,network");
    assert_int_equal(configuration.source_count, 2);
    assert_good("sources = image, network, sd, slots");
    assert_int_equal(configuration.source_count, 4);
    assert_int_equal(configuration.sources[0], CONFIGURATION_IMAGE);
    assert_int_equal(configuration.sources[1], CONFIGURATION_NETWORK);
    assert_int_equal(configuration.sources[2], CONFIGURATION_SD);
    assert_int_equal(configuration.sources[3], CONFIGURATION_SLOTS);
    assert_bad("sources = sd usb", "pilot.conf:1:11: \"sd usb\" is not a list of slots, sd, "
                                   "network and image\n");
    assert_int_equal(configuration.source_count, 3);
    assert_bad("sources = slots sd network image sd",
               "pilot.conf:1:11: \"slots sd network image sd\" names a source twice\n");
    assert_bad("sources = ,",
               "pilot.conf:1:11: \",\" is not a list of slots, sd, network and image\n");
    assert_int_equal(configuration.source_count, 3);
}

static void assert_source(const char *text, enum configuration_source source, const char *file,
                          const char *service, const char *image)
{
    assert_good(text);
    assert_int_equal(configuration.source_count, 1);
    assert_int_equal(configuration.sources[0], source);
    assert_string_equal(configuration.file, file);
    assert_string_equal(configuration.service, service);
    assert_string_equal(configuration.image, image);
}

static void test_one_source_takes_the_name_of_what_is_to_come_from_it(void **state)
{
    (void)state;
    assert_source("source = image u-boot.bin", CONFIGURATION_IMAGE, "", "", "u-boot.bin");
    assert_source("source = image  boot/Image # Linux", CONFIGURATION_IMAGE, "", "", "boot/Image");
    assert_source("source = sd dns.elf", CONFIGURATION_SD, "dns.elf", "", "");
    assert_source("source = network dns.elf", CONFIGURATION_NETWORK, "dns.elf", "", "");
    assert_source("source = slots dns", CONFIGURATION_SLOTS, "", "dns", "");
    assert_source("image = Image\nsource = image", CONFIGURATION_IMAGE, "", "", "Image");
}

static void test_one_source_that_is_wrong_changes_nothing(void **state)
{
    static const char expected[] = "\" is not slots, sd, network or image, and a name\n";
    char sentence[128];

    (void)state;
    snprintf(sentence, sizeof sentence, "pilot.conf:1:10: \"u-boot.bin%s", expected);
    assert_bad("source = u-boot.bin", sentence);
    snprintf(sentence, sizeof sentence, "pilot.conf:1:10: \",%s", expected);
    assert_bad("source = ,", sentence);
    assert_bad("source = image u-boot.bin again",
               "pilot.conf:1:10: \"image u-boot.bin again\" has a space in it\n");
    assert_bad("source = slots a-name-that-is-longer-than-31-characters",
               "pilot.conf:1:10: \"slots a-name-that-is-longer-than-31-cha\" is too long\n");
    assert_int_equal(configuration.source_count, 3);
    assert_string_equal(configuration.image, "");
    assert_string_equal(configuration.service, "");
}

/* What the other system makes of quotes within is its own affair. */
static void test_bootargs_are_taken_as_they_stand_without_quotes_round_all(void **state)
{
    char text[16 + CONFIGURATION_BOOTARGS_MAX] = "bootargs = ";

    (void)state;
    assert_good("bootargs = \"console=ttyS1 quiet\"");
    assert_string_equal(configuration.bootargs, "console=ttyS1 quiet");
    assert_good("bootargs = \"a b\" quiet \"c d\"");
    assert_string_equal(configuration.bootargs, "\"a b\" quiet \"c d\"");
    assert_good("bootargs = dyndbg=\"file a.c +p\"");
    assert_string_equal(configuration.bootargs, "dyndbg=\"file a.c +p\"");
    assert_good("bootargs = \"");
    assert_string_equal(configuration.bootargs, "\"");
    assert_good("bootargs = \"\"");
    assert_string_equal(configuration.bootargs, "");

    memset(text + 11, 'x', CONFIGURATION_BOOTARGS_MAX - 1);
    assert_good(text);
    assert_int_equal(strlen(configuration.bootargs), 511);
    text[11 + CONFIGURATION_BOOTARGS_MAX - 1] = 'x';
    assert_int_equal(read_text(text), 1);
    assert_non_null(strstr(sentences, "is too long"));
    assert_string_equal(configuration.bootargs, "");
}

static void test_tries_are_1_to_15(void **state)
{
    (void)state;
    assert_good("tries = 1");
    assert_int_equal(configuration.tries, 1);
    assert_good("tries = 15");
    assert_int_equal(configuration.tries, 15);
    assert_bad("tries = 0", "pilot.conf:1:9: \"0\" is not a number from 1 to 15\n");
    assert_bad("tries = 16", "pilot.conf:1:9: \"16\" is not a number from 1 to 15\n");
    assert_int_equal(configuration.tries, 3);
}

static void test_numbers_out_of_range_are_refused(void **state)
{
    (void)state;
    assert_good("wait_ms = 3600000");
    assert_int_equal(configuration.wait_ms, 3600000);
    assert_good("wait_ms = 1000");
    assert_int_equal(configuration.wait_ms, 1000);
    configuration_defaults(&configuration);
    assert_bad("wait_ms = 3600001", "pilot.conf:1:11: \"3600001\" is not a number of "
                                    "milliseconds from 1000 to 3600000\n");
    assert_bad("wait_ms = 999", "pilot.conf:1:11: \"999\" is not a number of "
                                "milliseconds from 1000 to 3600000\n");
    assert_int_not_equal(read_text("wait_ms = 0"), 0);
    assert_int_not_equal(read_text("wait_ms = 1"), 0);
    assert_int_not_equal(read_text("wait_ms = -1"), 0);
    assert_int_not_equal(read_text("wait_ms = 10s"), 0);
    assert_int_not_equal(read_text("wait_ms = 99999999999999999999999"), 0);
    assert_int_equal(configuration.wait_ms, 60000);
}

static void test_times_that_may_be_none_take_0_or_a_number_in_range(void **state)
{
    (void)state;
    assert_good("watchdog_ms = 0\nconfirm_ms = 0\n");
    assert_int_equal(configuration.watchdog_ms, 0);
    assert_int_equal(configuration.confirm_ms, 0);
    assert_good("watchdog_ms = 100\nconfirm_ms = 1000\n");
    assert_int_equal(configuration.watchdog_ms, 100);
    assert_int_equal(configuration.confirm_ms, 1000);
    assert_good("watchdog_ms = 3600000\nconfirm_ms = 3600000\n");
    assert_int_equal(configuration.watchdog_ms, 3600000);
    assert_int_equal(configuration.confirm_ms, 3600000);
    assert_bad("watchdog_ms = 99", "pilot.conf:1:15: \"99\" is not 0 or a number of milliseconds "
                                   "from 100 to 3600000\n");
    assert_bad("watchdog_ms = 3600001",
               "pilot.conf:1:15: \"3600001\" is not 0 or a number of milliseconds "
               "from 100 to 3600000\n");
    assert_bad("confirm_ms = 999", "pilot.conf:1:14: \"999\" is not 0 or a number of milliseconds "
                                   "from 1000 to 3600000\n");
    assert_bad("confirm_ms = off", "pilot.conf:1:14: \"off\" is not 0 or a number of milliseconds "
                                   "from 1000 to 3600000\n");
    assert_int_not_equal(read_text("watchdog_ms = 1"), 0);
    assert_int_not_equal(read_text("watchdog_ms = 0x100"), 0);
    assert_int_not_equal(read_text("watchdog_ms = 4294967396"), 0);
    assert_int_equal(configuration.watchdog_ms, 3000);
    assert_int_equal(configuration.confirm_ms, 30000);
}

static void test_each_word_of_a_choice_has_its_meaning(void **state)
{
    (void)state;
    assert_good("network = dhcp\nsd_host = any\ndeploy = off\nwarm = on\nexit = wait\ncore = keep");
    assert_false(configuration.is_static);
    assert_int_equal(configuration.card_host, BOARD_CARD_ANY);
    assert_int_equal(configuration.deploy, BOOT_DEPLOY_OFF);
    assert_true(configuration.warm);
    assert_int_equal(configuration.exit, CONFIGURATION_EXIT_WAIT);
    assert_int_equal(configuration.core, CONFIGURATION_CORE_KEEP);
    assert_good("network = static\nsd_host = emmc\ndeploy = any\nwarm = off\nexit = restart");
    assert_true(configuration.is_static);
    assert_int_equal(configuration.card_host, BOARD_CARD_EMMC);
    assert_int_equal(configuration.deploy, BOOT_DEPLOY_ANY);
    assert_false(configuration.warm);
    assert_int_equal(configuration.exit, CONFIGURATION_EXIT_RESTART);
    assert_good("sd_host = sdhost\ndeploy = signed\nexit = off\ncore = send");
    assert_int_equal(configuration.card_host, BOARD_CARD_SDHOST);
    assert_int_equal(configuration.deploy, BOOT_DEPLOY_SIGNED);
    assert_int_equal(configuration.exit, CONFIGURATION_EXIT_OFF);
    assert_int_equal(configuration.core, CONFIGURATION_CORE_SEND);
}

static void test_words_that_are_none_of_the_choice_are_refused(void **state)
{
    (void)state;
    assert_bad("network = auto", "pilot.conf:1:11: \"auto\" is not dhcp or static\n");
    assert_bad("sd_host = mmc", "pilot.conf:1:11: \"mmc\" is not any, emmc or sdhost\n");
    assert_bad("deploy = on", "pilot.conf:1:10: \"on\" is not off, signed or any\n");
    assert_bad("warm = yes", "pilot.conf:1:8: \"yes\" is not off or on\n");
    assert_bad("exit = of", "pilot.conf:1:8: \"of\" is not wait, restart or off\n");
    assert_bad("exit = offf", "pilot.conf:1:8: \"offf\" is not wait, restart or off\n");
    assert_bad("core = or", "pilot.conf:1:8: \"or\" is not keep or send\n");
    assert_bad("core = keep or send", "pilot.conf:1:8: \"keep or send\" is not keep or send\n");
    assert_bad("deploy = off,", "pilot.conf:1:10: \"off,\" is not off, signed or any\n");
    assert_bad("syslog = log.example",
               "pilot.conf:1:10: \"log.example\" is not an IPv4 address like 192.0.2.1\n");
    assert_int_equal(configuration.deploy, BOOT_DEPLOY_ANY);
    assert_int_equal(configuration.core, CONFIGURATION_CORE_KEEP);
    assert_bad("file = a b", "pilot.conf:1:8: \"a b\" has a space in it\n");
}

static void test_arguments_that_can_not_be_split_are_named_where_they_stand(void **state)
{
    char text[128] = "arguments =";

    (void)state;
    assert_bad("file = a.elf\narguments = 1 \"two words\n",
               "pilot.conf:2:13: \"1 \"two words\" has a quote that is not closed\n");
    assert_string_equal(configuration.arguments, "");
    for (unsigned i = 0; i < 33; i++)
        strcat(text, " a");
    assert_bad(text,
               "pilot.conf:1:13: \"a a a a a a a a a a a a a a a a a a a a\" has more than 32 "
               "words, or is too long\n");
    assert_string_equal(configuration.arguments, "");
    text[strlen(text) - 2] = '\0';
    assert_good(text);
}

static void test_text_that_does_not_fit_is_refused_whole(void **state)
{
    char text[400];

    (void)state;
    memset(text, 'f', sizeof text);
    memcpy(text, "file = ", 7);
    assert_int_equal(read_bytes(text, 7 + NET_NAME_MAX - 1), 0);
    assert_int_equal(strlen(configuration.file), NET_NAME_MAX - 1);
    assert_int_equal(read_bytes(text, 7 + NET_NAME_MAX), 1);
    assert_string_equal(configuration.file, "");
    assert_non_null(strstr(sentences, "is too long"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_addresses_that_are_none_are_refused),
        cmocka_unit_test(test_masks_are_read_in_both_forms_and_must_be_masks),
        cmocka_unit_test(test_sources_are_a_list_without_repeats),
        cmocka_unit_test(test_one_source_takes_the_name_of_what_is_to_come_from_it),
        cmocka_unit_test(test_one_source_that_is_wrong_changes_nothing),
        cmocka_unit_test(test_bootargs_are_taken_as_they_stand_without_quotes_round_all),
        cmocka_unit_test(test_tries_are_1_to_15),
        cmocka_unit_test(test_numbers_out_of_range_are_refused),
        cmocka_unit_test(test_times_that_may_be_none_take_0_or_a_number_in_range),
        cmocka_unit_test(test_each_word_of_a_choice_has_its_meaning),
        cmocka_unit_test(test_words_that_are_none_of_the_choice_are_refused),
        cmocka_unit_test(test_arguments_that_can_not_be_split_are_named_where_they_stand),
        cmocka_unit_test(test_text_that_does_not_fit_is_refused_whole),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
