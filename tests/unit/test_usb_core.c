/*
 * Enumeration of the device on the root port, also of one that does not behave.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "bytes.h"
#include "clock.h"
#include "error.h"
#include "sim_usb_bus.h"
#include "sim_usb_nic.h"

static struct sim_usb_bus bus;
static struct sim_usb_nic nic;

static int set_up(void **state)
{
    (void)state;
    sim_usb_nic_init(&nic, USB_SPEED_HIGH);
    sim_usb_bus_init(&bus, false, &nic.usb);
    return 0;
}

static void assert_logged(const char *sentence)
{
    if (!strstr(sim_log(), sentence))
        fail_msg("the log lacks \"%s\":\n%s", sentence, sim_log());
}

static void test_device_on_the_root_port_is_found(void **state)
{
    (void)state;
    assert_int_equal(sim_usb_bus_start(&bus), 0);
    assert_true(ethernet_cdc_ecm_is_attached(&bus.ecm));
    assert_int_equal(nic.usb.address, 1);
    assert_int_equal(nic.usb.configuration, 1);
    assert_int_equal(nic.usb.alternate[1], 1);
    assert_memory_equal(bus.ecm.ethernet.mac, "\x52\x54\x00\x12\x34\x56", 6);
}

static void test_device_is_found_on_the_emulator_too(void **state)
{
    (void)state;
    sim_usb_nic_init(&nic, USB_SPEED_FULL);
    sim_usb_bus_init(&bus, true, &nic.usb);
    assert_int_equal(sim_usb_bus_start(&bus), 0);
    assert_true(ethernet_cdc_ecm_is_attached(&bus.ecm));
}

static void test_empty_port_is_absent_within_its_time(void **state)
{
    uint64_t before_us;

    (void)state;
    bus.dwc2.root = NULL;
    before_us = clock_now_us();
    assert_int_equal(sim_usb_bus_start(&bus), ERROR_ABSENT);
    assert_in_range(clock_now_us() - before_us, 1300000, 1500000); /* twice, with 100 ms between */
}

static void test_emulator_is_not_started_twice(void **state)
{
    (void)state;
    sim_usb_bus_init(&bus, true, &nic.usb);
    nic.usb.silent = true;
    assert_true(sim_usb_bus_start(&bus) < 0);
    assert_int_equal(bus.dwc2.port_resets, 3);
}

static void test_device_that_shows_itself_late_is_waited_for(void **state)
{
    (void)state;
    bus.dwc2.connect_after_us = 500000;
    assert_int_equal(sim_usb_bus_start(&bus), 0);
    assert_null(strstr(sim_log(), "started again"));
}

static void test_core_that_needs_time_after_its_reset_gets_it_at_the_second_start(void **state)
{
    (void)state;
    bus.dwc2.settles_after_us = 90000;
    assert_int_equal(sim_usb_bus_start(&bus), 0);
    assert_true(ethernet_cdc_ecm_is_attached(&bus.ecm));
    assert_logged("usb: started again, after: ");
}

static void test_soldered_root_device_saves_the_debounce_time(void **state)
{
    uint64_t start_us, loose_us, fixed_us;

    (void)state;
    start_us = clock_now_us();
    assert_int_equal(sim_usb_bus_start(&bus), 0);
    loose_us = clock_now_us() - start_us;
    set_up(NULL);
    bus.bus.root_is_fixed = true;
    start_us = clock_now_us();
    assert_int_equal(sim_usb_bus_start(&bus), 0);
    fixed_us = clock_now_us() - start_us;
    assert_in_range(loose_us - fixed_us, 99000, 101000);
    assert_in_range(fixed_us, 62000, 90000); /* reset, recovery, address, connection */
}

static void test_silent_device_is_given_up_after_three_attempts(void **state)
{
    (void)state;
    nic.usb.silent = true;
    assert_int_equal(sim_usb_bus_start(&bus), ERROR_IO);
    assert_int_equal(bus.dwc2.port_resets, 6); /* three, then after another start */
    assert_logged("port 0: no device could be addressed: input/output error");
}

static void test_device_that_works_at_the_second_attempt_is_taken(void **state)
{
    (void)state;
    nic.usb.lose_packets = 3; /* three strikes: the first request fails */
    assert_int_equal(sim_usb_bus_start(&bus), 0);
    assert_int_equal(bus.dwc2.port_resets, 2);
}

static void test_device_that_answers_nothing_but_nak_is_given_up_in_time(void **state)
{
    uint64_t before_us = clock_now_us();

    (void)state;
    nic.usb.busy = true;
    assert_int_equal(sim_usb_bus_start(&bus), ERROR_TIMEOUT);
    assert_true(clock_now_us() - before_us < 4900000); /* of two starts */
    assert_int_equal(bus.host.host.stop(&bus.host.host), 0);
    assert_true(sim_dwc2_is_quiet(&bus.dwc2));
}

static void test_short_device_descriptor_is_refused(void **state)
{
    (void)state;
    nic.usb.answer_at_most = 7;
    assert_int_equal(sim_usb_bus_start(&bus), ERROR_CORRUPT);
    assert_logged("no device could be addressed: corrupt");
}

static void test_answer_longer_than_asked_for_is_refused(void **state)
{
    (void)state;
    nic.usb.answers_too_much = true;
    assert_int_equal(sim_usb_bus_start(&bus), ERROR_IO);
}

static void test_impossible_packet_size_of_endpoint_0_is_refused(void **state)
{
    (void)state;
    nic.device_descriptor[7] = 24;
    assert_int_equal(sim_usb_bus_start(&bus), ERROR_CORRUPT);
}

static void test_configuration_with_a_descriptor_of_length_0_is_passed_over(void **state)
{
    (void)state;
    nic.configuration[9] = 0;
    assert_int_equal(sim_usb_bus_start(&bus), ERROR_ABSENT);
    assert_logged("device 1: configuration 1: corrupt");
    assert_false(ethernet_cdc_ecm_is_attached(&bus.ecm));
}

static void test_configuration_longer_than_the_buffer_is_passed_over(void **state)
{
    (void)state;
    bytes_put_le16(nic.configuration + 2, USB_SCRATCH_BYTES + 1);
    assert_int_equal(sim_usb_bus_start(&bus), ERROR_ABSENT);
    assert_logged("device 1: configuration 1: too large");
}

static void test_configuration_that_ends_early_is_passed_over(void **state)
{
    (void)state;
    nic.usb.answer_at_most = 40;
    assert_int_equal(sim_usb_bus_start(&bus), ERROR_ABSENT);
    assert_logged("device 1: configuration 1: too large");
}

static void test_device_that_refuses_its_configuration_is_not_attached(void **state)
{
    (void)state;
    nic.strings[1] = "not a MAC address";
    assert_int_equal(sim_usb_bus_start(&bus), ERROR_CORRUPT);
    assert_false(ethernet_cdc_ecm_is_attached(&bus.ecm));
    assert_logged("cdc-ecm: MAC address in string 2: corrupt");
}

static void test_second_start_finds_the_device_again(void **state)
{
    (void)state;
    assert_int_equal(sim_usb_bus_start(&bus), 0);
    assert_int_equal(bus.host.host.stop(&bus.host.host), 0);
    assert_true(sim_dwc2_is_quiet(&bus.dwc2));
    ethernet_cdc_ecm_init(&bus.ecm);
    assert_int_equal(sim_usb_bus_start(&bus), 0);
    assert_true(ethernet_cdc_ecm_is_attached(&bus.ecm));
    assert_int_equal(nic.usb.address, 1);
}

static void test_second_start_on_the_emulator_finds_the_device_again(void **state)
{
    test_device_is_found_on_the_emulator_too(state);
    assert_int_equal(bus.host.host.stop(&bus.host.host), 0);
    assert_true(sim_dwc2_is_quiet(&bus.dwc2));
    ethernet_cdc_ecm_init(&bus.ecm);
    assert_int_equal(sim_usb_bus_start(&bus), 0);
    assert_true(ethernet_cdc_ecm_is_attached(&bus.ecm));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup(name, set_up)
        TEST(test_device_on_the_root_port_is_found),
        TEST(test_device_is_found_on_the_emulator_too),
        TEST(test_empty_port_is_absent_within_its_time),
        TEST(test_emulator_is_not_started_twice),
        TEST(test_device_that_shows_itself_late_is_waited_for),
        TEST(test_core_that_needs_time_after_its_reset_gets_it_at_the_second_start),
        TEST(test_soldered_root_device_saves_the_debounce_time),
        TEST(test_silent_device_is_given_up_after_three_attempts),
        TEST(test_device_that_works_at_the_second_attempt_is_taken),
        TEST(test_device_that_answers_nothing_but_nak_is_given_up_in_time),
        TEST(test_short_device_descriptor_is_refused),
        TEST(test_answer_longer_than_asked_for_is_refused),
        TEST(test_impossible_packet_size_of_endpoint_0_is_refused),
        TEST(test_configuration_with_a_descriptor_of_length_0_is_passed_over),
        TEST(test_configuration_longer_than_the_buffer_is_passed_over),
        TEST(test_configuration_that_ends_early_is_passed_over),
        TEST(test_device_that_refuses_its_configuration_is_not_attached),
        TEST(test_second_start_finds_the_device_again),
        TEST(test_second_start_on_the_emulator_finds_the_device_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
