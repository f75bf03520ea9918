/*
 * A LAN95xx is stopped: under load, without a link, with a frame lent, when requests fail.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "ethernet_lan_programs.h"

static void test_after_a_stop_chip_and_driver_are_silent(void **state)
{
    const uint8_t *frame;
    unsigned requests;

    (void)state;
    deliver(1, 100);
    run(1000);
    stop_first();
    assert_int_equal(register_of_chip(0x18) & 0xffff, 0); /* RX_FIFO_INF */
    requests = register_requests;
    assert_false(device->link_is_up(device));
    assert_int_equal(device->receive(device, &frame), ERROR_IO);
    assert_int_equal(device->send(device, 60), ERROR_IO);
    assert_int_equal(device->update_link(device), ERROR_IO);
    device->receive_done(device);
    assert_int_equal(device->stop(device), 0);
    assert_int_equal(register_requests, requests);
}

static void test_stop_while_a_frame_is_lent_takes_it_back(void **state)
{
    const uint8_t *frame;

    (void)state;
    deliver(1, 100);
    run(1000);
    assert_int_equal(device->receive(device, &frame), 100);
    stop_first();
    device->receive_done(device);
    assert_int_equal(receives_under_way(), 0);
    adopt();
    exchange();
}

static void test_stop_ends_in_short_time_under_full_load(void **state)
{
    uint64_t begin_us;

    (void)state;
    chip.megabits = 100;
    for (unsigned i = 0; i < 400; i++)
        deliver(i, 1514);
    run(5000);
    begin_us = clock_now_us();
    stop_first();
    assert_in_range(clock_now_us() - begin_us, 1000, 15000);
    sim_advance_us(100000); /* the rest of it finds nobody */
    adopt();
    chip.megabits = 0;
    exchange();
    assert_int_equal(device->statistics.receive_errors, 0);
}

static void test_what_was_sent_last_still_leaves(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 10; i++) {
        memcpy(device->send_buffer(device), frame_bytes, 1514);
        assert_int_equal(device->send(device, 1514), 0);
    }
    stop_first();
    assert_int_equal(chip.sent_count, 10);
    assert_int_equal(device->statistics.send_errors, 0);
}

static void test_partner_that_wants_silence_does_not_hold_a_stop_up(void **state)
{
    uint8_t pause[60] = {0x01, 0x80, 0xc2, 0, 0, 1, 2, 0, 0, 0, 0, 1, 0x88, 0x08, 0, 1, 0xff, 0xff};
    uint64_t begin_us;

    (void)state;
    sim_usb_chip_deliver(&chip, pause, sizeof pause);
    memcpy(device->send_buffer(device), frame_bytes, 1514);
    assert_int_equal(device->send(device, 1514), 0);
    begin_us = clock_now_us();
    stop_first();
    assert_true(clock_now_us() - begin_us < 25000);
    adopt();
    exchange();
}

static void test_stop_without_a_link_and_before_there_ever_was_one(void **state)
{
    (void)state;
    switch_on(false);
    assert_int_equal(sim_usb_bus_start(&bus), 0);
    stop_first();
    assert_int_equal(usb.own[1], 0);
    adopt();
    assert_false(device->link_is_up(device));
    assert_true(wait_for_link(3000000));
    exchange();
}

static void test_chip_that_does_not_answer_makes_the_stop_fail(void **state)
{
    (void)state;
    chip.usb.silent = true;
    assert_int_equal(device->stop(device), ERROR_TIMEOUT);
    assert_int_equal(device->stop(device), 0);
}

static void test_each_request_that_fails_while_stopping_is_told_and_all_is_ended(void **state)
{
    for (unsigned at = 1;; at++) {
        set_up(state);
        stalled_request = register_requests + at;
        if (device->stop(device) == 0) {
            assert_true(at > 4);
            return;
        }
        assert_int_equal(receives_under_way(), 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_after_a_stop_chip_and_driver_are_silent, set_up),
        cmocka_unit_test_setup(test_stop_while_a_frame_is_lent_takes_it_back, set_up),
        cmocka_unit_test_setup(test_stop_ends_in_short_time_under_full_load, set_up),
        cmocka_unit_test_setup(test_what_was_sent_last_still_leaves, set_up),
        cmocka_unit_test_setup(test_partner_that_wants_silence_does_not_hold_a_stop_up, set_up),
        cmocka_unit_test_setup(test_stop_without_a_link_and_before_there_ever_was_one, set_up),
        cmocka_unit_test_setup(test_chip_that_does_not_answer_makes_the_stop_fail, set_up),
        cmocka_unit_test(test_each_request_that_fails_while_stopping_is_told_and_all_is_ended),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
