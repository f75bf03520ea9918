/*
 * What include/ethernet_device.h promises, asked of every implementation: one body of
 * tests; a row of the table in ethernet_implementations.h says how to build the device and how to
 * reach the other end of its cable.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "ethernet_implementations.h"

static int set_up(void **state)
{
    (void)state;
    device = implementation->build();
    arrived_count = 0;
    return 0;
}

/* A frame that the device passes on: for it, of a protocol for experiments. */
static void fill(uint8_t *frame, unsigned length)
{
    for (unsigned i = 0; i < length; i++)
        frame[i] = (uint8_t)(length * 31 + i * 7 + (i >> 8));
    memcpy(frame, device->mac, 6);
    memcpy(frame + 6, "\x02\0\0\0\0\x02\x88\xb5", 8);
}

static unsigned on_cable(unsigned length)
{
    return length < implementation->least_on_cable ? implementation->least_on_cable : length;
}

/* Runs until a frame is there, up to 100 ms. */
static int wait_for_frame(const uint8_t **frame)
{
    int length = 0;

    for (unsigned i = 0; i < 1000 && length == 0; i++) {
        length = device->receive(device, frame);
        if (!length)
            implementation->run(100);
    }
    return length;
}

static uint8_t *wait_for_send_buffer(void)
{
    uint8_t *frame = device->send_buffer(device);

    for (unsigned i = 0; i < 100 && !frame; i++) {
        implementation->run(100);
        frame = device->send_buffer(device);
    }
    assert_non_null(frame);
    return frame;
}

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

static uint64_t time_of_update_us(void)
{
    uint64_t before_us = clock_now_us();

    assert_int_equal(device->update_link(device), 0);
    return clock_now_us() - before_us;
}

/* One call in sixteen may look for events that were lost. */
static void test_update_link_does_not_wait_while_nothing_happens(void **state)
{
    unsigned waited = 0;

    (void)state;
    for (unsigned i = 0; i < 64; i++) {
        uint64_t time_us = time_of_update_us();

        assert_true(time_us <= 10000);
        waited += time_us > 20;
        assert_true(device->link_is_up(device));
        assert_false(device->link_event);
        implementation->run(10000);
    }
    assert_in_range(waited, 0, 4);
}

static void test_traffic_goes_on_beside_update_link(void **state)
{
    uint8_t bytes[ETHERNET_FRAME_MAX];
    const uint8_t *frame;

    (void)state;
    for (unsigned i = 0; i < 200; i++) {
        fill(bytes, 60 + i * 7);
        implementation->deliver(bytes, 60 + i * 7);
        fill(wait_for_send_buffer(), 60 + i * 7);
        assert_int_equal(device->send(device, 60 + i * 7), 0);
        assert_int_equal(device->update_link(device), 0);
        assert_int_equal(wait_for_frame(&frame), 60 + i * 7);
        assert_memory_equal(frame, bytes, 60 + i * 7);
        device->receive_done(device);
    }
    implementation->run(5000);
    assert_int_equal(arrived_count, 200);
}

static void check_that_frames_pass(void)
{
    uint8_t bytes[100];
    const uint8_t *frame;
    unsigned before = arrived_count;

    fill(bytes, sizeof bytes);
    implementation->deliver(bytes, sizeof bytes);
    assert_int_equal(wait_for_frame(&frame), sizeof bytes);
    device->receive_done(device);
    fill(wait_for_send_buffer(), sizeof bytes);
    assert_int_equal(device->send(device, sizeof bytes), 0);
    implementation->run(5000);
    assert_int_equal(arrived_count, before + 1);
}

static void test_link_follows_the_cable(void **state)
{
    const uint8_t *frame;

    (void)state;
    if (!implementation->plug)
        return;
    for (unsigned i = 0; i < 5; i++) {
        implementation->plug(false);
        assert_true(wait_for_link(device, false, 600000));
        assert_false(device->link_event);
        assert_int_equal(device->receive(device, &frame), 0);
        implementation->run(50000);
        if (implementation->takes_frames)
            assert_false(implementation->takes_frames());
        implementation->plug(true);
        assert_true(wait_for_link(device, true, 300000));
        check_that_frames_pass();
    }
}

/* Whatever of it is seen, afterwards all is well. */
static void test_cable_that_is_pulled_while_frames_pass_does_no_harm(void **state)
{
    uint8_t bytes[1000];

    (void)state;
    if (!implementation->plug)
        return;
    for (unsigned i = 0; i < 20; i++) {
        const uint8_t *frame;

        fill(bytes, sizeof bytes);
        for (unsigned n = 0; n < 8; n++)
            implementation->deliver(bytes, sizeof bytes);
        if (device->send_buffer(device)) {
            fill(device->send_buffer(device), sizeof bytes);
            device->send(device, sizeof bytes);
        }
        implementation->run(i * 20);
        implementation->plug(false);
        if (i % 2)
            assert_true(wait_for_link(device, false, 600000));
        else
            implementation->run(1000);
        implementation->plug(true);
        implementation->run(30000);
        for (unsigned n = 0; n < 20; n++)
            device->update_link(device); /* one of them looks */
        assert_true(wait_for_link(device, true, 600000));
        while (device->receive(device, &frame) > 0) {
            assert_memory_equal(frame, bytes, sizeof bytes);
            device->receive_done(device);
        }
        check_that_frames_pass();
    }
}

static void test_lent_frame_outlives_nothing_but_the_link(void **state)
{
    uint8_t bytes[100];
    const uint8_t *frame;

    (void)state;
    if (!implementation->plug)
        return;
    fill(bytes, sizeof bytes);
    implementation->deliver(bytes, sizeof bytes);
    assert_int_equal(wait_for_frame(&frame), sizeof bytes);
    implementation->plug(false);
    assert_true(wait_for_link(device, false, 600000));
    device->receive_done(device); /* of a frame that may be gone */
    implementation->plug(true);
    assert_true(wait_for_link(device, true, 300000));
    check_that_frames_pass();
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
        TEST(test_update_link_does_not_wait_while_nothing_happens),
        TEST(test_traffic_goes_on_beside_update_link),
        TEST(test_link_follows_the_cable),
        TEST(test_cable_that_is_pulled_while_frames_pass_does_no_harm),
        TEST(test_lent_frame_outlives_nothing_but_the_link),
        TEST(test_stopped_device_is_silent_and_says_so),
        TEST(test_stop_with_a_lent_frame_and_sends_under_way),
    };
    int failed = 0;

    for (unsigned i = 0; i < sizeof implementations / sizeof *implementations; i++) {
        implementation = &implementations[i];
        failed += cmocka_run_group_tests_name(implementation->name, tests, NULL, NULL);
    }
    sim_cable_clear(&cable);
    return failed;
}
