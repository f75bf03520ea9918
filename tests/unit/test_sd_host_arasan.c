/*
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "clock.h"
#include "error.h"
#include "sd_host_arasan.h"
#include "sim.h"
#include "sim_card.h"
#include "sim_sd_arasan.h"

#define BASE      0x3f300000
#define SOURCE_HZ 200000000
#define BLOCKS    1024

static uint8_t storage[BLOCKS * 512];
static struct sim_card card;
static struct sim_sd_arasan registers;
static struct sd_host_arasan arasan;
static struct sd_host *host = &arasan.host;

static int set_up(void **state)
{
    (void)state;
    sim_reset();
    sim_card_init(&card, SIM_CARD_SDHC, storage, BLOCKS);
    sim_sd_arasan_init(&registers, BASE, SOURCE_HZ, &card);
    sd_host_arasan_init(&arasan, BASE, SOURCE_HZ);
    return 0;
}

static int send(unsigned index, enum sd_response response, uint32_t argument)
{
    struct sd_command command = {
        .index = (uint8_t)index, .response = response, .argument = argument};

    return host->command(host, &command, clock_now_us() + 50000);
}

/* Takes the card to the state in which it moves data. */
static void select_card(void)
{
    card.busy_answers = 0;
    assert_int_equal(host->reset(host), 0);
    assert_int_equal(send(0, SD_RESPONSE_NONE, 0), 0);
    assert_int_equal(send(8, SD_RESPONSE_48, 0x1aa), 0);
    assert_int_equal(send(55, SD_RESPONSE_48, 0), 0);
    assert_int_equal(send(41, SD_RESPONSE_48_NO_CRC, 0x40300000), 0);
    assert_int_equal(send(2, SD_RESPONSE_136, 0), 0);
    assert_int_equal(send(3, SD_RESPONSE_48, 0), 0);
    assert_int_equal(send(7, SD_RESPONSE_48_BUSY, 0x4a0f0000), 0);
}

static uint32_t clock_in_register(void)
{
    uint32_t control = registers.device.read(&registers.device, 0x2c);
    uint32_t divider = (control >> 8 & 0xff) | (control >> 6 & 3) << 8;

    return divider == 0 ? SOURCE_HZ : SOURCE_HZ / (2 * divider);
}

static void test_reset_ends_when_the_reset_bit_stays(void **state)
{
    uint64_t start = clock_now_us();

    (void)state;
    registers.never_resets = true;
    assert_int_equal(host->reset(host), ERROR_TIMEOUT);
    assert_in_range(clock_now_us() - start, 1000, 100000);
}

static void test_reset_ends_when_the_clock_never_settles(void **state)
{
    uint64_t start = clock_now_us();

    (void)state;
    registers.never_stable = true;
    assert_int_equal(host->reset(host), ERROR_TIMEOUT);
    assert_in_range(clock_now_us() - start, 1000, 100000);
}

static void test_the_clock_is_never_faster_than_asked_and_not_much_slower(void **state)
{
    static const uint32_t wanted[] = {100000,   400000,   399999,   1000000,
                                      24999999, 25000000, 33000000, 50000000};

    (void)state;
    for (unsigned i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
        assert_int_equal(host->set_clock(host, wanted[i]), 0);
        assert_true(clock_in_register() <= wanted[i]);
        assert_true(clock_in_register() > wanted[i] / 2);
    }
    assert_int_equal(host->set_clock(host, SOURCE_HZ), 0);
    assert_int_equal(clock_in_register(), SOURCE_HZ);
    assert_int_equal(host->set_clock(host, 0), ERROR_INVALID);
    assert_int_equal(host->set_clock(host, 1000), ERROR_INVALID);
}

static void test_only_one_and_four_lines_exist(void **state)
{
    (void)state;
    assert_int_equal(host->reset(host), 0);
    assert_int_equal(host->set_bus_width(host, 8), ERROR_INVALID);
    assert_int_equal(host->set_bus_width(host, 0), ERROR_INVALID);
    assert_int_equal(host->set_bus_width(host, 4), 0);
    assert_int_equal(registers.device.read(&registers.device, 0x28) & 2, 2);
    assert_int_equal(host->set_bus_width(host, 1), 0);
    assert_int_equal(registers.device.read(&registers.device, 0x28) & 2, 0);
}

static void test_a_command_without_an_answer_times_out_and_the_next_one_works(void **state)
{
    (void)state;
    assert_int_equal(host->reset(host), 0);
    card.absent = true;
    assert_int_equal(send(8, SD_RESPONSE_48, 0x1aa), ERROR_TIMEOUT);
    card.absent = false;
    assert_int_equal(send(8, SD_RESPONSE_48, 0x1aa), 0);
}

static void test_a_lost_command_ends_at_its_deadline_and_the_next_one_works(void **state)
{
    struct sd_command command = {.index = 8, .response = SD_RESPONSE_48, .argument = 0x1aa};
    uint64_t deadline_us;

    (void)state;
    assert_int_equal(host->reset(host), 0);
    registers.loses_commands = true;
    deadline_us = clock_now_us() + 7000;
    assert_int_equal(host->command(host, &command, deadline_us), ERROR_TIMEOUT);
    assert_in_range(clock_now_us(), deadline_us, deadline_us + 1000);
    registers.loses_commands = false;
    assert_int_equal(send(8, SD_RESPONSE_48, 0x1aa), 0);
}

static void test_a_damaged_answer_is_an_error_and_the_next_command_works(void **state)
{
    (void)state;
    assert_int_equal(host->reset(host), 0);
    card.damaged_answers = 1;
    assert_int_equal(send(8, SD_RESPONSE_48, 0x1aa), ERROR_IO);
    assert_int_equal(send(8, SD_RESPONSE_48, 0x1aa), 0);
}

static void test_a_long_answer_arrives_in_the_order_of_the_register(void **state)
{
    struct sd_command command = {.index = 9, .response = SD_RESPONSE_136, .argument = 0x4a0f0000};

    (void)state;
    card.busy_answers = 0;
    assert_int_equal(host->reset(host), 0);
    send(0, SD_RESPONSE_NONE, 0);
    send(55, SD_RESPONSE_48, 0);
    send(41, SD_RESPONSE_48_NO_CRC, 0x40300000);
    send(2, SD_RESPONSE_136, 0);
    send(3, SD_RESPONSE_48, 0);
    assert_int_equal(host->command(host, &command, clock_now_us() + 10000), 0);
    assert_int_equal(command.reply[3] >> 30, 1);       /* CSD structure 2.0 */
    assert_int_equal(command.reply[2] >> 16 & 0xf, 9); /* bits 83..80 */
    assert_int_equal(command.reply[1] >> 16 | (command.reply[2] & 0x3f) << 16,
                     BLOCKS / 1024 - 1); /* bits 69..48 */
}

static void test_data_that_never_comes_times_out_and_the_next_command_works(void **state)
{
    static _Alignas(4) uint8_t block[512];
    struct sd_command command = {.index = 17,
                                 .response = SD_RESPONSE_48,
                                 .data = block,
                                 .block_bytes = 512,
                                 .block_count = 1};
    uint64_t deadline_us;

    (void)state;
    select_card();
    card.sends_nothing = true;
    deadline_us = clock_now_us() + 20000;
    assert_int_equal(host->command(host, &command, deadline_us), ERROR_TIMEOUT);
    assert_in_range(clock_now_us(), deadline_us, deadline_us + 1000);
    assert_int_equal(send(12, SD_RESPONSE_48_BUSY, 0), 0);
    card.sends_nothing = false;
    assert_int_equal(host->command(host, &command, clock_now_us() + 100000), 0);
}

static void test_data_with_a_wrong_crc_is_an_error_and_the_next_read_works(void **state)
{
    static _Alignas(4) uint8_t block[512];
    struct sd_command command = {.index = 17,
                                 .response = SD_RESPONSE_48,
                                 .data = block,
                                 .block_bytes = 512,
                                 .block_count = 1,
                                 .argument = 5};

    (void)state;
    memset(storage + 5 * 512, 0x3c, 512);
    select_card();
    card.damaged_reads = 1;
    assert_int_equal(host->command(host, &command, clock_now_us() + 100000), ERROR_IO);
    assert_int_equal(host->command(host, &command, clock_now_us() + 100000), 0);
    assert_memory_equal(block, storage + 5 * 512, 512);
}

static void test_the_end_of_busy_is_seen_without_its_cause(void **state)
{
    (void)state;
    registers.no_cause_when_free = true;
    select_card();
    assert_int_equal(send(13, SD_RESPONSE_48, 0x4a0f0000), 0);
}

static void test_a_busy_answer_is_over_when_the_card_lets_go(void **state)
{
    static _Alignas(4) uint8_t blocks[1024];
    struct sd_command command = {.index = 25,
                                 .response = SD_RESPONSE_48,
                                 .data = blocks,
                                 .block_bytes = 512,
                                 .block_count = 2,
                                 .data_to_card = true};

    (void)state;
    select_card();
    card.program_us = 20000;
    assert_int_equal(host->command(host, &command, clock_now_us() + 100000), 0);
    assert_int_equal(send(12, SD_RESPONSE_48_BUSY, 0), 0);
    assert_false(sim_card_is_busy(&card));
    assert_int_equal(host->command(host, &command, clock_now_us() + 100000), 0);
    card.stuck_busy = true;
    assert_int_equal(send(12, SD_RESPONSE_48_BUSY, 0), ERROR_TIMEOUT);
}

static void test_a_timeout_that_comes_with_the_end_of_data_is_none(void **state)
{
    static _Alignas(4) uint8_t block[512];
    struct sd_command command = {.index = 24,
                                 .response = SD_RESPONSE_48,
                                 .data = block,
                                 .block_bytes = 512,
                                 .block_count = 1,
                                 .data_to_card = true};

    (void)state;
    select_card();
    registers.late_timeout = true;
    assert_int_equal(host->command(host, &command, clock_now_us() + 100000), 0);
}

static void test_arguments_the_controller_cannot_take_are_refused(void **state)
{
    static _Alignas(4) uint8_t block[516];
    struct sd_command command = {.index = 18,
                                 .response = SD_RESPONSE_48,
                                 .data = block,
                                 .block_bytes = 512,
                                 .block_count = 0x10000};

    (void)state;
    assert_int_equal(host->reset(host), 0);
    assert_int_equal(host->command(host, &command, clock_now_us() + 1000), ERROR_INVALID);
    command.block_count = 1;
    command.data = block + 1;
    assert_int_equal(host->command(host, &command, clock_now_us() + 1000), ERROR_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_reset_ends_when_the_reset_bit_stays, set_up),
        cmocka_unit_test_setup(test_reset_ends_when_the_clock_never_settles, set_up),
        cmocka_unit_test_setup(test_the_clock_is_never_faster_than_asked_and_not_much_slower,
                               set_up),
        cmocka_unit_test_setup(test_only_one_and_four_lines_exist, set_up),
        cmocka_unit_test_setup(test_a_command_without_an_answer_times_out_and_the_next_one_works,
                               set_up),
        cmocka_unit_test_setup(test_a_lost_command_ends_at_its_deadline_and_the_next_one_works,
                               set_up),
        cmocka_unit_test_setup(test_a_damaged_answer_is_an_error_and_the_next_command_works,
                               set_up),
        cmocka_unit_test_setup(test_a_long_answer_arrives_in_the_order_of_the_register, set_up),
        cmocka_unit_test_setup(test_data_that_never_comes_times_out_and_the_next_command_works,
                               set_up),
        cmocka_unit_test_setup(test_data_with_a_wrong_crc_is_an_error_and_the_next_read_works,
                               set_up),
        cmocka_unit_test_setup(test_the_end_of_busy_is_seen_without_its_cause, set_up),
        cmocka_unit_test_setup(test_a_busy_answer_is_over_when_the_card_lets_go, set_up),
        cmocka_unit_test_setup(test_a_timeout_that_comes_with_the_end_of_data_is_none, set_up),
        cmocka_unit_test_setup(test_arguments_the_controller_cannot_take_are_refused, set_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
