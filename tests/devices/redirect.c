/*
 * redirect: the device itself: what it is, configuration, endpoint 0, and the parser's needs. See
 * redirect.h.
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

#define ENDPOINTS 32 /* of the protocol: 16 OUT, 16 IN */

enum { REQUEST_TYPE = 0x60, REQUEST_STANDARD = 0x00, REQUEST_VENDOR = 0x40 };

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

/* ---- endpoint 0 ---- */

/* The machine changes hands now, or is about to. */
static void check_reception(struct redirect *self, const char *event)
{
    if (self->reception_rule && self->chip->type->is_receiving(self->chip)) {
        chip_complain(self->chip, "reception-left-on", "%s while frames are still received", event);
    }
}

static void reset(void *private)
{
    struct redirect *self = private;
    if (self->deaf) {
        return;
    }
    check_reception(self, "a reset of the bus");
    endpoint0_reset(&self->endpoint0, self->chip->type);
    redirect_forget_requests(self);
    self->out_at_once = true;
    self->chip->type->bus_reset(self->chip);
}

static void set_configuration(void *private, uint64_t id,
                              struct usb_redir_set_configuration_header *header)
{
    struct redirect *self = private;
    if (self->deaf) {
        return;
    }
    bool known = endpoint0_configure(&self->endpoint0, header->configuration);
    struct usb_redir_configuration_status_header status = {
        .status = known ? usb_redir_success : usb_redir_stall,
        .configuration = self->endpoint0.configuration,
    };
    redirect_end_requests(self);
    redirect_send_endpoints(self);
    usbredirparser_send_configuration_status(self->parser, id, &status);
}

static void get_configuration(void *private, uint64_t id)
{
    struct redirect *self = private;
    if (self->deaf) {
        return;
    }
    /* A program that finds the device configured asks for it first. */
    check_reception(self, "GET_CONFIGURATION");
    struct usb_redir_configuration_status_header status = {
        .status = usb_redir_success,
        .configuration = self->endpoint0.configuration,
    };
    if (!self->deaf) {
        usbredirparser_send_configuration_status(self->parser, id, &status);
    }
}

static void set_interface(void *private, uint64_t id,
                          struct usb_redir_set_alt_setting_header *header)
{
    struct redirect *self = private;
    if (self->deaf) {
        return;
    }
    bool known = self->endpoint0.configuration && header->interface == 0 && header->alt == 0;
    struct usb_redir_alt_setting_status_header status = {
        .status = known ? usb_redir_success : usb_redir_stall,
        .interface = header->interface,
        .alt = 0,
    };
    if (known) {
        memset(self->endpoint0.halted, 0, sizeof(self->endpoint0.halted));
    }
    redirect_end_requests(self);
    redirect_send_endpoints(self);
    usbredirparser_send_alt_setting_status(self->parser, id, &status);
}

static void get_interface(void *private, uint64_t id,
                          struct usb_redir_get_alt_setting_header *header)
{
    struct redirect *self = private;
    bool known = self->endpoint0.configuration && header->interface == 0;
    struct usb_redir_alt_setting_status_header status = {
        .status = known ? usb_redir_success : usb_redir_stall,
        .interface = header->interface,
        .alt = 0,
    };
    if (!self->deaf) {
        usbredirparser_send_alt_setting_status(self->parser, id, &status);
    }
}

static void control(void *private, uint64_t id, struct usb_redir_control_packet_header *header,
                    uint8_t *data, int length)
{
    struct redirect *self = private;
    struct chip_setup setup = {header->requesttype, header->request, header->value, header->index,
                               header->length};
    static uint8_t buffer[65536];
    int moved = CHIP_STALL;
    if (data && length > 0) {
        memcpy(buffer, data, (size_t)length);
    }
    usbredirparser_free_packet_data(self->parser, data);
    if (self->deaf) {
        return;
    }
    if (self->chip->faults.silent) {
        header->status = usb_redir_ioerror;
        header->length = 0;
        usbredirparser_send_control_packet(self->parser, id, header, NULL, 0);
        return;
    }
    if ((setup.request_type & REQUEST_TYPE) == REQUEST_STANDARD) {
        moved = endpoint0_request(&self->endpoint0, &setup, buffer);
    } else if ((setup.request_type & REQUEST_TYPE) == REQUEST_VENDOR) {
        moved = self->chip->type->control(self->chip, &setup, buffer);
    }
    if (self->deaf) {
        return;
    }
    redirect_choose_pipe(self);
    header->status = moved < 0 ? usb_redir_stall : usb_redir_success;
    header->length = moved < 0 ? 0 : (uint16_t)moved;
    bool in = setup.request_type & 0x80;
    usbredirparser_send_control_packet(self->parser, id, header, in && moved > 0 ? buffer : NULL,
                                       in && moved > 0 ? moved : 0);
}

/* ---- pipes ---- */

static void bulk(void *private, uint64_t id, struct usb_redir_bulk_packet_header *header,
                 uint8_t *data, int length)
{
    (void)length;
    redirect_take_bulk(private, id, header->endpoint,
                       header->length | (uint32_t)header->length_high << 16, data, false);
}

/* Bulk OUT, declared as interrupt. */
static void interrupt(void *private, uint64_t id, struct usb_redir_interrupt_packet_header *header,
                      uint8_t *data, int length)
{
    (void)length;
    redirect_take_bulk(private, id, header->endpoint, header->length, data, true);
}

static void start_interrupt(void *private, uint64_t id,
                            struct usb_redir_start_interrupt_receiving_header *header)
{
    struct redirect *self = private;
    struct usb_redir_interrupt_receiving_status_header status = {usb_redir_success,
                                                                 header->endpoint};
    if (header->endpoint == (0x80 | CHIP_BULK_IN)) {
        self->in_started = true;
    } else if (header->endpoint == (0x80 | CHIP_INTERRUPT_IN)) {
        self->event_started = true;
    } else {
        status.status = usb_redir_stall;
    }
    usbredirparser_send_interrupt_receiving_status(self->parser, id, &status);
}

static void stop_interrupt(void *private, uint64_t id,
                           struct usb_redir_stop_interrupt_receiving_header *header)
{
    struct redirect *self = private;
    (void)id;
    if (header->endpoint == (0x80 | CHIP_BULK_IN)) {
        self->in_started = false;
    } else if (header->endpoint == (0x80 | CHIP_INTERRUPT_IN)) {
        self->event_started = false;
    }
}

static void cancel(void *private, uint64_t id)
{
    redirect_cancel(private, id);
}

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
    parser->reset_func = reset;
    parser->set_configuration_func = set_configuration;
    parser->get_configuration_func = get_configuration;
    parser->set_alt_setting_func = set_interface;
    parser->get_alt_setting_func = get_interface;
    parser->start_interrupt_receiving_func = start_interrupt;
    parser->stop_interrupt_receiving_func = stop_interrupt;
    parser->cancel_data_packet_func = cancel;
    parser->filter_reject_func = acknowledged;
    parser->filter_filter_func = filter;
    parser->device_disconnect_ack_func = acknowledged;
    parser->control_packet_func = control;
    parser->bulk_packet_func = bulk;
    parser->interrupt_packet_func = interrupt;
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
