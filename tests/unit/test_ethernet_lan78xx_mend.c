/*
 * The driver of the Pi 3B+'s LAN7515 with the chip's model on the simulated bus: what goes wrong
 * with frames, each fault that the model knows, and with the cable, and how it goes on.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "ethernet_lan78xx_bench.h"

/* ---- what goes wrong with frames ---- */

static void test_damaged_frames_are_counted_and_passed_over(void **state)
{
    /* Any; checksum; symbol; too long; runt. */
    static const uint32_t bits[] = {0, 1 << 16, 1 << 18, 1 << 19, 1 << 20};

    (void)state;
    for (unsigned i = 0; i < sizeof bits / sizeof *bits; i++) {
        chip.chip->faults.error_bits = bits[i];
        chip.chip->faults.error_frames = 2;
        chip.chip->faults.hold_frames = 4;
        for (uint32_t k = 0; k < 4; k++)
            deliver(200, k);
        take_all(2, 4, 200);
        assert_int_equal(device->statistics.receive_errors, 2 * (i + 1));
    }
    chip.chip->faults.hold_frames = 0;
    assert_works();
}

static void test_empty_packets_are_passed_over(void **state)
{
    (void)state;
    chip.chip->faults.zero_packets = 20;
    assert_works();
    assert_int_equal(chip.chip->faults.zero_packets, 0);
    assert_int_equal(device->statistics.receive_errors, 0);
}

static void test_burst_with_an_impossible_length_is_dropped_from_there_on(void **state)
{
    (void)state;
    chip.chip->faults.hold_frames = 3;
    chip.chip->faults.bad_length = 1;
    for (uint32_t i = 0; i < 3; i++)
        deliver(200, i);
    sim_usb_bus_run(2000); /* that burst has been fetched */
    for (uint32_t i = 3; i < 6; i++)
        deliver(200, i);
    take_all(3, 6, 200);
    assert_int_equal(device->statistics.receive_errors, 1);
    chip.chip->faults.hold_frames = 0;
    assert_works();
}

static void test_lost_framing_is_found_again(void **state)
{
    uint32_t number;

    (void)state;
    chip.chip->faults.bad_length = 5;
    for (uint32_t i = 0; i < 5; i++) {
        deliver(200, i);
        assert_int_equal(take(&number, 3000), 0);
    }
    update_for(50000);
    assert_true(device->link_is_up(device));
    assert_works();
}

static void test_halted_reception_goes_on(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 3; i++) {
        chip.chip->faults.stall_in = 1;
        deliver(100, i);
        take_all(i, i + 1, 100);
    }
    assert_int_equal(device->statistics.receive_errors, 3);
    assert_works();
}

static void test_halted_transmission_goes_on(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 3; i++) {
        chip.chip->faults.stall_out = 1;
        send_numbered(800, i);
        update_for(20000);
        assert_works();
    }
    assert_int_equal(device->statistics.send_errors, 3);
}

static void test_lost_packets_are_tried_again(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 20; i++) {
        chip.usb.lose_packets = 2;
        deliver(700 + i, i);
        take_all(i, i + 1, 700 + i);
    }
    assert_int_equal(device->statistics.receive_errors, 0);
    assert_works();
}

/* ---- the cable ---- */

static void test_cable_that_is_pulled_and_plugged_in_is_followed(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 5; i++) {
        sim_usb_chip_plug(&chip, false);
        assert_true(wait_for_link(false, 1000000));
        assert_false(chip.chip->type->is_receiving(chip.chip));
        assert_int_equal(device->send(device, 60), ERROR_IO);
        update_for(100000);
        sim_usb_chip_plug(&chip, true);
        assert_false(device->link_is_up(device));
        assert_true(wait_for_link(true, 1000000));
        assert_works();
    }
    assert_int_equal(chip.chip->statistics.resets, 1); /* that of attaching */
}

static void test_event_tells_of_the_cable_before_the_next_look_is_due(void **state)
{
    (void)state;
    sim_usb_chip_plug(&chip, false);
    device->update_link(device); /* only has the event asked for */
    assert_true(device->link_is_up(device));
    sim_usb_bus_run(2000);
    assert_true(device->link_event);
    device->update_link(device);
    assert_false(device->link_is_up(device));
    assert_false(device->link_event);
}

/* Mending acknowledges the event that would have told of the cable. */
static void test_cable_pulled_just_before_sending_is_begun_anew_is_seen_at_once(void **state)
{
    (void)state;
    chip.usb.out = NULL; /* takes nothing */
    device->update_link(device);
    send_numbered(800, 1);
    sim_usb_bus_run(5100000);
    sim_usb_chip_plug(&chip, false);
    assert_false(device->link_event);
    device->update_link(device);
    assert_non_null(strstr(sim_log(), "sending is stuck"));
    assert_false(device->link_is_up(device));
}

static void test_cable_pulled_just_before_reception_is_begun_anew_is_seen_at_once(void **state)
{
    const uint8_t *frame;

    (void)state;
    device->update_link(device);
    sim_usb_bus_run(2000);
    chip.usb.lose_packets = 100;
    while (device->statistics.receive_errors < 2) {
        sim_usb_bus_run(100);
        assert_int_equal(device->receive(device, &frame), 0);
    }
    chip.usb.lose_packets = 0;
    sim_usb_chip_plug(&chip, false);
    assert_false(device->link_event);
    device->update_link(device);
    assert_false(device->link_is_up(device));
}

static void test_link_that_fell_for_a_moment_is_set_up_anew(void **state)
{
    (void)state;
    deliver(100, 1); /* is lost with the link */
    sim_usb_chip_plug(&chip, false);
    sim_usb_chip_plug(&chip, true);
    sim_usb_bus_run(2 * NEGOTIATION_US);
    update_for(2 * NEGOTIATION_US);
    assert_true(device->link_is_up(device));
    sim_log_clear();
    sim_usb_chip_plug(&chip, false);
    sim_usb_chip_plug(&chip, true);
    update_for(5 * NEGOTIATION_US);
    assert_non_null(strstr(sim_log(), "1000 Mbit/s"));
}

static void test_nothing_is_asked_of_the_pipe_while_the_link_is_down(void **state)
{
    unsigned before;

    (void)state;
    sim_usb_chip_plug(&chip, false);
    assert_true(wait_for_link(false, 1000000));
    chip.chip->faults.stall_in = 1; /* would be used up */
    before = bus.dwc2.packets;
    sim_usb_bus_run(100000);
    assert_int_equal(bus.dwc2.packets, before);
    assert_int_equal(chip.chip->faults.stall_in, 1);
}

static void test_phy_that_gets_stuck_costs_no_frames(void **state)
{
    uint64_t before_us;

    (void)state;
    chip.chip->faults.phy_busy_forever = true;
    sim_usb_chip_plug(&chip, true); /* an event */
    device->link_event = true;
    before_us = clock_now_us();
    assert_int_equal(device->update_link(device), ERROR_TIMEOUT);
    assert_true(clock_now_us() - before_us < 15000);
    chip.chip->faults.phy_busy_forever = false;
    update_for(5 * NEGOTIATION_US);
    assert_true(device->link_is_up(device));
    assert_works();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define ON(name)   cmocka_unit_test_setup(name, set_up)
#define QEMU(name) {#name "_on_qemu", name, set_up_qemu, NULL, NULL}
        ON(test_damaged_frames_are_counted_and_passed_over),
        QEMU(test_damaged_frames_are_counted_and_passed_over),
        ON(test_empty_packets_are_passed_over),
        QEMU(test_empty_packets_are_passed_over),
        ON(test_burst_with_an_impossible_length_is_dropped_from_there_on),
        ON(test_lost_framing_is_found_again),
        QEMU(test_lost_framing_is_found_again),
        ON(test_halted_reception_goes_on),
        QEMU(test_halted_reception_goes_on),
        ON(test_halted_transmission_goes_on),
        QEMU(test_halted_transmission_goes_on),
        ON(test_lost_packets_are_tried_again),
        ON(test_cable_that_is_pulled_and_plugged_in_is_followed),
        QEMU(test_cable_that_is_pulled_and_plugged_in_is_followed),
        ON(test_event_tells_of_the_cable_before_the_next_look_is_due),
        QEMU(test_event_tells_of_the_cable_before_the_next_look_is_due),
        ON(test_cable_pulled_just_before_sending_is_begun_anew_is_seen_at_once),
        ON(test_cable_pulled_just_before_reception_is_begun_anew_is_seen_at_once),
        ON(test_link_that_fell_for_a_moment_is_set_up_anew),
        ON(test_nothing_is_asked_of_the_pipe_while_the_link_is_down),
        ON(test_phy_that_gets_stuck_costs_no_frames),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
