/*
 * What include/ethernet_device.h promises of frames, asked of every implementation: one body of
 * tests; a row of the table in ethernet_implementations.h says how to build the device and how to
 * reach the other end of its cable.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "ethernet_contract.h"

static void test_device_has_a_name_and_an_address(void **state)
{
    (void)state;
    assert_non_null(device->name);
    assert_memory_not_equal(device->mac, "\0\0\0\0\0\0", 6);
    assert_false(device->mac[0] & 1);
    assert_true(device->link_is_up(device));
    assert_int_equal(device->update_link(device), 0);
}

static void test_frames_of_every_length_leave_whole(void **state)
{
    (void)state;
    for (unsigned length = ETHERNET_HEADER_BYTES; length <= ETHERNET_FRAME_MAX; length++) {
        uint8_t expected[ETHERNET_FRAME_MAX];

        fill(wait_for_send_buffer(), length);
        assert_int_equal(device->send(device, length), 0);
        implementation->run(2000);
        fill(expected, length);
        assert_int_equal(arrived_length, on_cable(length));
        assert_memory_equal(arrived, expected, length);
    }
    assert_int_equal(arrived_count, ETHERNET_FRAME_MAX - ETHERNET_HEADER_BYTES + 1);
    assert_int_equal(device->statistics.frames_sent, arrived_count);
    assert_int_equal(device->statistics.send_errors, 0);
}

static void test_frames_of_every_length_arrive_whole(void **state)
{
    (void)state;
    for (unsigned length = ETHERNET_HEADER_BYTES; length <= ETHERNET_FRAME_MAX; length++) {
        uint8_t expected[ETHERNET_FRAME_MAX];
        const uint8_t *frame = NULL;

        fill(expected, length);
        implementation->deliver(expected, length);
        assert_int_equal(wait_for_frame(&frame), on_cable(length));
        assert_memory_equal(frame, expected, length);
        device->receive_done(device);
    }
    assert_int_equal(device->statistics.frames_received,
                     ETHERNET_FRAME_MAX - ETHERNET_HEADER_BYTES + 1);
    assert_int_equal(device->statistics.receive_errors, 0);
}

static void test_send_buffer_stays_the_same_until_send(void **state)
{
    uint8_t *frame = device->send_buffer(device);

    (void)state;
    assert_non_null(frame);
    assert_ptr_equal(device->send_buffer(device), frame);
    memset(frame, 0x5a, ETHERNET_FRAME_MAX); /* all of it is there */
}

static void test_send_refuses_impossible_lengths(void **state)
{
    (void)state;
    device->send_buffer(device);
    assert_int_equal(device->send(device, 0), ERROR_INVALID);
    assert_int_equal(device->send(device, ETHERNET_HEADER_BYTES - 1), ERROR_INVALID);
    assert_int_equal(device->send(device, ETHERNET_FRAME_MAX + 1), ERROR_INVALID);
    assert_int_equal(device->send(device, UINT32_MAX), ERROR_INVALID);
    implementation->run(1000);
    assert_int_equal(arrived_count, 0);
}

static void test_send_without_a_buffer_is_busy_and_loses_nothing(void **state)
{
    unsigned sent = 0;
    uint8_t *frame;

    (void)state;
    /* Without an event loop a device that needs one runs out of buffers. */
    while (sent < 48 && (frame = device->send_buffer(device)) != NULL) {
        fill(frame, 100);
        assert_int_equal(device->send(device, 100), 0);
        sent++;
    }
    if (sent < 48)
        assert_int_equal(device->send(device, 100), ERROR_BUSY);
    implementation->run(10000);
    assert_int_equal(arrived_count, sent);
    assert_non_null(device->send_buffer(device));
}

static void test_receive_without_a_frame_gives_none(void **state)
{
    const uint8_t *frame = NULL;

    (void)state;
    device->receive_done(device);
    assert_int_equal(device->receive(device, &frame), 0);
    implementation->run(5000);
    assert_int_equal(device->receive(device, &frame), 0);
    assert_null(frame);
    assert_int_equal(device->statistics.frames_received, 0);
}

static void test_lent_frame_stays_until_it_is_given_back(void **state)
{
    uint8_t first[60], second[61];
    const uint8_t *frame = NULL, *again = NULL;

    (void)state;
    fill(first, 60);
    fill(second, 61);
    implementation->deliver(first, 60);
    implementation->deliver(second, 61);
    assert_int_equal(wait_for_frame(&frame), 60);
    implementation->run(5000);
    assert_int_equal(device->receive(device, &again), 60);
    assert_ptr_equal(again, frame);
    assert_memory_equal(frame, first, 60);
    device->receive_done(device);
    assert_int_equal(wait_for_frame(&frame), 61);
    assert_memory_equal(frame, second, 61);
    device->receive_done(device);
    device->receive_done(device); /* does nothing */
    implementation->run(1000);
    assert_int_equal(device->receive(device, &frame), 0);
    assert_int_equal(device->statistics.frames_received, 2);
}

static void test_frames_arrive_in_order(void **state)
{
    const uint8_t *frame;

    (void)state;
    for (unsigned i = 0; i < 50; i++) {
        uint8_t bytes[200];

        fill(bytes, 64 + i * 2);
        bytes[14] = (uint8_t)i;
        implementation->deliver(bytes, 64 + i * 2);
    }
    for (unsigned i = 0; i < 50; i++) {
        assert_int_equal(wait_for_frame(&frame), 64 + i * 2);
        assert_int_equal(frame[14], i);
        device->receive_done(device);
    }
}

/* Bursts, and a receiver that is late. */
static void test_full_frames_that_come_at_once_all_arrive(void **state)
{
    uint8_t bytes[ETHERNET_FRAME_MAX];

    (void)state;
    for (unsigned round = 0; round < 5; round++) {
        for (unsigned i = 0; i < 40; i++) {
            fill(bytes, ETHERNET_FRAME_MAX - i % 5);
            bytes[14] = (uint8_t)i;
            implementation->deliver(bytes, ETHERNET_FRAME_MAX - i % 5);
        }
        implementation->run(20000);
        for (unsigned i = 0; i < 40; i++) {
            const uint8_t *frame = NULL;

            assert_int_equal(wait_for_frame(&frame), ETHERNET_FRAME_MAX - i % 5);
            fill(bytes, ETHERNET_FRAME_MAX - i % 5);
            bytes[14] = (uint8_t)i;
            assert_memory_equal(frame, bytes, ETHERNET_FRAME_MAX - i % 5);
            device->receive_done(device);
        }
    }
    assert_int_equal(device->statistics.frames_received, 200);
    assert_int_equal(device->statistics.receive_errors, 0);
}

static void test_both_directions_at_once(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 2000; i++) {
        unsigned length = 60 + i * 37 % 1455;
        uint8_t bytes[ETHERNET_FRAME_MAX];
        const uint8_t *frame;

        fill(bytes, length);
        implementation->deliver(bytes, length);
        fill(wait_for_send_buffer(), length);
        assert_int_equal(device->send(device, length), 0);
        assert_int_equal(wait_for_frame(&frame), length);
        assert_memory_equal(frame, bytes, length);
        device->receive_done(device);
    }
    implementation->run(5000);
    assert_int_equal(arrived_count, 2000);
}

static void test_stopped_device_is_silent_and_says_so(void **state)
{
    const uint8_t *frame;
    uint8_t bytes[60] = {0};

    (void)state;
    fill(bytes, sizeof bytes);
    assert_int_equal(device->stop(device), 0);
    assert_false(device->link_is_up(device));
    implementation->deliver(bytes, sizeof bytes);
    implementation->run(5000);
    assert_int_equal(device->receive(device, &frame), ERROR_IO);
    assert_int_equal(device->send(device, 60), ERROR_IO);
    assert_int_equal(device->update_link(device), ERROR_IO);
    device->receive_done(device);
    assert_int_equal(device->stop(device), 0);
    assert_int_equal(arrived_count, 0);
}

static void test_stop_with_a_lent_frame_and_sends_under_way(void **state)
{
    uint8_t bytes[60] = {0};
    const uint8_t *frame;

    (void)state;
    fill(bytes, sizeof bytes);
    implementation->deliver(bytes, sizeof bytes);
    assert_int_equal(wait_for_frame(&frame), 60);
    fill(wait_for_send_buffer(), 1000);
    assert_int_equal(device->send(device, 1000), 0);
    assert_int_equal(device->stop(device), 0);
    device->receive_done(device);
    implementation->run(5000);
    assert_int_equal(device->receive(device, &frame), ERROR_IO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup(name, set_up)
        TEST(test_device_has_a_name_and_an_address),
        TEST(test_frames_of_every_length_leave_whole),
        TEST(test_frames_of_every_length_arrive_whole),
        TEST(test_send_buffer_stays_the_same_until_send),
        TEST(test_send_refuses_impossible_lengths),
        TEST(test_send_without_a_buffer_is_busy_and_loses_nothing),
        TEST(test_receive_without_a_frame_gives_none),
        TEST(test_lent_frame_stays_until_it_is_given_back),
        TEST(test_frames_arrive_in_order),
        TEST(test_full_frames_that_come_at_once_all_arrive),
        TEST(test_both_directions_at_once),
        TEST(test_stopped_device_is_silent_and_says_so),
        TEST(test_stop_with_a_lent_frame_and_sends_under_way),
    };
    int failed = 0;

    while (next_implementation())
        failed += cmocka_run_group_tests_name(implementation->name, tests, NULL, NULL);
    return failed;
}
