/*
 * Unit tests of tftp_server: what is lost, late or doubled of a file that goes out.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tftp_server_read_bench.h"

static void test_a_repeated_ack_is_never_answered_with_data(void **state)
{
    (void)state;
    begin(2000);
    assert_data(alice, 1, 0, 512);
    for (int i = 0; i < 3; i++) {
        sends_ack(alice, 1);
        if (i == 0)
            assert_data(alice, 2, 512, 512);
        assert_nothing_comes_out();
    }
    sends_ack(alice, 0);
    assert_nothing_comes_out();
    assert_int_equal(passes(100000), 0);
    sends_ack(alice, 2);
    assert_data(alice, 3, 1024, 512);
}

static void test_a_lost_block_is_sent_again_after_a_while(void **state)
{
    (void)state;
    begin(2000);
    assert_data(alice, 1, 0, 512);
    assert_int_equal(passes(200000 - 1), 0);
    now_us++;
    tftp_server_tick(&server, now_us);
    assert_data(alice, 1, 0, 512);
    assert_nothing_comes_out();
    assert_int_equal(passes(400000 - 1), 0);
    assert_int_equal(passes(1), 1);
}

static void test_a_lost_last_block_is_sent_again_with_its_length(void **state)
{
    (void)state;
    begin(10);
    assert_data(alice, 1, 0, 10);
    now_us = tftp_server_deadline(&server);
    tftp_server_tick(&server, now_us);
    assert_data(alice, 1, 0, 10);
    sends_ack(alice, 1);
    assert_read();
}

static void test_a_repeated_request_gets_its_lost_first_block_or_oack_again(void **state)
{
    (void)state;
    begin(2000);
    assert_data(alice, 1, 0, 512);
    begin(2000);
    assert_data(alice, 1, 0, 512);
    assert_nothing_comes_out();
    assert_int_equal(disk.reads, 1);
    tftp_server_abort(&server, "next");
    assert_error(alice, 0, "next");
    for (int i = 0; i < 2; i++) {
        SENDS(alice, "\0\1log\0octet\0blksize\000100\0");
        ASSERT_PACKET(alice, "\0\6blksize\000100\0");
        assert_nothing_comes_out();
    }
    assert_int_equal(disk.reads, 2);
}

static void test_a_request_that_comes_again_in_mid_transfer_is_an_echo(void **state)
{
    (void)state;
    begin_windows(1000);
    assert_blocks(1, 4);
    SENDS(alice, "\0\1log\0octet\0blksize\000100\0windowsize\0004\0");
    assert_nothing_comes_out();
    sends_ack(alice, 4);
    assert_blocks(5, 8);
    assert_int_equal(disk.reads, 1);
}

static void test_without_options_too_a_request_in_mid_transfer_is_an_echo(void **state)
{
    (void)state;
    begin(2000);
    assert_data(alice, 1, 0, 512);
    sends_ack(alice, 1);
    assert_data(alice, 2, 512, 512);
    SENDS(alice, "\0\1log\0octet\0");
    assert_nothing_comes_out();
    assert_int_equal(disk.reads, 1);
}

static void test_an_ack_within_the_window_goes_back_to_what_is_missing(void **state)
{
    (void)state;
    begin_windows(1000);
    assert_blocks(1, 4);
    sends_ack(alice, 2); /* 3 was lost */
    assert_blocks(3, 6);
    sends_ack(alice, 6);
    assert_blocks(7, 10);
}

static void test_a_repeated_ack_in_windows_is_believed_once_and_late(void **state)
{
    (void)state;
    begin_windows(1000);
    assert_blocks(1, 4);
    sends_ack(alice, 0); /* 1 was lost, or this is an echo */
    assert_nothing_comes_out();
    now_us += 20000;
    tftp_server_tick(&server, now_us);
    assert_blocks(1, 4);
    for (int i = 0; i < 5; i++)
        sends_ack(alice, 0);
    now_us += 100000;
    tftp_server_tick(&server, now_us);
    assert_nothing_comes_out();
}

static void test_an_echo_of_an_ack_does_not_send_a_window_twice(void **state)
{
    (void)state;
    begin_windows(2000);
    assert_blocks(1, 4);
    sends_ack(alice, 4);
    assert_blocks(5, 8);
    sends_ack(alice, 4); /* echo */
    sends_ack(alice, 8); /* and the client goes on */
    assert_blocks(9, 12);
    assert_int_equal(passes(100000), 0);
}

static void test_late_and_impossible_acks_change_nothing(void **state)
{
    (void)state;
    begin_windows(2000);
    assert_blocks(1, 4);
    sends_ack(alice, 4);
    assert_blocks(5, 8);
    sends_ack(alice, 3);
    sends_ack(alice, 9);
    sends_ack(alice, 40000);
    sends_ack(alice, 65535);
    assert_nothing_comes_out();
    assert_int_equal(passes(100000), 0);
}

static void test_acks_of_others_are_not_taken(void **state)
{
    (void)state;
    begin(2000);
    assert_data(alice, 1, 0, 512);
    sends_ack(bob, 1);
    sends_ack(alice_too, 1);
    assert_nothing_comes_out();
    sends_ack(alice, 1);
    assert_data(alice, 2, 512, 512);
}

static void test_an_ack_that_was_under_way_while_the_window_is_repeated_counts(void **state)
{
    (void)state;
    begin_windows(2000);
    assert_blocks(1, 4);
    now_us = tftp_server_deadline(&server);
    tftp_server_tick(&server, now_us);
    assert_data(alice, 1, 0, 100); /* 2 to 4 have not left yet when */
    sends_ack(alice, 4);
    assert_blocks(5, 8);
}

static void test_the_patience_ends_a_read_nobody_acknowledges(void **state)
{
    (void)state;
    begin(2000);
    assert_data(alice, 1, 0, 512);
    (void)passes(TFTP_SERVER_PATIENCE_US - 1);
    assert_int_equal(tftp_server_state(&server), TFTP_SERVER_SENDING);
    (void)passes(1);
    assert_int_equal(bytes_be16(packet), 5);
    assert_int_equal(disk.read_dones, 1);
    assert_int_equal(disk.read_result, ERROR_TIMEOUT);
    assert_int_equal(tftp_server_state(&server), TFTP_SERVER_IDLE);
}

static void test_a_read_cut_at_any_block_leaves_the_server_idle_after_its_patience(void **state)
{
    (void)state;
    for (unsigned cut = 0; cut <= 21; cut++) {
        assert_int_equal(set_up_content(NULL), 0);
        begin_windows(2050);
        for (unsigned block = 1; block < cut; block++) {
            (void)passes(0);
            sends_ack(alice, (uint16_t)block);
        }
        (void)passes(TFTP_SERVER_PATIENCE_US);
        assert_int_equal(disk.read_dones, 1);
        assert_int_equal(disk.read_result, ERROR_TIMEOUT);
        assert_int_equal(tftp_server_state(&server), TFTP_SERVER_IDLE);
        assert_int_equal(tear_down(NULL), 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        READ_TEST(test_a_repeated_ack_is_never_answered_with_data),
        READ_TEST(test_a_lost_block_is_sent_again_after_a_while),
        READ_TEST(test_a_lost_last_block_is_sent_again_with_its_length),
        READ_TEST(test_a_repeated_request_gets_its_lost_first_block_or_oack_again),
        READ_TEST(test_a_request_that_comes_again_in_mid_transfer_is_an_echo),
        READ_TEST(test_without_options_too_a_request_in_mid_transfer_is_an_echo),
        READ_TEST(test_an_ack_within_the_window_goes_back_to_what_is_missing),
        READ_TEST(test_a_repeated_ack_in_windows_is_believed_once_and_late),
        READ_TEST(test_an_echo_of_an_ack_does_not_send_a_window_twice),
        READ_TEST(test_late_and_impossible_acks_change_nothing),
        READ_TEST(test_acks_of_others_are_not_taken),
        READ_TEST(test_an_ack_that_was_under_way_while_the_window_is_repeated_counts),
        READ_TEST(test_the_patience_ends_a_read_nobody_acknowledges),
        READ_TEST(test_a_read_cut_at_any_block_leaves_the_server_idle_after_its_patience),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
