/*
 * redirect against a guest of usbredir's own: bulk IN: when bursts are pushed, asked for, ended by
 * an empty packet or a stall, and what requests may be. Time is the test's.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "devices_guest.h"

static void test_an_empty_pipe_is_answered_by_an_empty_packet_when_its_time_has_come(void **state)
{
    (void)state;
    chip.receiving = true;
    ask_in(5, 2048);
    assert_int_equal(guest.count, 0);
    assert_int_equal(pump(), 1000);
    chip.now_us += 999;
    assert_int_equal(pump(), 1);
    assert_int_equal(guest.count, 0);
    chip.now_us += 1;
    pump();
    assert_int_equal(guest.count, 1);
    expect(0, 0, usb_redir_success);
    assert_int_equal(guest.packets[0].id, 5);
}

static void test_a_burst_that_comes_while_a_request_waits_is_its_answer(void **state)
{
    (void)state;
    ask_in(5, 2048);
    devices_chip_put(&chip, 700);
    pump();
    assert_int_equal(guest.count, 1);
    expect(0, 700, usb_redir_success);
}

static void test_a_burst_longer_than_a_request_goes_on_in_the_next(void **state)
{
    (void)state;
    devices_chip_put(&chip, 1300);
    for (uint64_t id = 1; id <= 3; id++) {
        ask_in(id, 512);
    }
    assert_int_equal(guest.count, 3);
    expect(0, 512, usb_redir_success);
    expect(1, 512, usb_redir_success);
    expect(2, 1300 - 1024, usb_redir_success);
}

static void test_an_answer_of_whole_packets_that_is_short_is_followed_by_an_empty_one(void **state)
{
    (void)state;
    devices_chip_put(&chip, 1024);
    ask_in(1, 2048);
    expect(0, 1024, usb_redir_success);
    /* The controller goes on with the same transfer; the next burst is not of it. */
    devices_chip_put(&chip, 100);
    ask_in(2, 1024);
    expect(1, 0, usb_redir_success);
    ask_in(3, 2048);
    expect(2, 100, usb_redir_success);
}

static void test_nothing_is_pushed_before_qemu_takes_it(void **state)
{
    (void)state;
    choose(true);
    assert_int_equal(guest.endpoints.type[IN_SLOT], usb_redir_type_interrupt);
    devices_chip_put(&chip, 100);
    pump();
    assert_int_equal(guest.count, 0);
    start_receiving();
    assert_int_equal(guest.count, 1);
    expect(0, 100, usb_redir_success);
}

static void test_a_pushed_burst_comes_packet_by_packet_and_ends(void **state)
{
    (void)state;
    choose(true);
    start_receiving();
    devices_chip_put(&chip, 700);
    pump();
    assert_int_equal(guest.count, 2);
    expect(0, 512, usb_redir_success);
    expect(1, 188, usb_redir_success);
    chip.now_us += 10000;
    devices_chip_put(&chip, 1024);
    pump();
    assert_int_equal(guest.count, 6);
    expect(3, 512, usb_redir_success);
    expect(4, 0, usb_redir_success);
    expect(5, 0, usb_redir_success);
}

static void test_a_machine_that_has_said_nothing_is_asked_for_its_request(void **state)
{
    (void)state;
    choose(true);
    start_receiving();
    devices_chip_put(&chip, 100);
    devices_chip_put(&chip, 200);
    assert_int_equal(pump(), 500);
    assert_int_equal(guest.count, 1);
    assert_int_equal(guest.endpoints.type[IN_SLOT], usb_redir_type_interrupt);
    chip.now_us += 500;
    pump();
    assert_int_equal(guest.endpoints.type[IN_SLOT], usb_redir_type_bulk);
    assert_int_equal(guest.count, 1); /* it stays in the FIFO until it is asked for */
    chip.now_us += 1000000;
    pump();
    assert_int_equal(guest.count, 1);
    devices_chip_put(&chip, 300);
    ask_in(1, 2048);
    expect(1, 200, usb_redir_success);
    assert_int_equal(guest.endpoints.type[IN_SLOT], usb_redir_type_bulk);
    ask_in(2, 2048);
    expect(2, 300, usb_redir_success);
    assert_int_equal(guest.endpoints.type[IN_SLOT], usb_redir_type_interrupt);
    assert_int_equal(redirect.statistics.unasked, 0);
}

static void test_a_machine_that_has_sent_something_gets_the_next_burst_at_once(void **state)
{
    (void)state;
    choose(true);
    start_receiving();
    devices_chip_put(&chip, 100);
    pump();
    devices_chip_put(&chip, 200);
    send_out(60);
    assert_int_equal(chip.sent_bytes, 60);
    assert_int_equal(guest.count, 2);
    expect(1, 200, usb_redir_success);
    assert_int_equal(guest.endpoints.type[IN_SLOT], usb_redir_type_interrupt);
}

static void test_a_fifo_that_was_flushed_is_not_asked_for_any_more(void **state)
{
    (void)state;
    choose(true);
    start_receiving();
    devices_chip_put(&chip, 100);
    devices_chip_put(&chip, 200);
    pump();
    chip.now_us += 500;
    pump();
    assert_int_equal(guest.endpoints.type[IN_SLOT], usb_redir_type_bulk);
    chip.bursts = 0;
    pump();
    assert_int_equal(guest.endpoints.type[IN_SLOT], usb_redir_type_interrupt);
    ask_in(9, 2048); /* had been on its way */
    expect(1, 0, usb_redir_success);
    assert_int_equal(redirect.statistics.unasked, 1);
}

static void test_a_stall_halts_the_endpoint_until_it_is_cleared(void **state)
{
    (void)state;
    chip.stalls_in = 1;
    devices_chip_put(&chip, 100);
    ask_in(1, 2048);
    ask_in(2, 2048);
    expect(0, 0, usb_redir_stall);
    expect(1, 0, usb_redir_stall);
    ask_control(0x82, 0, 0, 0x81, 2); /* GET_STATUS */
    assert_int_equal(guest.control.first, 1);
    ask_control(0x02, 1, 0, 0x81, 0); /* CLEAR_FEATURE: ENDPOINT_HALT */
    assert_int_equal(guest.control.status, usb_redir_success);
    ask_in(3, 2048);
    expect(2, 100, usb_redir_success);
}

static void test_a_pushed_stall_is_pushed_once(void **state)
{
    (void)state;
    choose(true);
    start_receiving();
    chip.stalls_in = 1;
    devices_chip_put(&chip, 100);
    pump();
    assert_int_equal(guest.count, 1);
    expect(0, 0, usb_redir_stall);
    chip.now_us += 10000;
    pump();
    assert_int_equal(guest.count, 1);
    ask_control(0x02, 1, 0, 0x81, 0);
    assert_int_equal(guest.count, 2);
    expect(1, 100, usb_redir_success);
}

static void test_bulk_in_before_configuration_is_a_complaint_too(void **state)
{
    (void)state;
    struct usb_redir_set_configuration_header header = {0};
    usbredirparser_send_set_configuration(guest.parser, 2, &header);
    pump();
    ask_in(5, 2048);
    assert_string_equal(chip.rule, "pipe-before-configuration");
}

static void test_bulk_in_asks_for_whole_packets(void **state)
{
    (void)state;
    devices_chip_put(&chip, 69);
    ask_in(5, 69);
    assert_string_equal(chip.rule, "in-not-whole-packets");
    assert_int_equal(guest.count, 0);
}

static void test_a_cancelled_request_is_answered_as_cancelled(void **state)
{
    (void)state;
    ask_in(1, 2048);
    usbredirparser_send_cancel_data_packet(guest.parser, 1);
    pump();
    assert_int_equal(guest.count, 1);
    expect(0, 0, usb_redir_cancelled);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_an_empty_pipe_is_answered_by_an_empty_packet_when_its_time_has_come),
        TEST(test_a_burst_that_comes_while_a_request_waits_is_its_answer),
        TEST(test_a_burst_longer_than_a_request_goes_on_in_the_next),
        TEST(test_an_answer_of_whole_packets_that_is_short_is_followed_by_an_empty_one),
        TEST(test_nothing_is_pushed_before_qemu_takes_it),
        TEST(test_a_pushed_burst_comes_packet_by_packet_and_ends),
        TEST(test_a_machine_that_has_said_nothing_is_asked_for_its_request),
        TEST(test_a_machine_that_has_sent_something_gets_the_next_burst_at_once),
        TEST(test_a_fifo_that_was_flushed_is_not_asked_for_any_more),
        TEST(test_a_stall_halts_the_endpoint_until_it_is_cleared),
        TEST(test_a_pushed_stall_is_pushed_once),
        TEST(test_bulk_in_before_configuration_is_a_complaint_too),
        TEST(test_bulk_in_asks_for_whole_packets),
        TEST(test_a_cancelled_request_is_answered_as_cancelled),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
