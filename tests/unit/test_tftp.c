/*
 * The TFTP client packet by packet: what each wrong packet gets. OACKs and time have files
 * of their own, test_tftp_options.c and test_tftp_time.c. The numbers are those of the list
 * in docs/security.md.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tftp_conversation.h"

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

/* 24: smaller and larger than the data: test_tftp_transfer_end.c as well */
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

/* 29: endless files are in test_tftp_transfer_end.c */
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
        TEST(test_data_past_the_announced_size_ends_the_attempt),
        TEST(test_empty_file_is_corrupt),
        TEST(test_first_data_of_another_number_than_1_pins_no_port),
        TEST(test_block_longer_than_agreed_is_refused_and_less_asked_for),
        TEST(test_block_0_is_ignored),
        TEST(test_block_far_outside_the_window_is_ignored),
        TEST(test_reordered_blocks_need_no_acknowledgement),
        TEST(test_gap_is_acknowledged_with_the_last_block_before_it),
        TEST(test_repeated_block_is_not_acknowledged_at_once),
        TEST(test_repeated_block_from_the_middle_of_a_window_is_never_acknowledged),
        TEST(test_block_past_the_room_is_never_written),
        TEST(test_packets_from_another_address_are_ignored_without_an_answer),
        TEST(test_packets_from_another_port_are_told_so_and_change_nothing),
        TEST(test_error_text_is_cut_and_cleaned_before_anybody_sees_it),
        TEST(test_error_in_the_middle_starts_over_and_in_the_end_is_refused),
        TEST(test_file_name_that_does_not_fit_into_a_request_is_refused),
        TEST(test_nothing_outside_the_buffer_is_ever_written),
        TEST(test_arguments_that_can_not_work_are_invalid),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
