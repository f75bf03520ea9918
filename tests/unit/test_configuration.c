/*
 * pilot.conf as a whole: what its lines give together, where what is wrong is found, and what
 * becomes of the rest. Each key's values: test_configuration_values.c.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "configuration_bench.h"

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
        cmocka_unit_test(test_bytes_that_are_no_text_are_refused_and_never_shown),
        cmocka_unit_test(test_static_network_without_address_or_mask_becomes_dhcp),
        cmocka_unit_test(test_signed_images_without_keys_are_warned_of_and_stay_wanted),
        cmocka_unit_test(test_only_the_first_errors_are_told_one_by_one),
        cmocka_unit_test(test_file_to_boot_comes_from_file_or_from_service),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
