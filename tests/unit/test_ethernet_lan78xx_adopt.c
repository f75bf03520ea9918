/*
 * A LAN7515 changes hands: what the program before leaves behind, with traffic on the cable, and
 * what the next one makes of it. A crash at any register access is test_usb_chip_crash.c's.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "ethernet_lan78xx_bench.h"

static struct sim_usb_bus next_bus;
static struct boot_usb left;

/* What is left is the memory of the program that now runs: a late write stops the test. */
static void reuse_memory_of(struct sim_usb_bus *program)
{
    memset(&program->lan_buffers, 0xee, sizeof program->lan_buffers);
    dma_clean(&program->lan_buffers, sizeof program->lan_buffers);
}

/* The machine stays that of the first program, whose place the second takes. */
static void adopt(void)
{
    sim_usb_bus_init_program(&next_bus);
    assert_int_equal(sim_usb_bus_adopt(&next_bus, &left), 0);
    reuse_memory_of(&bus);
    device = next_bus.ethernet;
    assert_non_null(device);
}

static void stop(void)
{
    assert_int_equal(sim_usb_bus_stop(&bus, &left), 0);
    assert_false(chip.chip->type->is_receiving(chip.chip));
    assert_true(sim_dwc2_is_quiet(&bus.dwc2));
}

/* As its loader sees it: a description of before, whose toggles have gone on since. */
static void crash(void)
{
    struct ethernet_lan *lan = &bus.lan78xx;

    lan->stopped = true;
    assert_int_equal(usb_bus_describe(&bus.bus, &left), 0);
    lan->stopped = false;
    left.in.toggle = left.out.toggle = BOOT_USB_TOGGLE_UNKNOWN;
    chip.forgives_reception = true;
}

/* ---- after a clean end ---- */

static void test_next_program_has_the_link_at_once(void **state)
{
    (void)state;
    assert_works();
    stop();
    chip.chip->negotiation_us = 100000000; /* it would take for ever */
    sim_log_clear();
    adopt();
    assert_true(device->link_is_up(device));
    assert_memory_equal(device->mac, bus.lan78xx.ethernet.mac, 6);
    assert_non_null(strstr(sim_log(), "1000 Mbit/s, full duplex, PAUSE on"));
    assert_int_equal(chip.chip->statistics.resets, 1); /* that of attaching */
    assert_works();
}

static void test_hand_over_under_full_load_leaves_whole_bursts(void **state)
{
    uint32_t number;

    (void)state;
    chip.megabits = 100; /* 123 us each: they come before, during and after */
    for (unsigned i = 0; i < 500; i++)
        deliver(1514, i);
    assert_int_equal(take(&number, 20000), 1514);
    sim_usb_bus_run(2000);
    stop();
    assert_true(chip.queue_count > 0);
    adopt();
    assert_true(chip.queue_count > 0);
    while (take(&number, 20000) == 1514)
        ;
    assert_int_equal(number, 499);
    assert_int_equal(device->statistics.receive_errors, 0);
    assert_works();
}

static void test_frames_sent_before_the_end_go_out(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 3; i++)
        send_numbered(600 + i, i);
    stop();
    assert_int_equal(chip.sent_count, 3);
    assert_int_equal(chip.sent_length, 602);
}

static void test_other_end_that_wants_silence_does_not_hold_up_the_end(void **state)
{
    static const uint8_t pause[60] = {0x01, 0x80, 0xc2, 0,    0, 1, 2, 0,    0,
                                      0,    0,    2,    0x88, 8, 0, 1, 0xff, 0xff};
    uint64_t before_us;

    (void)state;
    sim_usb_chip_deliver(&chip, pause, sizeof pause); /* 33 ms at a gigabit */
    send_numbered(600, 1);
    before_us = clock_now_us();
    stop();
    assert_true(clock_now_us() - before_us < 30000);
    adopt();
    sim_usb_bus_run(40000);
    assert_works();
}

static void test_cable_that_was_pulled_in_between_is_noticed(void **state)
{
    (void)state;
    stop();
    sim_usb_chip_plug(&chip, false);
    adopt();
    assert_false(device->link_is_up(device));
    assert_false(chip.chip->type->is_receiving(chip.chip));
    sim_usb_chip_plug(&chip, true);
    assert_true(wait_for_link(true, 1000000));
    assert_works();
}

static void test_link_that_is_another_by_then_is_set_up_as_it_is(void **state)
{
    (void)state;
    stop();
    sim_usb_chip_plug(&chip, false);
    chip.chip->partner_gigabit = false;
    chip.chip->partner_pauses = false;
    sim_usb_chip_plug(&chip, true);
    sim_usb_bus_run(2 * NEGOTIATION_US);
    sim_log_clear();
    adopt();
    assert_true(wait_for_link(true, 1000000));
    assert_non_null(strstr(sim_log(), "100 Mbit/s, full duplex, PAUSE off"));
    assert_works();
}

static void test_chip_without_a_link_changes_hands_too(void **state)
{
    (void)state;
    sim_usb_chip_plug(&chip, false);
    assert_true(wait_for_link(false, 1000000));
    stop();
    adopt();
    assert_false(device->link_is_up(device));
    sim_usb_chip_plug(&chip, true);
    assert_true(wait_for_link(true, 1000000));
    assert_works();
}

static void test_phy_that_is_busy_delays_the_next_program_only(void **state)
{
    (void)state;
    stop();
    chip.chip->faults.phy_busy = 10;
    adopt();
    assert_true(wait_for_link(true, 1000000));
    assert_works();
}

/* ---- after a crash ---- */

static void test_crash_with_a_full_fifo_costs_frames_and_nothing_else(void **state)
{
    uint32_t number;

    (void)state;
    chip.chip->partner_pauses = false;
    for (unsigned i = 0; i < 60; i++)
        deliver(1514, i);
    sim_usb_bus_run(300); /* in the middle of a burst */
    crash();
    adopt();
    while (take(&number, 5000))
        ;
    assert_true(device->link_is_up(device));
    assert_works();
    assert_int_equal(chip.chip->statistics.resets, 1);
}

static void test_crash_while_frames_leave_costs_these(void **state)
{
    (void)state;
    chip.usb.busy = true;
    for (unsigned i = 0; i < 3; i++)
        send_numbered(1514, i);
    sim_usb_bus_run(100);
    chip.usb.busy = false;
    crash();
    adopt();
    assert_true(wait_for_link(true, 1000000));
    assert_works();
}

static void test_crash_while_both_endpoints_are_halted_is_mended(void **state)
{
    (void)state;
    chip.chip->faults.stall_in = 1;
    chip.chip->faults.stall_out = 1;
    deliver(100, 1);
    send_numbered(100, 1);
    sim_usb_bus_run(1000);
    assert_true(chip.usb.halted_in && chip.usb.halted_out);
    crash();
    adopt();
    assert_true(wait_for_link(true, 1000000));
    assert_int_equal(chip.usb.halted_in | chip.usb.halted_out, 0);
    assert_works();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define BOTH(name)                                                                                 \
    cmocka_unit_test_setup(name, set_up), {#name "_on_qemu", name, set_up_qemu, NULL, NULL}
        BOTH(test_next_program_has_the_link_at_once),
        BOTH(test_hand_over_under_full_load_leaves_whole_bursts),
        BOTH(test_frames_sent_before_the_end_go_out),
        BOTH(test_other_end_that_wants_silence_does_not_hold_up_the_end),
        BOTH(test_cable_that_was_pulled_in_between_is_noticed),
        BOTH(test_link_that_is_another_by_then_is_set_up_as_it_is),
        BOTH(test_chip_without_a_link_changes_hands_too),
        BOTH(test_phy_that_is_busy_delays_the_next_program_only),
        BOTH(test_crash_with_a_full_fifo_costs_frames_and_nothing_else),
        BOTH(test_crash_while_frames_leave_costs_these),
        BOTH(test_crash_while_both_endpoints_are_halted_is_mended),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
