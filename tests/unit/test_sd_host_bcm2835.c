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
#include "sd_host_bcm2835.h"
#include "sim.h"
#include "sim_card.h"
#include "sim_sd_bcm2835.h"

#define BASE      0x3f202000
#define SOURCE_HZ 250000000
#define BLOCKS    1024

static uint8_t storage[BLOCKS * 512];
static _Alignas(4) uint8_t buffer[8 * 512];
static struct sim_card card;
static struct sim_sd_bcm2835 registers;
static struct sd_host_bcm2835 sdhost;
static struct sd_host *host = &sdhost.host;

static int set_up(void **state)
{
    (void)state;
    sim_reset();
    for (size_t i = 0; i < sizeof(storage); i++)
        storage[i] = (uint8_t)(i * 13 + i / 512);
    sim_card_init(&card, SIM_CARD_SDHC, storage, BLOCKS);
    sim_sd_bcm2835_init(&registers, BASE, SOURCE_HZ, &card);
    sd_host_bcm2835_init(&sdhost, BASE, SOURCE_HZ);
    return 0;
}

static int send(unsigned index, enum sd_response response, uint32_t argument)
{
    struct sd_command command = {
        .index = (uint8_t)index, .response = response, .argument = argument};

    return host->command(host, &command, clock_now_us() + 50000);
}

static int move(unsigned index, uint32_t count, bool to_card)
{
    struct sd_command command = {.index = (uint8_t)index,
                                 .response = SD_RESPONSE_48,
                                 .argument = 16,
                                 .data = buffer,
                                 .block_bytes = 512,
                                 .block_count = count,
                                 .data_to_card = to_card};

    return host->command(host, &command, clock_now_us() + 100000);
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

static void test_reset_cycles_the_power_and_takes_no_more_than_a_tenth_of_a_second(void **state)
{
    uint64_t start = clock_now_us();

    (void)state;
    assert_int_equal(host->reset(host), 0);
    assert_int_equal(registers.power_cycles, 1);
    assert_in_range(clock_now_us() - start, 2000, 10000);
    /* Now there is power that has to go first. */
    start = clock_now_us();
    assert_int_equal(host->reset(host), 0);
    assert_int_equal(registers.power_cycles, 2);
    assert_in_range(clock_now_us() - start, 21000, 100000);
}

static void test_the_clock_is_never_faster_than_asked(void **state)
{
    static const uint32_t wanted[] = {125000,   400000,   399999,   24999999,
                                      25000000, 50000000, 125000000};

    (void)state;
    for (unsigned i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
        uint32_t hz;

        assert_int_equal(host->set_clock(host, wanted[i]), 0);
        hz = SOURCE_HZ / (registers.device.read(&registers.device, 0x0c) + 2);
        assert_true(hz <= wanted[i]);
        assert_true(hz > wanted[i] / 2);
    }
    assert_int_equal(host->set_clock(host, 0), ERROR_INVALID);
    assert_int_equal(host->set_clock(host, 50000), ERROR_INVALID);
}

static void test_only_one_and_four_lines_exist(void **state)
{
    (void)state;
    assert_int_equal(host->set_bus_width(host, 2), ERROR_INVALID);
    assert_int_equal(host->set_bus_width(host, 4), 0);
    assert_int_equal(registers.device.read(&registers.device, 0x38) & 4, 4);
}

static void test_a_command_without_an_answer_times_out_and_the_next_one_works(void **state)
{
    (void)state;
    assert_int_equal(host->reset(host), 0);
    card.absent = true;
    registers.fifo_used = 3; /* left over from an earlier failure */
    assert_int_equal(send(8, SD_RESPONSE_48, 0x1aa), ERROR_TIMEOUT);
    assert_int_equal(registers.fifo_used, 0);
    assert_int_equal(registers.power_cycles, 1);
    card.absent = false;
    assert_int_equal(send(8, SD_RESPONSE_48, 0x1aa), 0);
}

static void test_a_lost_command_ends_at_its_deadline_and_a_power_cycle_frees_the_bus(void **state)
{
    struct sd_command command = {.index = 8, .response = SD_RESPONSE_48, .argument = 0x1aa};
    uint64_t deadline_us;

    (void)state;
    assert_int_equal(host->reset(host), 0);
    registers.loses_commands = true;
    deadline_us = clock_now_us() + 7000;
    assert_int_equal(host->command(host, &command, deadline_us), ERROR_TIMEOUT);
    assert_in_range(clock_now_us(), deadline_us, deadline_us + 100000);
    assert_int_equal(registers.power_cycles, 2);
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

static void test_the_missing_crc_of_the_operating_condition_is_no_error(void **state)
{
    (void)state;
    registers.flags_r3 = true;
    select_card();
}

static void test_the_fifo_is_emptied_in_order_to_the_last_word(void **state)
{
    (void)state;
    select_card();
    for (uint32_t count = 1; count <= 8; count += 7) {
        memset(buffer, 0, sizeof(buffer));
        assert_int_equal(move(count == 1 ? 17 : 18, count, false), 0);
        assert_memory_equal(buffer, storage + 16 * 512, count * 512);
        if (count > 1)
            assert_int_equal(send(12, SD_RESPONSE_48, 0), 0);
    }
}

static void test_an_open_read_is_ended_by_a_push(void **state)
{
    (void)state;
    select_card();
    assert_int_equal(move(17, 1, false), 0);
    assert_int_equal(registers.pushes, 0);
    assert_int_equal(move(18, 4, false), 0);
    assert_int_equal(registers.pushes, 1);
    assert_int_equal(send(12, SD_RESPONSE_48, 0), 0);
    assert_int_equal(send(13, SD_RESPONSE_48, 0x4a0f0000), 0);
}

static void test_a_read_that_does_not_end_by_itself_is_pushed_after_a_while(void **state)
{
    uint64_t start;

    (void)state;
    select_card();
    assert_int_equal(host->set_clock(host, 25000000), 0);
    registers.sticks_in_read = true;
    start = clock_now_us();
    assert_int_equal(move(18, 4, false), 0);
    assert_int_equal(registers.pushes, 1);
    assert_in_range(clock_now_us() - start, 500, 5000);
    assert_memory_equal(buffer, storage + 16 * 512, 4 * 512);
    assert_int_equal(send(12, SD_RESPONSE_48, 0), 0);
}

static void test_write_survives_the_stuck_state(void **state)
{
    (void)state;
    select_card();
    registers.sticks_after_write = true;
    memset(buffer, 0x5c, 512);
    assert_int_equal(move(24, 1, true), 0);
    assert_int_equal(registers.pushes, 1);
    assert_memory_equal(storage + 16 * 512, buffer, 512);
    assert_int_equal(send(13, SD_RESPONSE_48, 0x4a0f0000), 0);
}

static void test_data_that_never_comes_times_out_and_the_next_read_works(void **state)
{
    uint64_t start;

    (void)state;
    select_card();
    card.sends_nothing = true;
    start = clock_now_us();
    assert_int_equal(move(18, 8, false), ERROR_TIMEOUT);
    assert_in_range(clock_now_us() - start, 100000, 200000);
    card.sends_nothing = false;
    assert_int_equal(send(12, SD_RESPONSE_48_BUSY, 0), 0);
    assert_int_equal(move(17, 1, false), 0);
    assert_memory_equal(buffer, storage + 16 * 512, 512);
}

static void test_data_with_a_wrong_crc_is_an_error_and_leaves_nothing_in_the_fifo(void **state)
{
    (void)state;
    select_card();
    card.damaged_reads = 1;
    assert_int_equal(move(17, 1, false), ERROR_IO);
    assert_int_equal(registers.fifo_used, 0);
    assert_int_equal(move(17, 1, false), 0);
    assert_memory_equal(buffer, storage + 16 * 512, 512);
    card.damaged_reads = 1;
    assert_int_equal(move(18, 8, false), ERROR_IO);
    assert_int_equal(registers.fifo_used, 0);
}

static void test_a_busy_card_is_waited_for_until_the_deadline(void **state)
{
    (void)state;
    select_card();
    card.stuck_busy = true;
    memset(buffer, 1, 512);
    assert_int_equal(move(24, 1, true), ERROR_TIMEOUT);
}

static void test_arguments_the_controller_cannot_take_are_refused(void **state)
{
    struct sd_command command = {.index = 18,
                                 .response = SD_RESPONSE_48,
                                 .data = buffer,
                                 .block_bytes = 512,
                                 .block_count = 512};

    (void)state;
    assert_int_equal(host->command(host, &command, clock_now_us() + 1000), ERROR_INVALID);
    command.block_count = 1;
    command.data = buffer + 1;
    assert_int_equal(host->command(host, &command, clock_now_us() + 1000), ERROR_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(
            test_reset_cycles_the_power_and_takes_no_more_than_a_tenth_of_a_second, set_up),
        cmocka_unit_test_setup(test_the_clock_is_never_faster_than_asked, set_up),
        cmocka_unit_test_setup(test_only_one_and_four_lines_exist, set_up),
        cmocka_unit_test_setup(test_a_command_without_an_answer_times_out_and_the_next_one_works,
                               set_up),
        cmocka_unit_test_setup(
            test_a_lost_command_ends_at_its_deadline_and_a_power_cycle_frees_the_bus, set_up),
        cmocka_unit_test_setup(test_a_damaged_answer_is_an_error_and_the_next_command_works,
                               set_up),
        cmocka_unit_test_setup(test_the_missing_crc_of_the_operating_condition_is_no_error, set_up),
        cmocka_unit_test_setup(test_the_fifo_is_emptied_in_order_to_the_last_word, set_up),
        cmocka_unit_test_setup(test_an_open_read_is_ended_by_a_push, set_up),
        cmocka_unit_test_setup(test_a_read_that_does_not_end_by_itself_is_pushed_after_a_while,
                               set_up),
        cmocka_unit_test_setup(test_write_survives_the_stuck_state, set_up),
        cmocka_unit_test_setup(test_data_that_never_comes_times_out_and_the_next_read_works,
                               set_up),
        cmocka_unit_test_setup(
            test_data_with_a_wrong_crc_is_an_error_and_leaves_nothing_in_the_fifo, set_up),
        cmocka_unit_test_setup(test_a_busy_card_is_waited_for_until_the_deadline, set_up),
        cmocka_unit_test_setup(test_arguments_the_controller_cannot_take_are_refused, set_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
