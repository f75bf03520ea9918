/*
 * From the root port to the Ethernet chip of a Pi 3B and of a 3B+: through one hub and through
 * two, beside whatever stands in the sockets, and how long it takes.
 *
 * Mostly the chip is played by a CDC-ECM adapter, which needs no time of its own.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "clock.h"
#include "error.h"
#include "sim_usb_board.h"
#include "sim_usb_bus.h"
#include "sim_usb_chip.h"
#include "sim_usb_nic.h"

static struct sim_usb_bus bus;
static struct sim_usb_board board;
static struct sim_usb_nic chip;
static struct sim_usb_nic keyboard;

/* A machine just switched on. Sockets may be filled, then bring_up. */
static void switch_on(enum sim_usb_board_type type, bool says_fixed)
{
    sim_usb_nic_init(&chip, USB_SPEED_HIGH);
    sim_usb_board_init(&board, type, &chip.usb, says_fixed);
    sim_usb_bus_init(&bus, false, &board.hubs[0].usb);
    bus.bus.root_is_fixed = true;
    sim_usb_nic_init(&keyboard, USB_SPEED_LOW);
    keyboard.usb.name = "keyboard";
}

/* Returns the milliseconds that it takes. */
static unsigned bring_up(void)
{
    uint64_t before_us = clock_now_us();

    assert_int_equal(sim_usb_bus_start(&bus), 0);
    assert_ptr_equal(bus.ethernet, &bus.ecm.ethernet);
    return (unsigned)((clock_now_us() - before_us) / 1000);
}

static uint64_t power_wait_us(const struct sim_usb_hub *hub)
{
    return hub->ports[1].asked_at_us - hub->ports[1].powered_at_us;
}

static void test_chip_of_a_3b_is_found_behind_its_hub(void **state)
{
    (void)state;
    switch_on(SIM_USB_BOARD_3B, true);
    bring_up();
    assert_int_equal(bus.bus.device_count, 2);
    assert_int_equal(bus.bus.devices[0].descriptor.product, 0x9514);
    assert_int_equal(bus.bus.devices[1].port, 1);
    assert_int_equal(bus.bus.devices[1].depth, 1);
    assert_int_equal(bus.bus.devices[1].control.speed, USB_SPEED_HIGH);
}

static void test_chip_of_a_3b_plus_is_found_behind_two_hubs(void **state)
{
    (void)state;
    switch_on(SIM_USB_BOARD_3B_PLUS, true);
    bring_up();
    assert_int_equal(bus.bus.device_count, 3);
    assert_int_equal(bus.bus.devices[0].descriptor.product, 0x2514);
    assert_int_equal(bus.bus.devices[1].descriptor.product, 0x2514);
    assert_ptr_equal(bus.bus.devices[1].hub, &bus.bus.devices[0]);
    assert_ptr_equal(bus.bus.devices[2].hub, &bus.bus.devices[1]);
    assert_int_equal(bus.bus.devices[2].depth, 2);
}

/* Root: connect 5, reset 50, recovery 10, address 2 ms. Each hub: power good 100, reset of the
 * port 10 (and up to 10 to see its end), recovery 10, address 2. The rest are requests. */
static void test_time_to_the_chip_is_what_the_hubs_ask_for_and_little_more(void **state)
{
    unsigned one_hub_ms, two_hubs_ms;

    (void)state;
    switch_on(SIM_USB_BOARD_3B, true);
    one_hub_ms = bring_up();
    assert_in_range(power_wait_us(&board.hubs[0]), 100000, 102000);
    switch_on(SIM_USB_BOARD_3B_PLUS, true);
    two_hubs_ms = bring_up();
    assert_in_range(power_wait_us(&board.hubs[0]), 100000, 102000);
    assert_in_range(power_wait_us(&board.hubs[1]), 100000, 102000);
    print_message("start to chip: 3B %u ms, 3B+ %u ms\n", one_hub_ms, two_hubs_ms);
    assert_in_range(one_hub_ms, 179, 210);
    assert_in_range(two_hubs_ms, 291, 340);
}

/* Hubs that do not say which ports are soldered cost the 100 ms that contacts take to rest. */
static void test_hubs_that_do_not_tell_what_is_soldered_cost_a_debounce_each(void **state)
{
    unsigned ms;

    (void)state;
    switch_on(SIM_USB_BOARD_3B_PLUS, false);
    ms = bring_up();
    print_message("start to chip: 3B+ with untold ports %u ms\n", ms);
    assert_in_range(ms, 491, 550);
}

/* With the chips themselves: from there it is their set-up, without a wait for the link. */
static void test_time_until_the_chips_own_drivers_have_set_them_up(void **state)
{
    static const struct chip_type *const types[] = {&chip_lan9514, &chip_lan7515};
    static const unsigned most_ms[] = {250, 380};
    static struct sim_usb_chip ethernet;

    (void)state;
    for (unsigned type = SIM_USB_BOARD_3B; type <= SIM_USB_BOARD_3B_PLUS; type++) {
        uint64_t before_us;
        unsigned ms;

        sim_reset();
        sim_usb_chip_init(&ethernet, types[type]);
        sim_usb_board_init(&board, (enum sim_usb_board_type)type, &ethernet.usb, true);
        sim_usb_bus_init(&bus, false, &board.hubs[0].usb);
        bus.bus.root_is_fixed = true;
        before_us = clock_now_us();
        assert_int_equal(sim_usb_bus_start(&bus), 0);
        ms = (unsigned)((clock_now_us() - before_us) / 1000);
        print_message("start to %s set up: %u ms\n", types[type]->name, ms);
        assert_in_range(ms, 179, most_ms[type]);
        assert_non_null(bus.ethernet);
        assert_false(bus.ethernet->link_is_up(bus.ethernet));
    }
}

static void test_power_is_waited_for_as_long_as_each_hub_says(void **state)
{
    static const uint8_t delays_2ms[] = {0, 1, 16, 50, 255};

    (void)state;
    for (unsigned i = 0; i < sizeof delays_2ms; i++) {
        uint64_t outer_us = delays_2ms[i] * 2000u;
        uint64_t inner_us = delays_2ms[sizeof delays_2ms - 1 - i] * 2000u;

        switch_on(SIM_USB_BOARD_3B_PLUS, true);
        board.hubs[0].hub_descriptor[5] = delays_2ms[i];
        board.hubs[1].hub_descriptor[5] = delays_2ms[sizeof delays_2ms - 1 - i];
        bring_up();
        assert_in_range(power_wait_us(&board.hubs[0]), outer_us, outer_us + 2000);
        assert_in_range(power_wait_us(&board.hubs[1]), inner_us, inner_us + 2000);
    }
}

static void test_keyboard_in_a_socket_does_not_keep_us_from_the_chip(void **state)
{
    (void)state;
    for (unsigned type = SIM_USB_BOARD_3B; type <= SIM_USB_BOARD_3B_PLUS; type++) {
        for (unsigned says_fixed = 0; says_fixed < 2; says_fixed++) {
            for (unsigned hub = 0; hub <= type; hub++) {
                switch_on((enum sim_usb_board_type)type, says_fixed);
                sim_usb_hub_plug(&board.hubs[hub], 2, &keyboard.usb, false);
                bring_up();
                assert_null(strstr(sim_log(), "port 2")); /* nobody has looked there */
            }
        }
    }
}

/* Had the hub another order, or were the chip not the first: its port is disabled again, and
 * nobody else answers at address 0. */
static void test_keyboard_before_the_chip_is_refused_and_passed_over(void **state)
{
    (void)state;
    switch_on(SIM_USB_BOARD_3B, false);
    sim_usb_hub_plug(&board.hubs[0], 4, &chip.usb, false);
    sim_usb_hub_plug(&board.hubs[0], 1, &keyboard.usb, false);
    bring_up();
    assert_int_equal(bus.bus.devices[1].port, 4);
    assert_int_equal(keyboard.usb.requests, 0);
    assert_non_null(strstr(sim_log(), "port 1: no device could be addressed: unsupported"));
}

static void test_dead_and_stuttering_neighbours_do_not_keep_us_from_the_chip(void **state)
{
    static struct sim_usb_nic dead;

    (void)state;
    switch_on(SIM_USB_BOARD_3B_PLUS, true);
    sim_usb_nic_init(&dead, USB_SPEED_HIGH);
    dead.usb.silent = true;
    sim_usb_hub_plug(&board.hubs[0], 2, &dead.usb, false);
    sim_usb_hub_plug(&board.hubs[1], 2, &keyboard.usb, false);
    board.hubs[1].ports[2].bounces = 1000000;
    assert_in_range(bring_up(), 291, 340);
}

static void test_both_hubs_and_the_chip_change_hands_alive(void **state)
{
    static struct sim_usb_bus next;
    struct boot_usb usb;
    uint64_t before_us;

    (void)state;
    switch_on(SIM_USB_BOARD_3B_PLUS, true);
    sim_usb_hub_plug(&board.hubs[0], 3, &keyboard.usb, false);
    bring_up();
    assert_int_equal(sim_usb_bus_stop(&bus, &usb), 0);
    assert_int_equal(usb.device_count, 3);
    sim_usb_bus_init_program(&next);
    before_us = clock_now_us();
    assert_int_equal(sim_usb_bus_adopt(&next, &usb), 0);
    assert_true(clock_now_us() - before_us < 10000);
    assert_int_equal(next.bus.devices[2].depth, 2);
    sim_usb_nic_deliver(&chip, (uint8_t[60]){1}, 60);
    sim_usb_bus_run(1000);
    assert_int_equal(next.ethernet->receive(next.ethernet, &(const uint8_t *){NULL}), 60);
    assert_int_equal(sim_usb_bus_stop(&next, &usb), 0);
}

/* The outer hub lost its power meanwhile: the inner one and the chip with it. */
static void test_hub_that_was_reset_meanwhile_is_not_taken_over(void **state)
{
    static struct sim_usb_bus next;
    struct boot_usb usb;

    (void)state;
    switch_on(SIM_USB_BOARD_3B_PLUS, true);
    bring_up();
    assert_int_equal(sim_usb_bus_stop(&bus, &usb), 0);
    sim_usb_reset(&board.hubs[0].usb);
    sim_usb_bus_init_program(&next);
    assert_true(sim_usb_bus_adopt(&next, &usb) < 0);
    assert_null(next.ethernet);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_chip_of_a_3b_is_found_behind_its_hub),
        cmocka_unit_test(test_chip_of_a_3b_plus_is_found_behind_two_hubs),
        cmocka_unit_test(test_time_to_the_chip_is_what_the_hubs_ask_for_and_little_more),
        cmocka_unit_test(test_hubs_that_do_not_tell_what_is_soldered_cost_a_debounce_each),
        cmocka_unit_test(test_time_until_the_chips_own_drivers_have_set_them_up),
        cmocka_unit_test(test_power_is_waited_for_as_long_as_each_hub_says),
        cmocka_unit_test(test_keyboard_in_a_socket_does_not_keep_us_from_the_chip),
        cmocka_unit_test(test_keyboard_before_the_chip_is_refused_and_passed_over),
        cmocka_unit_test(test_dead_and_stuttering_neighbours_do_not_keep_us_from_the_chip),
        cmocka_unit_test(test_both_hubs_and_the_chip_change_hands_alive),
        cmocka_unit_test(test_hub_that_was_reset_meanwhile_is_not_taken_over),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
