/*
 * Unit tests of tftp_server: who is served while another is, and errors.
 * Requests: test_tftp_server_request.c.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tftp_server_bench.h"

static const char busy_writing[] = "busy: 192.0.2.9 is writing dns.elf";

/* ---- who is served ---- */

static void begin_write(void)
{
    SENDS(alice, "\0\2dns.elf\0octet\0");
    assert_ack(alice, 0);
}

static void test_a_second_client_is_told_who_the_first_is(void **state)
{
    (void)state;
    begin_write();
    SENDS(bob, "\0\2echo.elf\0octet\0");
    assert_error(bob, 0, busy_writing);
    SENDS(bob, "\0\1log\0octet\0");
    assert_error(bob, 0, busy_writing);
    sends_data(alice, 1, 0, 10);
    assert_ack(alice, 1);
    assert_int_equal(disk.writes, 1);
    assert_int_equal(disk.done, 1);
    SENDS(bob, "\0\2echo.elf\0octet\0");
    assert_ack(bob, 0);
}

static void test_a_read_of_the_same_host_during_its_push_is_refused(void **state)
{
    (void)state;
    begin_write();
    SENDS(alice_too, "\0\1status\0octet\0");
    assert_error(alice_too, 0, busy_writing);
    assert_int_equal(disk.reads, 0);
    assert_int_equal(disk.failed, 0);
}

static void test_a_host_whose_push_is_silent_for_a_second_may_begin_anew(void **state)
{
    (void)state;
    begin_write();
    (void)passes(TFTP_SERVER_SILENCE_US - 1);
    SENDS(alice_too, "\0\2dns.elf\0octet\0");
    assert_error(alice_too, 0, busy_writing);
    (void)passes(1);
    SENDS(bob, "\0\2dns.elf\0octet\0"); /* another host may not */
    assert_error(bob, 0, busy_writing);
    SENDS(alice_too, "\0\2dns.elf\0octet\0");
    assert_ack(alice_too, 0);
    assert_int_equal(disk.failed, 1);
    assert_string_equal(disk.failure, "its client has begun anew");
    sends_data(alice, 1, 0, 10); /* the old one */
    assert_error(alice, 5, "no write of yours is under way: it was given up");
    assert_int_equal(disk.written, 0);
}

static void test_a_block_keeps_the_host_from_counting_as_silent(void **state)
{
    (void)state;
    begin_write();
    for (uint16_t block = 1; block <= 5; block++) {
        (void)passes(TFTP_SERVER_SILENCE_US - 1);
        sends_data(alice, block, 0, 512);
        assert_ack(alice, block);
    }
    SENDS(alice_too, "\0\2dns.elf\0octet\0");
    assert_error(alice_too, 0, busy_writing);
}

static void test_another_request_from_the_same_port_begins_anew(void **state)
{
    (void)state;
    begin_write();
    SENDS(alice, "\0\2echo.elf\0octet\0");
    assert_ack(alice, 0);
    assert_int_equal(disk.failed, 1);
    assert_int_equal(disk.writes, 2);
    assert_string_equal(disk.name, "echo.elf");
    SENDS(alice, "\0\1echo.elf\0octet\0");
    assert_int_equal(disk.failed, 2);
    assert_int_equal(disk.reads, 1);
}

static void test_a_repeated_write_request_gets_its_lost_oack_again(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++) {
        SENDS(alice, "\0\2dns.elf\0octet\0blksize\0001468\0");
        ASSERT_PACKET(alice, "\0\6blksize\0001468\0");
        assert_nothing_comes_out();
        now_us += SECOND / 2;
    }
    assert_int_equal(disk.writes, 1);
    assert_int_equal(disk.failed, 0);
}

static void test_a_write_request_that_comes_again_in_mid_transfer_is_an_echo(void **state)
{
    (void)state;
    begin_write();
    sends_data(alice, 1, 0, 512);
    assert_ack(alice, 1);
    SENDS(alice, "\0\2dns.elf\0octet\0");
    assert_nothing_comes_out();
    assert_int_equal(disk.writes, 1);
    sends_data(alice, 2, 512, 100);
    assert_ack(alice, 2);
    assert_int_equal(disk.length, 612);
    assert_memory_not_equal(upload(), upload() + 512, 100);
}

static void test_a_malformed_request_of_a_stranger_does_not_disturb(void **state)
{
    (void)state;
    begin_write();
    SENDS(bob, "\0\2dns.elf");
    assert_error(bob, 0, busy_writing);
    sends_data(alice, 1, 0, 10);
    assert_ack(alice, 1);
}

/* ---- errors ---- */

static void test_packets_of_others_do_not_touch_the_transfer(void **state)
{
    (void)state;
    begin_write();
    SENDS(bob, "\0\5\0\0stop\0");
    SENDS(alice_too, "\0\5\0\0stop\0");
    sends_ack(bob, 0);
    assert_nothing_comes_out();
    sends_data(bob, 1, 0, 10);
    assert_error(bob, 5, "no write of yours is under way: it was given up");
    assert_int_equal(tftp_server_state(&server), TFTP_SERVER_RECEIVING);
    assert_int_equal(disk.failed + disk.written, 0);
}

static void test_an_error_of_the_client_ends_its_write(void **state)
{
    (void)state;
    begin_write();
    SENDS(alice, "\0\5\0\3disk full\0");
    assert_nothing_comes_out();
    assert_int_equal(tftp_server_state(&server), TFTP_SERVER_IDLE);
    assert_int_equal(disk.failed, 1);
    assert_string_equal(disk.failure, "the client gave up: disk full");
}

static void test_an_error_without_end_and_with_escapes_is_logged_cut_and_clean(void **state)
{
    uint8_t bytes[1400];

    (void)state;
    memset(bytes, '\033', sizeof bytes);
    bytes_put_be16(bytes, 5);
    begin_write();
    receive_from(alice, bytes, sizeof bytes);
    assert_int_equal(disk.failed, 1);
    assert_int_equal(strlen(disk.failure), TFTP_SERVER_REASON_BYTES - 1);
    assert_null(strchr(disk.failure, '\033'));
    begin_write();
    SENDS(alice, "\0\5\0\0"); /* not even a NUL */
    assert_int_equal(disk.failed, 2);
    assert_string_equal(disk.failure, "the client gave up: ");
}

static void test_an_error_is_never_answered(void **state)
{
    (void)state;
    SENDS(alice, "\0\5\0\4what\0");
    assert_nothing_comes_out();
}

static void test_an_ack_of_nobodys_is_never_answered(void **state)
{
    (void)state;
    sends_ack(alice, 0);
    sends_ack(alice, 7);
    assert_nothing_comes_out();
}

static void test_data_after_an_error_gets_that_error_again_but_not_a_flood_of_it(void **state)
{
    (void)state;
    disk.written_status = ERROR_CORRUPT;
    disk.sentence = "byte 16: not an ELF file";
    begin_write();
    sends_data(alice, 1, 0, 10);
    assert_error(alice, 0, disk.sentence); /* lost */
    assert_int_equal(disk.failed, 0);
    for (int i = 0; i < 16; i++)
        sends_data(alice, 1, 0, 10);
    assert_error(alice, 0, disk.sentence);
    for (int i = 0; i < 16; i++) {
        sends_data(alice, 1, 0, 10);
        assert_nothing_comes_out();
    }
    now_us += SECOND;
    sends_data(alice, 1, 0, 10);
    assert_error(alice, 0, disk.sentence);
    assert_int_equal(disk.written, 1);
}

static void test_abort_tells_the_client_why(void **state)
{
    (void)state;
    tftp_server_abort(&server, "not now");
    assert_nothing_comes_out();
    begin_write();
    tftp_server_abort(&server, "the board begins something else");
    assert_error(alice, 0, "the board begins something else");
    assert_int_equal(disk.failed, 1);
    assert_string_equal(disk.failure, "the board begins something else");
    tftp_server_abort(&server, "again");
    assert_nothing_comes_out();
    assert_int_equal(disk.failed, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SERVER_TEST(test_a_second_client_is_told_who_the_first_is),
        SERVER_TEST(test_a_read_of_the_same_host_during_its_push_is_refused),
        SERVER_TEST(test_a_host_whose_push_is_silent_for_a_second_may_begin_anew),
        SERVER_TEST(test_a_block_keeps_the_host_from_counting_as_silent),
        SERVER_TEST(test_another_request_from_the_same_port_begins_anew),
        SERVER_TEST(test_a_repeated_write_request_gets_its_lost_oack_again),
        SERVER_TEST(test_a_write_request_that_comes_again_in_mid_transfer_is_an_echo),
        SERVER_TEST(test_a_malformed_request_of_a_stranger_does_not_disturb),
        SERVER_TEST(test_packets_of_others_do_not_touch_the_transfer),
        SERVER_TEST(test_an_error_of_the_client_ends_its_write),
        SERVER_TEST(test_an_error_without_end_and_with_escapes_is_logged_cut_and_clean),
        SERVER_TEST(test_an_error_is_never_answered),
        SERVER_TEST(test_an_ack_of_nobodys_is_never_answered),
        SERVER_TEST(test_data_after_an_error_gets_that_error_again_but_not_a_flood_of_it),
        SERVER_TEST(test_abort_tells_the_client_why),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
