/*
 * The card protocol, with everything a card can do wrong, over both controllers.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "block_device_sd.h"
#include "clock.h"
#include "error.h"
#include "sd_host_arasan.h"
#include "sd_host_bcm2835.h"
#include "sim.h"
#include "sim_card.h"
#include "sim_sd_arasan.h"
#include "sim_sd_bcm2835.h"

#define BASE      0x3f300000
#define SOURCE_HZ 250000000
#define BLOCKS    4096

static uint8_t storage[BLOCKS * 512];
static _Alignas(64) uint8_t buffer[600 * 512];
static struct sim_card card;
static struct sim_sd_arasan arasan_registers;
static struct sim_sd_bcm2835 bcm2835_registers;
static struct sd_host_arasan arasan;
static struct sd_host_bcm2835 bcm2835;
static struct sd_host *host; /* the one the tests run on */
static struct block_device_sd sd;
static struct block_device *device = &sd.device;

static void plug_in(enum sim_card_kind kind, uint64_t block_count)
{
    sim_card_init(&card, kind, storage, block_count);
}

static int set_up(void **state)
{
    (void)state;
    sim_reset();
    for (size_t i = 0; i < sizeof(storage); i++)
        storage[i] = (uint8_t)(i * 5 + i / 512);
    plug_in(SIM_CARD_SDHC, BLOCKS);
    if (host == &arasan.host) {
        sim_sd_arasan_init(&arasan_registers, BASE, SOURCE_HZ, &card);
        sd_host_arasan_init(&arasan, BASE, SOURCE_HZ);
    } else {
        sim_sd_bcm2835_init(&bcm2835_registers, BASE, SOURCE_HZ, &card);
        sd_host_bcm2835_init(&bcm2835, BASE, SOURCE_HZ);
    }
    block_device_sd_init(&sd, host);
    return 0;
}

static void test_nothing_can_be_read_before_start(void **state)
{
    (void)state;
    assert_int_equal(device->block_count, 0);
    assert_int_equal(device->read(device, 0, 1, buffer), ERROR_ABSENT);
    assert_int_equal(device->write(device, 0, 1, buffer), ERROR_ABSENT);
    assert_int_equal(device->flush(device), ERROR_ABSENT);
}

static void test_every_kind_of_card_is_identified_with_its_capacity(void **state)
{
    static const struct {
        enum sim_card_kind kind;
        uint64_t blocks;
    } cards[] = {
        {SIM_CARD_SDHC, 4096},
        {SIM_CARD_SDHC, 62521344},   /* 32 GB */
        {SIM_CARD_SDHC, 1ull << 32}, /* the largest SDXC */
        {SIM_CARD_SDSC, 4096},
        {SIM_CARD_SDSC, 1 << 21}, /* 1 GB */
        {SIM_CARD_SDSC_VERSION_1, 1 << 16},
    };

    (void)state;
    for (unsigned i = 0; i < sizeof(cards) / sizeof(cards[0]); i++) {
        plug_in(cards[i].kind, cards[i].blocks);
        assert_int_equal(block_device_sd_start(&sd), 0);
        assert_int_equal(device->block_count, cards[i].blocks);
        assert_int_equal(card.bus_width, 4);
    }
}

static void test_a_missing_card_is_reported_within_twenty_milliseconds(void **state)
{
    uint64_t start = clock_now_us();

    (void)state;
    card.absent = true;
    assert_int_equal(block_device_sd_start(&sd), ERROR_ABSENT);
    assert_in_range(clock_now_us() - start, 0, 20000);
    assert_int_equal(device->block_count, 0);
}

static void test_a_card_that_was_slow_to_answer_first_is_found(void **state)
{
    (void)state;
    card.damaged_answers = 2;
    assert_int_equal(block_device_sd_start(&sd), 0);
}

static void test_a_card_may_initialise_for_most_of_a_second(void **state)
{
    (void)state;
    card.busy_answers = 500;
    assert_int_equal(block_device_sd_start(&sd), 0);
}

static void test_a_card_that_never_gets_ready_ends_start_after_a_second(void **state)
{
    uint64_t start = clock_now_us();

    (void)state;
    card.never_ready = true;
    assert_int_equal(block_device_sd_start(&sd), ERROR_TIMEOUT);
    assert_in_range(clock_now_us() - start, 1000000, 1100000);
}

static void test_cards_this_code_does_not_know_are_refused(void **state)
{
    (void)state;
    card.wrong_pattern = true;
    assert_int_equal(block_device_sd_start(&sd), ERROR_UNSUPPORTED);
    plug_in(SIM_CARD_SDHC, BLOCKS);
    card.unknown_csd = true;
    assert_int_equal(block_device_sd_start(&sd), ERROR_UNSUPPORTED);
    assert_int_equal(device->block_count, 0);
}

static void test_a_write_protected_card_is_read_but_not_written(void **state)
{
    (void)state;
    card.write_protected = true;
    assert_int_equal(block_device_sd_start(&sd), 0);
    assert_int_equal(device->read(device, 1, 1, buffer), 0);
    assert_int_equal(device->write(device, 1, 1, buffer), ERROR_REFUSED);
    assert_int_equal(card.blocks_written, 0);
}

static void test_many_blocks_take_few_commands(void **state)
{
    (void)state;
    assert_int_equal(block_device_sd_start(&sd), 0);
    assert_int_equal(device->read(device, 100, 600, buffer), 0);
    assert_memory_equal(buffer, storage + 100 * 512, 600 * 512);
    assert_int_equal(card.commands[18], 3);
    assert_int_equal(card.commands[12], 3);
    assert_int_equal(card.commands[17], 0);
}

static void test_of_many_blocks_all_but_the_ends_are_written_in_whole_pages_of_the_card(
    void **state)
{
    (void)state;
    assert_int_equal(block_device_sd_start(&sd), 0);
    assert_int_equal(device->write(device, 8, 2 * 256, buffer), 0);
    assert_int_equal(card.commands[25], 3); /* 8-255, 256-511, 512-519 */
    assert_memory_equal(storage + 8 * 512, buffer, 2 * 256 * 512);
    assert_int_equal(device->write(device, 255, 2, buffer), 0);
    assert_int_equal(card.commands[24], 2);
    assert_int_equal(device->read(device, 8, 256, buffer), 0);
    assert_int_equal(card.commands[18], 1);
}

static void test_old_cards_are_addressed_in_bytes(void **state)
{
    (void)state;
    plug_in(SIM_CARD_SDSC, BLOCKS);
    assert_int_equal(block_device_sd_start(&sd), 0);
    assert_int_equal(device->read(device, 77, 1, buffer), 0);
    assert_memory_equal(buffer, storage + 77 * 512, 512);
    assert_int_equal(card.commands[16], 1);
}

static void test_a_damaged_block_is_read_again_once(void **state)
{
    (void)state;
    assert_int_equal(block_device_sd_start(&sd), 0);
    card.damaged_reads = 1;
    assert_int_equal(device->read(device, 8, 20, buffer), 0);
    assert_memory_equal(buffer, storage + 8 * 512, 20 * 512);
    assert_int_equal(card.commands[18], 2);
}

static void test_a_block_damaged_twice_is_an_error_and_the_card_stays_usable(void **state)
{
    (void)state;
    assert_int_equal(block_device_sd_start(&sd), 0);
    card.damaged_reads = 2;
    assert_int_equal(device->read(device, 8, 1, buffer), ERROR_IO);
    assert_int_equal(card.commands[17], 2);
    assert_int_equal(device->read(device, 8, 1, buffer), 0);
    assert_memory_equal(buffer, storage + 8 * 512, 512);
}

static void test_a_damaged_write_is_repeated_once(void **state)
{
    (void)state;
    assert_int_equal(block_device_sd_start(&sd), 0);
    memset(buffer, 0x42, 3 * 512);
    card.damaged_writes = 1;
    assert_int_equal(device->write(device, 9, 3, buffer), 0);
    assert_memory_equal(storage + 9 * 512, buffer, 3 * 512);
    card.damaged_writes = 2;
    assert_int_equal(device->write(device, 9, 1, buffer), ERROR_IO);
    assert_int_equal(device->write(device, 9, 1, buffer), 0);
}

static void test_an_error_in_the_card_status_is_not_overlooked(void **state)
{
    (void)state;
    assert_int_equal(block_device_sd_start(&sd), 0);
    card.error_bits = 1u << 21; /* card ECC failed; gone at the second attempt */
    assert_int_equal(device->read(device, 8, 1, buffer), 0);
    assert_int_equal(card.commands[17], 2);
    card.error_bits = 1u << 26; /* write protect violation: no use in trying again */
    assert_int_equal(device->write(device, 8, 1, buffer), ERROR_REFUSED);
}

static void test_what_a_card_says_of_the_data_when_it_is_stopped_is_heard(void **state)
{
    (void)state;
    assert_int_equal(block_device_sd_start(&sd), 0);
    card.data_error_bits = 1u << 19; /* said once: the next question is answered without it */
    assert_int_equal(device->write(device, 8, 4, buffer), 0);
    assert_int_equal(card.commands[25], 2);
    card.data_error_bits = 1u << 26; /* this part is write-protected */
    assert_int_equal(device->write(device, 8, 4, buffer), ERROR_REFUSED);
    card.data_error_bits = 1u << 21;
    assert_int_equal(device->read(device, 8, 4, buffer), 0);
    assert_int_equal(card.commands[18], 2);
    /* Behind the last block of all it may be right to say that there is no next one. */
    card.data_error_bits = 1u << 31;
    assert_int_equal(device->read(device, BLOCKS - 4, 4, buffer), 0);
    card.data_error_bits = 1u << 31;
    assert_int_equal(device->write(device, BLOCKS - 4, 4, buffer), 0);
    assert_int_equal(card.commands[18] + card.commands[25], 7);
}

static void test_data_that_never_comes_times_out(void **state)
{
    uint64_t start;

    (void)state;
    assert_int_equal(block_device_sd_start(&sd), 0);
    card.sends_nothing = true;
    start = clock_now_us();
    assert_int_equal(device->read(device, 8, 4, buffer), ERROR_TIMEOUT);
    assert_in_range(clock_now_us() - start, 100000, 1000000);
    card.sends_nothing = false;
    assert_int_equal(device->read(device, 8, 4, buffer), 0);
}

static void test_write_waits_until_the_card_has_programmed(void **state)
{
    uint64_t start;

    (void)state;
    assert_int_equal(block_device_sd_start(&sd), 0);
    card.program_us = 240000;
    start = clock_now_us();
    assert_int_equal(device->write(device, 8, 1, buffer), 0);
    assert_true(clock_now_us() - start >= 240000);
    assert_int_equal(device->flush(device), 0);
}

static void test_a_block_may_take_longer_to_write_than_to_read(void **state)
{
    (void)state;
    assert_int_equal(block_device_sd_start(&sd), 0);
    card.program_us = 700000;
    assert_int_equal(device->write(device, 8, 1, buffer), 0);
    assert_int_equal(device->write(device, 8, 4, buffer), 0);
    assert_int_equal(card.commands[24] + card.commands[25], 2);
}

static void fail_programming(void *context)
{
    (void)context;
    card.error_bits = 1u << 19;
}

static void test_an_error_while_the_card_programs_repeats_the_write(void **state)
{
    struct sim_event event = {0};

    (void)state;
    assert_int_equal(block_device_sd_start(&sd), 0);
    card.program_us = 50000;
    sim_after_us(&event, 30000, fail_programming, NULL);
    assert_int_equal(device->write(device, 8, 1, buffer), 0);
    assert_int_equal(card.commands[24], 2);
}

static void test_a_card_that_stays_busy_after_a_write_times_out(void **state)
{
    uint64_t start;

    (void)state;
    assert_int_equal(block_device_sd_start(&sd), 0);
    card.stuck_busy = true;
    start = clock_now_us();
    assert_int_equal(device->write(device, 8, 4, buffer), ERROR_TIMEOUT);
    assert_in_range(clock_now_us() - start, 500000, 4000000);
}

static void pull_out(void *context)
{
    (void)context;
    card.absent = true;
}

static void test_a_card_pulled_out_while_it_is_read_is_absent_until_the_next_start(void **state)
{
    struct sim_event event = {0};

    (void)state;
    assert_int_equal(block_device_sd_start(&sd), 0);
    sim_after_us(&event, 5000, pull_out, NULL);
    assert_int_equal(device->read(device, 0, 600, buffer), ERROR_ABSENT);
    assert_int_equal(device->block_count, 0);
    assert_int_equal(device->read(device, 0, 1, buffer), ERROR_ABSENT);
    plug_in(SIM_CARD_SDSC, BLOCKS / 2);
    assert_int_equal(block_device_sd_start(&sd), 0);
    assert_int_equal(device->block_count, BLOCKS / 2);
    assert_int_equal(device->read(device, 3, 1, buffer), 0);
    assert_memory_equal(buffer, storage + 3 * 512, 512);
}

static void test_the_last_blocks_of_the_card_can_be_read_together(void **state)
{
    (void)state;
    assert_int_equal(block_device_sd_start(&sd), 0);
    assert_int_equal(device->read(device, BLOCKS - 5, 5, buffer), 0);
    assert_memory_equal(buffer, storage + (BLOCKS - 5) * 512, 5 * 512);
}

#define CASE(test) cmocka_unit_test_setup(test, set_up)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_nothing_can_be_read_before_start),
        CASE(test_every_kind_of_card_is_identified_with_its_capacity),
        CASE(test_a_missing_card_is_reported_within_twenty_milliseconds),
        CASE(test_a_card_that_was_slow_to_answer_first_is_found),
        CASE(test_a_card_may_initialise_for_most_of_a_second),
        CASE(test_a_card_that_never_gets_ready_ends_start_after_a_second),
        CASE(test_cards_this_code_does_not_know_are_refused),
        CASE(test_a_write_protected_card_is_read_but_not_written),
        CASE(test_many_blocks_take_few_commands),
        CASE(test_of_many_blocks_all_but_the_ends_are_written_in_whole_pages_of_the_card),
        CASE(test_old_cards_are_addressed_in_bytes),
        CASE(test_a_damaged_block_is_read_again_once),
        CASE(test_a_block_damaged_twice_is_an_error_and_the_card_stays_usable),
        CASE(test_a_damaged_write_is_repeated_once),
        CASE(test_an_error_in_the_card_status_is_not_overlooked),
        CASE(test_what_a_card_says_of_the_data_when_it_is_stopped_is_heard),
        CASE(test_data_that_never_comes_times_out),
        CASE(test_write_waits_until_the_card_has_programmed),
        CASE(test_a_block_may_take_longer_to_write_than_to_read),
        CASE(test_an_error_while_the_card_programs_repeats_the_write),
        CASE(test_a_card_that_stays_busy_after_a_write_times_out),
        CASE(test_a_card_pulled_out_while_it_is_read_is_absent_until_the_next_start),
        CASE(test_the_last_blocks_of_the_card_can_be_read_together),
    };

    int failed;

    host = &arasan.host;
    failed = cmocka_run_group_tests_name("emmc", tests, NULL, NULL);
    host = &bcm2835.host;
    return failed + cmocka_run_group_tests_name("sdhost", tests, NULL, NULL);
}
