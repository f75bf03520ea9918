/*
 * block_device.h's promises, kept by every implementation: one body, many devices.
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
#include "error.h"
#include "sd_host_arasan.h"
#include "sd_host_bcm2835.h"
#include "sim.h"
#include "sim_block.h"
#include "sim_card.h"
#include "sim_sd_arasan.h"
#include "sim_sd_bcm2835.h"

#define BLOCKS      2048
#define BLOCK_BYTES 512
#define BASE        0x3f300000
#define SOURCE_HZ   250000000

enum controller { NO_CONTROLLER, ARASAN, BCM2835 };

struct implementation {
    const char *name;
    enum controller controller;
    enum sim_card_kind card;
    bool adopted; /* started by another program before */
};

static struct implementation implementations[] = {
    {"sim_block", NO_CONTROLLER, SIM_CARD_SDHC, false},
    {"SDHC card on emmc", ARASAN, SIM_CARD_SDHC, false},
    {"SDSC card on emmc", ARASAN, SIM_CARD_SDSC, false},
    {"SDHC card on sdhost", BCM2835, SIM_CARD_SDHC, false},
    {"SDSC 1.x card on sdhost", BCM2835, SIM_CARD_SDSC_VERSION_1, false},
    {"adopted SDHC card on emmc", ARASAN, SIM_CARD_SDHC, true},
    {"adopted SDSC card on sdhost", BCM2835, SIM_CARD_SDSC, true},
};

static uint8_t storage[BLOCKS * BLOCK_BYTES];
static _Alignas(64) uint8_t buffer[512 * BLOCK_BYTES + 64];
static struct sim_block ram;
static struct sim_card card;
static struct sim_sd_arasan arasan_registers;
static struct sim_sd_bcm2835 bcm2835_registers;
static struct sd_host_arasan arasan;
static struct sd_host_bcm2835 bcm2835;
static struct block_device_sd sd;
static struct block_device *device;

static uint8_t pattern(uint64_t block, size_t at)
{
    return (uint8_t)(block * 31 + at * 7 + (at >> 8));
}

/* A program that knows nothing yet. */
static void begin_program(enum controller controller)
{
    if (controller == ARASAN) {
        sd_host_arasan_init(&arasan, BASE, SOURCE_HZ);
        block_device_sd_init(&sd, &arasan.host);
    } else {
        sd_host_bcm2835_init(&bcm2835, BASE, SOURCE_HZ);
        block_device_sd_init(&sd, &bcm2835.host);
    }
}

static int set_up(void **state)
{
    struct implementation *chosen = *state;

    sim_reset();
    for (size_t i = 0; i < sizeof(storage); i++)
        storage[i] = pattern(i / BLOCK_BYTES, i % BLOCK_BYTES);
    memset(buffer, 0xee, sizeof(buffer));
    if (chosen->controller == NO_CONTROLLER) {
        sim_block_init(&ram, storage, BLOCKS);
        device = &ram.device;
        return 0;
    }
    sim_card_init(&card, chosen->card, storage, BLOCKS);
    if (chosen->controller == ARASAN)
        sim_sd_arasan_init(&arasan_registers, BASE, SOURCE_HZ, &card);
    else
        sim_sd_bcm2835_init(&bcm2835_registers, BASE, SOURCE_HZ, &card);
    begin_program(chosen->controller);
    device = &sd.device;
    int status = block_device_sd_start(&sd);

    if (status < 0 || !chosen->adopted)
        return status;
    struct boot_card description;

    status = block_device_sd_describe(&sd, &description);
    begin_program(chosen->controller);
    return status < 0 ? status : block_device_sd_adopt(&sd, &description);
}

static void remove_device(void)
{
    ram.gone = true;
    card.absent = true;
}

static void assert_pattern(const uint8_t *bytes, uint64_t first, uint32_t count)
{
    for (size_t i = 0; i < (size_t)count * BLOCK_BYTES; i++)
        assert_int_equal(bytes[i], pattern(first + i / BLOCK_BYTES, i % BLOCK_BYTES));
}

static void test_the_device_tells_its_size(void **state)
{
    (void)state;
    assert_int_equal(device->block_bytes, BLOCK_BYTES);
    assert_int_equal(device->block_count, BLOCKS);
}

static void test_blocks_are_read_in_order_and_nothing_beyond_them_is_written(void **state)
{
    static const uint32_t counts[] = {1, 2, 7, 255, 256, 257, 512};

    (void)state;
    for (unsigned i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
        size_t length = (size_t)counts[i] * BLOCK_BYTES;

        memset(buffer, 0xee, sizeof(buffer));
        assert_int_equal(device->read(device, 3 + i, counts[i], buffer), 0);
        assert_pattern(buffer, 3 + i, counts[i]);
        assert_int_equal(buffer[length], 0xee);
    }
}

static void test_the_first_and_the_last_block_can_be_read(void **state)
{
    (void)state;
    assert_int_equal(device->read(device, 0, 1, buffer), 0);
    assert_pattern(buffer, 0, 1);
    assert_int_equal(device->read(device, BLOCKS - 3, 3, buffer), 0);
    assert_pattern(buffer, BLOCKS - 3, 3);
}

static void test_what_was_written_is_read_back_and_its_neighbours_stay(void **state)
{
    static const uint32_t counts[] = {1, 3, 300};

    (void)state;
    for (unsigned i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
        uint32_t count = counts[i];

        memset(buffer, 0xa0 + (int)i, (size_t)count * BLOCK_BYTES);
        assert_int_equal(device->write(device, 400, count, buffer), 0);
        memset(buffer, 0, sizeof(buffer));
        assert_int_equal(device->read(device, 400, count, buffer), 0);
        for (size_t at = 0; at < (size_t)count * BLOCK_BYTES; at++)
            assert_int_equal(buffer[at], 0xa0 + i);
        assert_int_equal(device->read(device, 399, 1, buffer), 0);
        assert_pattern(buffer, 399, 1);
        assert_int_equal(device->read(device, 400 + count, 1, buffer), 0);
        assert_pattern(buffer, 400 + count, 1);
    }
}

static void test_a_flushed_write_is_durable(void **state)
{
    (void)state;
    memset(buffer, 0x77, 2 * BLOCK_BYTES);
    assert_int_equal(device->write(device, BLOCKS - 2, 2, buffer), 0);
    assert_int_equal(device->flush(device), 0);
    assert_memory_equal(storage + (BLOCKS - 2) * BLOCK_BYTES, buffer, 2 * BLOCK_BYTES);
}

static void test_arguments_out_of_range_are_refused_and_move_nothing(void **state)
{
    (void)state;
    assert_int_equal(device->read(device, 0, 0, buffer), ERROR_INVALID);
    assert_int_equal(device->read(device, BLOCKS, 1, buffer), ERROR_INVALID);
    assert_int_equal(device->read(device, BLOCKS - 1, 2, buffer), ERROR_INVALID);
    assert_int_equal(device->read(device, 1, UINT32_MAX, buffer), ERROR_INVALID);
    assert_int_equal(device->read(device, UINT64_MAX, 2, buffer), ERROR_INVALID);
    assert_int_equal(device->read(device, 0, 1, buffer + 1), ERROR_INVALID);
    assert_int_equal(device->write(device, 0, 0, buffer), ERROR_INVALID);
    assert_int_equal(device->write(device, BLOCKS, 1, buffer), ERROR_INVALID);
    assert_int_equal(device->write(device, UINT64_MAX - 1, 3, buffer), ERROR_INVALID);
    assert_int_equal(device->write(device, 0, 1, buffer + 2), ERROR_INVALID);
    assert_int_equal(buffer[0], 0xee);
    assert_pattern(storage, 0, BLOCKS);
}

static void test_a_device_that_is_gone_says_so(void **state)
{
    (void)state;
    remove_device();
    assert_int_equal(device->read(device, 0, 4, buffer), ERROR_ABSENT);
    assert_int_equal(device->read(device, 0, 4, buffer), ERROR_ABSENT);
    assert_int_equal(device->write(device, 0, 4, buffer), ERROR_ABSENT);
    assert_int_equal(device->flush(device), ERROR_ABSENT);
    assert_pattern(storage, 0, BLOCKS);
}

#define CASE(test)                                                                                 \
    {                                                                                              \
#test, test, set_up, NULL, NULL                                                            \
    }

int main(void)
{
    static const struct CMUnitTest body[] = {
        CASE(test_the_device_tells_its_size),
        CASE(test_blocks_are_read_in_order_and_nothing_beyond_them_is_written),
        CASE(test_the_first_and_the_last_block_can_be_read),
        CASE(test_what_was_written_is_read_back_and_its_neighbours_stay),
        CASE(test_a_flushed_write_is_durable),
        CASE(test_arguments_out_of_range_are_refused_and_move_nothing),
        CASE(test_a_device_that_is_gone_says_so),
    };
    int failed = 0;

    for (unsigned i = 0; i < sizeof(implementations) / sizeof(implementations[0]); i++) {
        struct CMUnitTest tests[sizeof(body) / sizeof(body[0])];

        memcpy(tests, body, sizeof(body));
        for (unsigned test = 0; test < sizeof(body) / sizeof(body[0]); test++)
            tests[test].initial_state = &implementations[i];
        failed += cmocka_run_group_tests_name(implementations[i].name, tests, NULL, NULL);
    }
    return failed;
}
