/*
 * Which block a number means, and where its bytes go.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "tftp_blocks.h"

#define SIZE 8 /* bytes in a block */

static uint8_t buffer[70000 * SIZE];
static struct tftp_blocks blocks;
static uint64_t block; /* what the last number meant */

static int set_up(void **state)
{
    (void)state;
    blocks = (struct tftp_blocks){.buffer = buffer, .capacity = sizeof buffer};
    tftp_blocks_start(&blocks);
    blocks.block_bytes = SIZE;
    blocks.window = 4;
    memset(buffer, 0xa5, sizeof buffer);
    return 0;
}

static enum tftp_block take(uint16_t number, uint8_t fill, size_t length)
{
    uint8_t bytes[SIZE];

    memset(bytes, fill, sizeof bytes);
    return tftp_blocks_take(&blocks, number, bytes, length, &block);
}

/* As if all blocks before next had come. */
static void skip_to(uint64_t next)
{
    blocks.next = next;
    blocks.length = (next - 1) * SIZE;
}

static void test_block_that_is_there_is_not_written_again(void **state)
{
    (void)state;
    assert_int_equal(take(3, 1, SIZE), TFTP_BLOCK_NEW);
    assert_int_equal(take(3, 2, SIZE), TFTP_BLOCK_REPEATED);
    assert_int_equal(block, 3);
    assert_int_equal(buffer[2 * SIZE], 1);
    assert_int_equal(take(1, 3, SIZE), TFTP_BLOCK_NEW);
    assert_int_equal(take(1, 4, SIZE), TFTP_BLOCK_REPEATED);
    assert_int_equal(buffer[0], 3);
    assert_int_equal(blocks.next, 2);
}

static void test_only_two_windows_back_are_repeats(void **state)
{
    (void)state;
    skip_to(1000);
    assert_int_equal(take(999, 1, SIZE), TFTP_BLOCK_REPEATED);
    assert_int_equal(block, 999);
    assert_int_equal(take(992, 1, SIZE), TFTP_BLOCK_REPEATED);
    assert_int_equal(take(991, 1, SIZE), TFTP_BLOCK_STRAY);
    assert_int_equal(take(1003, 1, SIZE), TFTP_BLOCK_NEW);
    assert_int_equal(take(1004, 1, SIZE), TFTP_BLOCK_STRAY);
}

static void test_repeats_before_the_first_block_do_not_exist(void **state)
{
    (void)state;
    assert_int_equal(take(0, 1, SIZE), TFTP_BLOCK_STRAY);
    assert_int_equal(take(65535, 1, SIZE), TFTP_BLOCK_STRAY);
}

/* 27 */
static void test_block_1_while_0_may_just_be_lost_is_taken_for_65537(void **state)
{
    (void)state;
    skip_to(65535);
    assert_int_equal(take(65535, 1, SIZE), TFTP_BLOCK_NEW);
    for (unsigned i = 0; i < 4; i++) {
        assert_int_not_equal(take(1, 3, SIZE), TFTP_BLOCK_STRAY);
        assert_int_equal(block, 65537);
    }
    assert_int_equal(take(0, 2, SIZE), TFTP_BLOCK_NEW);
    assert_int_equal(block, 65536);
    assert_int_equal(blocks.next, 65538);
    assert_int_equal(tftp_blocks_number(&blocks, blocks.next), 2);
    assert_int_equal(buffer[65535 * SIZE], 2);
    assert_int_equal(buffer[65536 * SIZE], 3);
}

/* 27 */
static void test_block_1_again_and_again_without_0_means_a_wrap_to_1(void **state)
{
    (void)state;
    skip_to(65536);
    /* The window 65536 to 65539 of such a server, the last block short: 1, 2, 3. */
    for (unsigned i = 0; i < 4; i++) {
        take(1, 1, SIZE);
        take(2, 2, SIZE);
        take(3, 3, 5);
        assert_int_equal(blocks.next, 65536);
    }
    assert_int_equal(take(1, 1, SIZE), TFTP_BLOCK_NEW);
    assert_int_equal(block, 65536);
    assert_int_equal(take(0, 9, SIZE), TFTP_BLOCK_STRAY);
    assert_int_equal(take(2, 2, SIZE), TFTP_BLOCK_NEW);
    assert_int_equal(take(3, 3, 5), TFTP_BLOCK_NEW);
    assert_true(tftp_blocks_complete(&blocks));
    assert_int_equal(blocks.length, 65537 * SIZE + 5);
    assert_int_equal(buffer[65535 * SIZE], 1);
    assert_int_equal(buffer[65536 * SIZE], 2);
    assert_int_equal(buffer[65537 * SIZE], 3);
    assert_int_equal(tftp_blocks_number(&blocks, 65538), 3);
}

static void test_window_of_64_blocks_can_arrive_backwards(void **state)
{
    (void)state;
    blocks.window = TFTP_WINDOW_MAX;
    for (uint16_t number = 64; number >= 2; number--)
        assert_int_equal(take(number, (uint8_t)number, SIZE), TFTP_BLOCK_NEW);
    assert_int_equal(blocks.next, 1);
    assert_int_equal(take(1, 1, SIZE), TFTP_BLOCK_NEW);
    assert_int_equal(blocks.next, 65);
    assert_int_equal(blocks.ahead, 0);
    for (size_t i = 0; i < 64 * SIZE; i++)
        assert_int_equal(buffer[i], 1 + i / SIZE);
}

static void test_blocks_behind_a_short_one_are_strays(void **state)
{
    (void)state;
    assert_int_equal(take(2, 2, 3), TFTP_BLOCK_NEW);
    assert_int_equal(take(3, 3, SIZE), TFTP_BLOCK_STRAY);
    assert_false(tftp_blocks_complete(&blocks));
    assert_int_equal(take(1, 1, SIZE), TFTP_BLOCK_NEW);
    assert_true(tftp_blocks_complete(&blocks));
    assert_int_equal(blocks.length, SIZE + 3);
    assert_int_equal(blocks.next, 3);
}

static void test_short_block_before_blocks_that_are_there_ends_the_file(void **state)
{
    (void)state;
    /* A server that sends more behind its end. */
    assert_int_equal(take(2, 2, SIZE), TFTP_BLOCK_NEW);
    assert_int_equal(take(3, 3, SIZE), TFTP_BLOCK_NEW);
    assert_int_equal(take(1, 1, 0), TFTP_BLOCK_NEW);
    assert_true(tftp_blocks_complete(&blocks));
    assert_int_equal(blocks.length, 0);
    assert_int_equal(blocks.next, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_block_that_is_there_is_not_written_again, set_up),
        cmocka_unit_test_setup(test_only_two_windows_back_are_repeats, set_up),
        cmocka_unit_test_setup(test_repeats_before_the_first_block_do_not_exist, set_up),
        cmocka_unit_test_setup(test_block_1_while_0_may_just_be_lost_is_taken_for_65537, set_up),
        cmocka_unit_test_setup(test_block_1_again_and_again_without_0_means_a_wrap_to_1, set_up),
        cmocka_unit_test_setup(test_window_of_64_blocks_can_arrive_backwards, set_up),
        cmocka_unit_test_setup(test_blocks_behind_a_short_one_are_strays, set_up),
        cmocka_unit_test_setup(test_short_block_before_blocks_that_are_there_ends_the_file, set_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
