/*
 * Enumeration through hubs, with the times they take and the devices they hide.
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
#include "sim_usb_bus.h"
#include "sim_usb_hub.h"
#include "sim_usb_nic.h"

static struct sim_usb_bus bus;
static struct sim_usb_nic nic;
static struct sim_usb_hub hubs[8];

static int set_up(void **state)
{
    (void)state;
    sim_usb_nic_init(&nic, USB_SPEED_HIGH);
    for (unsigned i = 0; i < 8; i++)
        sim_usb_hub_init(&hubs[i], USB_SPEED_HIGH, 4);
    sim_usb_bus_init(&bus, false, &hubs[0].usb);
    return 0;
}

static void assert_logged(const char *sentence)
{
    if (!strstr(sim_log(), sentence))
        fail_msg("the log lacks \"%s\":\n%s", sentence, sim_log());
}

static void test_device_behind_a_hub_is_found(void **state)
{
    (void)state;
    sim_usb_hub_plug(&hubs[0], 3, &nic.usb, false);
    assert_int_equal(sim_usb_bus_start(&bus), 0);
    assert_int_equal(nic.usb.address, 2);
}

static void test_device_behind_the_emulators_hub_is_found(void **state)
{
    (void)state;
    sim_usb_nic_init(&nic, USB_SPEED_FULL);
    sim_usb_hub_init(&hubs[0], USB_SPEED_FULL, 8);
    hubs[0].reset_us = 1;
    sim_usb_bus_init(&bus, true, &hubs[0].usb);
    sim_usb_hub_plug(&hubs[0], 1, &nic.usb, false);
    assert_int_equal(sim_usb_bus_start(&bus), 0);
}

static void test_soldered_device_behind_a_hub_needs_no_debounce(void **state)
{
    uint64_t before_us;

    (void)state;
    bus.bus.root_is_fixed = true;
    sim_usb_hub_plug(&hubs[0], 1, &nic.usb, true);
    hubs[0].ports[1].connect_after_us = 15000;
    before_us = clock_now_us();
    assert_int_equal(sim_usb_bus_start(&bus), 0);
    /* root: connect 5, reset 50, recovery 10, address 2; port: 18 + reset 10 + 10 + 2 ms */
    assert_in_range(clock_now_us() - before_us, 100000, 150000);
}

static void test_hub_behind_hub_is_walked(void **state)
{
    (void)state;
    sim_usb_hub_plug(&hubs[0], 1, &hubs[1].usb, true);
    sim_usb_hub_plug(&hubs[1], 2, &hubs[2].usb, false);
    sim_usb_hub_plug(&hubs[2], 4, &nic.usb, true);
    assert_int_equal(sim_usb_bus_start(&bus), 0);
    assert_int_equal(nic.usb.address, 4);
}

static void test_five_hubs_in_a_row_are_walked(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 4; i++)
        sim_usb_hub_plug(&hubs[i], 1, &hubs[i + 1].usb, true);
    sim_usb_hub_plug(&hubs[4], 1, &nic.usb, true);
    assert_int_equal(sim_usb_bus_start(&bus), 0);
}

static void test_sixth_hub_in_a_row_is_refused(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 5; i++)
        sim_usb_hub_plug(&hubs[i], 1, &hubs[i + 1].usb, true);
    sim_usb_hub_plug(&hubs[5], 1, &nic.usb, true);
    assert_int_equal(sim_usb_bus_start(&bus), ERROR_ABSENT);
    assert_logged("hub: unsupported");
}

static void test_more_devices_than_the_table_holds_are_left_out(void **state)
{
    static struct sim_usb_nic many[12];

    (void)state;
    sim_usb_hub_init(&hubs[0], USB_SPEED_HIGH, 6);
    sim_usb_hub_init(&hubs[1], USB_SPEED_HIGH, 8);
    for (unsigned i = 0; i < 12; i++) {
        sim_usb_nic_init(&many[i], USB_SPEED_HIGH);
        many[i].usb.configuration_count = 1; /* no Ethernet */
        if (i < 5)
            sim_usb_hub_plug(&hubs[0], 2 + i, &many[i].usb, true);
        else
            sim_usb_hub_plug(&hubs[1], 1 + i - 5, &many[i].usb, true);
        many[i].device_descriptor[17] = 1;
    }
    sim_usb_hub_plug(&hubs[0], 1, &hubs[1].usb, true);
    assert_int_equal(sim_usb_bus_start(&bus), ERROR_ABSENT);
    assert_int_equal(bus.bus.device_count, USB_DEVICES_MAX);
    assert_logged("more than 12 devices: the rest is left out");
}

static void test_slow_hub_is_given_the_time_it_asks_for(void **state)
{
    (void)state;
    hubs[0].hub_descriptor[5] = 255; /* 510 ms; the model stops who asks earlier */
    sim_usb_hub_plug(&hubs[0], 2, &nic.usb, true);
    hubs[0].ports[2].connect_after_us = 600000;
    assert_int_equal(sim_usb_bus_start(&bus), 0);
}

static void test_device_that_connects_late_is_found(void **state)
{
    (void)state;
    sim_usb_hub_plug(&hubs[0], 2, &nic.usb, false);
    hubs[0].ports[2].connect_after_us = 90000;
    assert_int_equal(sim_usb_bus_start(&bus), 0);
}

static void test_bouncing_contact_is_waited_for(void **state)
{
    (void)state;
    sim_usb_hub_plug(&hubs[0], 2, &nic.usb, false);
    hubs[0].ports[2].bounces = 6;
    assert_int_equal(sim_usb_bus_start(&bus), 0);
    assert_true(clock_now_us() > 1000000 + 300000 + 100000);
}

static void test_contact_that_never_rests_does_not_hold_up_the_others(void **state)
{
    (void)state;
    sim_usb_hub_plug(&hubs[0], 1, &hubs[1].usb, false);
    hubs[0].ports[1].bounces = 1000000;
    sim_usb_hub_plug(&hubs[0], 2, &nic.usb, false);
    assert_int_equal(sim_usb_bus_start(&bus), 0);
    assert_int_equal(hubs[1].usb.requests, 0);
    assert_true(clock_now_us() < 3500000);
}

static void test_full_speed_device_behind_a_high_speed_hub_is_refused_and_deaf(void **state)
{
    static struct sim_usb_nic keyboard;

    (void)state;
    sim_usb_nic_init(&keyboard, USB_SPEED_FULL);
    sim_usb_hub_plug(&hubs[0], 1, &keyboard.usb, true);
    sim_usb_hub_plug(&hubs[0], 2, &nic.usb, true);
    /* Were port 1 still enabled, two devices would answer at address 0: the model stops. */
    assert_int_equal(sim_usb_bus_start(&bus), 0);
    assert_logged("port 1: no device could be addressed: unsupported");
}

static void test_dead_device_does_not_hide_the_next_port(void **state)
{
    static struct sim_usb_nic dead;

    (void)state;
    sim_usb_nic_init(&dead, USB_SPEED_HIGH);
    dead.usb.silent = true;
    sim_usb_hub_plug(&hubs[0], 1, &dead.usb, true);
    sim_usb_hub_plug(&hubs[0], 2, &nic.usb, true);
    assert_int_equal(sim_usb_bus_start(&bus), 0);
}

static void test_port_whose_reset_never_ends_times_out(void **state)
{
    uint64_t before_us;

    (void)state;
    hubs[0].never_ends_reset = true;
    sim_usb_hub_plug(&hubs[0], 1, &nic.usb, true);
    before_us = clock_now_us();
    assert_int_equal(sim_usb_bus_start(&bus), ERROR_ABSENT);
    assert_true(clock_now_us() - before_us < 2500000);
    assert_logged("port 1: no device could be addressed: timeout");
}

static void test_hub_with_an_impossible_descriptor_is_passed_over(void **state)
{
    (void)state;
    hubs[0].hub_descriptor[2] = 255;
    assert_int_equal(sim_usb_bus_start(&bus), ERROR_CORRUPT);
    assert_logged("hub: corrupt");
}

static void test_hub_without_devices_is_absent(void **state)
{
    (void)state;
    assert_int_equal(sim_usb_bus_start(&bus), ERROR_ABSENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup(name, set_up)
        TEST(test_device_behind_a_hub_is_found),
        TEST(test_device_behind_the_emulators_hub_is_found),
        TEST(test_soldered_device_behind_a_hub_needs_no_debounce),
        TEST(test_hub_behind_hub_is_walked),
        TEST(test_five_hubs_in_a_row_are_walked),
        TEST(test_sixth_hub_in_a_row_is_refused),
        TEST(test_more_devices_than_the_table_holds_are_left_out),
        TEST(test_slow_hub_is_given_the_time_it_asks_for),
        TEST(test_device_that_connects_late_is_found),
        TEST(test_bouncing_contact_is_waited_for),
        TEST(test_contact_that_never_rests_does_not_hold_up_the_others),
        TEST(test_full_speed_device_behind_a_high_speed_hub_is_refused_and_deaf),
        TEST(test_dead_device_does_not_hide_the_next_port),
        TEST(test_port_whose_reset_never_ends_times_out),
        TEST(test_hub_with_an_impossible_descriptor_is_passed_over),
        TEST(test_hub_without_devices_is_absent),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
