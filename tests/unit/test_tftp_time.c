/*
 * The TFTP client and time: when it repeats itself, begins anew, gives up, and ends.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tftp_conversation.h"

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
    now_us += 199000;
    tftp_tick(&client, now_us);
    assert_nothing_comes_out();
    server_sends_data(1, 100);
    assert_ack(1);
    /* Nothing can change the result any more. */
    SERVER_SENDS("\0\5\0\0too late\0");
    server_sends_data(1, 512);
    server_sends_data(2, 512);
    assert_int_equal(tftp_result(&client), 100);
    assert_int_equal(request.buffer[100], 0xa5);
    now_us += 1000;
    tftp_tick(&client, now_us);
    assert_int_equal(tftp_deadline(&client), CLOCK_NEVER);
}

static void test_last_acknowledgement_is_repeated_unasked_where_packets_were_lost(void **state)
{
    unsigned again = 0;
    uint64_t end_us;

    (void)state;
    ASSERT_REQUEST(REQUEST_ALL);
    server_sends_data(1, 512);
    assert_ack(1);
    now_us = tftp_deadline(&client);
    tftp_tick(&client, now_us);
    assert_ack(1);
    server_sends_data(2, 100);
    assert_ack(2);
    assert_int_equal(tftp_result(&client), 612);
    end_us = now_us + 200000;
    while (tftp_deadline(&client) != CLOCK_NEVER) {
        now_us = tftp_deadline(&client);
        tftp_tick(&client, now_us);
        while (packet_comes_out()) {
            assert_int_equal(bytes_be16(packet + 2), 2);
            again++;
        }
    }
    assert_in_range(again, 1, 3);
    assert_int_equal(now_us, end_us);
}

static void test_machine_that_stands_still_for_20_ms_repeats_nothing(void **state)
{
    (void)state;
    begin_transfer();
    for (uint16_t number = 1; number <= 4; number++) {
        for (unsigned ms = 0; ms < 20; ms++) {
            now_us += 1000;
            tftp_tick(&client, now_us);
            assert_nothing_comes_out();
        }
        server_sends_data(number, number < 4 ? 512 : 464);
    }
    assert_ack(4);
    assert_int_equal(client.repeated, 0);
    assert_false(client.lossy);
}

/* Ticks until until_us; the ACKs that come out are lost. */
static void pass_time(uint64_t until_us)
{
    while (tftp_deadline(&client) < until_us) {
        now_us = tftp_deadline(&client);
        tftp_tick(&client, now_us);
        while (packet_comes_out())
            continue;
    }
    now_us = until_us;
}

static void test_pauses_of_nineteen_seconds_end_no_attempt(void **state)
{
    (void)state;
    request.patience_us = 25000000; /* less than it takes in all */
    assert_int_equal(tftp_begin(&client, &request, now_us), 0);
    begin_transfer();
    server_sends_data(1, 512);
    for (uint16_t number = 2; number <= 4; number++) {
        pass_time(now_us + 19000000);
        server_sends_data(number, number < 4 ? 512 : 464);
    }
    assert_int_equal(tftp_attempt(&client), 1);
    assert_int_equal(tftp_result(&client), 2000);
}

static void test_silence_of_twenty_seconds_after_data_begins_anew(void **state)
{
    uint64_t start = now_us;

    (void)state;
    begin_transfer();
    server_sends_data(1, 512);
    pass_time(start + 20000000);
    assert_int_equal(tftp_attempt(&client), 1);
    tftp_tick(&client, now_us);
    assert_string_equal(client.message, "the server fell silent after 512 bytes");
    tftp_tick(&client, now_us);
    assert_int_equal(tftp_attempt(&client), 2);
}

static void test_repeated_blocks_do_not_move_the_deadline(void **state)
{
    uint64_t start = now_us;

    (void)state;
    request.patience_us = 10000000;
    assert_int_equal(tftp_begin(&client, &request, now_us), 0);
    begin_transfer();
    server_sends_data(1, 512);
    while (now_us < start + 10000000) {
        assert_int_equal(tftp_result(&client), ERROR_BUSY);
        pass_time(now_us + 1000000);
        server_sends_data(1, 512);
    }
    tftp_tick(&client, now_us);
    assert_int_equal(tftp_result(&client), ERROR_TIMEOUT);
    assert_string_equal(client.message, "out of time after 512 bytes");
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

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_round_trip_is_learnt_although_acknowledgements_were_repeated),
        TEST(test_repeated_last_block_is_answered_while_dallying_only),
        TEST(test_last_acknowledgement_is_repeated_unasked_where_packets_were_lost),
        TEST(test_machine_that_stands_still_for_20_ms_repeats_nothing),
        TEST(test_pauses_of_nineteen_seconds_end_no_attempt),
        TEST(test_silence_of_twenty_seconds_after_data_begins_anew),
        TEST(test_repeated_blocks_do_not_move_the_deadline),
        TEST(test_request_is_repeated_ever_more_slowly_then_asked_anew_with_less),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
