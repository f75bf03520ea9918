/*
 * Frames that the LAN95xx driver receives: bursts, lending, filters, and more than can be taken.
 * What comes damaged is test_ethernet_lan_damage.c's.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "ethernet_lan_bench.h"

/* ---- receiving ---- */

static void test_frames_of_all_lengths_arrive_as_they_were_sent(void **state)
{
    (void)state;
    for (unsigned length = 60; length <= 1514; length++) {
        deliver(length, length);
        assert_int_equal(take(length), length);
    }
    assert_int_equal(device->statistics.frames_received, 1455);
    assert_int_equal(device->statistics.receive_errors, 0);
}

static void test_frames_of_one_burst_are_lent_one_after_the_other(void **state)
{
    const uint8_t *frame, *before = NULL;

    (void)state;
    chip.chip->faults.hold_frames = 10;
    for (unsigned i = 0; i < 10; i++)
        deliver(i, 61 + 7 * i);
    run(2000);
    assert_int_equal(chip.chip->statistics.bursts, 1);
    for (unsigned i = 0; i < 10; i++) {
        assert_int_equal(device->receive(device, &frame), 61 + 7 * i);
        assert_int_equal(bytes_le32(frame + 14), i);
        assert_true(frame > before); /* in place */
        before = frame;
        device->receive_done(device);
    }
    assert_int_equal(device->receive(device, &frame), 0);
    assert_int_equal(chip.chip->statistics.most_in_burst, 10);
}

static void test_transfer_goes_back_only_when_its_burst_is_used_up(void **state)
{
    const uint8_t *frame;

    (void)state;
    chip.chip->faults.hold_frames = 3;
    for (unsigned i = 0; i < 3; i++)
        deliver(i, 100);
    run(2000);
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(receives_under_way(), 1);
        assert_int_equal(device->receive(device, &frame), 100);
        device->receive_done(device);
    }
    assert_int_equal(receives_under_way(), 2);
}

static void test_frame_stays_lent_until_it_is_given_back(void **state)
{
    const uint8_t *frame, *again;

    (void)state;
    deliver(1, 100);
    deliver(2, 200);
    run(2000);
    assert_int_equal(device->receive(device, &frame), 100);
    run(2000);
    assert_int_equal(device->receive(device, &again), 100);
    assert_ptr_equal(frame, again);
    assert_int_equal(bytes_le32(frame + 14), 1);
    device->receive_done(device);
    device->receive_done(device); /* without one: nothing */
    assert_int_equal(take(200), 2);
    assert_int_equal(device->statistics.frames_received, 2);
}

static void test_full_fifo_comes_in_bursts_of_what_a_transfer_holds(void **state)
{
    (void)state;
    chip.chip->faults.hold_frames = 100; /* until no more finds room */
    chip.chip->partner_pauses = false;
    for (unsigned i = 0; i < 13; i++)
        deliver(i, 1514);
    chip.chip->faults.hold_frames = 0;
    for (unsigned i = 0; i < 13; i++)
        assert_int_equal(take(1514), i);
    assert_int_equal(chip.chip->statistics.most_in_burst, 10); /* 10 * 1524 <= 16384 < 11 * 1524 */
    assert_int_equal(device->statistics.receive_errors, 0);
}

static void test_foreign_addresses_do_not_come_groups_and_all_do(void **state)
{
    static const uint8_t foreign[6] = {0xb8, 0x27, 0xeb, 0x12, 0x34, 0x57};
    static const uint8_t group[6] = {0x33, 0x33, 0, 0, 0, 1};
    uint8_t bytes[60];

    (void)state;
    memcpy(bytes, frame_bytes, sizeof bytes);
    memcpy(bytes, foreign, 6);
    sim_usb_chip_deliver(&chip, bytes, 60);
    assert_no_frame();
    memcpy(frame_bytes, group, 6);
    deliver(1, 60);
    assert_int_equal(take(60), 1);
    memset(frame_bytes, 0xff, 6);
    deliver(2, 60);
    assert_int_equal(take(60), 2);
}

/* ---- more than can be taken ---- */

static unsigned take_all(unsigned *in_order)
{
    const uint8_t *frame;
    unsigned count = 0, idle = 0;
    uint32_t last = 0;

    *in_order = 1;
    while (idle < 100) {
        if (device->receive(device, &frame) <= 0) {
            idle++;
            run(100);
            continue;
        }
        idle = 0;
        *in_order &= count == 0 || bytes_le32(frame + 14) > last;
        last = bytes_le32(frame + 14);
        count++;
        device->receive_done(device);
    }
    return count;
}

static void test_partner_that_pauses_loses_no_frame_however_slow_we_are(void **state)
{
    unsigned in_order;

    (void)state;
    chip.megabits = 100;
    for (unsigned i = 0; i < 200; i++)
        deliver(i, 1514);
    run(50000); /* and nobody fetches */
    assert_int_equal(take_all(&in_order), 200);
    assert_true(in_order);
    assert_true(chip.chip->statistics.pauses > 0);
    assert_int_equal(chip.chip->statistics.overruns, 0);
}

static void test_overrun_loses_frames_but_not_the_framing(void **state)
{
    unsigned in_order, got;

    (void)state;
    chip.chip->partner_pauses = false;
    sim_usb_chip_plug(&chip, false);
    device->update_link(device);
    run(2000);
    sim_usb_chip_plug(&chip, true);
    assert_true(wait_for_link(3000000));
    chip.megabits = 100;
    for (unsigned i = 0; i < 200; i++)
        deliver(i, 1514);
    run(50000);
    got = take_all(&in_order);
    assert_true(in_order);
    assert_true(chip.chip->statistics.overruns > 0);
    assert_int_equal(got + chip.chip->statistics.overruns, 200);
    assert_int_equal(device->statistics.receive_errors, 0);
}

static void test_wire_speed_is_kept_up_with(void **state)
{
    unsigned in_order;

    (void)state;
    chip.megabits = 100;
    for (unsigned i = 0; i < 500; i++)
        deliver(i, 60 + i);
    assert_int_equal(take_all(&in_order), 500);
    assert_true(in_order);
    assert_int_equal(chip.chip->statistics.overruns, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_frames_of_all_lengths_arrive_as_they_were_sent, set_up),
        cmocka_unit_test_setup(test_frames_of_all_lengths_arrive_as_they_were_sent, set_up_on_qemu),
        cmocka_unit_test_setup(test_frames_of_one_burst_are_lent_one_after_the_other, set_up),
        cmocka_unit_test_setup(test_frames_of_one_burst_are_lent_one_after_the_other,
                               set_up_on_qemu),
        cmocka_unit_test_setup(test_transfer_goes_back_only_when_its_burst_is_used_up, set_up),
        cmocka_unit_test_setup(test_frame_stays_lent_until_it_is_given_back, set_up),
        cmocka_unit_test_setup(test_full_fifo_comes_in_bursts_of_what_a_transfer_holds, set_up),
        cmocka_unit_test_setup(test_foreign_addresses_do_not_come_groups_and_all_do, set_up),
        cmocka_unit_test_setup(test_partner_that_pauses_loses_no_frame_however_slow_we_are, set_up),
        cmocka_unit_test_setup(test_overrun_loses_frames_but_not_the_framing, set_up),
        cmocka_unit_test_setup(test_wire_speed_is_kept_up_with, set_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
