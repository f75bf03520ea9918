/*
 * Unit tests of tftp_server: what is made of a request, its options and its names.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tftp_server_bench.h"

/* ---- requests as the usual clients make them ---- */

static void test_a_write_without_options_is_answered_with_ack_0_from_the_server(void **state)
{
    (void)state;
    SENDS(alice, "\0\2dns.elf\0octet\0");
    assert_ack(alice, 0);
    assert_string_equal(disk.name, "dns.elf");
    assert_int_equal(disk.announced, -1);
    assert_int_equal(disk.from.port, alice.port);
    assert_int_equal(tftp_server_state(&server), TFTP_SERVER_RECEIVING);
}

static void test_curl_gets_its_options_but_the_timeout(void **state)
{
    (void)state;
    SENDS(alice, "\0\2y.elf\0octet\0tsize\0001000\0blksize\000512\0timeout\0006\0");
    ASSERT_PACKET(alice, "\0\6tsize\0001000\0blksize\000512\0");
    assert_int_equal(disk.announced, 1000);
}

static void test_atftp_gets_block_and_window_lowered(void **state)
{
    (void)state;
    SENDS(alice, "\0\2x\0octet\0windowsize\00032\0blksize\00065464\0");
    ASSERT_PACKET(alice, "\0\6windowsize\00016\0blksize\0001468\0");
}

static void test_what_is_below_our_limits_is_agreed_to_as_it_is(void **state)
{
    (void)state;
    SENDS(alice, "\0\2x\0octet\0blksize\0008\0windowsize\0001\0timeout\0002\0tsize\00065536\0");
    ASSERT_PACKET(alice, "\0\6blksize\0008\0windowsize\0001\0timeout\0002\0tsize\00065536\0");
}

static void test_a_pipe_of_curl_announces_0_and_that_counts_as_not_announced(void **state)
{
    (void)state;
    SENDS(alice, "\0\2x\0octet\0tsize\0000\0");
    ASSERT_PACKET(alice, "\0\6tsize\0000\0");
    assert_int_equal(disk.announced, -1);
    sends_data(alice, 1, 0, 100);
    assert_ack(alice, 1);
    assert_int_equal(disk.done, 1);
}

static void test_names_of_options_and_the_mode_count_without_case(void **state)
{
    (void)state;
    SENDS(alice, "\0\2x\0OcTeT\0BLKSIZE\0001024\0");
    ASSERT_PACKET(alice, "\0\6blksize\0001024\0");
}

/* ---- options that make no sense ---- */

static void assert_passed_over(const char *bytes, size_t length)
{
    receive_from(alice, bytes, length);
    assert_ack(alice, 0);
    tftp_server_abort(&server, "next");
    assert_error(alice, 0, "next");
}

#define ASSERT_PASSED_OVER(options)                                                                \
    assert_passed_over("\0\2x\0octet\0" options, sizeof "\0\2x\0octet\0" options - 1)

static void test_block_sizes_that_are_none_are_passed_over(void **state)
{
    (void)state;
    ASSERT_PASSED_OVER("blksize\0000\0");
    ASSERT_PASSED_OVER("blksize\0007\0");
    ASSERT_PASSED_OVER("blksize\000-1\0");
    ASSERT_PASSED_OVER("blksize\0001468x\0");
    ASSERT_PASSED_OVER("blksize\000 512\0");
    ASSERT_PASSED_OVER("blksize\000\0");
}

static void test_block_size_65536_or_larger_than_any_number_is_lowered(void **state)
{
    (void)state;
    SENDS(alice, "\0\2x\0octet\0blksize\00065536\0");
    ASSERT_PACKET(alice, "\0\6blksize\0001468\0");
    tftp_server_abort(&server, "next");
    assert_error(alice, 0, "next");
    SENDS(alice, "\0\2x\0octet\0blksize\00099999999999999999999999\0");
    ASSERT_PACKET(alice, "\0\6blksize\0001468\0");
}

static void test_window_0_is_passed_over(void **state)
{
    (void)state;
    ASSERT_PASSED_OVER("windowsize\0000\0");
    ASSERT_PASSED_OVER("windowsize\000w\0");
}

static void test_timeouts_of_0_3_256_and_words_are_passed_over(void **state)
{
    (void)state;
    ASSERT_PASSED_OVER("timeout\0000\0");
    ASSERT_PASSED_OVER("timeout\0003\0");
    ASSERT_PASSED_OVER("timeout\000256\0");
    ASSERT_PASSED_OVER("timeout\000soon\0");
}

static void test_an_option_with_a_known_name_at_its_end_or_as_a_value_is_not_that_option(
    void **state)
{
    (void)state;
    ASSERT_PASSED_OVER("xblksize\0001024\0");
    ASSERT_PASSED_OVER("comment\0blksize\0001024\0");
    ASSERT_PASSED_OVER("blksizex\0001024\0");
}

static void test_an_unknown_option_is_passed_over_and_the_next_is_read(void **state)
{
    (void)state;
    SENDS(alice, "\0\2x\0octet\0utimeout\000100000\0blksize\0001024\0multicast\0\0");
    ASSERT_PACKET(alice, "\0\6blksize\0001024\0");
}

static void test_an_option_without_value_or_end_is_passed_over(void **state)
{
    (void)state;
    ASSERT_PASSED_OVER("blksize\0");
    ASSERT_PASSED_OVER("blksize");
    ASSERT_PASSED_OVER("blksize\0001024");
    ASSERT_PASSED_OVER("\0\0\0\0\0");
}

static void test_an_option_given_twice_is_refused_with_error_8(void **state)
{
    (void)state;
    SENDS(alice, "\0\2x\0octet\0blksize\0001024\0BLKSIZE\000512\0");
    assert_error(alice, 8, "option blksize is given twice");
    assert_int_equal(disk.writes, 0);
}

static void test_all_options_with_their_longest_values_fit(void **state)
{
    (void)state;
    disk.capacity = SIZE_MAX / 2; /* nothing is sent */
    SENDS(alice, "\0\2x\0octet\0tsize\0009223372036854775807\0blksize\0009223372036854775807\0"
                 "windowsize\0009223372036854775807\0timeout\0002\0");
    ASSERT_PACKET(alice, "\0\6tsize\0009223372036854775807\0blksize\0001468\0"
                         "windowsize\00016\0timeout\0002\0");
}

/* ---- requests that are refused ---- */

static void test_datagrams_of_0_to_3_bytes_change_nothing(void **state)
{
    (void)state;
    for (size_t length = 0; length < 4; length++)
        receive_from(alice, "\0\2x", length);
    assert_nothing_comes_out();
    SENDS(alice, "\0\2dns.elf\0octet\0");
    assert_ack(alice, 0);
    for (uint8_t opcode = 0; opcode < 7; opcode++) {
        uint8_t bytes[3] = {0, opcode, 0};

        for (size_t length = 0; length < 4; length++)
            receive_from(alice, bytes, length);
    }
    assert_nothing_comes_out();
    assert_int_equal(tftp_server_state(&server), TFTP_SERVER_RECEIVING);
}

static void test_a_name_longer_than_its_packet_is_refused(void **state)
{
    (void)state;
    SENDS(alice, "\0\2dns.elf");
    assert_error(alice, 4, "the request has no end of its file name");
    SENDS(alice, "\0\1dns.elf");
    assert_error(alice, 4, "the request has no end of its file name");
    assert_int_equal(disk.writes + disk.reads, 0);
}

static void test_a_mode_without_end_is_refused(void **state)
{
    (void)state;
    SENDS(alice, "\0\2dns.elf\0octet");
    assert_error(alice, 4, "the request has no end of its mode");
    SENDS(alice, "\0\2dns.elf\0");
    assert_error(alice, 4, "the request has no end of its mode");
}

static void test_names_of_0_and_96_bytes_are_refused_and_95_are_not(void **state)
{
    char request[2 + 96 + sizeof "\0octet"] = "\0\2";

    (void)state;
    SENDS(alice, "\0\2\0octet\0");
    assert_error(alice, 2, "a file name of 0 bytes: 1 to 95 are possible");
    memset(request + 2, 'n', 96);
    memcpy(request + 2 + 96, "\0octet", sizeof "\0octet");
    receive_from(alice, request, sizeof request);
    assert_error(alice, 2, "a file name of 96 bytes: 1 to 95 are possible");
    memcpy(request + 2 + 95, "\0octet", sizeof "\0octet");
    receive_from(alice, request, sizeof request - 1);
    assert_ack(alice, 0);
    assert_int_equal(strlen(disk.name), 95);
}

static void test_a_name_that_would_drive_a_terminal_is_refused_and_shown_clean(void **state)
{
    (void)state;
    SENDS(alice, "\0\2a\033[2J\n\0octet\0");
    assert_error(alice, 2, "file name \"a.[2J.\" is not printable ASCII");
    SENDS(alice, "\0\2gr\303\266\303\237e\0octet\0");
    assert_error(alice, 2, "file name \"gr....e\" is not printable ASCII");
    SENDS(alice, "\0\2\177\0octet\0");
    assert_error(alice, 2, "file name \".\" is not printable ASCII");
    assert_int_equal(disk.writes, 0);
}

static void test_netascii_is_told_to_use_binary_mode(void **state)
{
    (void)state;
    SENDS(alice, "\0\2x.elf\0netascii\0");
    assert_error(alice, 4,
                 "mode \"netascii\" would change the file: use binary mode (tftp -m binary)");
    SENDS(alice, "\0\1log\0netascii\0");
    assert_error(alice, 4,
                 "mode \"netascii\" would change the file: use binary mode (tftp -m binary)");
    SENDS(alice, "\0\2x.elf\0m\033ail-with-a-very-long-name-indeed\0");
    assert_error(
        alice, 4,
        "mode \"m.ail-with-a-very-long-\" would change the file: use binary mode (tftp -m binary)");
    assert_int_equal(disk.writes + disk.reads, 0);
}

static void test_what_the_files_refuse_is_told_with_their_sentence_and_a_fitting_code(void **state)
{
    static const int cases[][2] = {{ERROR_REFUSED, 2},     {ERROR_TOO_LARGE, 3}, {ERROR_ABSENT, 1},
                                   {ERROR_UNSUPPORTED, 4}, {ERROR_BUSY, 0},      {ERROR_CORRUPT, 0},
                                   {ERROR_NO_MEMORY, 3},   {ERROR_INVALID, 4}};

    (void)state;
    disk.sentence = "pushed images are not wanted here";
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        disk.write_status = disk.read_status = cases[i][0];
        SENDS(alice, "\0\2x\0octet\0");
        assert_error(alice, (uint16_t)cases[i][1], disk.sentence);
        SENDS(alice, "\0\1x\0octet\0");
        assert_error(alice, (uint16_t)cases[i][1], disk.sentence);
    }
    assert_int_equal(tftp_server_state(&server), TFTP_SERVER_IDLE);
}

static void test_a_sentence_of_the_files_leaves_without_control_characters(void **state)
{
    (void)state;
    disk.write_status = ERROR_REFUSED;
    disk.sentence = "name \"\033[31m\" is\r\nbad";
    SENDS(alice, "\0\2x\0octet\0");
    assert_error(alice, 2, "name \".[31m\" is..bad");
}

static void test_a_file_announced_larger_than_the_room_is_refused_at_once(void **state)
{
    (void)state;
    SENDS(alice, "\0\2x\0octet\0tsize\00065537\0");
    assert_error(alice, 3, "a file of 65537 bytes: there is room for 65536");
    assert_int_equal(disk.writes, 1);
    assert_int_equal(disk.failed, 1);
    assert_string_equal(disk.failure, "a file of 65537 bytes: there is room for 65536");
}

static void test_sizes_of_2_to_the_32_and_2_to_the_64_are_refused_as_too_large(void **state)
{
    (void)state;
    SENDS(alice, "\0\2x\0octet\0tsize\0004294967296\0");
    assert_error(alice, 3, "a file of 4294967296 bytes: there is room for 65536");
    SENDS(alice, "\0\2x\0octet\0tsize\00018446744073709551616\0");
    assert_error(alice, 3, "a file of 9223372036854775807 bytes: there is room for 65536");
    assert_int_equal(disk.failed, 2);
}

static void test_a_size_that_is_no_number_is_passed_over(void **state)
{
    (void)state;
    ASSERT_PASSED_OVER("tsize\000-5\0");
    ASSERT_PASSED_OVER("tsize\0000x10\0");
    ASSERT_PASSED_OVER("tsize\000\0");
    assert_int_equal(disk.announced, -1);
}

static void test_opcodes_of_no_client_and_port_0_are_passed_over(void **state)
{
    struct tftp_server_peer nobody = alice;

    (void)state;
    nobody.port = 0;
    SENDS(alice, "\0\6blksize\000512\0");
    SENDS(alice, "\0\0xxxx\0octet\0");
    SENDS(alice, "\0\7xxxx\0octet\0");
    SENDS(alice, "\1\2xxxx\0octet\0");
    SENDS(nobody, "\0\2x\0octet\0");
    assert_nothing_comes_out();
    assert_int_equal(disk.writes, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SERVER_TEST(test_a_write_without_options_is_answered_with_ack_0_from_the_server),
        SERVER_TEST(test_curl_gets_its_options_but_the_timeout),
        SERVER_TEST(test_atftp_gets_block_and_window_lowered),
        SERVER_TEST(test_what_is_below_our_limits_is_agreed_to_as_it_is),
        SERVER_TEST(test_a_pipe_of_curl_announces_0_and_that_counts_as_not_announced),
        SERVER_TEST(test_names_of_options_and_the_mode_count_without_case),
        SERVER_TEST(test_block_sizes_that_are_none_are_passed_over),
        SERVER_TEST(test_block_size_65536_or_larger_than_any_number_is_lowered),
        SERVER_TEST(test_window_0_is_passed_over),
        SERVER_TEST(test_timeouts_of_0_3_256_and_words_are_passed_over),
        SERVER_TEST(test_an_option_with_a_known_name_at_its_end_or_as_a_value_is_not_that_option),
        SERVER_TEST(test_an_unknown_option_is_passed_over_and_the_next_is_read),
        SERVER_TEST(test_an_option_without_value_or_end_is_passed_over),
        SERVER_TEST(test_an_option_given_twice_is_refused_with_error_8),
        SERVER_TEST(test_all_options_with_their_longest_values_fit),
        SERVER_TEST(test_datagrams_of_0_to_3_bytes_change_nothing),
        SERVER_TEST(test_a_name_longer_than_its_packet_is_refused),
        SERVER_TEST(test_a_mode_without_end_is_refused),
        SERVER_TEST(test_names_of_0_and_96_bytes_are_refused_and_95_are_not),
        SERVER_TEST(test_a_name_that_would_drive_a_terminal_is_refused_and_shown_clean),
        SERVER_TEST(test_netascii_is_told_to_use_binary_mode),
        SERVER_TEST(test_what_the_files_refuse_is_told_with_their_sentence_and_a_fitting_code),
        SERVER_TEST(test_a_sentence_of_the_files_leaves_without_control_characters),
        SERVER_TEST(test_a_file_announced_larger_than_the_room_is_refused_at_once),
        SERVER_TEST(test_sizes_of_2_to_the_32_and_2_to_the_64_are_refused_as_too_large),
        SERVER_TEST(test_a_size_that_is_no_number_is_passed_over),
        SERVER_TEST(test_opcodes_of_no_client_and_port_0_are_passed_over),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
