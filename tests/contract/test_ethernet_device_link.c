/*
 * What include/ethernet_device.h promises of the link, asked of every implementation: updates that
 * do not wait, and a cable that is pulled. See test_ethernet_device.c.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "ethernet_contract.h"

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
        TEST(test_update_link_does_not_wait_while_nothing_happens),
        TEST(test_traffic_goes_on_beside_update_link),
        TEST(test_link_follows_the_cable),
        TEST(test_cable_that_is_pulled_while_frames_pass_does_no_harm),
        TEST(test_lent_frame_outlives_nothing_but_the_link),
    };
    int failed = 0;

    while (next_implementation())
        failed += cmocka_run_group_tests_name(implementation->name, tests, NULL, NULL);
    return failed;
}
