/*
 * settings: defaults, then pilot.conf, then the boot arguments; each thing that is wrong
 * is said once.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "clock.h"
#include "error.h"
#include "loader.h"
#include "sim.h"
#include "sim_block.h"
#include "sim_board.h"
#include "sim_fat.h"
#include "sim_keys.h"
#include "tree_builder.h"

static struct loader loader;
static struct keep keep;
static struct tree_builder tree;
static struct sim_fat fat;
static struct sim_block card;

static int setup(void **state)
{
    (void)state;
    sim_reset();
    sim_board_reset();
    memset(&loader, 0, sizeof loader);
    memset(&keep, 0, sizeof keep);
    loader.keep = &keep;
    memset(&fat, 0, sizeof fat);
    loader.board = sim_board.machine;
    tree_begin(&tree);
    tree_node(&tree, "/", "chosen");
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    free(fat.storage);
    return 0;
}

/* The card holds pilot.conf with this text, or no such file. */
static void insert_card(const char *text)
{
    sim_fat_format(&fat, 16, 4);
    if (text != NULL)
        sim_fat_add(&fat, "PILOT   CON", "pilot.conf", (const uint8_t *)text, strlen(text), 1);
    sim_block_init(&card, fat.storage, fat.block_count);
    sim_board.card = &card.device;
    sim_board.card_status = 0;
}

static void pass_bootargs(const char *text)
{
    tree_string(&tree, "/chosen", "bootargs", text);
    loader.fdt = tree_exact(&tree, &loader.fdt_available);
}

static unsigned count(const char *text)
{
    unsigned found = 0;

    for (const char *at = sim_log(); (at = strstr(at, text)) != NULL; at++)
        found++;
    return found;
}

static void test_without_anything_the_defaults_hold_and_nothing_is_said(void **state)
{
    struct configuration defaults;

    (void)state;
    configuration_defaults(&defaults);
    settings_read(&loader);
    assert_memory_equal(&loader.configuration, &defaults, sizeof defaults);
    assert_int_equal(loader.arguments.count, 0);
    assert_string_equal(sim_log(), "");
    assert_int_equal(sim_board.card_starts, 1);
    assert_int_equal(sim_board.preferred, BOARD_CARD_ANY);
}

static void test_a_card_without_pilot_conf_is_nothing_to_complain_about(void **state)
{
    char line[80];

    (void)state;
    insert_card(NULL);
    settings_read(&loader);
    snprintf(line, sizeof line, "] sd: card on emmc, %u MB\n", (unsigned)(fat.block_count / 2048));
    assert_string_equal(sim_log() + 12, line);
    assert_int_equal(loader.configuration.source_count, 3);
}

static void test_pilot_conf_goes_over_the_defaults(void **state)
{
    (void)state;
    insert_card("file = dns.elf\r\nserver = 192.0.2.9\r\narguments = 7 \"a b\"\r\n");
    settings_read(&loader);
    assert_string_equal(loader.configuration.file, "dns.elf");
    assert_int_equal(loader.configuration.server.ip[3], 9);
    assert_int_equal(loader.arguments.count, 2);
    assert_int_equal(loader.arguments.length, 6);
    assert_memory_equal(loader.arguments.bytes, "7\0a b", 6);
}

static void test_boot_arguments_go_over_pilot_conf(void **state)
{
    (void)state;
    insert_card("file = card.elf\nserver = 192.0.2.9\narguments = 7\n");
    pass_bootargs("console=ttyAMA0 pilot.file=boot.elf quiet");
    settings_read(&loader);
    assert_string_equal(loader.configuration.file, "boot.elf");
    assert_int_equal(loader.configuration.server.ip[3], 9);
    assert_int_equal(loader.arguments.count, 1);
    assert_memory_equal(loader.arguments.bytes, "7", 2);
}

static void test_a_damaged_table_of_keys_is_not_said_to_have_none(void **state)
{
    (void)state;
    insert_card("deploy = signed\n");
    pass_bootargs("quiet");
    sim_keys.crc32c ^= 1;
    settings_read(&loader);
    sim_keys_clear();
    assert_int_equal(count("has no keys"), 0);
    settings_read(&loader);
    assert_int_equal(count("has no keys"), 1);
}

static void test_arguments_behind_two_dashes_replace_those_of_pilot_conf(void **state)
{
    (void)state;
    insert_card("arguments = 1 2 3\n");
    pass_bootargs("pilot.arguments=\"4 5\" -- six");
    settings_read(&loader);
    assert_int_equal(loader.arguments.count, 1);
    assert_int_equal(loader.arguments.length, 4);
    assert_memory_equal(loader.arguments.bytes, "six", 4);
}

static void test_boot_arguments_say_where_to_look_for_the_card(void **state)
{
    (void)state;
    insert_card("sd_host = emmc\n"); /* too late for this start */
    pass_bootargs("pilot.sd_host=sdhost");
    settings_read(&loader);
    assert_int_equal(sim_board.preferred, BOARD_CARD_SDHOST);
    assert_int_equal(loader.configuration.card_host, BOARD_CARD_SDHOST);
    assert_int_equal(count("card on sdhost"), 1);
}

static void test_a_static_address_may_come_in_parts_from_both(void **state)
{
    (void)state;
    insert_card("address = 192.0.2.5\nmask = /24\n");
    pass_bootargs("pilot.network=static");
    settings_read(&loader);
    assert_true(loader.configuration.is_static);
    assert_int_equal(loader.configuration.address.ip[3], 5);
    assert_int_equal(count("configuration: "), 0);
    teardown(NULL);
    setup(NULL);
    insert_card("network = static\n");
    pass_bootargs("pilot.address=192.0.2.6 pilot.mask=/24");
    settings_read(&loader);
    assert_true(loader.configuration.is_static);
    assert_int_equal(loader.configuration.address.ip[3], 6);
    assert_int_equal(count("configuration: "), 0);
}

static void test_a_static_address_that_is_nowhere_is_missed_once(void **state)
{
    (void)state;
    insert_card("network = static\nmask = /24\n");
    settings_read(&loader);
    assert_false(loader.configuration.is_static);
    assert_int_equal(
        count("configuration: network = static needs address and mask; dhcp is used\n"), 1);
    assert_int_equal(count("configuration: "), 1);
    teardown(NULL);
    setup(NULL);
    insert_card("network = static\n");
    pass_bootargs("pilot.network=dhcp"); /* then it is not missed */
    settings_read(&loader);
    assert_int_equal(count("configuration: "), 0);
}

static void test_a_pilot_conf_that_is_a_folder_is_said(void **state)
{
    (void)state;
    insert_card("x");
    sim_fat_entry(&fat)[11] = 0x10;
    settings_read(&loader);
    assert_int_equal(count("sd: pilot.conf is a folder, not a file\n"), 1);
    assert_int_equal(count("\n"), 2); /* the card, and this */
}

static void test_an_empty_pilot_conf_does_not_cost_the_card(void **state)
{
    (void)state;
    insert_card("");
    settings_read(&loader);
    assert_int_equal(count("sd: pilot.conf is empty"), 1);
    assert_non_null(loader.board.card);
}

static void test_what_is_wrong_is_said_once_with_its_place(void **state)
{
    (void)state;
    insert_card("file = dns.elf\nserver = 10.0.0\nwait_ms = 5000\n");
    pass_bootargs("pilot.sd_host=usb pilot.wait_ms=6000");
    settings_read(&loader);
    assert_int_equal(count("configuration: pilot.conf:2:10: \"10.0.0\" is not an IPv4 address"), 1);
    assert_int_equal(count("pilot.sd_host=usb"), 1); /* read twice, said once */
    assert_string_equal(loader.configuration.file, "dns.elf");
    assert_int_equal(loader.configuration.wait_ms, 6000);
    assert_int_equal(count("\n"), 3); /* the card, and the two */
}

static void test_text_from_the_card_cannot_drive_a_terminal(void **state)
{
    (void)state;
    insert_card("server = \x1b[2J\x07\n");
    settings_read(&loader);
    for (const char *at = sim_log(); *at != 0; at++)
        assert_true(*at == '\n' || (*at >= 0x20 && *at <= 0x7e));
    assert_int_equal(count("pilot.conf:1:"), 1);
}

static void test_a_card_that_fails_is_said_and_the_boot_goes_on(void **state)
{
    (void)state;
    sim_board.card_status = ERROR_TIMEOUT;
    pass_bootargs("pilot.file=a.elf");
    settings_read(&loader);
    assert_int_equal(count("sd: no usable card: timeout\n"), 1);
    assert_string_equal(loader.configuration.file, "a.elf");
    assert_null(loader.board.card);
}

static void test_a_card_that_cannot_be_read_costs_its_settings_only(void **state)
{
    (void)state;
    insert_card("file = card.elf\n");
    pass_bootargs("pilot.server=192.0.2.3");
    card.bad_block = 0;
    settings_read(&loader);
    assert_true(count("sd: ") >= 2); /* the card, and why */
    assert_string_equal(loader.configuration.file, "");
    assert_int_equal(loader.configuration.server.ip[3], 3);
}

static void test_a_card_that_is_taken_out_while_it_is_read_is_none_without_a_pilot_conf(
    void **state)
{
    uint64_t reads;

    (void)state;
    insert_card("file = card.elf\n");
    assert_true(settings_read(&loader));
    reads = card.reads;
    for (unsigned read = 1; read <= reads; read++) {
        loader.board.card = NULL;
        card.reads_to_gone = read;
        bool was_asked = settings_read(&loader);

        card.device.block_count = fat.block_count;
        if (strcmp(loader.configuration.file, "card.elf") != 0)
            assert_false(was_asked);
        assert_int_equal(was_asked, loader.board.card != NULL);
        card.reads_to_gone = 0;
    }
}

static void test_a_pilot_conf_over_4096_bytes_is_refused_whole(void **state)
{
    static char text[CONFIGURATION_BYTES_MAX + 2];

    (void)state;
    memset(text, '#', sizeof text - 1);
    memcpy(text, "file = a.elf\n", 13);
    insert_card(text);
    settings_read(&loader);
    assert_int_equal(count("pilot.conf has 4097 bytes, there is room for 4096\n"), 1);
    assert_string_equal(loader.configuration.file, "");
    teardown(NULL);
    setup(NULL);
    text[CONFIGURATION_BYTES_MAX] = 0; /* one fewer fits */
    insert_card(text);
    settings_read(&loader);
    assert_string_equal(loader.configuration.file, "a.elf");
}

static void test_a_slow_card_costs_two_seconds_at_most(void **state)
{
    uint64_t begin_us;

    (void)state;
    insert_card("file = card.elf\n");
    card.access_us = 900000; /* each block; FAT needs several */
    begin_us = clock_now_us();
    settings_read(&loader);
    assert_in_range(clock_now_us() - begin_us, 1800000, 3000000);
    assert_string_equal(loader.configuration.file, "");
}

static void test_a_tree_that_is_no_tree_has_no_arguments(void **state)
{
    static const uint8_t rubbish[64] __attribute__((aligned(8))) = {0xd0, 0x0d, 0xfe, 0xed, 0xff};

    (void)state;
    loader.fdt = rubbish;
    loader.fdt_available = sizeof rubbish;
    settings_read(&loader);
    assert_int_equal(loader.arguments.count, 0);
    assert_string_equal(sim_log(), "");
}

static void test_reading_again_does_not_pile_up_arguments(void **state)
{
    (void)state;
    pass_bootargs("-- one two");
    settings_read(&loader);
    settings_read(&loader);
    assert_int_equal(loader.arguments.count, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_without_anything_the_defaults_hold_and_nothing_is_said, setup),
        cmocka_unit_test_setup_teardown(test_a_card_without_pilot_conf_is_nothing_to_complain_about,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(test_an_empty_pilot_conf_does_not_cost_the_card, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_pilot_conf_goes_over_the_defaults, setup, teardown),
        cmocka_unit_test_setup_teardown(test_boot_arguments_go_over_pilot_conf, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_damaged_table_of_keys_is_not_said_to_have_none,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(
            test_arguments_behind_two_dashes_replace_those_of_pilot_conf, setup, teardown),
        cmocka_unit_test_setup_teardown(test_boot_arguments_say_where_to_look_for_the_card, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_a_static_address_may_come_in_parts_from_both, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_a_static_address_that_is_nowhere_is_missed_once, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_a_pilot_conf_that_is_a_folder_is_said, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_what_is_wrong_is_said_once_with_its_place, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_text_from_the_card_cannot_drive_a_terminal, setup,
                                        teardown),
        cmocka_unit_test_setup(test_a_card_that_fails_is_said_and_the_boot_goes_on, setup),
        cmocka_unit_test_setup_teardown(test_a_card_that_cannot_be_read_costs_its_settings_only,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(
            test_a_card_that_is_taken_out_while_it_is_read_is_none_without_a_pilot_conf, setup,
            teardown),
        cmocka_unit_test_setup_teardown(test_a_pilot_conf_over_4096_bytes_is_refused_whole, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_a_slow_card_costs_two_seconds_at_most, setup,
                                        teardown),
        cmocka_unit_test_setup(test_a_tree_that_is_no_tree_has_no_arguments, setup),
        cmocka_unit_test_setup(test_reading_again_does_not_pile_up_arguments, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
