/*
 * A bus that errs, under the board's Ethernet chips: packets and acknowledgements that are lost,
 * babble, halts, a plug that is pulled. The simulated devices stop the test at a packet with the
 * wrong DATA PID, the models at a stream that makes no sense.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "usb_chip_bench.h"

static int set_up(void **state)
{
    (void)state;
    bring_up();
    return 0;
}

static uint64_t dice_state;

/* xorshift64: the same in every run. */
static bool happens(unsigned in)
{
    dice_state ^= dice_state << 13;
    dice_state ^= dice_state >> 7;
    dice_state ^= dice_state << 17;
    return dice_state % in == 0;
}

/* Never three errors in a row at one packet: that would end the transfer. */
static void lose_something(void)
{
    unsigned count = 1 + happens(2);

    chip.usb.lose_packets = chip.usb.lose_acks = chip.usb.lose_in_acks = 0;
    if (happens(2))
        chip.usb.lose_packets = count;
    else if (happens(2))
        chip.usb.lose_acks = count;
    else
        chip.usb.lose_in_acks = count;
}

/* Frames of all lengths both ways, each of them whole, in order and once, over more than 10,000
 * packets each way; if wanted with losses that the bus makes good. */
static void exchange(bool lossy)
{
    unsigned packets_out = 0;

    dice_state = 0x9e3779b97f4a7c15;
    for (uint32_t i = 0; packets_out < 10000; i++) {
        unsigned length = 60 + i * 97 % 1455;
        uint8_t expected[CHIP_FRAME_MAX];
        uint32_t number;

        if (lossy)
            lose_something();
        deliver(length, i);
        if (i % 3 == 0)
            deliver(1514 - length % 1000, i + 1000000);
        send_numbered(length, i);
        assert_int_equal(take(&number, 20000), length);
        assert_int_equal(number, i);
        if (i % 3 == 0) {
            assert_int_equal(take(&number, 20000), 1514 - length % 1000);
            assert_int_equal(number, i + 1000000);
        }
        for (unsigned wait = 0; wait < 1000 && chip.sent_count <= i; wait++)
            sim_usb_bus_run(50);
        assert_int_equal(chip.sent_count, i + 1);
        make_frame(expected, length, i);
        assert_int_equal(chip.sent_length, length);
        assert_memory_equal(chip.sent, expected, length);
        packets_out += (length + 8) / 512 + 1;
    }
    assert_int_equal(device->statistics.receive_errors, 0);
    assert_int_equal(device->statistics.send_errors, 0);
}

static void test_toggles_stay_right_over_ten_thousand_packets_each_way(void **state)
{
    (void)state;
    exchange(false);
    assert_true(machine->qemu || bus.dwc2.packets > 20000); /* QEMU's are not packets */
}

static void test_lost_packets_and_acknowledgements_are_made_good(void **state)
{
    (void)state;
    exchange(true);
}

/* From what is there now until nothing comes any more. Order is checked. Returns the number. */
static unsigned take_all(uint32_t next)
{
    unsigned count = 0;
    uint32_t number;

    while (take(&number, 5000)) {
        assert_true(number >= next);
        next = number + 1;
        count++;
    }
    return count;
}

/* Frames flow again, all of them. The first may find the last trouble's traces. */
static void check_that_all_is_well(void)
{
    unsigned sent;

    sim_usb_bus_run(1000);
    assert_int_equal(device->update_link(device), 0);
    sim_usb_bus_run(1000);
    (void)take_all(0);
    for (uint32_t i = 0; i < 20; i++)
        deliver(60 + i * 70, i);
    assert_int_equal(take_all(0), 20);
    sent = chip.sent_count;
    for (uint32_t i = 0; i < 20; i++)
        send_numbered(60 + i * 70, i);
    sim_usb_bus_run(10000);
    assert_int_equal(chip.sent_count, sent + 20);
}

/* Three errors in a row end a transfer, at whatever packet of a burst. */
static void test_transfer_that_fails_costs_frames_but_not_the_rest(void **state)
{
    (void)state;
    for (unsigned at = 0; at < 12; at++) {
        uint32_t errors = device->statistics.receive_errors;

        for (uint32_t i = 0; i < 12; i++)
            deliver(1000, i);
        sim_usb_bus_run(20 + at * 10);
        chip.usb.lose_packets = 3;
        sim_usb_bus_run(3000);
        (void)take_all(0);
        assert_true(device->statistics.receive_errors - errors <= 1);
        check_that_all_is_well();
    }
    assert_true(device->statistics.receive_errors > 0);
}

static void test_babble_costs_a_burst_and_not_the_rest(void **state)
{
    (void)state;
    for (unsigned at = 0; at < 12; at++) {
        for (uint32_t i = 0; i < 12; i++)
            deliver(1000, i);
        sim_usb_bus_run(20 + at * 10);
        chip.usb.babbling = 1 << CHIP_BULK_IN;
        sim_usb_bus_run(3000);
        (void)take_all(0);
        check_that_all_is_well();
    }
    assert_true(device->statistics.receive_errors > 0);
}

static void test_port_that_the_controller_disables_after_babble_is_a_device_that_is_gone(
    void **state)
{
    const uint8_t *frame;

    (void)state;
    sim_dwc2_disable_port(&bus.dwc2);
    sim_usb_bus_run(1000);
    assert_int_equal(device->update_link(device), ERROR_IO);
    assert_false(device->link_is_up(device));
    assert_int_equal(device->receive(device, &frame), ERROR_IO);
    assert_int_equal(device->send(device, 60), ERROR_IO);
}

static void test_halted_reception_is_mended(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 5; i++) {
        chip.chip->faults.stall_in = 1;
        deliver(600, 1);
        deliver(600, 2);
        sim_usb_bus_run(2000);
        (void)take_all(0);
        check_that_all_is_well();
    }
}

static void test_halted_sending_is_mended(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 5; i++) {
        chip.chip->faults.stall_out = 1;
        send_numbered(700, 1);
        send_numbered(800, 2);
        sim_usb_bus_run(2000);
        check_that_all_is_well();
    }
    assert_true(device->statistics.send_errors >= 5);
}

/* The chip's FIFO for sending is full for a while: NAK. */
static void test_sender_waits_for_a_chip_that_is_busy(void **state)
{
    uint32_t given = 0;
    uint8_t *frame;

    (void)state;
    chip.usb.busy = true;
    while ((frame = device->send_buffer(device)) != NULL) {
        make_frame(frame, 1000, given);
        assert_int_equal(device->send(device, 1000), 0);
        assert_true(++given <= ETHERNET_LAN_SENDS * ETHERNET_LAN_SEND_BYTES / 1000);
    }
    sim_usb_bus_run(100000);
    assert_int_equal(chip.sent_count, 0);
    chip.usb.busy = false;
    sim_usb_bus_run(10000);
    assert_int_equal(chip.sent_count, given);
    assert_int_equal(device->statistics.send_errors, 0);
    assert_int_equal(device->statistics.frames_sent, chip.sent_count);
    check_that_all_is_well();
}

/* The registers cannot be read for a while. */
static void test_requests_that_get_no_answer_do_not_end_the_link(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 3; i++) {
        chip.usb.deaf_to = 0xa1;
        device->link_event = true;
        assert_true(device->update_link(device) < 0);
        chip.usb.deaf_to = 0;
        check_that_all_is_well();
        assert_true(device->link_is_up(device));
    }
}

static void test_chip_that_is_silent_for_good_is_given_up(void **state)
{
    const uint8_t *frame;
    unsigned updates = 0;

    (void)state;
    chip.usb.silent = true;
    sim_usb_bus_run(10000);
    while (device->receive(device, &frame) == 0 && updates < 200) {
        device->update_link(device);
        sim_usb_bus_run(10000);
        updates++;
    }
    assert_true(updates < 200);
    assert_int_equal(device->update_link(device), ERROR_IO);
    assert_false(device->link_is_up(device));
}

static void test_chip_that_is_pulled_out_is_gone_at_once(void **state)
{
    struct boot_usb usb;
    const uint8_t *frame;

    (void)state;
    deliver(500, 1);
    send_numbered(1000, 1);
    sim_dwc2_unplug(&bus.dwc2);
    sim_usb_bus_run(1000);
    assert_int_equal(device->update_link(device), ERROR_IO);
    assert_int_equal(device->receive(device, &frame), ERROR_IO);
    assert_false(device->link_is_up(device));
    assert_true(sim_usb_bus_stop(&bus, &usb) < 0);
}

/* On QEMU a lost packet does not exist, and silence is for ever: it aborts. */
int main(void)
{
    const struct CMUnitTest both[] = {
#define TEST(name) cmocka_unit_test_setup(name, set_up)
        TEST(test_toggles_stay_right_over_ten_thousand_packets_each_way),
        TEST(test_halted_reception_is_mended),
        TEST(test_halted_sending_is_mended),
        TEST(test_sender_waits_for_a_chip_that_is_busy),
        TEST(test_chip_that_is_pulled_out_is_gone_at_once),
    };
    const struct CMUnitTest on_boards[] = {
        TEST(test_lost_packets_and_acknowledgements_are_made_good),
        TEST(test_transfer_that_fails_costs_frames_but_not_the_rest),
        TEST(test_babble_costs_a_burst_and_not_the_rest),
        TEST(test_port_that_the_controller_disables_after_babble_is_a_device_that_is_gone),
        TEST(test_requests_that_get_no_answer_do_not_end_the_link),
        TEST(test_chip_that_is_silent_for_good_is_given_up),
    };

    return run_on_machines(both, sizeof both / sizeof *both, MACHINES) +
           run_on_machines(on_boards, sizeof on_boards / sizeof *on_boards, 2);
}
