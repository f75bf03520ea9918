/*
 * Unit tests of tftp_server: the ways in which a write ends without a file.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tftp_server_write_bench.h"

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
