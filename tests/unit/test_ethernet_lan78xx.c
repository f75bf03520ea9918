/*
 * The driver of the Pi 3B+'s LAN7515 with the chip's model behind the board's two hubs, on the
 * simulated bus: frames, bursts, PAUSE, the cable, and each fault that the model knows.
 * Hand-overs are in test_ethernet_lan78xx_adopt.c.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "ethernet_lan78xx_bench.h"

#define EEPROM_MAC "\x00\x80\x0f\x78\x00\x01"

static int set_up_off(void **state)
{
    (void)state;
    switch_on(false);
    return 0;
}

static int set_up(void **state)
{
    set_up_off(state);
    bring_up();
    return 0;
}

static int set_up_qemu(void **state)
{
    (void)state;
    switch_on(true);
    bring_up();
    return 0;
}

/* Frames first ... last - 1 of length bytes each, in this order and no others. */
static void take_all(uint32_t first, uint32_t last, unsigned length)
{
    for (uint32_t i = first; i < last; i++) {
        uint32_t number;

        assert_int_equal(take(&number, 20000), length);
        assert_int_equal(number, i);
    }
}

static void update_for(uint64_t duration_us)
{
    uint64_t end_us = clock_now_us() + duration_us;

    while (!clock_passed(end_us)) {
        sim_usb_bus_run(10000);
        device->update_link(device);
    }
}

/* ---- attaching ---- */

static void test_gigabit_with_pause_is_what_a_common_switch_gets(void **state)
{
    (void)state;
    assert_string_equal(device->name, "lan78xx");
    assert_non_null(strstr(sim_log(), "lan78xx: 1000 Mbit/s, full duplex, PAUSE on"));
}

static void test_partner_without_pause_is_not_asked_for_silence(void **state)
{
    (void)state;
    chip.chip->partner_pauses = false;
    bring_up();
    assert_non_null(strstr(sim_log(), "lan78xx: 1000 Mbit/s, full duplex, PAUSE off"));
    for (uint32_t i = 0; i < 12; i++)
        deliver(1514, i);
    assert_int_equal(chip.chip->statistics.pauses, 0);
}

static void expect_link(uint16_t speeds, bool gigabit, bool fixed, const char *says)
{
    switch_on(false);
    chip.chip->partner_speeds = speeds;
    chip.chip->partner_gigabit = gigabit;
    chip.chip->partner_fixed = fixed;
    bring_up();
    if (!strstr(sim_log(), says))
        fail_msg("not \"%s\" but: %s", says, sim_log());
    assert_works();
}

static void test_each_speed_and_duplex_is_taken_as_agreed_upon(void **state)
{
    (void)state;
    expect_link(0x1e0, true, false, "lan78xx: 1000 Mbit/s, full duplex, PAUSE on");
    expect_link(0, true, false, "lan78xx: 1000 Mbit/s, full duplex, PAUSE on");
    expect_link(0x1e0, false, false, "lan78xx: 100 Mbit/s, full duplex, PAUSE on");
    expect_link(0x0e0, false, false, "lan78xx: 100 Mbit/s, half duplex, PAUSE off");
    expect_link(0x060, false, false, "lan78xx: 10 Mbit/s, full duplex, PAUSE on");
    expect_link(0x020, false, false, "lan78xx: 10 Mbit/s, half duplex, PAUSE off");
}

static void test_partner_that_does_not_negotiate_gets_half_duplex(void **state)
{
    (void)state;
    expect_link(0x080, false, true, "lan78xx: 100 Mbit/s, half duplex, PAUSE off");
    expect_link(0x020, false, true, "lan78xx: 10 Mbit/s, half duplex, PAUSE off");
}

static void test_cable_with_two_good_pairs_gets_100_megabits(void **state)
{
    (void)state;
    chip.chip->two_pairs = true;
    bring_up();
    assert_non_null(strstr(sim_log(), "lan78xx: 100 Mbit/s, full duplex, PAUSE on"));
    assert_works();
    /* A better one */
    sim_usb_chip_plug(&chip, false);
    assert_true(wait_for_link(false, 1000000));
    chip.chip->two_pairs = false;
    sim_usb_chip_plug(&chip, true);
    assert_true(wait_for_link(true, 1000000));
    assert_non_null(strstr(sim_log(), "lan78xx: 1000 Mbit/s, full duplex, PAUSE on"));
    assert_works();
}

/* The PHY keeps the abilities of the partner before, a gigabit's among them. */
static void test_partner_that_does_not_negotiate_is_not_taken_for_the_one_before(void **state)
{
    (void)state;
    sim_usb_chip_plug(&chip, false);
    assert_true(wait_for_link(false, 1000000));
    chip.chip->partner_speeds = 0x080;
    chip.chip->partner_gigabit = false;
    chip.chip->partner_fixed = true;
    sim_log_clear();
    sim_usb_chip_plug(&chip, true);
    assert_true(wait_for_link(true, 1000000));
    assert_non_null(strstr(sim_log(), "lan78xx: 100 Mbit/s, half duplex, PAUSE off"));
    assert_works();
}

static void test_board_s_address_is_taken_before_the_eeprom_s(void **state)
{
    (void)state;
    memcpy(chip.chip->eeprom_mac, EEPROM_MAC, 6);
    chip.chip->type->power_on(chip.chip);
    bring_up();
    assert_memory_equal(device->mac, "\xb8\x27\xeb\xc0\xff\xee", 6);
    assert_works();
}

static void test_eeprom_s_address_is_taken_before_a_made_one(void **state)
{
    (void)state;
    memcpy(chip.chip->eeprom_mac, EEPROM_MAC, 6);
    chip.chip->type->power_on(chip.chip);
    sim_usb_bus_set_mac(&bus, NULL, 0x12345678);
    bring_up();
    assert_memory_equal(device->mac, EEPROM_MAC, 6);
    assert_works();
}

static void test_without_eeprom_the_address_is_made_of_the_serial_number(void **state)
{
    uint8_t first[6];

    chip.chip->faults.no_eeprom = true;
    chip.chip->type->power_on(chip.chip);
    sim_usb_bus_set_mac(&bus, NULL, 0x12345678);
    bring_up();
    assert_int_equal(device->mac[0] & 3, 2); /* locally administered, nobody's group */
    memcpy(first, device->mac, 6);
    assert_works();
    set_up_off(state);
    chip.chip->faults.no_eeprom = true;
    chip.chip->type->power_on(chip.chip);
    sim_usb_bus_set_mac(&bus, NULL, 0x12345678);
    bring_up();
    assert_memory_equal(device->mac, first, 6); /* the same at every start */
}

static void test_slow_reset_is_waited_for(void **state)
{
    (void)state;
    chip.chip->faults.reset_us = 400000; /* and as long for the PHY's */
    bring_up();
    assert_works();
}

static void test_reset_that_never_ends_gives_up_in_time(void **state)
{
    uint64_t before_us;

    (void)state;
    assert_int_equal(sim_usb_bus_start(&bus), 0); /* how long the bus alone takes */
    before_us = clock_now_us();
    set_up_off(state);
    chip.chip->faults.never_ends_reset = true;
    assert_int_equal(sim_usb_bus_start(&bus), ERROR_ABSENT);
    assert_null(bus.ethernet);
    assert_true(clock_now_us() < before_us + 1000000);
    assert_non_null(strstr(sim_log(), "timeout"));
    assert_false(ethernet_lan_is_attached(&bus.lan78xx));
}

static void test_phy_that_is_busy_for_a_while_is_waited_for(void **state)
{
    (void)state;
    chip.chip->faults.phy_busy = 20;
    bring_up();
    assert_works();
}

static void test_phy_that_is_busy_for_ever_is_not_attached(void **state)
{
    (void)state;
    chip.chip->faults.phy_busy_forever = true;
    assert_int_equal(sim_usb_bus_start(&bus), ERROR_ABSENT);
    assert_null(bus.ethernet);
    assert_non_null(strstr(sim_log(), "timeout"));
}

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
        ON(test_gigabit_with_pause_is_what_a_common_switch_gets),
        QEMU(test_gigabit_with_pause_is_what_a_common_switch_gets),
        OFF(test_partner_without_pause_is_not_asked_for_silence),
        OFF(test_each_speed_and_duplex_is_taken_as_agreed_upon),
        OFF(test_cable_with_two_good_pairs_gets_100_megabits),
        OFF(test_partner_that_does_not_negotiate_gets_half_duplex),
        ON(test_partner_that_does_not_negotiate_is_not_taken_for_the_one_before),
        OFF(test_board_s_address_is_taken_before_the_eeprom_s),
        OFF(test_eeprom_s_address_is_taken_before_a_made_one),
        OFF(test_without_eeprom_the_address_is_made_of_the_serial_number),
        OFF(test_slow_reset_is_waited_for),
        OFF(test_reset_that_never_ends_gives_up_in_time),
        OFF(test_phy_that_is_busy_for_a_while_is_waited_for),
        OFF(test_phy_that_is_busy_for_ever_is_not_attached),
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
        ON(test_link_that_fell_for_a_moment_is_set_up_anew),
        ON(test_nothing_is_asked_of_the_pipe_while_the_link_is_down),
        ON(test_phy_that_gets_stuck_costs_no_frames),
        OFF(test_flood_without_pause_loses_frames_and_nothing_else),
        ON(test_flood_with_pause_loses_nothing),
        ON(test_send_queue_that_is_full_is_told_and_empties),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
