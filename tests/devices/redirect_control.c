/*
 * redirect_control: what the machine asks of the device itself: resets of the bus, configuration,
 * requests of endpoint 0. See redirect.h.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <string.h>
#include <usbredirparser.h>

#include "redirect_parts.h"

enum { REQUEST_TYPE = 0x60, REQUEST_STANDARD = 0x00, REQUEST_VENDOR = 0x40 };

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

bool redirect_is_halted(const struct redirect *self, bool in, unsigned endpoint)
{
    return self->endpoint0.halted[in][endpoint];
}

void redirect_hear_control(struct usbredirparser *parser)
{
    parser->reset_func = reset;
    parser->set_configuration_func = set_configuration;
    parser->get_configuration_func = get_configuration;
    parser->set_alt_setting_func = set_interface;
    parser->get_alt_setting_func = get_interface;
    parser->control_packet_func = control;
}
