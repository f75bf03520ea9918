/*
 * Unit tests of tftp_server: files that go out, who has to wait for them, and errors. What is
 * lost: test_tftp_server_read_loss.c.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tftp_server_read_bench.h"

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
