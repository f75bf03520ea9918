/*
 * random_bcm2835: hardware words when there are any, never a wait.
 *
 * The simulator has a random.h of its own, so the driver is compiled in here under other
 * names.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define random_u32       real_random_u32
#define random_bytes     real_random_bytes
#define random_mix       real_random_mix
#define random_is_strong real_random_is_strong
#include "../../drivers/random_bcm2835.c"

#include "sim.h"

#define BASE 0x3f104000u

static struct {
    struct sim_device device;
    uint32_t control, status, mask;
    unsigned words; /* in its FIFO */
    uint32_t word;  /* the next one */
    unsigned taken, writes;
} chip;

static uint32_t read_register(struct sim_device *self, uint32_t offset)
{
    (void)self;
    switch (offset) {
    case 0x00:
        return chip.control;
    case 0x04:
        return chip.words << 24 | chip.status;
    case 0x08:
        if (chip.words == 0)
            sim_stop("an empty FIFO is read");
        chip.words--;
        chip.taken++;
        return chip.word++;
    default:
        sim_stop("read of register 0x%x", offset);
    }
}

static void write_register(struct sim_device *self, uint32_t offset, uint32_t value)
{
    (void)self;
    chip.writes++;
    switch (offset) {
    case 0x00:
        chip.control = value;
        return;
    case 0x04:
        if (chip.control & 1)
            sim_stop("the warm-up count is set while it runs");
        chip.status = value;
        return;
    case 0x10:
        chip.mask = value;
        return;
    default:
        sim_stop("write of register 0x%x", offset);
    }
}

static int setup(void **test_state)
{
    (void)test_state;
    sim_reset();
    memset(&chip, 0, sizeof chip);
    chip.device = (struct sim_device){"random", BASE, 0x14, read_register, write_register, NULL};
    chip.word = 0x12345678;
    sim_map(&chip.device);
    state = 0;
    strong = false;
    random_bcm2835_init(BASE);
    return 0;
}

static void test_the_start_sets_the_warm_up_and_does_not_wait(void **test_state)
{
    (void)test_state;
    assert_int_equal(chip.status, 0x40000);
    assert_int_equal(chip.control, 1);
    assert_int_equal(chip.mask, 1); /* its interrupt stays off */
    assert_true(clock_now_us() < 1000010);
}

static void test_a_generator_that_runs_already_is_left_alone(void **test_state)
{
    unsigned before = chip.writes;

    (void)test_state;
    random_bcm2835_init(BASE);
    assert_int_equal(chip.writes, before);
}

static void test_it_is_strong_from_the_first_hardware_word_on(void **test_state)
{
    (void)test_state;
    real_random_u32();
    assert_false(real_random_is_strong());
    chip.words = 1;
    real_random_u32();
    assert_true(real_random_is_strong());
    assert_int_equal(chip.taken, 1);
    real_random_u32();
    assert_true(real_random_is_strong());
}

static void test_each_word_uses_a_hardware_word_while_there_are_some(void **test_state)
{
    uint32_t words[4];

    (void)test_state;
    chip.words = 4;
    real_random_bytes(words, sizeof words);
    assert_int_equal(chip.taken, 4);
}

static void test_an_empty_generator_is_not_waited_for(void **test_state)
{
    uint64_t before = sim_mmio_count(), begin_us = clock_now_us();
    uint8_t bytes[64];

    (void)test_state;
    real_random_bytes(bytes, sizeof bytes);
    assert_int_equal(sim_mmio_count() - before, 16);
    assert_in_range(clock_now_us() - begin_us, 0, 100);
}

/* A generator that is stuck at one value must not make the output stuck. */
static void test_words_differ_although_the_hardware_repeats_itself(void **test_state)
{
    uint32_t words[256];

    (void)test_state;
    for (unsigned i = 0; i < 256; i++) {
        chip.words = 1;
        chip.word = 0;
        words[i] = real_random_u32();
        for (unsigned j = 0; j < i; j++)
            assert_int_not_equal(words[i], words[j]);
    }
}

static void test_words_differ_without_any_hardware(void **test_state)
{
    uint32_t words[256], ones = 0, zeros = 0;

    (void)test_state;
    for (unsigned i = 0; i < 256; i++) {
        words[i] = real_random_u32();
        ones |= words[i];
        zeros |= ~words[i];
        for (unsigned j = 0; j < i; j++)
            assert_int_not_equal(words[i], words[j]);
    }
    assert_int_equal(ones, UINT32_MAX);
    assert_int_equal(zeros, UINT32_MAX);
}

static uint32_t first_word_after(const void *seed, size_t length)
{
    setup(NULL);
    real_random_mix(seed, length);
    return real_random_u32();
}

static void test_every_bit_of_a_seed_counts(void **test_state)
{
    uint8_t seed[37] = {0};
    uint32_t words[1 + 8 * sizeof seed];

    (void)test_state;
    words[0] = first_word_after(seed, sizeof seed);
    for (unsigned bit = 0; bit < 8 * sizeof seed; bit++) {
        seed[bit / 8] ^= (uint8_t)(1u << bit % 8);
        words[1 + bit] = first_word_after(seed, sizeof seed);
        seed[bit / 8] ^= (uint8_t)(1u << bit % 8);
        for (unsigned other = 0; other <= bit; other++)
            assert_int_not_equal(words[1 + bit], words[other]);
    }
    assert_int_equal(first_word_after(seed, sizeof seed), words[0]);
}

/* So that a generator that falls silent leaves its entropy behind. */
static void test_a_hardware_word_marks_the_words_without_hardware_after_it(void **test_state)
{
    uint32_t words[2];

    (void)test_state;
    for (unsigned i = 0; i < 2; i++) {
        setup(NULL);
        chip.words = 1;
        chip.word = 1000 + i;
        real_random_u32();
        words[i] = real_random_u32();
    }
    assert_int_not_equal(words[0], words[1]);
}

static void test_an_empty_seed_does_no_harm(void **test_state)
{
    (void)test_state;
    real_random_mix(NULL, 0);
    assert_int_not_equal(real_random_u32(), real_random_u32());
}

static void test_bytes_fill_any_length_and_no_more(void **test_state)
{
    (void)test_state;
    for (size_t length = 0; length <= 9; length++) {
        uint8_t bytes[12], seen[12] = {0};

        for (unsigned round = 0; round < 8; round++) {
            memset(bytes, 0xee, sizeof bytes);
            real_random_bytes(bytes, length);
            for (size_t i = 0; i < sizeof bytes; i++)
                seen[i] |= bytes[i] ^ 0xee;
        }
        for (size_t i = 0; i < sizeof bytes; i++)
            assert_int_equal(seen[i] != 0, i < length);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_the_start_sets_the_warm_up_and_does_not_wait, setup),
        cmocka_unit_test_setup(test_a_generator_that_runs_already_is_left_alone, setup),
        cmocka_unit_test_setup(test_it_is_strong_from_the_first_hardware_word_on, setup),
        cmocka_unit_test_setup(test_each_word_uses_a_hardware_word_while_there_are_some, setup),
        cmocka_unit_test_setup(test_an_empty_generator_is_not_waited_for, setup),
        cmocka_unit_test_setup(test_words_differ_although_the_hardware_repeats_itself, setup),
        cmocka_unit_test_setup(test_words_differ_without_any_hardware, setup),
        cmocka_unit_test_setup(test_every_bit_of_a_seed_counts, setup),
        cmocka_unit_test_setup(test_a_hardware_word_marks_the_words_without_hardware_after_it,
                               setup),
        cmocka_unit_test_setup(test_an_empty_seed_does_no_harm, setup),
        cmocka_unit_test_setup(test_bytes_fill_any_length_and_no_more, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
