/*
 * redirect against a guest of usbredir's own: bulk OUT: when QEMU has to wait for the chip, and
 * when it need not.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "devices_guest.h"

static void test_out_is_a_bulk_endpoint_as_soon_as_a_stall_is_due(void **state)
{
    (void)state;
    chip.chip.faults.stall_out = 1;
    pump();
    assert_int_equal(guest.endpoints.type[OUT_SLOT], usb_redir_type_bulk);
}

static void test_a_full_fifo_takes_what_is_sent_later(void **state)
{
    (void)state;
    chip.refuses_out = true;
    send_out(100);
    assert_int_equal(chip.sent_bytes, 0);
    chip.refuses_out = false;
    pump();
    assert_int_equal(chip.sent_bytes, 100);
}

static void test_a_machine_whose_chip_takes_nothing_has_to_wait_until_it_does(void **state)
{
    (void)state;
    static uint8_t data[100];
    struct usb_redir_bulk_packet_header header = {.endpoint = CHIP_BULK_OUT, .length = 100};
    chip.refuses_out = true;
    send_out(100);
    assert_int_equal(guest.endpoints.type[OUT_SLOT], usb_redir_type_bulk);
    for (unsigned i = 0; i < 70; i++) { /* what crossed the news */
        send_out(100);
    }
    usbredirparser_send_bulk_packet(guest.parser, 9, &header, data, 100);
    pump();
    assert_int_equal(guest.count, 0);
    assert_string_equal(chip.rule, "");
    chip.refuses_out = false;
    pump();
    assert_int_equal(chip.sent_bytes, 72 * 100);
    assert_int_equal(guest.count, 1);
    assert_int_equal(guest.packets[0].id, 9);
    assert_int_equal(guest.packets[0].status, usb_redir_success);
    assert_int_equal(guest.endpoints.type[OUT_SLOT], usb_redir_type_interrupt);
}

static void test_pipes_rest_until_the_device_is_configured(void **state)
{
    (void)state;
    struct usb_redir_set_configuration_header header = {0};
    usbredirparser_send_set_configuration(guest.parser, 2, &header);
    pump();
    send_out(100);
    assert_string_equal(chip.rule, "pipe-before-configuration");
    assert_int_equal(chip.sent_bytes, 0);
}

static void test_two_hundred_packets_in_one_piece_all_arrive(void **state)
{
    (void)state;
    static uint8_t data[512];
    struct usb_redir_interrupt_packet_header header = {.endpoint = CHIP_BULK_OUT, .length = 512};
    for (int i = 0; i < 200; i++) {
        usbredirparser_send_interrupt_packet(guest.parser, 0, &header, data, 512);
    }
    pump();
    assert_int_equal(chip.sent_bytes, 200 * 512);
    assert_string_equal(chip.rule, "");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_out_is_a_bulk_endpoint_as_soon_as_a_stall_is_due),
        TEST(test_a_full_fifo_takes_what_is_sent_later),
        TEST(test_a_machine_whose_chip_takes_nothing_has_to_wait_until_it_does),
        TEST(test_pipes_rest_until_the_device_is_configured),
        TEST(test_two_hundred_packets_in_one_piece_all_arrive),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
