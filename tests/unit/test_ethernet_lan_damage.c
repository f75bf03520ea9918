/*
 * Frames that the LAN95xx driver receives when something is wrong with them: damage, lost framing,
 * halts, lost packets.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "ethernet_lan_bench.h"

static void test_empty_transfers_are_passed_over_without_a_word(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 10; i++) {
        chip.chip->faults.zero_packets = 1 + i;
        deliver(i, 100 + i);
        assert_int_equal(take(100 + i), i);
    }
    assert_int_equal(device->statistics.receive_errors, 0);
}

static void test_damaged_frames_are_counted_and_their_neighbours_come(void **state)
{
    (void)state;
    chip.chip->faults.hold_frames = 6;
    for (unsigned i = 0; i < 6; i++) {
        chip.chip->faults.error_frames = i % 3 == 1; /* 1 and 4 */
        deliver(i, 101 + i);
    }
    assert_int_equal(take(101), 0);
    assert_int_equal(take(103), 2);
    assert_int_equal(take(104), 3);
    assert_int_equal(take(106), 5);
    assert_int_equal(device->statistics.receive_errors, 2);
    assert_int_equal(device->statistics.frames_received, 4);
}

static void test_burst_of_nothing_but_damage_is_passed_over(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 20; i++) {
        chip.chip->faults.error_frames = 1;
        deliver(0, 100);
        assert_no_frame();
    }
    deliver(1, 100);
    assert_int_equal(take(100), 1);
    assert_int_equal(device->statistics.receive_errors, 20);
}

static void test_frame_longer_than_ethernets_is_counted_and_its_neighbours_come(void **state)
{
    (void)state;
    chip.chip->faults.hold_frames = 3;
    deliver(1, 100);
    deliver(2, 1515);
    deliver(3, 1514);
    assert_int_equal(take(100), 1);
    assert_int_equal(take(1514), 3);
    assert_int_equal(device->statistics.receive_errors, 1);
}

static void test_rest_of_a_burst_without_framing_is_dropped_and_the_next_one_comes(void **state)
{
    (void)state;
    chip.chip->faults.hold_frames = 4;
    for (unsigned i = 0; i < 4; i++) {
        chip.chip->faults.bad_length = i == 2;
        deliver(i, 100);
    }
    assert_int_equal(take(100), 0);
    assert_int_equal(take(100), 1);
    assert_no_frame();
    assert_int_equal(device->statistics.receive_errors, 1);
    chip.chip->faults.hold_frames = 0;
    deliver(9, 100);
    assert_int_equal(take(100), 9);
}

static void test_framing_that_stays_lost_begins_anew_with_empty_fifos(void **state)
{
    const struct chip_setup setup = {0x40, 0xa0, 0, 0x68, 4};

    (void)state;
    /* A mark: it goes when the chip is configured again. */
    assert_int_equal(chip.chip->type->control(chip.chip, &setup, (uint8_t[4]){0}), 4);
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(register_of_chip(0x68), 0);
        chip.chip->faults.bad_length = 1;
        deliver(i, 100);
        assert_no_frame();
    }
    assert_int_equal(register_of_chip(0x68), 0x8000);
    assert_int_equal(device->statistics.receive_errors, 3);
    assert_true(device->link_is_up(device));
    assert_true(is_receiving());
    assert_int_equal(receives_under_way(), 2);
    for (unsigned i = 0; i < 5; i++) {
        deliver(i, 100 + i);
        assert_int_equal(take(100 + i), i);
    }
    send_and_check(100);
    assert_int_equal(chip.chip->statistics.resets, 1);
}

static void test_bad_bursts_between_good_ones_do_not_begin_anew(void **state)
{
    const struct chip_setup setup = {0x40, 0xa0, 0, 0x68, 4};

    (void)state;
    assert_int_equal(chip.chip->type->control(chip.chip, &setup, (uint8_t[4]){0}), 4);
    for (unsigned i = 0; i < 6; i++) {
        chip.chip->faults.bad_length = 1;
        deliver(i, 100);
        assert_no_frame();
        deliver(i, 100);
        assert_int_equal(take(100), i);
    }
    assert_int_equal(register_of_chip(0x68), 0);
}

static void test_halted_reception_goes_on_and_loses_nothing(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 12; i++) {
        deliver(2 * i, 99); /* so that either toggle is met */
        assert_int_equal(take(99), 2 * i);
        if (i % 3 == 0) {
            deliver(100, 600);
            assert_int_equal(take(600), 100);
        }
        chip.chip->faults.stall_in = 1;
        deliver(2 * i + 1, 99);
        assert_int_equal(take(99), 2 * i + 1);
    }
    assert_in_range(device->statistics.receive_errors, 12, 24);
}

static void test_chip_that_only_stalls_is_gone(void **state)
{
    const uint8_t *frame;
    int status = 0;

    (void)state;
    chip.chip->faults.stall_in = 1000;
    for (unsigned i = 0; i < 100 && status == 0; i++) {
        deliver(i, 100);
        status = device->receive(device, &frame);
        run(1000);
    }
    assert_int_equal(status, ERROR_IO);
    assert_false(device->link_is_up(device));
    assert_int_equal(device->update_link(device), ERROR_IO);
    assert_int_equal(device->send(device, 60), ERROR_IO);
    assert_int_equal(device->statistics.receive_errors, 8);
}

static void test_lost_packets_are_tried_again(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 20; i++) {
        deliver(i, 700 + i);
        chip.usb.lose_packets = 2;
        assert_int_equal(take(700 + i), i);
    }
    assert_int_equal(device->statistics.receive_errors, 0);
}

static void test_burst_that_is_cut_by_lost_packets_is_dropped_whole(void **state)
{
    (void)state;
    chip.chip->faults.hold_frames = 4;
    for (unsigned i = 0; i < 4; i++)
        deliver(i, 1514);
    while (lan->receives[0].status == ERROR_BUSY && chip.usb.lose_packets == 0) {
        sim_advance_us(10); /* some packets of it have come */
        if (chip.chip->type->has_data(chip.chip) && register_of_chip(0x18) < 4000)
            chip.usb.lose_packets = 3;
    }
    chip.chip->faults.hold_frames = 0;
    assert_no_frame();
    assert_int_equal(device->statistics.receive_errors, 1);
    deliver(8, 100);
    assert_int_equal(take(100), 8);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_empty_transfers_are_passed_over_without_a_word, set_up),
        cmocka_unit_test_setup(test_damaged_frames_are_counted_and_their_neighbours_come, set_up),
        cmocka_unit_test_setup(test_burst_of_nothing_but_damage_is_passed_over, set_up),
        cmocka_unit_test_setup(test_frame_longer_than_ethernets_is_counted_and_its_neighbours_come,
                               set_up),
        cmocka_unit_test_setup(
            test_rest_of_a_burst_without_framing_is_dropped_and_the_next_one_comes, set_up),
        cmocka_unit_test_setup(test_framing_that_stays_lost_begins_anew_with_empty_fifos, set_up),
        cmocka_unit_test_setup(test_bad_bursts_between_good_ones_do_not_begin_anew, set_up),
        cmocka_unit_test_setup(test_halted_reception_goes_on_and_loses_nothing, set_up),
        cmocka_unit_test_setup(test_halted_reception_goes_on_and_loses_nothing, set_up_on_qemu),
        cmocka_unit_test_setup(test_chip_that_only_stalls_is_gone, set_up),
        cmocka_unit_test_setup(test_lost_packets_are_tried_again, set_up),
        cmocka_unit_test_setup(test_burst_that_is_cut_by_lost_packets_is_dropped_whole, set_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
