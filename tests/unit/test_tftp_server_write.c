/*
 * Unit tests of tftp_server: files that come in.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tftp_server_bench.h"

static void begin(void)
{
    SENDS(alice, "\0\2dns.elf\0octet\0");
    assert_ack(alice, 0);
}

/* Windows of 4 blocks of 100 bytes. */
static void begin_windows(void)
{
    SENDS(alice, "\0\2dns.elf\0octet\0blksize\000100\0windowsize\0004\0");
    ASSERT_PACKET(alice, "\0\6blksize\000100\0windowsize\0004\0");
}

/* Block number of a file in blocks of 100 bytes. */
static void sends(unsigned block)
{
    sends_data(alice, (uint16_t)block, (block - 1) * 100, 100);
}

static void assert_file(size_t length)
{
    assert_int_equal(disk.written, 1);
    assert_int_equal(disk.done, 1);
    assert_int_equal(disk.failed, 0);
    assert_int_equal(disk.length, length);
    for (size_t i = 0; i < length; i++)
        assert_int_equal(upload()[i], file_byte(i));
    assert_int_equal(tftp_server_state(&server), TFTP_SERVER_IDLE);
}

/* ---- the good cases ---- */

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

/* ---- loss ---- */

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

/* ---- ends ---- */

static void test_the_files_refusal_goes_to_the_client_and_nothing_is_done(void **state)
{
    struct tftp_server_peer peer;
    uint16_t block;

    (void)state;
    disk.written_status = ERROR_REFUSED;
    disk.sentence = "the image is not signed";
    begin();
    sends_data(alice, 1, 0, 10);
    assert_error(alice, 2, "the image is not signed");
    (void)passes(20 * SECOND);
    assert_int_equal(disk.done + disk.failed, 0);
    assert_false(tftp_server_last(&server, &peer, &block, now_us));
}

static void test_a_block_larger_than_agreed_ends_the_write(void **state)
{
    (void)state;
    begin();
    sends_data(alice, 1, 0, 513);
    assert_error(alice, 4, "a block of 513 bytes: 512 were agreed on");
    assert_int_equal(disk.failed, 1);
    assert_int_equal(upload()[0], 0xa5);
}

static void test_data_of_512_after_an_oack_of_1468_is_the_last_block(void **state)
{
    (void)state;
    SENDS(alice, "\0\2x\0octet\0blksize\0001468\0tsize\0001000\0");
    ASSERT_PACKET(alice, "\0\6blksize\0001468\0tsize\0001000\0");
    sends_data(alice, 1, 0, 512); /* a client that overlooked the OACK */
    assert_error(alice, 0, "1000 bytes were announced, 512 came");
    assert_int_equal(disk.failed, 1);
    assert_int_equal(disk.written, 0);
}

static void test_a_file_of_another_size_than_announced_is_thrown_away(void **state)
{
    (void)state;
    SENDS(alice, "\0\2x\0octet\0tsize\00010\0");
    ASSERT_PACKET(alice, "\0\6tsize\00010\0");
    sends_data(alice, 1, 0, 11);
    assert_error(alice, 0, "10 bytes were announced, 11 came");
    assert_int_equal(disk.failed, 1);
    assert_int_equal(disk.written, 0);
}

static void test_an_endless_file_ends_where_the_room_ends(void **state)
{
    uint16_t block = 1;

    (void)state;
    disk.capacity = 5000;
    begin();
    for (; block <= 9; block++) {
        sends_data(alice, block, (block - 1) * 512u, 512);
        assert_ack(alice, block);
    }
    sends_data(alice, block, 9 * 512, 512);
    assert_error(alice, 3, "the file is larger than the 5000 bytes there is room for");
    assert_int_equal(disk.failed, 1);
    for (size_t i = 9 * 512; i < CAPACITY; i++)
        assert_int_equal(upload()[i], 0xa5);
}

static void test_a_file_that_trickles_for_ever_is_given_up(void **state)
{
    uint64_t begun_us = now_us;

    (void)state;
    begin();
    for (uint16_t block = 1; disk.failed == 0; block++) {
        sends_data(alice, block, 0, 512);
        (void)passes(TFTP_SERVER_PATIENCE_US - 1);
        assert_true(now_us - begun_us < 2 * TFTP_SERVER_LONGEST_US);
    }
    assert_true(now_us - begun_us >= TFTP_SERVER_LONGEST_US);
    assert_string_equal(disk.failure, "given up: it has gone on for 600 s");
}

static void test_echoes_do_not_prolong_the_patience(void **state)
{
    (void)state;
    begin();
    sends_data(alice, 1, 0, 512);
    for (int i = 0; i < 12; i++) {
        assert_int_equal(disk.failed, 0);
        sends_data(alice, 1, 0, 512);
        SENDS(bob, "\0\2dns.elf\0octet\0");
        (void)passes(SECOND);
    }
    assert_int_equal(disk.failed, 1);
}

static void test_a_write_cut_at_any_block_leaves_the_server_idle_after_its_patience(void **state)
{
    static const size_t whole = 20 * 100 + 50;

    (void)state;
    for (unsigned windows = 0; windows <= 1; windows++) {
        for (unsigned cut = 0; cut <= 20; cut++) {
            assert_int_equal(set_up(NULL), 0);
            if (windows)
                begin_windows();
            else
                SENDS(alice, "\0\2dns.elf\0octet\0blksize\000100\0");
            (void)passes(0);
            for (unsigned block = 1; block <= cut; block++) {
                sends(block);
                (void)passes(0);
            }
            (void)passes(TFTP_SERVER_PATIENCE_US - 1);
            assert_int_equal(disk.failed, 0);
            assert_int_equal(tftp_server_state(&server), TFTP_SERVER_RECEIVING);
            assert_int_equal(passes(1), 1); /* the client is told */
            assert_int_equal(bytes_be16(packet), 5);
            assert_string_equal(packet + 4, "given up: nothing new came for 12 s");
            assert_int_equal(disk.failed, 1);
            assert_int_equal(disk.written + disk.done, 0);
            assert_int_equal(tftp_server_state(&server), TFTP_SERVER_IDLE);
            assert_true(tftp_server_deadline(&server) == CLOCK_NEVER);
            /* And the next one, of another client, arrives. */
            disk.failed = 0;
            SENDS(bob, "\0\2dns.elf\0octet\0blksize\000100\0");
            for (unsigned block = 1; block <= 21; block++) {
                (void)passes(0);
                sends_data(bob, (uint16_t)block, (block - 1) * 100,
                           block == 21 ? whole % 100 : 100);
            }
            assert_ack(bob, 21);
            assert_file(whole);
            disk.writes--; /* the one that was cut: its end was looked at above */
            assert_int_equal(tear_down(NULL), 0);
        }
    }
}

static void test_abort_between_judgement_and_last_ack_takes_it_back(void **state)
{
    struct tftp_server_peer peer;
    uint16_t block;

    (void)state;
    begin();
    sends_data(alice, 1, 0, 10);
    tftp_server_abort(&server, "rebooting");
    assert_error(alice, 0, "rebooting");
    assert_int_equal(disk.done, 0);
    assert_int_equal(disk.failed, 1);
    assert_false(tftp_server_last(&server, &peer, &block, now_us));
}

static void test_others_are_refused_between_judgement_and_last_ack(void **state)
{
    (void)state;
    begin();
    sends_data(alice, 1, 0, 10);
    SENDS(bob, "\0\2x\0octet\0");
    SENDS(alice, "\0\5\0\0stop\0"); /* too late */
    SENDS(alice, "\0\2other.elf\0octet\0");
    now_us += TFTP_SERVER_SILENCE_US;
    SENDS(alice_too, "\0\2x\0octet\0");
    (void)passes(20 * SECOND);
    assert_int_equal(disk.done, 1);
    assert_int_equal(disk.writes, 1);
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
        SERVER_TEST(test_the_files_refusal_goes_to_the_client_and_nothing_is_done),
        SERVER_TEST(test_a_block_larger_than_agreed_ends_the_write),
        SERVER_TEST(test_data_of_512_after_an_oack_of_1468_is_the_last_block),
        SERVER_TEST(test_a_file_of_another_size_than_announced_is_thrown_away),
        SERVER_TEST(test_an_endless_file_ends_where_the_room_ends),
        SERVER_TEST(test_a_file_that_trickles_for_ever_is_given_up),
        SERVER_TEST(test_echoes_do_not_prolong_the_patience),
        SERVER_TEST(test_a_write_cut_at_any_block_leaves_the_server_idle_after_its_patience),
        SERVER_TEST(test_abort_between_judgement_and_last_ack_takes_it_back),
        SERVER_TEST(test_others_are_refused_between_judgement_and_last_ack),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
