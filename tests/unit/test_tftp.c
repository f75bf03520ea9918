/*
 * The TFTP client packet by packet: what each wrong packet gets.
 * The numbers are those of the list of bad inputs in docs/security.md.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "bytes.h"
#include "clock.h"
#include "error.h"
#include "tftp.h"

#define CAPACITY 8192
#define GUARD    64
#define PORT     33333 /* the server's, of the transfer */

static const struct net_address server = {{192, 0, 2, 1}}, stranger = {{192, 0, 2, 66}};
static uint8_t memory[GUARD + CAPACITY + GUARD];
static struct tftp_client client;
static struct tftp_request request;
static uint64_t now_us;

/* The last packet that came out. */
static uint8_t packet[TFTP_PACKET_MAX];
static size_t packet_length;
static uint16_t packet_port;

static uint32_t no_jitter(void)
{
    return 0;
}

static int set_up(void **state)
{
    (void)state;
    now_us = 5000000;
    memset(memory, 0xa5, sizeof memory);
    request = (struct tftp_request){.server = server,
                                    .file = "dns.elf",
                                    .buffer = memory + GUARD,
                                    .capacity = CAPACITY,
                                    .random = no_jitter,
                                    .deadline_us = now_us + 60000000};
    assert_int_equal(tftp_begin(&client, &request, now_us), 0);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    for (size_t i = 0; i < GUARD; i++) {
        assert_int_equal(memory[i], 0xa5);
        assert_int_equal(memory[GUARD + CAPACITY + i], 0xa5);
    }
    return 0;
}

static bool packet_comes_out(void)
{
    return tftp_next_packet(&client, packet, &packet_length, &packet_port);
}

static void assert_nothing_comes_out(void)
{
    assert_false(packet_comes_out());
}

/* Copies the bytes to a block of their exact size, so that a read past them is found. */
static void receive_from(struct net_address from, uint16_t port, const void *bytes, size_t length)
{
    uint8_t *exact = malloc(length ? length : 1);

    memcpy(exact, bytes, length);
    tftp_receive(&client, from, port, exact, length, now_us);
    free(exact);
}

/* A packet from the server given as text, the NUL behind the literal not counted. */
#define SERVER_SENDS(literal) receive_from(server, PORT, literal, sizeof literal - 1)

static void server_sends_data(uint16_t number, size_t length)
{
    uint8_t bytes[4 + 2000];

    bytes_put_be16(bytes, 3);
    bytes_put_be16(bytes + 2, number);
    memset(bytes + 4, number, length);
    receive_from(server, PORT, bytes, 4 + length);
}

static void assert_ack(uint16_t number)
{
    assert_true(packet_comes_out());
    assert_int_equal(packet_length, 4);
    assert_int_equal(bytes_be16(packet), 4);
    assert_int_equal(bytes_be16(packet + 2), number);
    assert_int_equal(packet_port, PORT);
    assert_nothing_comes_out();
}

static void assert_error_to(uint16_t port, uint16_t code)
{
    assert_true(packet_comes_out());
    assert_int_equal(bytes_be16(packet), 5);
    assert_int_equal(bytes_be16(packet + 2), code);
    assert_int_equal(packet[packet_length - 1], 0);
    assert_int_equal(packet_port, port);
}

/* The request comes out, and is exactly these bytes. */
#define ASSERT_REQUEST(literal)                                                                    \
    do {                                                                                           \
        assert_true(packet_comes_out());                                                           \
        assert_int_equal(packet_length, sizeof literal);                                           \
        assert_memory_equal(packet, literal, sizeof literal);                                      \
        assert_int_equal(packet_port, 69);                                                         \
        assert_nothing_comes_out();                                                                \
    } while (0)

#define REQUEST_ALL                                                                                \
    "\0\1dns."                                                                                     \
    "elf\0octet\0blksize\0001468\0tsize\0000\0timeout\0001\0windowsize\00016\0utimeout\000100000"
#define REQUEST_TWO  "\0\1dns.elf\0octet\0blksize\0001468\0tsize\0000"
#define REQUEST_NONE "\0\1dns.elf\0octet"

static void begin_transfer(void)
{
    ASSERT_REQUEST(REQUEST_ALL);
    SERVER_SENDS("\0\6blksize\000512\0tsize\0002000\0timeout\0001\0windowsize\0004\0");
    assert_ack(0);
}

/* What is wrong with the OACK is told to the server and to the user, and less is asked for. */
static void assert_oack_refused(const char *message)
{
    unsigned attempt = tftp_attempt(&client);

    assert_string_equal(client.message, message);
    assert_error_to(PORT, 8);
    assert_nothing_comes_out();
    tftp_tick(&client, now_us);
    assert_int_equal(tftp_attempt(&client), attempt + 1);
    ASSERT_REQUEST(REQUEST_TWO);
    assert_int_equal(tftp_result(&client), ERROR_BUSY);
}

#define REFUSES(oack, message)                                                                     \
    do {                                                                                           \
        set_up(state);                                                                             \
        ASSERT_REQUEST(REQUEST_ALL);                                                               \
        SERVER_SENDS(oack);                                                                        \
        assert_oack_refused(message);                                                              \
    } while (0)

static void test_whole_file_arrives_in_order(void **state)
{
    (void)state;
    begin_transfer();
    for (uint16_t i = 1; i <= 3; i++) {
        server_sends_data(i, 512);
        assert_nothing_comes_out();
    }
    assert_int_equal(tftp_result(&client), ERROR_BUSY);
    server_sends_data(4, 464);
    assert_ack(4);
    assert_int_equal(tftp_result(&client), 2000);
    for (size_t i = 0; i < 2000; i++)
        assert_int_equal(request.buffer[i], 1 + i / 512);
    assert_int_equal(request.buffer[2000], 0xa5);
}

/* 18 */
static void test_datagrams_of_0_to_3_bytes_are_ignored(void **state)
{
    (void)state;
    ASSERT_REQUEST(REQUEST_ALL);
    for (size_t length = 0; length < 4; length++)
        receive_from(server, PORT, "\0\5\0", length);
    assert_int_equal(client.server_port, 0);
    SERVER_SENDS("\0\6blksize\000512\0");
    assert_ack(0);
    for (size_t length = 0; length < 4; length++)
        receive_from(server, PORT, "\0\3\0", length);
    assert_nothing_comes_out();
    assert_int_equal(tftp_result(&client), ERROR_BUSY);
    assert_int_equal(client.ignored, 8);
}

static void test_unknown_opcodes_are_ignored(void **state)
{
    (void)state;
    begin_transfer();
    SERVER_SENDS("\0\0\0\0");
    SERVER_SENDS("\0\1x\0octet\0");
    SERVER_SENDS("\0\4\0\0");
    SERVER_SENDS("\0\7\0\0");
    SERVER_SENDS("\3\3\0\1");
    assert_nothing_comes_out();
    assert_int_equal(client.ignored, 5);
    assert_int_equal(client.blocks.next, 1);
}

/* 19 */
static void test_oack_without_nul_at_its_end_is_refused(void **state)
{
    REFUSES("\0\6blksize\000512", "OACK does not end in NUL");
    REFUSES("\0\6blksize", "OACK does not end in NUL");
    REFUSES("\0\6blksize\0", "OACK option blksize may not be \"\"");
    REFUSES("\0\6blksize\000512\0tsize\0", "OACK option tsize may not be \"\"");
    REFUSES("\0\6\0\0", "OACK option \"\" was not asked for");
}

/* 20 */
static void test_blksize_outside_8_to_what_was_asked_is_refused(void **state)
{
    REFUSES("\0\6blksize\0000\0", "OACK option blksize may not be \"0\"");
    REFUSES("\0\6blksize\0007\0", "OACK option blksize may not be \"7\"");
    REFUSES("\0\6blksize\0001469\0", "OACK option blksize may not be \"1469\"");
    REFUSES("\0\6blksize\00065536\0", "OACK option blksize may not be \"65536\"");
    REFUSES("\0\6blksize\0004294967808\0", "OACK option blksize may not be \"4294967808\"");
}

/* 20 */
static void test_blksize_that_is_not_a_number_is_refused(void **state)
{
    REFUSES("\0\6blksize\000-1\0", "OACK option blksize may not be \"-1\"");
    REFUSES("\0\6blksize\0001468x\0", "OACK option blksize may not be \"1468x\"");
    REFUSES("\0\6blksize\000+512\0", "OACK option blksize may not be \"+512\"");
    REFUSES("\0\6blksize\000 512\0", "OACK option blksize may not be \" 512\"");
    REFUSES("\0\6blksize\0000x200\0", "OACK option blksize may not be \"0x200\"");
    REFUSES("\0\6blksize\000\033[2J\0", "OACK option blksize may not be \".[2J\"");
}

/* 21 */
static void test_windowsize_0_or_over_what_was_asked_is_refused(void **state)
{
    REFUSES("\0\6windowsize\0000\0", "OACK option windowsize may not be \"0\"");
    REFUSES("\0\6windowsize\00017\0", "OACK option windowsize may not be \"17\"");
    REFUSES("\0\6windowsize\00065536\0", "OACK option windowsize may not be \"65536\"");
}

static void test_timeout_other_than_asked_is_refused(void **state)
{
    REFUSES("\0\6timeout\0002\0", "OACK option timeout may not be \"2\"");
    REFUSES("\0\6utimeout\0001\0", "OACK option utimeout may not be \"1\"");
}

/* 22 */
static void test_option_name_inside_another_or_inside_a_value_does_not_count(void **state)
{
    REFUSES("\0\6xblksize\000512\0", "OACK option \"xblksize\" was not asked for");
    REFUSES("\0\6blksizex\000512\0", "OACK option \"blksizex\" was not asked for");
    REFUSES("\0\6blk\000512\0", "OACK option \"blk\" was not asked for");
    REFUSES("\0\6tsize\000blksize\000512\0", "OACK option tsize may not be \"blksize\"");
}

/* 22 */
static void test_option_names_count_in_any_case_and_order(void **state)
{
    (void)state;
    ASSERT_REQUEST(REQUEST_ALL);
    SERVER_SENDS("\0\6WINDOWSIZE\0002\0TSize\000900\0BlkSize\000600\0");
    assert_ack(0);
    assert_int_equal(client.blocks.window, 2);
    assert_int_equal(client.blocks.block_bytes, 600);
    assert_int_equal(client.blocks.file_bytes, 900);
}

/* 23 */
static void test_option_not_asked_for_or_given_twice_is_refused(void **state)
{
    REFUSES("\0\6multicast\0,,1\0", "OACK option \"multicast\" was not asked for");
    REFUSES("\0\6blksize\000512\0blksize\000512\0", "OACK option \"blksize\" was given twice");
    REFUSES("\0\6blksize\000512\0BLKSIZE\0008\0", "OACK option \"BLKSIZE\" was given twice");
}

/* 23 */
static void test_option_of_a_higher_rung_is_refused_on_a_lower_one(void **state)
{
    (void)state;
    REFUSES("\0\6windowsize\0000\0", "OACK option windowsize may not be \"0\"");
    SERVER_SENDS("\0\6windowsize\0008\0");
    assert_string_equal(client.message, "OACK option \"windowsize\" was not asked for");
    assert_error_to(PORT, 8);
    tftp_tick(&client, now_us);
    ASSERT_REQUEST(REQUEST_NONE);
    SERVER_SENDS("\0\6blksize\000512\0");
    assert_string_equal(client.message, "OACK option \"blksize\" was not asked for");
    assert_error_to(PORT, 8);
    /* There is no lower rung: a few times more, ever later, and then it is an error. */
    for (unsigned i = 0; i < 3; i++) {
        assert_true(tftp_deadline(&client) > now_us);
        now_us = tftp_deadline(&client);
        tftp_tick(&client, now_us);
        ASSERT_REQUEST(REQUEST_NONE);
        SERVER_SENDS("\0\6blksize\000512\0");
        assert_error_to(PORT, 8);
    }
    assert_int_equal(tftp_result(&client), ERROR_UNSUPPORTED);
}

/* 23 */
static void test_second_oack_before_data_is_acknowledged_again_and_changes_nothing(void **state)
{
    (void)state;
    begin_transfer();
    SERVER_SENDS("\0\6blksize\0008\0windowsize\0001\0");
    assert_nothing_comes_out();
    assert_int_equal(client.blocks.block_bytes, 512);
    assert_int_equal(client.blocks.window, 4);
    now_us += 6000;
    SERVER_SENDS("\0\6blksize\0008\0windowsize\0001\0");
    assert_ack(0);
    assert_int_equal(client.blocks.block_bytes, 512);
}

/* 23 */
static void test_oack_in_the_middle_of_the_data_is_ignored(void **state)
{
    (void)state;
    begin_transfer();
    server_sends_data(1, 512);
    now_us += 6000;
    SERVER_SENDS("\0\6blksize\0008\0");
    assert_nothing_comes_out();
    assert_int_equal(client.blocks.block_bytes, 512);
    assert_int_equal(client.blocks.next, 2);
}

/* 24 */
static void test_tsize_over_the_room_is_refused_whatever_its_length(void **state)
{
    static const char *const sizes[] = {"8193", "4294967296", "18446744073709551615",
                                        "18446744073709551616", "99999999999999999999999999999999"};

    for (unsigned i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        uint8_t oack[64] = "\0\6tsize";

        set_up(state);
        ASSERT_REQUEST(REQUEST_ALL);
        strcpy((char *)oack + 8, sizes[i]);
        receive_from(server, PORT, oack, 8 + strlen(sizes[i]) + 1);
        assert_int_equal(tftp_result(&client), ERROR_TOO_LARGE);
        assert_non_null(strstr(client.message, "there is room for 8192"));
        assert_error_to(PORT, 3);
        assert_nothing_comes_out();
        assert_int_equal(tftp_deadline(&client), CLOCK_NEVER);
    }
}

/* 24 */
static void test_tsize_0_means_unknown(void **state)
{
    (void)state;
    ASSERT_REQUEST(REQUEST_ALL);
    SERVER_SENDS("\0\6tsize\0000\0");
    assert_ack(0);
    server_sends_data(1, 100);
    assert_ack(1);
    assert_int_equal(tftp_result(&client), 100);
}

/* 24: smaller and larger than the data: test_tftp_transfer.c as well */
static void test_data_past_the_announced_size_ends_the_attempt(void **state)
{
    (void)state;
    ASSERT_REQUEST(REQUEST_ALL);
    SERVER_SENDS("\0\6tsize\000600\0");
    assert_ack(0);
    server_sends_data(1, 512);
    assert_ack(1);
    server_sends_data(2, 512);
    assert_string_equal(client.message, "the server announced 600 bytes and sent more than 512");
    assert_error_to(PORT, 0);
    assert_nothing_comes_out();
}

static void test_empty_file_is_corrupt(void **state)
{
    (void)state;
    ASSERT_REQUEST(REQUEST_ALL);
    server_sends_data(1, 0);
    assert_int_equal(tftp_result(&client), ERROR_CORRUPT);
    assert_string_equal(client.message, "the file is empty");
}

/* 25 */
static void test_data_before_an_oack_means_blocks_of_512_one_by_one(void **state)
{
    (void)state;
    ASSERT_REQUEST(REQUEST_ALL);
    server_sends_data(1, 512);
    assert_ack(1);
    /* Too late for options now. */
    SERVER_SENDS("\0\6blksize\0008\0");
    assert_int_equal(client.blocks.block_bytes, 512);
    server_sends_data(2, 10);
    assert_ack(2);
    assert_int_equal(tftp_result(&client), 522);
}

/* 25 */
static void test_first_data_of_another_number_than_1_pins_no_port(void **state)
{
    (void)state;
    ASSERT_REQUEST(REQUEST_ALL);
    server_sends_data(2, 512);
    server_sends_data(0, 512);
    server_sends_data(65535, 512);
    assert_nothing_comes_out();
    assert_int_equal(client.server_port, 0);
}

/* 26 */
static void test_block_longer_than_agreed_is_refused_and_less_asked_for(void **state)
{
    (void)state;
    begin_transfer();
    server_sends_data(1, 513);
    assert_string_equal(client.message, "a block of 513 bytes where 512 were agreed");
    assert_error_to(PORT, 4);
    assert_int_equal(request.buffer[0], 0xa5);
    tftp_tick(&client, now_us);
    ASSERT_REQUEST(REQUEST_TWO);
    /* The same without an OACK: 512 is what holds. */
    server_sends_data(1, 1468);
    assert_string_equal(client.message, "a block of 1468 bytes where 512 were agreed");
    assert_error_to(PORT, 4);
    assert_int_equal(tftp_result(&client), ERROR_BUSY);
}

/* 27: the wraps themselves are in test_tftp_transfer.c */
static void test_block_0_is_ignored(void **state)
{
    (void)state;
    begin_transfer();
    now_us += 6000;
    server_sends_data(0, 512);
    assert_nothing_comes_out();
    assert_int_equal(client.blocks.next, 1);
    assert_int_equal(client.ignored, 1);
}

/* 27 */
static void test_block_far_outside_the_window_is_ignored(void **state)
{
    (void)state;
    begin_transfer();
    server_sends_data(5, 512);
    server_sends_data(1000, 512);
    server_sends_data(32768, 512);
    server_sends_data(65535, 100);
    assert_nothing_comes_out();
    assert_int_equal(client.ignored, 4);
    assert_int_equal(client.blocks.ahead, 0);
    assert_int_equal(request.buffer[4 * 512], 0xa5);
}

/* 28 */
static void test_reordered_blocks_need_no_acknowledgement(void **state)
{
    static const uint16_t order[] = {3, 1, 2};

    (void)state;
    begin_transfer();
    for (unsigned i = 0; i < 3; i++) {
        server_sends_data(order[i], 512);
        assert_nothing_comes_out();
    }
    server_sends_data(4, 464);
    assert_ack(4);
    for (size_t i = 0; i < 2000; i++)
        assert_int_equal(request.buffer[i], 1 + i / 512);
}

/* 28 */
static void test_gap_is_acknowledged_with_the_last_block_before_it(void **state)
{
    (void)state;
    begin_transfer();
    server_sends_data(1, 512);
    server_sends_data(3, 512);
    assert_nothing_comes_out();
    /* Nothing more comes: after the hold time, not before. */
    now_us = tftp_deadline(&client);
    assert_int_equal(now_us, 5000000 + 5000);
    tftp_tick(&client, now_us);
    assert_ack(1);
    /* The window goes on from there; block 3 is not needed again. */
    server_sends_data(2, 512);
    server_sends_data(4, 464);
    assert_ack(4);
    assert_int_equal(tftp_result(&client), 2000);
}

/* 28 */
static void test_repeated_block_is_not_acknowledged_at_once(void **state)
{
    (void)state;
    begin_transfer();
    for (uint16_t i = 1; i <= 4; i++)
        server_sends_data(i, i < 4 ? 512 : 464);
    assert_ack(4);
    for (unsigned i = 0; i < 100; i++)
        server_sends_data(4, 464);
    assert_nothing_comes_out();
    now_us += 5000;
    tftp_tick(&client, now_us);
    assert_ack(4);
}

/* 28 */
static void test_repeated_block_from_the_middle_of_a_window_is_never_acknowledged(void **state)
{
    (void)state;
    begin_transfer();
    server_sends_data(1, 512);
    server_sends_data(2, 512);
    now_us += 6000;
    server_sends_data(1, 512);
    assert_nothing_comes_out();
    assert_int_equal(client.repeat_us, CLOCK_NEVER);
    /* The newest one is: the server may have ended there. */
    server_sends_data(2, 512);
    assert_ack(2);
}

static void test_round_trip_is_learnt_although_acknowledgements_were_repeated(void **state)
{
    (void)state;
    ASSERT_REQUEST(REQUEST_ALL);
    server_sends_data(1, 512);
    /* The first answer came at once, the others take 50 ms. */
    for (uint16_t number = 2; number <= 15; number++) {
        uint64_t arrival_us = now_us + 50000;

        while (packet_comes_out())
            continue;
        while (tftp_deadline(&client) < arrival_us) {
            now_us = tftp_deadline(&client);
            tftp_tick(&client, now_us);
            while (packet_comes_out())
                continue;
        }
        now_us = arrival_us;
        server_sends_data(number, 512);
    }
    assert_int_equal(client.blocks.next, 16);
    assert_in_range(client.repeated, 1, 8);
}

/* 28 */
static void test_repeated_last_block_is_answered_while_dallying_only(void **state)
{
    (void)state;
    ASSERT_REQUEST(REQUEST_ALL);
    server_sends_data(1, 100);
    assert_ack(1);
    assert_int_equal(tftp_result(&client), 100);
    now_us += 1000000;
    server_sends_data(1, 100);
    assert_ack(1);
    /* Nothing can change the result any more. */
    SERVER_SENDS("\0\5\0\0too late\0");
    server_sends_data(1, 512);
    server_sends_data(2, 512);
    assert_int_equal(tftp_result(&client), 100);
    assert_int_equal(request.buffer[100], 0xa5);
    now_us += 1000000;
    tftp_tick(&client, now_us);
    assert_int_equal(tftp_deadline(&client), CLOCK_NEVER);
}

/* 29: endless files are in test_tftp_transfer.c */
static void test_block_past_the_room_is_never_written(void **state)
{
    (void)state;
    request.capacity = 1000;
    assert_int_equal(tftp_begin(&client, &request, now_us), 0);
    ASSERT_REQUEST(REQUEST_ALL);
    SERVER_SENDS("\0\6blksize\000512\0windowsize\0004\0");
    assert_ack(0);
    server_sends_data(3, 512);
    assert_int_equal(tftp_result(&client), ERROR_TOO_LARGE);
    assert_error_to(PORT, 3);
    for (size_t i = 0; i < CAPACITY; i++)
        assert_int_equal(request.buffer[i], 0xa5);
}

/* 30 */
static void test_packets_from_another_address_are_ignored_without_an_answer(void **state)
{
    (void)state;
    ASSERT_REQUEST(REQUEST_ALL);
    receive_from(stranger, PORT, "\0\6blksize\000512\0", 14);
    receive_from(stranger, PORT, "\0\5\0\1gone\0", 9);
    receive_from(stranger, PORT, "\0\3\0\1x", 5);
    assert_nothing_comes_out();
    assert_int_equal(client.state, TFTP_REQUESTED);
    SERVER_SENDS("\0\6blksize\000512\0");
    assert_ack(0);
    receive_from(stranger, PORT, "\0\5\0\1gone\0", 9);
    receive_from(stranger, PORT, "\0\3\0\1x", 5);
    assert_nothing_comes_out();
    assert_int_equal(client.blocks.next, 1);
}

/* 30 */
static void test_packets_from_another_port_are_told_so_and_change_nothing(void **state)
{
    (void)state;
    begin_transfer();
    receive_from(server, PORT + 1, "\0\3\0\1x", 5);
    assert_error_to(PORT + 1, 5);
    receive_from(server, PORT + 2, "\0\6blksize\000512\0", 14);
    assert_error_to(PORT + 2, 5);
    /* Never an error for an error: two ends could go on for ever. */
    receive_from(server, PORT + 1, "\0\5\0\0x\0", 6);
    receive_from(server, 0, "\0\3\0\1x", 5);
    assert_nothing_comes_out();
    assert_int_equal(client.blocks.next, 1);
    assert_int_equal(tftp_result(&client), ERROR_BUSY);
}

/* 31 */
static void test_error_text_is_cut_and_cleaned_before_anybody_sees_it(void **state)
{
    uint8_t bytes[600];

    (void)state;
    ASSERT_REQUEST(REQUEST_ALL);
    SERVER_SENDS("\0\5\0\1\033[31mno\r\n%s%n\xff");
    assert_int_equal(tftp_result(&client), ERROR_ABSENT);
    assert_string_equal(client.message, "the server says \".[31mno..%s%n.\" (error 1)");
    assert_nothing_comes_out();

    set_up(state);
    memset(bytes, 'A', sizeof bytes);
    memcpy(bytes, "\0\5\0\2", 4);
    receive_from(server, PORT, bytes, sizeof bytes);
    assert_int_equal(tftp_result(&client), ERROR_REFUSED);
    assert_true(strlen(client.message) < 110);

    set_up(state);
    SERVER_SENDS("\0\5\0\1");
    assert_int_equal(tftp_result(&client), ERROR_ABSENT);
    assert_string_equal(client.message, "the server says \"\" (error 1)");
}

static void test_error_in_the_middle_starts_over_and_in_the_end_is_refused(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 4; i++) {
        assert_true(packet_comes_out());
        SERVER_SENDS("\0\6blksize\000512\0windowsize\0004\0");
        assert_ack(0);
        server_sends_data(1, 512);
        SERVER_SENDS("\0\5\0\0disk failed\0");
        now_us = i < 3 ? tftp_deadline(&client) : now_us;
        tftp_tick(&client, now_us);
    }
    assert_int_equal(tftp_result(&client), ERROR_REFUSED);
    assert_int_equal(tftp_attempt(&client), 4);
}

/* 32 */
static void test_file_name_that_does_not_fit_into_a_request_is_refused(void **state)
{
    char name[600];

    (void)state;
    for (size_t length = 1; length < sizeof name; length++) {
        int status;

        memset(name, 'n', length);
        name[length] = '\0';
        request.file = name;
        status = tftp_begin(&client, &request, now_us);
        /* 512 in all: 2 and NUL, "octet", and the options. */
        assert_int_equal(status, length + sizeof REQUEST_ALL - 7 <= 512 ? 0 : ERROR_TOO_LARGE);
        if (status == 0) {
            assert_true(packet_comes_out());
            assert_int_equal(packet_length, length + sizeof REQUEST_ALL - 7);
        }
    }
    request.file = "";
    assert_int_equal(tftp_begin(&client, &request, now_us), ERROR_INVALID);
}

/* 33 */
static void test_nothing_outside_the_buffer_is_ever_written(void **state)
{
    uint32_t seed = 1;

    (void)state;
    /* Whatever comes: the guards around the buffer are looked at in tear_down. */
    for (unsigned round = 0; round < 200; round++) {
        request.capacity = 1 + seed % CAPACITY;
        assert_int_equal(tftp_begin(&client, &request, now_us), 0);
        SERVER_SENDS("\0\6blksize\0001000\0windowsize\00016\0");
        for (unsigned i = 0; i < 40; i++) {
            seed = seed * 1664525 + 1013904223;
            server_sends_data((uint16_t)(seed >> 16) % 20, seed % 5 ? 1000 : seed >> 20 & 0x3ff);
            while (packet_comes_out())
                continue;
        }
        for (size_t i = request.capacity; i < CAPACITY; i++)
            assert_int_equal(request.buffer[i], 0xa5);
        memset(request.buffer, 0xa5, CAPACITY);
    }
}

static void test_request_is_repeated_ever_more_slowly_then_asked_anew_with_less(void **state)
{
    uint64_t start = now_us, before = now_us, step = 0;
    unsigned requests = 0;

    (void)state;
    ASSERT_REQUEST(REQUEST_ALL);
    while (tftp_attempt(&client) == 1) {
        now_us = tftp_deadline(&client);
        tftp_tick(&client, now_us);
        if (tftp_attempt(&client) > 1 || !packet_comes_out())
            continue;
        assert_true(now_us - before >= step);
        step = now_us - before;
        before = now_us;
        requests++;
    }
    assert_in_range(requests, 3, 5);
    assert_in_range(now_us - start, 5000000, 5001000);
    /* Perhaps it was away: once more the same. Then with less. */
    ASSERT_REQUEST(REQUEST_ALL);
    while (tftp_attempt(&client) == 2) {
        now_us = tftp_deadline(&client);
        tftp_tick(&client, now_us);
        if (tftp_attempt(&client) == 2)
            packet_comes_out();
    }
    ASSERT_REQUEST(REQUEST_TWO);
}

static void test_arguments_that_can_not_work_are_invalid(void **state)
{
    (void)state;
    request.block_bytes = 7;
    assert_int_equal(tftp_begin(&client, &request, now_us), ERROR_INVALID);
    request.block_bytes = 65465;
    assert_int_equal(tftp_begin(&client, &request, now_us), ERROR_INVALID);
    request.block_bytes = 512;
    request.window_blocks = 65;
    assert_int_equal(tftp_begin(&client, &request, now_us), ERROR_INVALID);
    request.window_blocks = 64;
    assert_int_equal(tftp_begin(&client, &request, now_us), 0);
    request.server = (struct net_address){{0}};
    assert_int_equal(tftp_begin(&client, &request, now_us), ERROR_INVALID);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_whole_file_arrives_in_order),
        TEST(test_datagrams_of_0_to_3_bytes_are_ignored),
        TEST(test_unknown_opcodes_are_ignored),
        TEST(test_oack_without_nul_at_its_end_is_refused),
        TEST(test_blksize_outside_8_to_what_was_asked_is_refused),
        TEST(test_blksize_that_is_not_a_number_is_refused),
        TEST(test_windowsize_0_or_over_what_was_asked_is_refused),
        TEST(test_timeout_other_than_asked_is_refused),
        TEST(test_option_name_inside_another_or_inside_a_value_does_not_count),
        TEST(test_option_names_count_in_any_case_and_order),
        TEST(test_option_not_asked_for_or_given_twice_is_refused),
        TEST(test_option_of_a_higher_rung_is_refused_on_a_lower_one),
        TEST(test_second_oack_before_data_is_acknowledged_again_and_changes_nothing),
        TEST(test_oack_in_the_middle_of_the_data_is_ignored),
        TEST(test_tsize_over_the_room_is_refused_whatever_its_length),
        TEST(test_tsize_0_means_unknown),
        TEST(test_data_past_the_announced_size_ends_the_attempt),
        TEST(test_empty_file_is_corrupt),
        TEST(test_data_before_an_oack_means_blocks_of_512_one_by_one),
        TEST(test_first_data_of_another_number_than_1_pins_no_port),
        TEST(test_block_longer_than_agreed_is_refused_and_less_asked_for),
        TEST(test_block_0_is_ignored),
        TEST(test_block_far_outside_the_window_is_ignored),
        TEST(test_reordered_blocks_need_no_acknowledgement),
        TEST(test_gap_is_acknowledged_with_the_last_block_before_it),
        TEST(test_repeated_block_is_not_acknowledged_at_once),
        TEST(test_repeated_block_from_the_middle_of_a_window_is_never_acknowledged),
        TEST(test_round_trip_is_learnt_although_acknowledgements_were_repeated),
        TEST(test_repeated_last_block_is_answered_while_dallying_only),
        TEST(test_block_past_the_room_is_never_written),
        TEST(test_packets_from_another_address_are_ignored_without_an_answer),
        TEST(test_packets_from_another_port_are_told_so_and_change_nothing),
        TEST(test_error_text_is_cut_and_cleaned_before_anybody_sees_it),
        TEST(test_error_in_the_middle_starts_over_and_in_the_end_is_refused),
        TEST(test_file_name_that_does_not_fit_into_a_request_is_refused),
        TEST(test_nothing_outside_the_buffer_is_ever_written),
        TEST(test_request_is_repeated_ever_more_slowly_then_asked_anew_with_less),
        TEST(test_arguments_that_can_not_work_are_invalid),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
