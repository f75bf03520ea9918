/*
 * redirect: the connection with QEMU: what the parser needs, and what QEMU is told of the device.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "redirect.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <usbredirparser.h>

#include "redirect_parts.h"

uint64_t redirect_now_us(const struct redirect *self)
{
    return self->chip->carrier.now_us(self->chip->carrier.owner);
}

/* ---- the parser's needs ---- */

static void log_message(void *private, int level, const char *message)
{
    (void)private;
    if (level <= usbredirparser_warning) {
        fprintf(stderr, "usb_chip: usbredir: %s\n", message);
    }
}

static int read_socket(void *private, uint8_t *data, int count)
{
    struct redirect *self = private;
    ssize_t got = read(self->socket, data, (size_t)count);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) {
        return 0;
    }
    return got <= 0 ? -1 : (int)got;
}

static int write_socket(void *private, uint8_t *data, int count)
{
    struct redirect *self = private;
    ssize_t put = write(self->socket, data, (size_t)count);
    if (put < 0 && (errno == EAGAIN || errno == EINTR)) {
        return 0;
    }
    return put < 0 ? -1 : (int)put;
}

/* ---- what the device is ---- */

static unsigned slot_of(uint8_t address)
{
    return (unsigned)((address & 0x80) >> 3 | (address & 15));
}

void redirect_send_endpoints(struct redirect *self)
{
    struct usb_redir_ep_info_header info;
    struct endpoint0_endpoint endpoints[16];
    memset(&info, 0, sizeof(info));
    memset(info.type, usb_redir_type_invalid, sizeof(info.type));
    info.type[slot_of(0x00)] = info.type[slot_of(0x80)] = usb_redir_type_control;
    info.max_packet_size[slot_of(0x00)] = info.max_packet_size[slot_of(0x80)] = 64;
    unsigned count = endpoint0_endpoints(self->chip->type, endpoints, 16);
    for (unsigned i = 0; i < count; i++) {
        unsigned slot = slot_of(endpoints[i].address);
        bool pushed = (self->pushes && endpoints[i].address == (0x80 | CHIP_BULK_IN)) ||
                      (self->out_at_once && endpoints[i].address == CHIP_BULK_OUT);
        info.type[slot] = pushed ? usb_redir_type_interrupt : endpoints[i].attributes & 3;
        info.interval[slot] = endpoints[i].interval ? endpoints[i].interval : 1;
        info.interface[slot] = endpoints[i].interface;
        info.max_packet_size[slot] = endpoints[i].max_packet;
    }
    usbredirparser_send_ep_info(self->parser, &info);
}

static void announce(struct redirect *self)
{
    const uint8_t *device = self->chip->type->device;
    struct usb_redir_interface_info_header interfaces;
    struct usb_redir_device_connect_header connect = {
        .speed = usb_redir_speed_high,
        .device_class = device[4],
        .device_subclass = device[5],
        .device_protocol = device[6],
        .vendor_id = (uint16_t)(device[8] | device[9] << 8),
        .product_id = (uint16_t)(device[10] | device[11] << 8),
        .device_version_bcd = (uint16_t)(device[12] | device[13] << 8),
    };
    /* One interface, behind the configuration's nine bytes. */
    const uint8_t *interface = self->chip->type->configuration + 9;
    memset(&interfaces, 0, sizeof(interfaces));
    interfaces.interface_count = 1;
    interfaces.interface[0] = interface[2];
    interfaces.interface_class[0] = interface[5];
    interfaces.interface_subclass[0] = interface[6];
    interfaces.interface_protocol[0] = interface[7];
    usbredirparser_send_interface_info(self->parser, &interfaces);
    redirect_send_endpoints(self);
    usbredirparser_send_device_connect(self->parser, &connect);
}

static void hello(void *private, struct usb_redir_hello_header *header)
{
    struct redirect *self = private;
    (void)header;
    announce(self);
    self->connected = true;
}

bool redirect_plug_in_again(struct redirect *self)
{
    if (!self->connected) {
        return false;
    }
    usbredirparser_send_device_disconnect(self->parser);
    /* QEMU begins anew with it. */
    redirect_forget_requests(self);
    self->in_started = self->event_started = false;
    self->out_at_once = true;
    announce(self);
    return true;
}

/* ---- all ---- */

static void acknowledged(void *private)
{
    (void)private;
}

static void filter(void *private, struct usbredirfilter_rule *rules, int count)
{
    (void)private;
    (void)rules;
    (void)count;
}

bool redirect_open(struct redirect *self, struct chip *chip, int socket)
{
    int flags = fcntl(socket, F_GETFL);
    if (flags < 0 || fcntl(socket, F_SETFL, flags | O_NONBLOCK) < 0) {
        fprintf(stderr, "usb_chip: --usb: descriptor %d: %s\n", socket, strerror(errno));
        return false;
    }
    self->chip = chip;
    self->socket = socket;
    self->out_at_once = true;
    endpoint0_reset(&self->endpoint0, chip->type);
    struct usbredirparser *parser = self->parser = usbredirparser_create();
    if (!parser) {
        fprintf(stderr, "usb_chip: no memory for the parser\n");
        return false;
    }
    parser->priv = self;
    parser->log_func = log_message;
    parser->read_func = read_socket;
    parser->write_func = write_socket;
    parser->hello_func = hello;
    parser->filter_reject_func = acknowledged;
    parser->filter_filter_func = filter;
    parser->device_disconnect_ack_func = acknowledged;
    redirect_hear_control(parser);
    redirect_hear_pipes(parser);
    uint32_t capabilities[USB_REDIR_CAPS_SIZE] = {0};
    usbredirparser_caps_set_cap(capabilities, usb_redir_cap_connect_device_version);
    usbredirparser_caps_set_cap(capabilities, usb_redir_cap_ep_info_max_packet_size);
    usbredirparser_caps_set_cap(capabilities, usb_redir_cap_64bits_ids);
    usbredirparser_caps_set_cap(capabilities, usb_redir_cap_32bits_bulk_length);
    usbredirparser_init(parser, "Pilotlight usb_chip", capabilities, USB_REDIR_CAPS_SIZE,
                        usbredirparser_fl_usb_host);
    return true;
}

bool redirect_read(struct redirect *self)
{
    if (self->socket >= 0 && usbredirparser_do_read(self->parser) == usbredirparser_read_io_error) {
        self->socket = -1;
    }
    return self->socket >= 0;
}

bool redirect_wants_to_write(const struct redirect *self)
{
    return self->socket >= 0 && usbredirparser_has_data_to_write(self->parser) > 0;
}

void redirect_write(struct redirect *self)
{
    if (redirect_wants_to_write(self) && usbredirparser_do_write(self->parser) < 0) {
        self->socket = -1;
    }
}
