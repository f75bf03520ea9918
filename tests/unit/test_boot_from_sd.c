/*
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "block_device_sd.h"
#include "boot_from_sd.h"
#include "clock.h"
#include "error.h"
#include "sd_host_bcm2835.h"
#include "sim.h"
#include "sim_block.h"
#include "sim_card.h"
#include "sim_fat.h"
#include "sim_sd_bcm2835.h"

#define LENGTH 30000
#define BASE   0x3f202000

static uint8_t content[LENGTH];
static _Alignas(64) uint8_t buffer[LENGTH + 1];
static struct sim_fat fat;
static struct sim_block card;
static struct boot_from_sd source;

static uint32_t sum;
static unsigned restarts;

static void restart(struct boot_sink *self)
{
    (void)self;
    restarts++;
    sum = 0;
}

static void update(struct boot_sink *self, const void *bytes, size_t length)
{
    const uint8_t *at = bytes;

    (void)self;
    for (size_t i = 0; i < length; i++)
        sum = sum * 31 + at[i];
}

static struct boot_sink sink = {restart, update};

static uint32_t expected_sum(void)
{
    uint32_t expected = 0;

    for (size_t i = 0; i < LENGTH; i++)
        expected = expected * 31 + content[i];
    return expected;
}

static int set_up(void **state)
{
    (void)state;
    sim_reset();
    for (size_t i = 0; i < LENGTH; i++)
        content[i] = (uint8_t)(i ^ i >> 8);
    memset(buffer, 0xee, sizeof(buffer));
    restarts = 0;
    sim_fat_format(&fat, 16, 4);
    sim_fat_add(&fat, "DNS     ELF", NULL, content, LENGTH, 1);
    sim_block_init(&card, fat.storage, fat.block_count);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    free(fat.storage);
    return 0;
}

static int64_t fetch(size_t capacity)
{
    return source.source.fetch(&source.source, buffer, capacity, &sink, clock_now_us() + 5000000);
}

static void test_the_whole_file_arrives_and_the_sink_sees_it_once(void **state)
{
    (void)state;
    boot_from_sd_init(&source, &card.device, "dns.elf");
    assert_int_equal(fetch(LENGTH), LENGTH);
    assert_memory_equal(buffer, content, LENGTH);
    assert_int_equal(buffer[LENGTH], 0xee);
    assert_int_equal(restarts, 1);
    assert_int_equal(sum, expected_sum());
    assert_string_equal(source.source.name, "sd");
    assert_string_equal(source.source.location(&source.source), "sd:dns.elf");
    assert_string_equal(sim_log(), "");
}

static void test_the_file_is_read_through_the_real_driver(void **state)
{
    static struct sim_card sd_card;
    static struct sim_sd_bcm2835 registers;
    static struct sd_host_bcm2835 host;
    static struct block_device_sd sd;

    (void)state;
    sim_card_init(&sd_card, SIM_CARD_SDSC, fat.storage, fat.block_count);
    sim_sd_bcm2835_init(&registers, BASE, 250000000, &sd_card);
    sd_host_bcm2835_init(&host, BASE, 250000000);
    block_device_sd_init(&sd, &host.host);
    assert_int_equal(block_device_sd_start(&sd), 0);
    boot_from_sd_init(&source, &sd.device, "dns.elf");
    assert_int_equal(fetch(LENGTH), LENGTH);
    assert_memory_equal(buffer, content, LENGTH);
    assert_int_equal(sum, expected_sum());
}

static void test_a_missing_file_or_card_is_absent_with_one_line_each(void **state)
{
    (void)state;
    boot_from_sd_init(&source, &card.device, "echo.elf");
    assert_int_equal(fetch(LENGTH), ERROR_ABSENT);
    assert_non_null(strstr(sim_log(), "sd: no file echo.elf\n"));
    boot_from_sd_init(&source, NULL, "echo.elf");
    assert_int_equal(fetch(LENGTH), ERROR_ABSENT);
    assert_non_null(strstr(sim_log(), "sd: no card\n"));
}

static void test_a_file_over_capacity_is_too_large_and_nothing_is_written(void **state)
{
    (void)state;
    boot_from_sd_init(&source, &card.device, "dns.elf");
    assert_int_equal(fetch(LENGTH - 1), ERROR_TOO_LARGE);
    for (size_t i = 0; i < sizeof(buffer); i++)
        assert_int_equal(buffer[i], 0xee);
    assert_int_equal(restarts, 0);
}

static void test_a_card_changed_between_two_fetches_is_seen(void **state)
{
    (void)state;
    boot_from_sd_init(&source, &card.device, "dns.elf");
    assert_int_equal(fetch(LENGTH), LENGTH);
    free(fat.storage);
    sim_fat_format(&fat, 12, 1);
    sim_fat_add(&fat, "OTHER   BIN", NULL, content, 10, 1);
    sim_fat_add(&fat, "DNS     ELF", NULL, content + 100, 5000, 3);
    sim_block_init(&card, fat.storage, fat.block_count);
    assert_int_equal(fetch(LENGTH), 5000);
    assert_memory_equal(buffer, content + 100, 5000);
    assert_int_equal(restarts, 2);
}

static void test_a_card_that_fails_gives_its_error_and_works_when_it_is_well_again(void **state)
{
    (void)state;
    boot_from_sd_init(&source, &card.device, "dns.elf");
    card.slow = true;
    assert_int_equal(fetch(LENGTH), ERROR_TIMEOUT);
    card.slow = false;
    card.bad_block = 0;
    assert_int_equal(fetch(LENGTH), ERROR_IO);
    card.bad_block = SIM_BLOCK_NEVER;
    card.gone = true;
    assert_int_equal(fetch(LENGTH), ERROR_ABSENT);
    card.gone = false;
    assert_int_equal(fetch(LENGTH), LENGTH);
}

static void test_a_long_name_is_cut_in_the_location_only(void **state)
{
    char name[101];

    (void)state;
    memset(name, 'n', sizeof(name) - 1);
    name[sizeof(name) - 1] = '\0';
    boot_from_sd_init(&source, &card.device, name);
    assert_int_equal(strlen(source.source.location(&source.source)), 63);
    assert_int_equal(fetch(LENGTH), ERROR_ABSENT);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_the_whole_file_arrives_and_the_sink_sees_it_once),
        CASE(test_the_file_is_read_through_the_real_driver),
        CASE(test_a_missing_file_or_card_is_absent_with_one_line_each),
        CASE(test_a_file_over_capacity_is_too_large_and_nothing_is_written),
        CASE(test_a_card_changed_between_two_fetches_is_seen),
        CASE(test_a_card_that_fails_gives_its_error_and_works_when_it_is_well_again),
        CASE(test_a_long_name_is_cut_in_the_location_only),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
