/*
 * tftp_put: a file gets to a server, whatever the network does, or it ends in time.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "bytes.h"
#include "clock.h"
#include "error.h"
#include "tftp_put.h"

#define PORT  40000
#define START 1000000
#define LIMIT 10000000

static const struct net_address server = {{192, 0, 2, 1}}, stranger = {{192, 0, 2, 66}};
static struct tftp_put put;
static uint8_t file[5000];
static uint8_t packet[TFTP_PUT_PACKET_MAX];
static size_t packet_length;
static uint16_t packet_port;
static uint64_t now_us;

/* The server's side. */
static uint8_t received[sizeof file + TFTP_BLOCK_BYTES];
static size_t received_bytes;

static void begin(size_t length, bool plain)
{
    for (size_t i = 0; i < sizeof file; i++)
        file[i] = (uint8_t)(i * 7 ^ i >> 8);
    now_us = START;
    received_bytes = 0;
    assert_int_equal(
        tftp_put_begin(&put, server, "core.dns.7", file, length, plain, now_us, START + LIMIT), 0);
}

static bool next(void)
{
    return tftp_put_next_packet(&put, packet, &packet_length, &packet_port);
}

static void give(uint16_t opcode, uint16_t value)
{
    uint8_t answer[4];

    bytes_put_be16(answer, opcode);
    bytes_put_be16(answer + 2, value);
    tftp_put_receive(&put, server, PORT, answer, sizeof answer, now_us);
}

static void give_text(uint16_t opcode, const char *text, size_t length)
{
    uint8_t answer[200];

    bytes_put_be16(answer, opcode);
    memcpy(answer + 2, text, length);
    tftp_put_receive(&put, server, PORT, answer, 2 + length, now_us);
}

#define OACK(text) give_text(6, text, sizeof(text) - 1 + 1)

/* Takes one DATA packet as a server does. */
static void take_block(uint16_t expected)
{
    assert_true(next());
    assert_int_equal(packet_port, PORT);
    assert_int_equal(bytes_be16(packet), 3);
    assert_int_equal(bytes_be16(packet + 2), expected);
    memcpy(received + received_bytes, packet + 4, packet_length - 4);
    received_bytes += packet_length - 4;
    assert_false(next());
}

static void expect_whole(size_t length)
{
    assert_int_equal(put.result, length);
    assert_int_equal(received_bytes, length);
    assert_memory_equal(received, file, length);
    assert_false(next());
    assert_int_equal(tftp_put_deadline(&put), CLOCK_NEVER);
}

static void test_a_file_arrives_in_the_blocks_that_were_agreed(void **state)
{
    (void)state;
    begin(5000, false);
    assert_true(next());
    assert_int_equal(packet_port, 69);
    assert_memory_equal(packet, "\0\2core.dns.7\0octet\0", 19);
    assert_non_null(memmem(packet, packet_length, "blksize\0001468", 13));
    assert_non_null(memmem(packet, packet_length, "tsize\0005000", 11));
    OACK("blksize\0001468\0tsize\0005000");
    for (uint16_t block = 1; block <= 4; block++) {
        assert_int_equal(put.result, ERROR_BUSY);
        take_block(block);
        give(4, block);
    }
    expect_whole(5000);
}

static void test_a_server_without_options_gets_blocks_of_512(void **state)
{
    (void)state;
    begin(1024, false);
    assert_true(next());
    give(4, 0);
    take_block(1);
    give(4, 1);
    take_block(2);
    give(4, 2);
    take_block(3); /* a multiple of the block: an empty one ends it */
    assert_int_equal(packet_length, 4);
    give(4, 3);
    expect_whole(1024);
}

static void test_an_empty_file_is_one_empty_block(void **state)
{
    (void)state;
    begin(0, true);
    assert_true(next());
    assert_null(memmem(packet, packet_length, "blksize", 7));
    give(4, 0);
    take_block(1);
    give(4, 1);
    expect_whole(0);
}

static void test_a_repeated_ack_is_not_answered(void **state)
{
    (void)state;
    begin(2000, true);
    assert_true(next());
    give(4, 0);
    take_block(1);
    give(4, 0);
    assert_false(next());
    give(4, 1);
    take_block(2);
    give(4, 1);
    assert_false(next());
    give(4, 77);
    assert_false(next());
}

static void test_what_is_lost_is_sent_again_and_more_slowly(void **state)
{
    uint64_t waits[4], before;

    (void)state;
    begin(100, true);
    for (unsigned i = 0; i < 4; i++) {
        assert_true(next());
        before = now_us;
        now_us = tftp_put_deadline(&put);
        tftp_put_tick(&put, now_us - 1);
        assert_false(next());
        tftp_put_tick(&put, now_us);
        waits[i] = now_us - before;
    }
    assert_int_equal(waits[0], 250000);
    assert_int_equal(waits[1], 500000);
    assert_int_equal(waits[3], 2000000);
    assert_true(next());
    give(4, 0);
    take_block(1);
    now_us = tftp_put_deadline(&put);
    tftp_put_tick(&put, now_us);
    received_bytes = 0;
    take_block(1);
    give(4, 1);
    expect_whole(100);
}

static void test_a_server_that_never_answers_ends_it_in_time(void **state)
{
    (void)state;
    begin(100, false);
    while (put.result == ERROR_BUSY) {
        while (next())
            ;
        now_us = tftp_put_deadline(&put);
        tftp_put_tick(&put, now_us);
    }
    assert_int_equal(put.result, ERROR_TIMEOUT);
    assert_string_equal(put.message, "the server does not answer");
    assert_true(now_us <= START + LIMIT);
}

static void test_a_server_that_trickles_ends_it_too(void **state)
{
    uint16_t block = 0;

    (void)state;
    begin(5000, true);
    for (;;) {
        while (next())
            ;
        if (put.result != ERROR_BUSY)
            break;
        now_us += 1200000;
        tftp_put_tick(&put, now_us);
        give(4, block++);
    }
    assert_int_equal(put.result, ERROR_TIMEOUT);
    assert_true(now_us <= START + LIMIT + 1200000);
}

static void test_a_refusal_is_told_in_the_servers_words_cleaned(void **state)
{
    (void)state;
    begin(100, false);
    assert_true(next());
    give_text(5, "\0\2no \033[2Jspace\0", 16);
    assert_int_equal(put.result, ERROR_REFUSED);
    assert_string_equal(put.message, "no .[2Jspace");
    assert_false(next());
}

static void test_a_server_that_dislikes_options_says_unsupported(void **state)
{
    (void)state;
    begin(100, false);
    assert_true(next());
    give_text(5, "\0\10options\0", 10);
    assert_int_equal(put.result, ERROR_UNSUPPORTED);
    begin(100, false);
    assert_true(next());
    OACK("blksize\00099999");
    assert_int_equal(put.result, ERROR_UNSUPPORTED);
}

static void test_strangers_and_other_ports_change_nothing(void **state)
{
    static const uint8_t ack[] = {0, 4, 0, 0}, error[] = {0, 5, 0, 2, 'x', 0};

    (void)state;
    begin(100, true);
    assert_true(next());
    tftp_put_receive(&put, stranger, PORT, error, sizeof error, now_us);
    for (size_t length = 0; length < 4; length++)
        tftp_put_receive(&put, server, PORT, ack, length, now_us);
    assert_int_equal(put.server_port, 0);
    tftp_put_receive(&put, server, PORT, ack, sizeof ack, now_us);
    tftp_put_receive(&put, server, PORT + 1, error, sizeof error, now_us);
    assert_int_equal(put.result, ERROR_BUSY);
    take_block(1);
}

static void test_block_numbers_wrap_to_0(void **state)
{
    (void)state;
    begin(0, true);
    put.length = SIZE_MAX / 2; /* only the counting is looked at */
    put.block = 65535;
    give(4, 65535);
    assert_int_equal(put.block, 65536);
    give(4, 0);
    assert_int_equal(put.block, 65537);
}

static void test_what_can_not_be_asked_for_is_refused_at_once(void **state)
{
    char name[600];

    (void)state;
    memset(name, 'x', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    assert_int_equal(tftp_put_begin(&put, server, name, file, 1, false, START, LIMIT),
                     ERROR_TOO_LARGE);
    assert_int_equal(tftp_put_begin(&put, server, "", file, 1, false, START, LIMIT), ERROR_INVALID);
    assert_int_equal(
        tftp_put_begin(&put, (struct net_address){{0}}, "x", file, 1, false, START, LIMIT),
        ERROR_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_file_arrives_in_the_blocks_that_were_agreed),
        cmocka_unit_test(test_a_server_without_options_gets_blocks_of_512),
        cmocka_unit_test(test_an_empty_file_is_one_empty_block),
        cmocka_unit_test(test_a_repeated_ack_is_not_answered),
        cmocka_unit_test(test_what_is_lost_is_sent_again_and_more_slowly),
        cmocka_unit_test(test_a_server_that_never_answers_ends_it_in_time),
        cmocka_unit_test(test_a_server_that_trickles_ends_it_too),
        cmocka_unit_test(test_a_refusal_is_told_in_the_servers_words_cleaned),
        cmocka_unit_test(test_a_server_that_dislikes_options_says_unsupported),
        cmocka_unit_test(test_strangers_and_other_ports_change_nothing),
        cmocka_unit_test(test_block_numbers_wrap_to_0),
        cmocka_unit_test(test_what_can_not_be_asked_for_is_refused_at_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
