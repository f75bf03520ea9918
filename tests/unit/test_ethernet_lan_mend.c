/*
 * What the LAN95xx driver does about disturbances of its pipes: transfers that end without an
 * answer, sends that nobody takes.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "ethernet_lan_bench.h"
#include "ethernet_lan_parts.h"

/* ---- reception ---- */

static void test_disturbance_of_a_millisecond_is_outlived(void **state)
{
    (void)state;
    chip.usb.lose_packets = 100; /* 10 us each */
    poll(1000);
    assert_true(chip.usb.lose_packets < 100);
    chip.usb.lose_packets = 0;
    poll(300000);
    assert_true(device->link_is_up(device));
    assert_in_range(device->statistics.receive_errors, 1, 4);
    assert_works();
}

static void test_chip_that_answers_nothing_is_given_up_after_a_second(void **state)
{
    const uint8_t *frame;

    (void)state;
    chip.usb.silent = true;
    poll(900000);
    assert_int_equal(device->receive(device, &frame), 0);
    poll(2500000);
    assert_int_equal(device->receive(device, &frame), ERROR_IO);
    assert_int_equal(device->update_link(device), ERROR_IO);
}

/* Each four bytes of these frames would do for the header of one. */
static void test_burst_cut_by_a_longer_disturbance_is_dropped_whole(void **state)
{
    (void)state;
    for (unsigned i = 20; i < sizeof frame_bytes; i += 4)
        bytes_put_le32(frame_bytes + i, 60u << 16);
    for (unsigned i = 0; i < 40; i++) {
        chip.chip->faults.hold_frames = 4;
        for (unsigned j = 0; j < 4; j++)
            deliver(1000 + j, 1514);
        sim_usb_bus_run(130 + 10 * i); /* some packets of it have come */
        chip.usb.lose_packets = 30;
        poll(1000);
        chip.usb.lose_packets = 0;
        chip.chip->faults.hold_frames = 0;
        poll(300000);
        while (device->link_event)
            poll(1000);
        assert_works();
    }
    assert_int_equal(chip.chip->statistics.resets, 1);
}

/* ---- sending ---- */

static int (*out_of_chip)(struct sim_usb_device *, unsigned, const uint8_t *, unsigned);
static unsigned packets_until_loss, next_number;

/* From the packet of this number on three get no answer. */
static int lose_three(struct sim_usb_device *self, unsigned endpoint, const uint8_t *bytes,
                      unsigned length)
{
    if (packets_until_loss && --packets_until_loss < 3)
        return SIM_USB_LOST;
    return out_of_chip(self, endpoint, bytes, length);
}

/* Frames may be missing, but those that come are whole. */
static void check_whole(struct sim_usb_chip *from, const uint8_t *frame, unsigned length)
{
    (void)from;
    assert_int_equal(length, 1514);
    assert_memory_equal(frame, frame_bytes, ETHERNET_HEADER_BYTES);
    assert_memory_equal(frame + 18, frame_bytes + 18, length - 18);
    assert_true(bytes_le32(frame + 14) >= next_number);
    next_number = bytes_le32(frame + 14) + 1;
}

/* Returns how many there was room for. */
static unsigned send_eight(void)
{
    for (unsigned i = 0; i < 8; i++) {
        uint8_t *buffer = device->send_buffer(device);

        if (!buffer) {
            assert_true(lan->send_broken);
            return i;
        }
        memcpy(buffer, frame_bytes, 1514);
        bytes_put_le32(buffer + 14, i);
        assert_int_equal(device->send(device, 1514), 0);
        sim_usb_bus_run(10);
    }
    return 8;
}

static void test_frames_after_a_transfer_that_broke_off_arrive_whole(void **state)
{
    for (unsigned n = 3; n < 24; n++) {
        unsigned count;

        set_up(state);
        out_of_chip = chip.usb.out;
        chip.usb.out = lose_three;
        chip.on_frame = check_whole;
        next_number = 0;
        packets_until_loss = n;
        count = send_eight();
        poll(20000);
        assert_int_equal(packets_until_loss, 0);
        assert_true(device->statistics.send_errors > 0);
        assert_true(next_number < count);
        assert_int_equal(device->statistics.frames_sent + device->statistics.send_errors, count);
        chip.on_frame = NULL;
        assert_works();
        assert_int_equal(chip.chip->statistics.resets, 1);
    }
}

/* The chip has the packet, we do not know: the same packet once more would be dropped as the one
 * that it has. */
static void test_frames_after_a_packet_whose_answers_were_lost_arrive_whole(void **state)
{
    for (unsigned n = 0; n < 12; n++) {
        set_up(state);
        chip.on_frame = check_whole;
        next_number = 0;
        send_eight();
        sim_usb_bus_run(11 * n);
        chip.usb.lose_acks = 1;
        while (chip.usb.lose_acks)
            sim_advance_us(1);
        chip.usb.lose_packets = 9; /* the two IN pipes share them */
        poll(300000);
        assert_true(device->statistics.send_errors > 0);
        chip.on_frame = NULL;
        assert_works();
    }
}

static void test_nothing_is_sent_into_a_stream_that_is_broken(void **state)
{
    unsigned packets;

    (void)state;
    out_of_chip = chip.usb.out;
    chip.usb.out = lose_three;
    packets_until_loss = 4;
    memcpy(device->send_buffer(device), frame_bytes, 1514);
    assert_int_equal(device->send(device, 1514), 0);
    memcpy(device->send_buffer(device), frame_bytes, 1514);
    assert_int_equal(device->send(device, 1514), 0); /* waits for the one before */
    sim_usb_bus_run(1000);
    assert_true(device->link_event);
    assert_int_equal(device->statistics.send_errors, 1);
    assert_null(device->send_buffer(device));
    assert_int_equal(device->send(device, 100), ERROR_BUSY);
    packets = chip.chip->statistics.frames_sent;
    sim_usb_bus_run(10000);
    assert_int_equal(chip.chip->statistics.frames_sent, packets);
    assert_int_equal(device->update_link(device), 0);
    assert_int_equal(device->statistics.send_errors, 2);
    assert_works();
}

static void test_sends_that_nobody_takes_are_given_up_after_5_seconds(void **state)
{
    unsigned count = 0;

    (void)state;
    out_of_chip = chip.usb.out;
    chip.usb.out = NULL; /* takes nothing */
    for (uint8_t *buffer; (buffer = device->send_buffer(device)) != NULL; count++) {
        memcpy(buffer, frame_bytes, 1000);
        assert_int_equal(device->send(device, 1000), 0);
    }
    poll(4700000);
    assert_int_equal(device->statistics.send_errors, 0);
    assert_null(device->send_buffer(device));
    poll(1000000);
    assert_int_equal(device->statistics.send_errors, count);
    assert_non_null(strstr(sim_log(), "sending is stuck"));
    assert_true(device->link_is_up(device));
    chip.usb.out = out_of_chip;
    assert_works();
}

static uint64_t next_taken_us;

static int take_five_a_second(struct sim_usb_device *self, unsigned endpoint, const uint8_t *bytes,
                              unsigned length)
{
    if (!clock_passed(next_taken_us))
        return SIM_USB_NAK;
    next_taken_us = clock_now_us() + 200000;
    return out_of_chip(self, endpoint, bytes, length);
}

static void test_sends_that_are_slow_but_go_are_left_alone(void **state)
{
    unsigned count = 0;

    (void)state;
    out_of_chip = chip.usb.out;
    chip.usb.out = take_five_a_second;
    next_taken_us = 0;
    for (unsigned i = 0; i < 100; i++) {
        for (unsigned j = 0; j < 2 && device->send_buffer(device); j++, count++) {
            memcpy(device->send_buffer(device), frame_bytes, 1000);
            assert_int_equal(device->send(device, 1000), 0);
        }
        poll(100000);
        assert_true(ethernet_lan_is_sending(lan));
    }
    poll(20000000);
    assert_int_equal(device->statistics.send_errors, 0);
    assert_int_equal(device->statistics.frames_sent, count);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_disturbance_of_a_millisecond_is_outlived, set_up),
        cmocka_unit_test_setup(test_chip_that_answers_nothing_is_given_up_after_a_second, set_up),
        cmocka_unit_test_setup(test_burst_cut_by_a_longer_disturbance_is_dropped_whole, set_up),
        cmocka_unit_test(test_frames_after_a_transfer_that_broke_off_arrive_whole),
        cmocka_unit_test(test_frames_after_a_packet_whose_answers_were_lost_arrive_whole),
        cmocka_unit_test_setup(test_nothing_is_sent_into_a_stream_that_is_broken, set_up),
        cmocka_unit_test_setup(test_sends_that_nobody_takes_are_given_up_after_5_seconds, set_up),
        cmocka_unit_test_setup(test_sends_that_are_slow_but_go_are_left_alone, set_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
