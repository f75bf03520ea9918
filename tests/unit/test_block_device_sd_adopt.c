/*
 * A card changes hands: one program describes it, another, with fresh driver objects on the
 * same controller, takes it over without a reset, over both controllers.
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
#include "boot_tags.h"
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
static _Alignas(64) uint8_t buffer[300 * 512];
static struct sim_card card;
static struct sim_sd_arasan arasan_registers;
static struct sim_sd_bcm2835 bcm2835_registers;
static struct sd_host_arasan arasan[2];
static struct sd_host_bcm2835 bcm2835[2];
static struct block_device_sd programs[2];
static struct boot_card description;
static bool is_emmc; /* the controller the tests run on */

/* What a program knows when it begins: nothing. */
static struct block_device_sd *begin_program(unsigned index)
{
    memset(&programs[index], 0xee, sizeof programs[index]);
    if (is_emmc)
        sd_host_arasan_init(&arasan[index], BASE, SOURCE_HZ);
    else
        sd_host_bcm2835_init(&bcm2835[index], BASE, SOURCE_HZ);
    block_device_sd_init(&programs[index], is_emmc ? &arasan[index].host : &bcm2835[index].host);
    return &programs[index];
}

static void start_with(enum sim_card_kind kind)
{
    sim_reset();
    sim_card_init(&card, kind, storage, BLOCKS);
    if (is_emmc)
        sim_sd_arasan_init(&arasan_registers, BASE, SOURCE_HZ, &card);
    else
        sim_sd_bcm2835_init(&bcm2835_registers, BASE, SOURCE_HZ, &card);
    memset(&description, 0xee, sizeof description);
    begin_program(0);
    assert_int_equal(block_device_sd_describe(&programs[0], &description), ERROR_ABSENT);
    assert_int_equal(block_device_sd_start(&programs[0]), 0);
    assert_int_equal(block_device_sd_describe(&programs[0], &description), 0);
    begin_program(1);
    memset(card.commands, 0, sizeof card.commands);
}

static int set_up(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(storage); i++)
        storage[i] = (uint8_t)(i * 5 + i / 512);
    start_with(SIM_CARD_SDHC);
    return 0;
}

static void reads_and_writes(struct block_device *device)
{
    assert_int_equal(device->read(device, 7, 300, buffer), 0);
    assert_memory_equal(buffer, storage + 7 * 512, 300 * 512);
    memset(buffer, 0x42, 2 * 512);
    assert_int_equal(device->write(device, 100, 2, buffer), 0);
    assert_memory_equal(storage + 100 * 512, buffer, 2 * 512);
    assert_int_equal(device->flush(device), 0);
}

/* A refusal that changed nothing for the worse: a full start works. */
static void refused(int error)
{
    assert_int_equal(block_device_sd_adopt(&programs[1], &description), error);
    assert_int_equal(programs[1].device.block_count, 0);
    assert_int_equal(programs[1].device.read(&programs[1].device, 0, 1, buffer), ERROR_ABSENT);
    begin_program(1);
    assert_int_equal(block_device_sd_start(&programs[1]), 0);
    reads_and_writes(&programs[1].device);
}

static void test_every_kind_of_card_is_handed_on_again_and_again(void **state)
{
    static const enum sim_card_kind kinds[] = {SIM_CARD_SDHC, SIM_CARD_SDSC,
                                               SIM_CARD_SDSC_VERSION_1};

    (void)state;
    for (unsigned i = 0; i < 3; i++) {
        start_with(kinds[i]);
        for (unsigned k = 1; k < 6; k++) {
            struct block_device_sd *next = begin_program(k % 2);

            assert_int_equal(block_device_sd_adopt(next, &description), 0);
            assert_int_equal(next->device.block_count, BLOCKS);
            reads_and_writes(&next->device);
            memset(&description, 0xee, sizeof description);
            assert_int_equal(block_device_sd_describe(next, &description), 0);
        }
        assert_int_equal(card.commands[0], 0); /* never reset */
        if (!is_emmc)
            assert_int_equal(bcm2835_registers.power_cycles, 1);
    }
}

static void test_settings_that_lose_data_are_put_right(void **state)
{
    (void)state;
    arasan_registers.registers[0x38 / 4] = UINT32_MAX; /* all interrupts */
    arasan_registers.registers[0x34 / 4] = 0;
    bcm2835_registers.registers[0x34 / 4] = 0xc600; /* the thresholds after power-on */
    bcm2835_registers.registers[0x38 / 4] = 0;
    assert_int_equal(block_device_sd_adopt(&programs[1], &description), 0);
    reads_and_writes(&programs[1].device);
    if (is_emmc)
        assert_int_equal(arasan_registers.registers[0x38 / 4], 0);
}

static void test_it_takes_two_commands_and_less_than_a_millisecond(void **state)
{
    uint64_t before_us = clock_now_us();

    (void)state;
    assert_int_equal(block_device_sd_adopt(&programs[1], &description), 0);
    assert_in_range(clock_now_us() - before_us, 0, 1000);
    assert_int_equal(card.commands[13], 1);
    assert_int_equal(card.commands[17], 1);
}

static void test_the_description_tells_everything_the_driver_knew(void **state)
{
    (void)state;
    assert_int_equal(description.counts_blocks, 1);
    assert_int_equal(description.read_only, 0);
    assert_int_equal(description.address, 0x4a0f0000);
    assert_int_equal(description.block_count, BLOCKS);
    description.read_only = 1;
    assert_int_equal(block_device_sd_adopt(&programs[1], &description), 0);
    assert_int_equal(programs[1].device.write(&programs[1].device, 1, 1, buffer), ERROR_REFUSED);
}

static void test_a_card_that_was_changed_does_not_answer_to_the_address(void **state)
{
    (void)state;
    sim_card_init(&card, SIM_CARD_SDHC, storage, BLOCKS);
    card.swapped = true;
    refused(ERROR_TIMEOUT);
}

static void test_another_address_is_nobodys(void **state)
{
    (void)state;
    description.address = 0x4a100000;
    refused(ERROR_TIMEOUT);
}

static void test_a_card_pulled_out_is_noticed_soon(void **state)
{
    uint64_t before_us = clock_now_us();

    (void)state;
    card.absent = true;
    assert_int_equal(block_device_sd_adopt(&programs[1], &description), ERROR_TIMEOUT);
    assert_in_range(clock_now_us() - before_us, 0, 50000);
}

static void test_descriptions_that_no_card_has_are_refused_unasked(void **state)
{
    static const struct boot_card wrong[] = {
        {.counts_blocks = 1, .address = 0, .block_count = BLOCKS},
        {.counts_blocks = 1, .address = 0x4a0f0001, .block_count = BLOCKS},
        {.counts_blocks = 2, .address = 0x4a0f0000, .block_count = BLOCKS},
        {.counts_blocks = 1, .read_only = 2, .address = 0x4a0f0000, .block_count = BLOCKS},
        {.counts_blocks = 1, .address = 0x4a0f0000, .block_count = 0},
        {.counts_blocks = 1, .address = 0x4a0f0000, .block_count = (1ull << 32) + 1},
        {.counts_blocks = 0, .address = 0x4a0f0000, .block_count = (1ull << 23) + 1},
        {.counts_blocks = 1, .address = 0x4a0f0000, .block_count = UINT64_MAX},
    };

    (void)state;
    for (unsigned i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        uint64_t before = sim_mmio_count();

        assert_int_equal(block_device_sd_adopt(&programs[1], &wrong[i]), ERROR_INVALID);
        assert_int_equal(programs[1].device.block_count, 0);
        assert_true(sim_mmio_count() == before);
    }
}

static void test_a_smaller_card_than_described_is_refused(void **state)
{
    (void)state;
    description.block_count = BLOCKS + 1;
    assert_true(block_device_sd_adopt(&programs[1], &description) < 0);
    assert_int_equal(programs[1].device.block_count, 0);
}

static void test_a_card_that_still_programs_is_refused(void **state)
{
    (void)state;
    card.state = 7; /* programming: its user crashed in a write */
    card.stuck_busy = true;
    assert_int_equal(block_device_sd_adopt(&programs[1], &description), ERROR_CORRUPT);
}

static void test_a_card_with_an_error_in_its_status_is_refused(void **state)
{
    (void)state;
    card.error_bits = 1u << 19;
    refused(ERROR_CORRUPT);
}

static void test_a_block_that_comes_damaged_is_an_error(void **state)
{
    (void)state;
    card.damaged_reads = 1;
    refused(ERROR_IO);
}

static void test_data_that_never_comes_ends_adoption_in_time(void **state)
{
    uint64_t before_us = clock_now_us();

    (void)state;
    card.sends_nothing = true;
    assert_int_equal(block_device_sd_adopt(&programs[1], &description), ERROR_TIMEOUT);
    assert_in_range(clock_now_us() - before_us, 0, 50000);
}

static void test_a_controller_that_was_reset_is_refused_without_a_command(void **state)
{
    (void)state;
    if (is_emmc)
        arasan_registers.registers[0x2c / 4] = 0; /* no clock */
    else
        bcm2835_registers.registers[0x30 / 4] = 0; /* no power */
    assert_int_equal(block_device_sd_adopt(&programs[1], &description), ERROR_CORRUPT);
    for (unsigned i = 0; i < 64; i++)
        assert_int_equal(card.commands[i], 0);
}

static void test_a_controller_in_the_middle_of_a_read_is_refused(void **state)
{
    (void)state;
    /* A crash after the command and before the data was fetched. */
    if (is_emmc)
        arasan_registers.inhibits = 2;
    else
        bcm2835_registers.fifo_used = 8;
    assert_int_equal(block_device_sd_adopt(&programs[1], &description), ERROR_CORRUPT);
    begin_program(1);
    assert_int_equal(block_device_sd_start(&programs[1]), 0);
    reads_and_writes(&programs[1].device);
}

static void read_and_write_until_the_crash(void *context)
{
    struct block_device *device = &begin_program(0)->device;
    static _Alignas(64) uint8_t own[3 * 512];

    (void)context;
    block_device_sd_adopt(&programs[0], &description);
    device->read(device, 20, 1, own);
    device->write(device, 900, 1, own);
    device->read(device, 20, 3, own);
    device->write(device, 900, 3, own);
}

/* Every moment of a few blocks, in strides that are no multiple of a burst of words. */
static void test_a_crash_at_any_moment_leaves_a_card_that_works(void **state)
{
    unsigned adopted = 0, started = 0;

    (void)state;
    for (uint64_t moment = 1;; moment += 13) {
        start_with(SIM_CARD_SDHC);
        sim_crash_after(moment);
        if (!sim_expect_stop(read_and_write_until_the_crash, NULL))
            break;
        assert_string_equal(sim_stop_message(), "crash");
        begin_program(1);
        if (block_device_sd_adopt(&programs[1], &description) == 0) {
            adopted++;
        } else {
            started++;
            begin_program(1);
            assert_int_equal(block_device_sd_start(&programs[1]), 0);
        }
        reads_and_writes(&programs[1].device);
    }
    assert_true(adopted > 2 && started > 100);
}

#define CASE(test) cmocka_unit_test_setup(test, set_up)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_every_kind_of_card_is_handed_on_again_and_again),
        CASE(test_settings_that_lose_data_are_put_right),
        CASE(test_it_takes_two_commands_and_less_than_a_millisecond),
        CASE(test_the_description_tells_everything_the_driver_knew),
        CASE(test_a_card_that_was_changed_does_not_answer_to_the_address),
        CASE(test_another_address_is_nobodys),
        CASE(test_a_card_pulled_out_is_noticed_soon),
        CASE(test_descriptions_that_no_card_has_are_refused_unasked),
        CASE(test_a_smaller_card_than_described_is_refused),
        CASE(test_a_card_that_still_programs_is_refused),
        CASE(test_a_card_with_an_error_in_its_status_is_refused),
        CASE(test_a_block_that_comes_damaged_is_an_error),
        CASE(test_data_that_never_comes_ends_adoption_in_time),
        CASE(test_a_controller_that_was_reset_is_refused_without_a_command),
        CASE(test_a_controller_in_the_middle_of_a_read_is_refused),
        CASE(test_a_crash_at_any_moment_leaves_a_card_that_works),
    };
    int failed;

    is_emmc = true;
    failed = cmocka_run_group_tests_name("emmc", tests, NULL, NULL);
    is_emmc = false;
    return failed + cmocka_run_group_tests_name("sdhost", tests, NULL, NULL);
}
