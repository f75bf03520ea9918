/*
 * Unit tests of tftp_server: what is lost, late or doubled of a file that comes in.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tftp_server_write_bench.h"

static void test_a_repeated_block_gets_its_lost_ack_again(void **state)
{
    (void)state;
    begin();
    sends_data(alice, 1, 0, 512);
    assert_ack(alice, 1);
    sends_data(alice, 1, 0, 512);
    assert_ack(alice, 1);
    sends_data(alice, 2, 512, 5);
    assert_ack(alice, 2);
    assert_file(517);
}

static void test_block_0_and_blocks_of_before_change_nothing(void **state)
{
    (void)state;
    begin();
    sends_data(alice, 0, 7, 512);
    assert_nothing_comes_out();
    sends_data(alice, 1, 0, 512);
    assert_ack(alice, 1);
    sends_data(alice, 2, 512, 512);
    assert_ack(alice, 2);
    sends_data(alice, 1, 0, 512); /* late */
    sends_data(alice, 0, 7, 512);
    sends_data(alice, 65535, 7, 512);
    sends_data(alice, 4, 7, 512); /* nobody could have sent it */
    assert_nothing_comes_out();
    sends_data(alice, 3, 1024, 5);
    assert_ack(alice, 3);
    assert_file(1029);
}

static void test_a_lost_first_ack_is_given_again_after_a_while(void **state)
{
    (void)state;
    begin();
    assert_int_equal(passes(200000 - 1), 0);
    assert_int_equal(passes(1), 1);
    assert_int_equal(bytes_be16(packet), 4);
    assert_int_equal(bytes_be16(packet + 2), 0);
    assert_int_equal(passes(400000 - 1), 0); /* then more seldom */
    assert_int_equal(passes(1), 1);
    sends_data(alice, 1, 0, 512); /* and as soon as before once it goes on */
    assert_ack(alice, 1);
    assert_int_equal(passes(200000), 1);
}

static void test_a_lost_first_oack_is_given_again_after_a_while(void **state)
{
    (void)state;
    begin_windows();
    assert_int_equal(passes(200000), 1);
    assert_int_equal(bytes_be16(packet), 6);
}

static void test_the_agreed_timeout_is_kept(void **state)
{
    (void)state;
    SENDS(alice, "\0\2x\0octet\0timeout\0002\0");
    ASSERT_PACKET(alice, "\0\6timeout\0002\0");
    assert_int_equal(passes(2 * SECOND - 1), 0);
    assert_int_equal(passes(1), 1);
    assert_int_equal(passes(2 * SECOND - 1), 0);
    assert_int_equal(passes(1), 1);
}

static void test_a_gap_in_a_window_is_told_once_with_the_last_block_in_order(void **state)
{
    (void)state;
    begin_windows();
    sends(1);
    sends(3);
    assert_ack(alice, 1);
    sends(4);
    assert_nothing_comes_out();
    for (unsigned block = 2; block <= 5; block++) /* the client goes back */
        sends(block);
    assert_ack(alice, 5);
    sends_data(alice, 6, 500, 0);
    assert_ack(alice, 6);
    assert_file(500);
}

static void test_a_second_gap_is_told_too(void **state)
{
    (void)state;
    begin_windows();
    sends(1);
    sends(3);
    assert_ack(alice, 1);
    sends(2);
    sends(4);
    assert_ack(alice, 2);
    sends(5);
    assert_nothing_comes_out();
}

static void test_a_gap_at_the_very_beginning_is_told_with_ack_0(void **state)
{
    (void)state;
    begin_windows();
    sends(2); /* so the client has the OACK */
    assert_ack(alice, 0);
}

static void test_a_window_that_is_repeated_whole_is_answered_once_and_late(void **state)
{
    (void)state;
    begin_windows();
    for (unsigned block = 1; block <= 4; block++)
        sends(block);
    assert_ack(alice, 4); /* lost */
    for (unsigned block = 1; block <= 4; block++) {
        sends(block);
        assert_nothing_comes_out();
    }
    assert_int_equal(passes(19999), 0);
    assert_int_equal(passes(1), 1);
    assert_int_equal(bytes_be16(packet + 2), 4);
    assert_int_equal(passes(100000), 0);
}

static void test_a_late_echo_in_a_window_brings_forth_no_ack(void **state)
{
    (void)state;
    begin_windows();
    sends(1);
    sends(1);
    sends(2);
    assert_int_equal(passes(100000), 0);
    sends(3);
    sends(4);
    assert_ack(alice, 4);
}

static void test_a_last_block_that_comes_twice_before_the_answer_is_judged_once(void **state)
{
    (void)state;
    begin();
    sends_data(alice, 1, 0, 10);
    sends_data(alice, 1, 0, 10);
    assert_ack(alice, 1);
    assert_file(10);
}

static void test_the_lost_last_ack_is_given_again_for_30_seconds(void **state)
{
    (void)state;
    begin();
    sends_data(alice, 1, 0, 10);
    assert_ack(alice, 1);
    for (int i = 0; i < 5; i++) {
        now_us += 5 * SECOND;
        sends_data(alice, 1, 0, 10);
        assert_ack(alice, 1);
    }
    now_us += 5 * SECOND;
    sends_data(alice, 1, 0, 10);
    assert_error(alice, 5, "no write of yours is under way: it was given up");
    assert_file(10);
}

static void test_a_write_of_another_program_is_remembered(void **state)
{
    struct tftp_server_peer peer;
    uint16_t block;

    (void)state;
    assert_false(tftp_server_last(&server, &peer, &block, now_us));
    tftp_server_remember(&server, &alice, 321, now_us);
    assert_true(tftp_server_last(&server, &peer, &block, now_us));
    assert_int_equal(block, 321);
    assert_int_equal(peer.port, alice.port);
    sends_data(alice, 321, 0, 10);
    assert_ack(alice, 321);
    for (uint16_t block = 306; block <= 321; block++) { /* a window, repeated whole */
        assert_nothing_comes_out();
        sends_data(alice, block, 0, 512);
    }
    assert_ack(alice, 321);
    now_us += SECOND;
    sends_data(bob, 321, 0, 10);
    assert_error(bob, 5, "no write of yours is under way: it was given up");
    now_us += TFTP_SERVER_LAST_US;
    assert_false(tftp_server_last(&server, &peer, &block, now_us));
    assert_int_equal(disk.writes + disk.written + disk.done, 0);
}

static void test_a_lost_last_ack_is_given_again_while_another_client_writes(void **state)
{
    (void)state;
    tftp_server_remember(&server, &bob, 7, now_us);
    begin();
    sends_data(bob, 7, 0, 10);
    assert_ack(bob, 7);
    sends_data(alice, 1, 0, 10);
    assert_ack(alice, 1);
    assert_file(10);
}

static void test_what_was_written_last_is_told_to_the_next_program(void **state)
{
    struct tftp_server_peer peer;
    uint16_t block;

    (void)state;
    begin();
    sends_data(alice, 1, 0, 512);
    sends_data(alice, 2, 512, 10);
    assert_ack(alice, 2);
    assert_true(tftp_server_last(&server, &peer, &block, now_us));
    assert_int_equal(peer.port, alice.port);
    assert_memory_equal(peer.address.ip, alice.address.ip, 4);
    assert_int_equal(block, 2);
    SENDS(bob, "\0\1log\0octet\0blksize\000100\0"); /* which changes nothing about it */
    tftp_server_abort(&server, "next");
    assert_error(bob, 0, "next");
    assert_true(tftp_server_last(&server, &peer, &block, now_us));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SERVER_TEST(test_a_repeated_block_gets_its_lost_ack_again),
        SERVER_TEST(test_block_0_and_blocks_of_before_change_nothing),
        SERVER_TEST(test_a_lost_first_ack_is_given_again_after_a_while),
        SERVER_TEST(test_a_lost_first_oack_is_given_again_after_a_while),
        SERVER_TEST(test_the_agreed_timeout_is_kept),
        SERVER_TEST(test_a_gap_in_a_window_is_told_once_with_the_last_block_in_order),
        SERVER_TEST(test_a_second_gap_is_told_too),
        SERVER_TEST(test_a_gap_at_the_very_beginning_is_told_with_ack_0),
        SERVER_TEST(test_a_window_that_is_repeated_whole_is_answered_once_and_late),
        SERVER_TEST(test_a_late_echo_in_a_window_brings_forth_no_ack),
        SERVER_TEST(test_a_last_block_that_comes_twice_before_the_answer_is_judged_once),
        SERVER_TEST(test_the_lost_last_ack_is_given_again_for_30_seconds),
        SERVER_TEST(test_a_write_of_another_program_is_remembered),
        SERVER_TEST(test_a_lost_last_ack_is_given_again_while_another_client_writes),
        SERVER_TEST(test_what_was_written_last_is_told_to_the_next_program),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
