/*
 * devices_guest: QEMU's end of a usbredir connection, for the tests of redirect: a guest that
 * writes down what it is told, on a pair of sockets with a redirect on the other end.
 *
 * For one test program: all of it is static.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef DEVICES_GUEST_H
#define DEVICES_GUEST_H

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>
#include <usbredirparser.h>

#include "devices_chip.h"
#include "redirect_parts.h"

#define IN_SLOT  (16 + CHIP_BULK_IN)
#define OUT_SLOT CHIP_BULK_OUT

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
    unsigned connections, disconnections;
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
    guest.connections++;
}

static void on_disconnect(void *owner)
{
    (void)owner;
    assert_int_equal(guest.connections, guest.disconnections + 1);
    guest.disconnections++;
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

static inline void ask_in(uint64_t id, uint32_t length)
{
    struct usb_redir_bulk_packet_header header = {.endpoint = 0x80 | CHIP_BULK_IN,
                                                  .length = (uint16_t)length,
                                                  .length_high = (uint16_t)(length >> 16)};
    usbredirparser_send_bulk_packet(guest.parser, id, &header, NULL, 0);
    pump();
}

static inline void send_out(uint32_t length)
{
    static uint8_t data[2048];
    struct usb_redir_interrupt_packet_header header = {.endpoint = CHIP_BULK_OUT,
                                                       .length = (uint16_t)length};
    usbredirparser_send_interrupt_packet(guest.parser, 0, &header, data, (int)length);
    pump();
}

static inline void ask_control(uint8_t type, uint8_t request, uint16_t value, uint16_t index,
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
static inline void choose(bool naks)
{
    chip.naks = naks;
    ask_control(0x40, 0xa0, 0, 0, 0);
}

static inline void start_receiving(void)
{
    struct usb_redir_start_interrupt_receiving_header header = {0x80 | CHIP_BULK_IN};
    usbredirparser_send_start_interrupt_receiving(guest.parser, 0, &header);
    pump();
}

static inline void expect(unsigned number, uint32_t length, uint8_t status)
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
    parser->device_disconnect_func = on_disconnect;
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

#endif
