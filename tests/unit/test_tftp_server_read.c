/*
 * Unit tests of tftp_server: files that go out.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tftp_server_bench.h"

static uint8_t content[100000];

static int set_up_content(void **state)
{
    for (size_t i = 0; i < sizeof content; i++)
        content[i] = file_byte(i);
    (void)set_up(state);
    disk.content = content;
    return 0;
}

#define READ_TEST(test) cmocka_unit_test_setup_teardown(test, set_up_content, tear_down)

static void begin(size_t length)
{
    disk.content_bytes = length;
    SENDS(alice, "\0\1log\0octet\0");
}

/* Windows of 4 blocks of 100 bytes, the OACK acknowledged. */
static void begin_windows(size_t length)
{
    disk.content_bytes = length;
    SENDS(alice, "\0\1log\0octet\0blksize\000100\0windowsize\0004\0");
    ASSERT_PACKET(alice, "\0\6blksize\000100\0windowsize\0004\0");
    assert_nothing_comes_out();
    sends_ack(alice, 0);
}

static void assert_blocks(unsigned first, unsigned last)
{
    for (unsigned block = first; block <= last; block++)
        assert_data(alice, (uint16_t)block, (block - 1) * 100, 100);
    assert_nothing_comes_out();
}

static void assert_read(void)
{
    assert_int_equal(disk.read_dones, 1);
    assert_int_equal(disk.read_result, 0);
    assert_int_equal(tftp_server_state(&server), TFTP_SERVER_IDLE);
    assert_nothing_comes_out();
}

/* ---- the good cases ---- */

static void test_a_file_leaves_block_by_block_each_after_its_ack(void **state)
{
    (void)state;
    begin(1100);
    assert_string_equal(disk.name, "log");
    for (uint16_t block = 1; block <= 3; block++) {
        assert_data(alice, block, (block - 1) * 512u, block == 3 ? 76 : 512);
        assert_nothing_comes_out();
        assert_int_equal(disk.read_dones, 0);
        sends_ack(alice, block);
    }
    assert_read();
}

static void test_a_file_of_whole_blocks_ends_with_an_empty_one_that_is_sent(void **state)
{
    (void)state;
    begin(512);
    assert_data(alice, 1, 0, 512);
    sends_ack(alice, 1);
    assert_data(alice, 2, 512, 0);
    sends_ack(alice, 2);
    assert_read();
}

static void test_an_empty_file_is_one_empty_block(void **state)
{
    (void)state;
    begin(0);
    assert_data(alice, 1, 0, 0);
    sends_ack(alice, 1);
    assert_read();
}

static void test_options_are_answered_before_data_and_tsize_is_not(void **state)
{
    (void)state;
    disk.content_bytes = 10;
    SENDS(alice, "\0\1log\0octet\0tsize\0000\0blksize\0001400\0timeout\0001\0");
    ASSERT_PACKET(alice, "\0\6blksize\0001400\0timeout\0001\0");
    assert_nothing_comes_out();
    sends_ack(alice, 1); /* of nothing */
    assert_nothing_comes_out();
    sends_ack(alice, 0);
    assert_data(alice, 1, 0, 10);
    sends_ack(alice, 1);
    assert_read();
}

static void test_tsize_alone_gets_data_at_once(void **state)
{
    (void)state;
    disk.content_bytes = 10;
    SENDS(alice, "\0\1log\0octet\0tsize\0000\0");
    assert_data(alice, 1, 0, 10);
}

static void test_a_window_of_blocks_leaves_and_the_next_after_its_ack(void **state)
{
    (void)state;
    begin_windows(650);
    assert_blocks(1, 4);
    sends_ack(alice, 4);
    assert_data(alice, 5, 400, 100);
    assert_data(alice, 6, 500, 100);
    assert_data(alice, 7, 600, 50);
    assert_nothing_comes_out();
    sends_ack(alice, 7);
    assert_read();
}

static void test_the_largest_window_of_the_largest_blocks_is_kept_whole(void **state)
{
    (void)state;
    disk.content_bytes = sizeof content;
    SENDS(alice, "\0\1log\0octet\0blksize\0001468\0windowsize\00016\0");
    ASSERT_PACKET(alice, "\0\6blksize\0001468\0windowsize\00016\0");
    sends_ack(alice, 0);
    for (unsigned round = 0; round < 2; round++) { /* and once more */
        for (uint16_t block = 1; block <= 16; block++)
            assert_data(alice, block, (block - 1) * 1468u, 1468);
        assert_nothing_comes_out();
        now_us = tftp_server_deadline(&server);
        tftp_server_tick(&server, now_us);
    }
}

static void test_block_numbers_wrap_to_0_after_65535(void **state)
{
    (void)state;
    disk.content_bytes = 20 * 8;
    SENDS(alice, "\0\1log\0octet\0blksize\0008\0");
    ASSERT_PACKET(alice, "\0\6blksize\0008\0");
    sends_ack(alice, 0);
    server.acked = server.sent = server.fetched = 65530; /* as if so many had been sent */
    server.next = 65531;
    for (unsigned i = 0; i <= 20; i++) {
        assert_data(alice, (uint16_t)(65531 + i), i * 8, i == 20 ? 0 : 8);
        assert_nothing_comes_out();
        sends_ack(alice, (uint16_t)(65531 + i));
    }
    assert_read();
}

/* ---- loss ---- */

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

/* ---- errors ---- */

static void test_a_file_that_is_not_there_is_error_1(void **state)
{
    (void)state;
    disk.read_status = ERROR_ABSENT;
    disk.sentence = "there are log, status and core";
    SENDS(alice, "\0\1what\0octet\0");
    assert_error(alice, 1, "there are log, status and core");
    assert_int_equal(disk.read_dones, 0);
}

static void test_a_file_that_fails_in_the_middle_says_so(void **state)
{
    (void)state;
    disk.content_error = ERROR_IO;
    disk.sentence = "the core is gone";
    begin(700);
    assert_data(alice, 1, 0, 512);
    sends_ack(alice, 1);
    assert_error(alice, 0, "the core is gone");
    assert_int_equal(disk.read_dones, 1);
    assert_int_equal(disk.read_result, ERROR_IO);
}

static void test_a_client_that_only_wants_the_options_ends_with_an_error(void **state)
{
    (void)state;
    SENDS(alice, "\0\1log\0octet\0blksize\0001400\0");
    ASSERT_PACKET(alice, "\0\6blksize\0001400\0");
    SENDS(alice, "\0\5\0\10thanks\0");
    assert_nothing_comes_out();
    assert_int_equal(disk.read_result, ERROR_REFUSED);
    assert_int_equal(disk.read_dones, 1);
}

static void test_data_from_a_reader_is_not_taken(void **state)
{
    (void)state;
    begin(2000);
    assert_data(alice, 1, 0, 512);
    sends_data(alice, 1, 0, 512);
    assert_error(alice, 5, "no write of yours is under way: it was given up");
    assert_int_equal(disk.written, 0);
    assert_int_equal(tftp_server_state(&server), TFTP_SERVER_SENDING);
}

/* ---- who is served ---- */

static void test_a_second_client_is_told_who_reads(void **state)
{
    (void)state;
    begin(2000);
    assert_data(alice, 1, 0, 512);
    SENDS(bob, "\0\2dns.elf\0octet\0");
    assert_error(bob, 0, "busy: 192.0.2.9 is reading log");
    tftp_server_abort(&server, "next");
    assert_error(alice, 0, "next");
    SENDS(alice, "\0\1log\0octet\0blksize\0001400\0");
    SENDS(bob, "\0\2dns.elf\0octet\0"); /* before the OACK is acknowledged */
    assert_true(packet_comes_out());
    assert_string_equal(packet + 4, "busy: 192.0.2.9 is reading log");
}

static void test_a_read_that_has_all_been_sent_gives_way(void **state)
{
    (void)state;
    begin(600);
    assert_data(alice, 1, 0, 512);
    sends_ack(alice, 1);
    assert_data(alice, 2, 512, 88); /* its ACK is lost, the client gone */
    SENDS(bob, "\0\2dns.elf\0octet\0");
    assert_ack(bob, 0);
    assert_int_equal(disk.read_dones, 1);
    assert_int_equal(disk.read_result, ERROR_CANCELLED);
}

static void test_a_read_whose_last_block_is_not_sent_yet_does_not_give_way(void **state)
{
    (void)state;
    begin(600);
    assert_data(alice, 1, 0, 512);
    sends_ack(alice, 1);
    SENDS(bob, "\0\2dns.elf\0octet\0");
    assert_true(packet_comes_out());
    assert_true(is_to(bob));
    assert_string_equal(packet + 4, "busy: 192.0.2.9 is reading log");
    assert_data(alice, 2, 512, 88);
    assert_int_equal(disk.read_dones, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        READ_TEST(test_a_file_leaves_block_by_block_each_after_its_ack),
        READ_TEST(test_a_file_of_whole_blocks_ends_with_an_empty_one_that_is_sent),
        READ_TEST(test_an_empty_file_is_one_empty_block),
        READ_TEST(test_options_are_answered_before_data_and_tsize_is_not),
        READ_TEST(test_tsize_alone_gets_data_at_once),
        READ_TEST(test_a_window_of_blocks_leaves_and_the_next_after_its_ack),
        READ_TEST(test_the_largest_window_of_the_largest_blocks_is_kept_whole),
        READ_TEST(test_block_numbers_wrap_to_0_after_65535),
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
        READ_TEST(test_a_file_that_is_not_there_is_error_1),
        READ_TEST(test_a_file_that_fails_in_the_middle_says_so),
        READ_TEST(test_a_client_that_only_wants_the_options_ends_with_an_error),
        READ_TEST(test_data_from_a_reader_is_not_taken),
        READ_TEST(test_a_second_client_is_told_who_reads),
        READ_TEST(test_a_read_that_has_all_been_sent_gives_way),
        READ_TEST(test_a_read_whose_last_block_is_not_sent_yet_does_not_give_way),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
