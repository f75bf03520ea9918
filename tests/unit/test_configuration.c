/*
 * pilot.conf: what is read, what is refused, and in which words.
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

#include "configuration.h"
#include "error.h"

static struct configuration configuration;
static char sentences[4096];
static unsigned reports;

static void report(void *context, const char *sentence)
{
    assert_ptr_equal(context, &reports);
    for (const char *at = sentence; *at != '\0'; at++)
        assert_in_range(*at, 0x20, 0x7e);
    reports++;
    strcat(sentences, sentence);
    strcat(sentences, "\n");
}

/* Reads text from a block of its exact size, so that a read past it is found. */
static unsigned read_bytes(const void *text, size_t length)
{
    char *exact = malloc(length ? length : 1);
    unsigned errors;

    memcpy(exact, text, length);
    sentences[0] = '\0';
    reports = 0;
    configuration_defaults(&configuration);
    errors = configuration_read(&configuration, "pilot.conf", exact, length, report, &reports);
    free(exact);
    return errors;
}

static unsigned read_text(const char *text)
{
    return read_bytes(text, strlen(text));
}

static void assert_good(const char *text)
{
    unsigned errors = read_bytes(text, strlen(text));

    assert_string_equal(sentences, "");
    assert_int_equal(errors, 0);
}

static void assert_bad(const char *text, const char *expected)
{
    assert_int_not_equal(read_bytes(text, strlen(text)), 0);
    assert_string_equal(sentences, expected);
}

static void assert_address(struct net_address address, const char *expected)
{
    char text[16];

    snprintf(text, sizeof text, "%u.%u.%u.%u", address.ip[0], address.ip[1], address.ip[2],
             address.ip[3]);
    assert_string_equal(text, expected);
}

static void test_empty_file_gives_the_defaults(void **state)
{
    (void)state;
    assert_good("");
    assert_int_equal(configuration.source_count, 3);
    assert_int_equal(configuration.sources[0], CONFIGURATION_SLOTS);
    assert_int_equal(configuration.sources[1], CONFIGURATION_SD);
    assert_int_equal(configuration.sources[2], CONFIGURATION_NETWORK);
    assert_int_equal(configuration.tries, 3);
    assert_string_equal(configuration.image, "");
    assert_string_equal(configuration.initrd, "");
    assert_string_equal(configuration.bootargs, "");
    assert_false(configuration.is_static);
    assert_address(configuration.server, "0.0.0.0");
    assert_string_equal(configuration.file, "");
    assert_string_equal(configuration.arguments, "");
    assert_int_equal(configuration.wait_ms, 60000);
    assert_int_equal(configuration.card_host, BOARD_CARD_ANY);
    assert_int_equal(configuration.deploy, BOOT_DEPLOY_ANY);
    assert_true(configuration.warm);
    assert_int_equal(configuration.watchdog_ms, 3000);
    assert_int_equal(configuration.confirm_ms, 30000);
    assert_int_equal(configuration.exit, CONFIGURATION_EXIT_WAIT);
    assert_int_equal(configuration.core, CONFIGURATION_CORE_KEEP);
    assert_address(configuration.syslog, "0.0.0.0");
}

static void test_every_key_is_read(void **state)
{
    (void)state;
    assert_good("# a board with a fixed address\n"
                "sources = network, sd\n"
                "network = static\n"
                "address = 192.0.2.7\n"
                "mask    = 255.255.255.0\n"
                "gateway = 192.0.2.254\n"
                "dns     = 192.0.2.53\n"
                "server  = 192.0.2.1\n"
                "\n"
                "file    = services/dns#2.elf\n"
                "service = dns\n"
                "arguments = 100000 \"two words\" # of which one is quoted\n"
                "image = u-boot.bin\n"
                "initrd = initrd.img\n"
                "bootargs = console=ttyS1,115200 rdinit=/bin/sh\n"
                "tries = 5\n"
                "wait_ms = 10000\n"
                "sd_host = sdhost\n"
                "deploy = signed\n"
                "warm = off\n"
                "watchdog_ms = 500\n"
                "confirm_ms = 5000\n"
                "exit = off\n"
                "core = send\n"
                "syslog = 192.0.2.9\n");
    assert_int_equal(configuration.source_count, 2);
    assert_int_equal(configuration.sources[0], CONFIGURATION_NETWORK);
    assert_int_equal(configuration.sources[1], CONFIGURATION_SD);
    assert_true(configuration.is_static);
    assert_address(configuration.address, "192.0.2.7");
    assert_address(configuration.mask, "255.255.255.0");
    assert_address(configuration.gateway, "192.0.2.254");
    assert_address(configuration.dns, "192.0.2.53");
    assert_address(configuration.server, "192.0.2.1");
    assert_string_equal(configuration.file, "services/dns#2.elf");
    assert_string_equal(configuration.service, "dns");
    assert_string_equal(configuration.arguments, "100000 \"two words\"");
    assert_string_equal(configuration.image, "u-boot.bin");
    assert_string_equal(configuration.initrd, "initrd.img");
    assert_string_equal(configuration.bootargs, "console=ttyS1,115200 rdinit=/bin/sh");
    assert_int_equal(configuration.tries, 5);
    assert_int_equal(configuration.wait_ms, 10000);
    assert_int_equal(configuration.card_host, BOARD_CARD_SDHOST);
    assert_int_equal(configuration.deploy, BOOT_DEPLOY_SIGNED);
    assert_false(configuration.warm);
    assert_int_equal(configuration.watchdog_ms, 500);
    assert_int_equal(configuration.confirm_ms, 5000);
    assert_int_equal(configuration.exit, CONFIGURATION_EXIT_OFF);
    assert_int_equal(configuration.core, CONFIGURATION_CORE_SEND);
    assert_address(configuration.syslog, "192.0.2.9");
}

static void test_file_of_a_windows_editor_is_read(void **state)
{
    (void)state;
    assert_good("\xef\xbb\xbfserver = 192.0.2.1\r\n\r\n# comment\r\nfile = a.elf\r\nwait_ms=7000");
    assert_address(configuration.server, "192.0.2.1");
    assert_string_equal(configuration.file, "a.elf");
    assert_int_equal(configuration.wait_ms, 7000);
}

static void test_last_line_of_a_key_counts(void **state)
{
    (void)state;
    assert_good("file = a.elf\nfile = b.elf\n");
    assert_string_equal(configuration.file, "b.elf");
}

static void test_line_and_column_of_what_is_wrong_are_named(void **state)
{
    (void)state;
    assert_bad("\n\n  servre = 192.0.2.1\n", "pilot.conf:3:3: \"servre\" is not a key\n");
    assert_bad("server = 192.0.2\n",
               "pilot.conf:1:10: \"192.0.2\" is not an IPv4 address like 192.0.2.1\n");
    assert_bad("server\n", "pilot.conf:1:1: \"server\" has no = value\n");
    assert_bad("server =  # none\n", "pilot.conf:1:1: \"server\" has no value\n");
    assert_bad(" = 5\n", "pilot.conf:1:2: \"\" is not a key\n");
}

static void test_wrong_line_costs_only_its_own_key(void **state)
{
    (void)state;
    assert_int_equal(read_text("file = a.elf\nwait_ms = soon\nserver = 192.0.2.1\n"), 1);
    assert_string_equal(configuration.file, "a.elf");
    assert_int_equal(configuration.wait_ms, 60000);
    assert_address(configuration.server, "192.0.2.1");
}

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

static void test_bytes_that_are_no_text_are_refused_and_never_shown(void **state)
{
    static const char text[] = "file = a\033[2Jb\n\0\1\2\xff\n\x80 = 5\nserver = 192.0.2.1\n";

    (void)state;
    /* report() checks that every sentence is printable. */
    assert_int_equal(read_bytes(text, sizeof text - 1), 3);
    assert_string_equal(configuration.file, "");
    assert_address(configuration.server, "192.0.2.1");
}

static void test_static_network_without_address_or_mask_becomes_dhcp(void **state)
{
    const char *why = NULL;

    (void)state;
    assert_good("network = static\naddress = 192.0.2.7\n");
    assert_true(configuration.is_static); /* the mask may still come from elsewhere */
    assert_false(configuration_check(&configuration, false, &why));
    assert_string_equal(why, "network = static needs address and mask; dhcp is used");
    assert_false(configuration.is_static);
    configuration_defaults(&configuration);
    assert_good("network = static\nmask = /24\n");
    assert_false(configuration_check(&configuration, false, &why));
    assert_false(configuration.is_static);
    assert_good("mask = /24\nnetwork = static\naddress = 192.0.2.7");
    assert_true(configuration_check(&configuration, false, &why));
    assert_true(configuration.is_static);
}

static void test_signed_images_without_keys_are_warned_of_and_stay_wanted(void **state)
{
    const char *why = NULL;

    (void)state;
    assert_good("deploy = off");
    assert_true(configuration_check(&configuration, false, &why));
    assert_good("deploy = signed");
    assert_false(configuration_check(&configuration, false, &why));
    assert_string_equal(why,
                        "deploy = signed, but this loader has no keys: every push will be refused");
    assert_int_equal(configuration.deploy, BOOT_DEPLOY_SIGNED);
    assert_true(configuration_check(&configuration, true, &why));
    assert_good("deploy = signed\nnetwork = static\n");
    assert_false(configuration_check(&configuration, false, &why));
    assert_string_equal(why, "network = static needs address and mask; dhcp is used; "
                             "deploy = signed, but this loader has no keys: every push will be "
                             "refused");
    assert_false(configuration.is_static);
}

static void test_only_the_first_errors_are_told_one_by_one(void **state)
{
    char text[1024] = "";

    (void)state;
    for (unsigned i = 0; i < 100; i++)
        strcat(text, "nonsense\n");
    assert_int_equal(read_bytes(text, strlen(text)), 100);
    assert_int_equal(reports, CONFIGURATION_ERRORS_MAX + 1);
    assert_non_null(strstr(sentences, "pilot.conf: 92 more errors\n"));
}

static void test_file_to_boot_comes_from_file_or_from_service(void **state)
{
    char name[NET_NAME_MAX];

    (void)state;
    assert_good("");
    configuration_file(&configuration, name);
    assert_string_equal(name, "");
    assert_good("service = dns");
    configuration_file(&configuration, name);
    assert_string_equal(name, "dns.elf");
    assert_good("service = dns\nfile = other.elf");
    configuration_file(&configuration, name);
    assert_string_equal(name, "other.elf");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_empty_file_gives_the_defaults),
        cmocka_unit_test(test_every_key_is_read),
        cmocka_unit_test(test_file_of_a_windows_editor_is_read),
        cmocka_unit_test(test_last_line_of_a_key_counts),
        cmocka_unit_test(test_line_and_column_of_what_is_wrong_are_named),
        cmocka_unit_test(test_wrong_line_costs_only_its_own_key),
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
        cmocka_unit_test(test_bytes_that_are_no_text_are_refused_and_never_shown),
        cmocka_unit_test(test_static_network_without_address_or_mask_becomes_dhcp),
        cmocka_unit_test(test_signed_images_without_keys_are_warned_of_and_stay_wanted),
        cmocka_unit_test(test_only_the_first_errors_are_told_one_by_one),
        cmocka_unit_test(test_file_to_boot_comes_from_file_or_from_service),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
