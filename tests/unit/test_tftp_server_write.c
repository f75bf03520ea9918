/*
 * Unit tests of tftp_server: files that come in, block by block, when nothing goes wrong.
 * What is lost: test_tftp_server_write_loss.c. How else it may end: test_tftp_server_write_end.c.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tftp_server_write_bench.h"

static void test_a_file_arrives_block_by_block(void **state)
{
    (void)state;
    begin();
    for (uint16_t block = 1; block <= 3; block++) {
        sends_data(alice, block, (block - 1) * 512u, 512);
        assert_ack(alice, block);
    }
    sends_data(alice, 4, 3 * 512, 1);
    assert_ack(alice, 4);
    assert_file(3 * 512 + 1);
}

static void test_a_file_of_whole_blocks_ends_with_an_empty_one(void **state)
{
    (void)state;
    begin();
    sends_data(alice, 1, 0, 512);
    assert_ack(alice, 1);
    assert_int_equal(disk.written, 0);
    sends_data(alice, 2, 512, 0);
    assert_ack(alice, 2);
    assert_file(512);
}

static void test_an_empty_file_is_the_files_to_judge(void **state)
{
    (void)state;
    disk.written_status = ERROR_CORRUPT;
    disk.sentence = "the file is empty";
    begin();
    sends_data(alice, 1, 0, 0);
    assert_error(alice, 0, "the file is empty");
    assert_int_equal(disk.length, 0);
    assert_int_equal(disk.failed, 0);
}

static void test_a_file_that_fills_the_room_to_the_last_byte_fits(void **state)
{
    (void)state;
    disk.capacity = 1024;
    begin();
    sends_data(alice, 1, 0, 512);
    sends_data(alice, 2, 512, 512);
    assert_ack(alice, 2);
    sends_data(alice, 3, 1024, 0);
    assert_ack(alice, 3);
    assert_file(1024);
}

static void test_done_comes_after_the_last_ack_was_given_out_and_not_before(void **state)
{
    (void)state;
    begin();
    sends_data(alice, 1, 0, 10);
    assert_int_equal(disk.written, 1);
    assert_int_equal(disk.done, 0);
    assert_true(packet_comes_out()); /* the ACK: to be sent now */
    assert_int_equal(bytes_be16(packet), 4);
    assert_int_equal(disk.done, 0);
    assert_int_equal(tftp_server_state(&server), TFTP_SERVER_RECEIVING);
    assert_nothing_comes_out();
    assert_int_equal(disk.done, 1);
    assert_nothing_comes_out();
    assert_int_equal(disk.done, 1);
}

static void test_a_repeated_last_block_while_the_ack_is_being_sent_gets_another_first(void **state)
{
    (void)state;
    begin();
    sends_data(alice, 1, 0, 10);
    assert_true(packet_comes_out());
    sends_data(alice, 1, 0, 10);
    assert_true(packet_comes_out());
    assert_int_equal(bytes_be16(packet), 4);
    assert_int_equal(bytes_be16(packet + 2), 1);
    assert_int_equal(disk.done, 0);
    assert_nothing_comes_out();
    assert_file(10);
}

static void test_what_was_judged_good_waits_for_its_ack_without_patience(void **state)
{
    (void)state;
    begin();
    sends_data(alice, 1, 0, 10);
    assert_true(tftp_server_deadline(&server) == CLOCK_NEVER);
    now_us += 2 * TFTP_SERVER_LONGEST_US;
    tftp_server_tick(&server, now_us);
    assert_ack(alice, 1);
    assert_file(10);
}

static void test_with_windows_the_last_ack_is_one_too(void **state)
{
    (void)state;
    begin_windows();
    for (unsigned block = 1; block <= 4; block++) {
        assert_nothing_comes_out();
        sends(block);
    }
    assert_ack(alice, 4);
    sends(5);
    assert_nothing_comes_out();
    sends_data(alice, 6, 500, 3);
    assert_int_equal(disk.done, 0);
    assert_ack(alice, 6);
    assert_file(503);
}

static void test_block_numbers_wrap_to_0_after_65535(void **state)
{
    uint16_t number = 0;

    (void)state;
    disk.capacity = CAPACITY;
    SENDS(alice, "\0\2x\0octet\0blksize\0008\0");
    ASSERT_PACKET(alice, "\0\6blksize\0008\0");
    /* The room is for 8,192 blocks of 8 bytes, so the count begins near its end. */
    server.received = server.acked = 65530;
    for (size_t at = 0; at < 16 * 8; at += 8) {
        number = (uint16_t)(65531 + at / 8);
        sends_data(alice, number, at, 8);
        assert_ack(alice, number);
    }
    assert_int_equal(number, 10);
    sends_data(alice, 11, 16 * 8, 0);
    assert_ack(alice, 11);
    assert_file(16 * 8);
}

static void test_a_client_that_wraps_to_1_gets_nowhere_and_is_given_up(void **state)
{
    (void)state;
    SENDS(alice, "\0\2x\0octet\0blksize\0008\0");
    ASSERT_PACKET(alice, "\0\6blksize\0008\0");
    server.received = server.acked = 65535;
    sends_data(alice, 1, 0, 8);
    assert_nothing_comes_out();
    (void)passes(TFTP_SERVER_PATIENCE_US);
    assert_int_equal(disk.failed, 1);
    assert_int_equal(disk.written, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SERVER_TEST(test_a_file_arrives_block_by_block),
        SERVER_TEST(test_a_file_of_whole_blocks_ends_with_an_empty_one),
        SERVER_TEST(test_an_empty_file_is_the_files_to_judge),
        SERVER_TEST(test_a_file_that_fills_the_room_to_the_last_byte_fits),
        SERVER_TEST(test_done_comes_after_the_last_ack_was_given_out_and_not_before),
        SERVER_TEST(test_a_repeated_last_block_while_the_ack_is_being_sent_gets_another_first),
        SERVER_TEST(test_what_was_judged_good_waits_for_its_ack_without_patience),
        SERVER_TEST(test_with_windows_the_last_ack_is_one_too),
        SERVER_TEST(test_block_numbers_wrap_to_0_after_65535),
        SERVER_TEST(test_a_client_that_wraps_to_1_gets_nowhere_and_is_given_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
