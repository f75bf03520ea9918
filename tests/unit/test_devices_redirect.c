/*
 * redirect against a guest of usbredir's own: the device: what QEMU is told of it and when, its
 * configuration, resets, and being plugged in again.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "devices_guest.h"

static void test_the_device_connects_at_high_speed_with_its_endpoints(void **state)
{
    (void)state;
    assert_int_equal(guest.device.speed, usb_redir_speed_high);
    assert_int_equal(guest.device.vendor_id, 0x0424);
    assert_int_equal(guest.endpoints.type[IN_SLOT], usb_redir_type_bulk);
    assert_int_equal(guest.endpoints.max_packet_size[IN_SLOT], 512);
    assert_int_equal(guest.endpoints.type[16 + CHIP_INTERRUPT_IN], usb_redir_type_interrupt);
    assert_int_equal(guest.endpoints.type[OUT_SLOT], usb_redir_type_interrupt);
    assert_int_equal(guest.endpoints.type[5], usb_redir_type_invalid);
    assert_int_equal(guest.configured, 1);
}

static void test_an_unknown_configuration_stalls(void **state)
{
    (void)state;
    struct usb_redir_set_configuration_header header = {3};
    usbredirparser_send_set_configuration(guest.parser, 2, &header);
    pump();
    assert_int_equal(guest.configured, -2);
}

static void test_nothing_is_said_of_pipes_before_hello(void **state)
{
    (void)state;
    struct redirect early = {.socket = -1};
    int ends[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    chip.chip.faults.stall_out = 1;
    devices_chip_put(&chip, 100);
    assert_true(redirect_open(&early, &chip.chip, ends[0]));
    assert_true(redirect_serve(&early) == UINT64_MAX);
    assert_int_equal(usbredirparser_has_data_to_write(early.parser), 1); /* its own hello */
    usbredirparser_destroy(early.parser);
    close(ends[0]);
    close(ends[1]);
}

static void plug_in_again(void)
{
    assert_true(redirect_plug_in_again(&redirect));
    devices_chip_put(&chip, 100);
    pump();
    assert_int_equal(guest.disconnections, 1);
    assert_int_equal(guest.connections, 2);
    assert_int_equal(guest.device.vendor_id, 0x0424);
    assert_int_equal(guest.endpoints.type[OUT_SLOT], usb_redir_type_interrupt);
    assert_int_equal(chip.bus_resets, 0);
    assert_int_equal(guest.count, 0);
}

static void test_a_device_that_is_plugged_in_again_has_forgotten_requests(void **state)
{
    (void)state;
    ask_in(1, 2048);
    plug_in_again();
    ask_in(2, 2048);
    assert_int_equal(guest.packets[0].id, 2);
    expect(0, 100, usb_redir_success);
}

static void test_a_device_that_is_plugged_in_again_pushes_nothing_unasked(void **state)
{
    (void)state;
    choose(true);
    start_receiving();
    plug_in_again();
    start_receiving();
    assert_int_equal(guest.count, 1);
    expect(0, 100, usb_redir_success);
}

static void test_nothing_is_plugged_in_again_before_hello(void **state)
{
    (void)state;
    struct redirect early = {.socket = -1};
    assert_false(redirect_plug_in_again(&early));
}

static void reset_bus(void)
{
    usbredirparser_send_reset(guest.parser);
    pump();
}

static void test_a_reset_while_frames_are_received_breaks_a_rule(void **state)
{
    (void)state;
    chip.receiving = true;
    reset_bus();
    assert_string_equal(chip.rule, "reception-left-on");
    assert_int_equal(chip.bus_resets, 1);
}

static void test_get_configuration_while_frames_are_received_breaks_a_rule(void **state)
{
    (void)state;
    chip.receiving = true;
    usbredirparser_send_get_configuration(guest.parser, 9);
    guest.configured = -1;
    pump();
    assert_string_equal(chip.rule, "reception-left-on");
    assert_int_equal(guest.configured, -1); /* deaf */
}

static void test_the_rule_can_be_switched_off(void **state)
{
    (void)state;
    chip.receiving = true;
    redirect.reception_rule = false;
    usbredirparser_send_get_configuration(guest.parser, 9);
    guest.configured = -1;
    pump();
    assert_int_equal(guest.configured, 1);
    reset_bus();
    assert_string_equal(chip.rule, "");
}

static void test_a_reset_leaves_requests_without_an_answer(void **state)
{
    (void)state;
    ask_in(1, 2048);
    reset_bus();
    chip.now_us += 5000;
    devices_chip_put(&chip, 100);
    pump();
    assert_int_equal(guest.count, 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_the_device_connects_at_high_speed_with_its_endpoints),
        TEST(test_an_unknown_configuration_stalls),
        TEST(test_nothing_is_said_of_pipes_before_hello),
        TEST(test_a_device_that_is_plugged_in_again_has_forgotten_requests),
        TEST(test_a_device_that_is_plugged_in_again_pushes_nothing_unasked),
        TEST(test_nothing_is_plugged_in_again_before_hello),
        TEST(test_a_reset_while_frames_are_received_breaks_a_rule),
        TEST(test_get_configuration_while_frames_are_received_breaks_a_rule),
        TEST(test_the_rule_can_be_switched_off),
        TEST(test_a_reset_leaves_requests_without_an_answer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
