/*
 * The driver of the Pi 3B+'s LAN7515 with the chip's model behind the board's two hubs, on the
 * simulated bus: frames, bursts, and more of them than can be taken. Attaching, what goes wrong,
 * and hand-overs are in test_ethernet_lan78xx_attach.c, _mend.c, _adopt.c.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "ethernet_lan78xx_bench.h"

/* ---- frames ---- */

static void test_frames_of_each_length_go_both_ways(void **state)
{
    (void)state;
    for (unsigned length = 60; length <= 1514; length += length < 1500 ? 11 : 1) {
        uint32_t number;

        deliver(length, length);
        assert_int_equal(take(&number, 5000), length);
        assert_int_equal(number, length);
        send_numbered(length, length);
        sim_usb_bus_run(500);
        assert_int_equal(chip.sent_length, length);
    }
}

static void test_transfers_of_whole_packets_are_ended(void **state)
{
    (void)state;
    /* With what stands before and behind: n times 512, each way. */
    for (unsigned packets = 1; packets <= 2; packets++) {
        uint32_t number;

        send_numbered(packets * 512 - 8, 1);
        sim_usb_bus_run(1000);
        assert_int_equal(chip.sent_length, packets * 512 - 8);
        deliver(packets * 512 - 14, 2);
        assert_int_equal(take(&number, 5000), packets * 512 - 14);
    }
    assert_works();
}

static void test_frames_below_60_bytes_are_filled_up_by_the_chip(void **state)
{
    (void)state;
    send_numbered(18, 5);
    sim_usb_bus_run(1000);
    assert_int_equal(chip.sent_length, 60);
    assert_memory_equal(chip.sent, device->mac, 6);
}

static void test_burst_of_several_frames_is_taken_apart(void **state)
{
    (void)state;
    chip.chip->faults.hold_frames = 7;
    for (uint32_t i = 0; i < 7; i++)
        deliver(401, i); /* of odd length: filled up in between */
    take_all(0, 7, 401);
    assert_int_equal(chip.chip->statistics.most_in_burst, 7);
    assert_int_equal(chip.chip->statistics.bursts, 1);
    assert_int_equal(device->statistics.receive_errors, 0);
    chip.chip->faults.hold_frames = 0;
    assert_works();
}

static void test_bursts_up_to_the_fifo_s_size_are_taken_apart(void **state)
{
    (void)state;
    chip.chip->partner_pauses = false;
    chip.chip->faults.hold_frames = 120;
    bring_up();
    for (uint32_t i = 0; i < 120; i++)
        deliver(86, i); /* 100 bytes each, of 12,288 */
    take_all(0, 120, 86);
    assert_int_equal(chip.chip->statistics.most_in_burst, 120);
    assert_int_equal(device->statistics.receive_errors, 0);
}

/* 23 or 24 of these fill a burst to its last byte, or nearly. */
static void test_more_than_a_burst_may_have_comes_in_several(void **state)
{
    (void)state;
    chip.chip->partner_pauses = false;
    bring_up();
    assert_int_equal(bus.lan78xx.receives[0].length, 12288);
    for (unsigned length = 490; length <= 514; length++) {
        chip.chip->faults.hold_frames = 23;
        for (uint32_t i = 0; i < 23; i++)
            deliver(length, i);
        take_all(0, 23, length);
    }
    assert_int_equal(device->statistics.receive_errors, 0);
}

static void test_only_frames_for_us_are_taken(void **state)
{
    uint8_t frame[60] = {0};
    uint32_t number;

    (void)state;
    memcpy(frame, "\x02\x99\x99\x99\x99\x99", 6); /* for another */
    sim_usb_chip_deliver(&chip, frame, sizeof frame);
    assert_int_equal(take(&number, 2000), 0);
    assert_int_equal(chip.chip->statistics.filtered, 1);
    for (unsigned i = 0; i < 2; i++) {
        const uint8_t *got;

        memcpy(frame, i ? "\x01\0\x5e\0\0\xfb" : "\xff\xff\xff\xff\xff\xff", 6);
        sim_usb_chip_deliver(&chip, frame, sizeof frame);
        sim_usb_bus_run(1000);
        assert_int_equal(device->receive(device, &got), 60);
        assert_memory_equal(got, frame, 60);
        device->receive_done(device);
    }
}

/* ---- too much ---- */

/* So many frames at a gigabit, into a program that looks every 2 ms. Returns what arrived. */
static unsigned flood(unsigned frames)
{
    unsigned arrived = 0;
    uint32_t number, last = 0;

    chip.megabits = 1000;
    for (uint32_t i = 1; i <= frames; i++)
        deliver(1514, i);
    for (;;) {
        sim_usb_bus_run(2000);
        if (!take(&number, 20000))
            return arrived;
        do {
            assert_true(number > last);
            last = number;
            arrived++;
        } while (take(&number, 0));
    }
}

static void test_flood_without_pause_loses_frames_and_nothing_else(void **state)
{
    unsigned arrived;

    (void)state;
    chip.chip->partner_pauses = false;
    bring_up();
    arrived = flood(400);
    assert_true(chip.chip->statistics.overruns > 0);
    assert_int_equal(arrived + chip.chip->statistics.overruns, 400);
    assert_int_equal(device->statistics.receive_errors, 0);
    assert_works();
}

static void test_flood_with_pause_loses_nothing(void **state)
{
    (void)state;
    assert_int_equal(flood(400), 400);
    assert_true(chip.chip->statistics.pauses > 0);
    assert_int_equal(chip.chip->statistics.overruns, 0);
    assert_true(chip.chip->statistics.most_in_burst > 3);
    assert_works();
}

static void test_send_queue_that_is_full_is_told_and_empties(void **state)
{
    unsigned queued = 0;

    (void)state;
    chip.usb.busy = true;
    while (device->send_buffer(device)) {
        send_numbered(1000, queued++);
        assert_true(queued < 1000);
    }
    assert_true(queued >= ETHERNET_LAN_SENDS);
    assert_int_equal(device->send(device, 60), ERROR_BUSY);
    chip.usb.busy = false;
    sim_usb_bus_run(5000);
    assert_int_equal(chip.sent_count, queued);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define OFF(name)  cmocka_unit_test_setup(name, set_up_off)
#define ON(name)   cmocka_unit_test_setup(name, set_up)
#define QEMU(name) {#name "_on_qemu", name, set_up_qemu, NULL, NULL}
        ON(test_frames_of_each_length_go_both_ways),
        QEMU(test_frames_of_each_length_go_both_ways),
        ON(test_transfers_of_whole_packets_are_ended),
        QEMU(test_transfers_of_whole_packets_are_ended),
        ON(test_frames_below_60_bytes_are_filled_up_by_the_chip),
        ON(test_burst_of_several_frames_is_taken_apart),
        QEMU(test_burst_of_several_frames_is_taken_apart),
        OFF(test_bursts_up_to_the_fifo_s_size_are_taken_apart),
        OFF(test_more_than_a_burst_may_have_comes_in_several),
        ON(test_only_frames_for_us_are_taken),
        OFF(test_flood_without_pause_loses_frames_and_nothing_else),
        ON(test_flood_with_pause_loses_nothing),
        ON(test_send_queue_that_is_full_is_told_and_empties),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
