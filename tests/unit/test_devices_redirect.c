/*
 * redirect against a guest of usbredir's own: what QEMU is told about the pipes of a chip, and
 * when bursts are pushed, asked for, or ended by an empty packet. Time is the test's.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>
#include <usbredirparser.h>

#include "devices_chip.h"
#include "redirect.h"

#define IN_SLOT  (16 + CHIP_BULK_IN)
#define OUT_SLOT CHIP_BULK_OUT

/* ---- QEMU's side ---- */

struct packet {
    uint64_t id;
    uint8_t endpoint, status;
    uint32_t length;
    uint8_t first; /* byte, if any */
};

static struct guest {
    struct usbredirparser *parser;
    int socket;
    struct usb_redir_ep_info_header endpoints;
    struct usb_redir_device_connect_header device;
    struct packet packets[64];
    unsigned count;
    int configured; /* -1: not answered */
    struct packet control;
} guest;

static struct devices_chip chip;
static struct redirect redirect;

static int guest_read(void *owner, uint8_t *data, int count)
{
    (void)owner;
    ssize_t got = read(guest.socket, data, (size_t)count);
    return got < 0 ? 0 : (int)got;
}

static int guest_write(void *owner, uint8_t *data, int count)
{
    (void)owner;
    ssize_t put = write(guest.socket, data, (size_t)count);
    return put < 0 ? 0 : (int)put;
}

static void guest_log(void *owner, int level, const char *message)
{
    (void)owner;
    if (level <= usbredirparser_warning) {
        fail_msg("%s", message);
    }
}

static void on_connect(void *owner, struct usb_redir_device_connect_header *header)
{
    (void)owner;
    guest.device = *header;
}

static void on_interfaces(void *owner, struct usb_redir_interface_info_header *header)
{
    (void)owner;
    assert_int_equal(header->interface_count, 1);
}

static void on_endpoints(void *owner, struct usb_redir_ep_info_header *header)
{
    (void)owner;
    guest.endpoints = *header;
}

static void on_configured(void *owner, uint64_t id,
                          struct usb_redir_configuration_status_header *header)
{
    (void)owner;
    (void)id;
    guest.configured = header->status == usb_redir_success ? header->configuration : -2;
}

static void on_receiving(void *owner, uint64_t id,
                         struct usb_redir_interrupt_receiving_status_header *header)
{
    (void)owner;
    (void)id;
    assert_int_equal(header->status, usb_redir_success);
}

static void on_control(void *owner, uint64_t id, struct usb_redir_control_packet_header *header,
                       uint8_t *data, int length)
{
    (void)owner;
    guest.control =
        (struct packet){id, header->endpoint, header->status, (uint32_t)length, data ? data[0] : 0};
    usbredirparser_free_packet_data(guest.parser, data);
}

static void note(uint64_t id, uint8_t endpoint, uint8_t status, uint32_t length, uint8_t *data)
{
    assert_true(guest.count < 64);
    guest.packets[guest.count++] =
        (struct packet){id, endpoint, status, length, data ? data[0] : 0};
    usbredirparser_free_packet_data(guest.parser, data);
}

static void on_bulk(void *owner, uint64_t id, struct usb_redir_bulk_packet_header *header,
                    uint8_t *data, int length)
{
    (void)owner;
    (void)length;
    note(id, header->endpoint, header->status, header->length | (uint32_t)header->length_high << 16,
         data);
}

static void on_interrupt(void *owner, uint64_t id, struct usb_redir_interrupt_packet_header *header,
                         uint8_t *data, int length)
{
    (void)owner;
    (void)length;
    note(id, header->endpoint, header->status, header->length, data);
}

/* Everything that is on its way arrives. Returns what redirect_serve returned last. */
static uint64_t pump(void)
{
    uint64_t again_us = 0;
    for (int i = 0; i < 4 || usbredirparser_has_data_to_write(guest.parser) > 0; i++) {
        assert_int_equal(usbredirparser_do_write(guest.parser), 0);
        redirect_read(&redirect);
        again_us = redirect_serve(&redirect);
        redirect_write(&redirect);
        assert_int_equal(usbredirparser_do_read(guest.parser), 0);
    }
    return again_us;
}

static void ask_in(uint64_t id, uint32_t length)
{
    struct usb_redir_bulk_packet_header header = {.endpoint = 0x80 | CHIP_BULK_IN,
                                                  .length = (uint16_t)length,
                                                  .length_high = (uint16_t)(length >> 16)};
    usbredirparser_send_bulk_packet(guest.parser, id, &header, NULL, 0);
    pump();
}

static void send_out(uint32_t length)
{
    static uint8_t data[2048];
    struct usb_redir_interrupt_packet_header header = {.endpoint = CHIP_BULK_OUT,
                                                       .length = (uint16_t)length};
    usbredirparser_send_interrupt_packet(guest.parser, 0, &header, data, (int)length);
    pump();
}

static void ask_control(uint8_t type, uint8_t request, uint16_t value, uint16_t index,
                        uint16_t length)
{
    static uint8_t data[64];
    struct usb_redir_control_packet_header header = {.endpoint = type & 0x80,
                                                     .request = request,
                                                     .requesttype = type,
                                                     .value = value,
                                                     .index = index,
                                                     .length = length};
    bool in = type & 0x80;
    usbredirparser_send_control_packet(guest.parser, 77, &header, in || !length ? NULL : data,
                                       in ? 0 : length);
    guest.control = (struct packet){.status = 0xff};
    pump();
}

/* A vendor request that changes what the chip does with an empty pipe. */
static void choose(bool naks)
{
    chip.naks = naks;
    ask_control(0x40, 0xa0, 0, 0, 0);
}

static void start_receiving(void)
{
    struct usb_redir_start_interrupt_receiving_header header = {0x80 | CHIP_BULK_IN};
    usbredirparser_send_start_interrupt_receiving(guest.parser, 0, &header);
    pump();
}

static void expect(unsigned number, uint32_t length, uint8_t status)
{
    assert_true(number < guest.count);
    assert_int_equal(guest.packets[number].length, length);
    assert_int_equal(guest.packets[number].status, status);
}

static int set_up(void **state)
{
    (void)state;
    int ends[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    fcntl(ends[1], F_SETFL, O_NONBLOCK);
    memset(&guest, 0, sizeof(guest));
    memset(&redirect, 0, sizeof(redirect));
    devices_chip_init(&chip);
    redirect.reception_rule = true;
    redirect.empty_in_us = 1000;
    chip.redirect_deaf = &redirect.deaf;
    assert_true(redirect_open(&redirect, &chip.chip, ends[0]));
    guest.socket = ends[1];
    guest.configured = -1;
    struct usbredirparser *parser = guest.parser = usbredirparser_create();
    parser->log_func = guest_log;
    parser->read_func = guest_read;
    parser->write_func = guest_write;
    parser->device_connect_func = on_connect;
    parser->interface_info_func = on_interfaces;
    parser->ep_info_func = on_endpoints;
    parser->configuration_status_func = on_configured;
    parser->interrupt_receiving_status_func = on_receiving;
    parser->control_packet_func = on_control;
    parser->bulk_packet_func = on_bulk;
    parser->interrupt_packet_func = on_interrupt;
    uint32_t capabilities[USB_REDIR_CAPS_SIZE] = {0};
    usbredirparser_caps_set_cap(capabilities, usb_redir_cap_connect_device_version);
    usbredirparser_caps_set_cap(capabilities, usb_redir_cap_ep_info_max_packet_size);
    usbredirparser_caps_set_cap(capabilities, usb_redir_cap_64bits_ids);
    usbredirparser_caps_set_cap(capabilities, usb_redir_cap_32bits_bulk_length);
    usbredirparser_init(parser, "guest", capabilities, USB_REDIR_CAPS_SIZE, 0);
    pump();
    struct usb_redir_set_configuration_header header = {1};
    usbredirparser_send_set_configuration(parser, 1, &header);
    pump();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    usbredirparser_destroy(guest.parser);
    redirect_forget_requests(&redirect);
    usbredirparser_destroy(redirect.parser);
    close(guest.socket);
    close(redirect.socket);
    return 0;
}

/* ---- tests ---- */

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

static void test_out_is_a_bulk_endpoint_as_soon_as_a_stall_is_due(void **state)
{
    (void)state;
    chip.chip.faults.stall_out = 1;
    pump();
    assert_int_equal(guest.endpoints.type[OUT_SLOT], usb_redir_type_bulk);
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
        TEST(test_the_device_connects_at_high_speed_with_its_endpoints),
        TEST(test_an_unknown_configuration_stalls),
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
        TEST(test_out_is_a_bulk_endpoint_as_soon_as_a_stall_is_due),
        TEST(test_nothing_is_said_of_pipes_before_hello),
        TEST(test_a_full_fifo_takes_what_is_sent_later),
        TEST(test_two_hundred_packets_in_one_piece_all_arrive),
        TEST(test_a_reset_while_frames_are_received_breaks_a_rule),
        TEST(test_get_configuration_while_frames_are_received_breaks_a_rule),
        TEST(test_the_rule_can_be_switched_off),
        TEST(test_a_reset_leaves_requests_without_an_answer),
        TEST(test_a_cancelled_request_is_answered_as_cancelled),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
