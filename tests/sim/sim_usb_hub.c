/*
 * sim_usb_hub: a USB hub. Reference: USB 2.0, sections 11.23 and 11.24.
 *
 * Strict where a real hub would be deaf: a port must have power before it connects, and
 * power good must have been waited for before its status is asked.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "sim_usb_hub.h"

#include <string.h>

#include "bytes.h"
#include "clock.h"

enum {
    CONNECTED = 1 << 0,
    ENABLED = 1 << 1,
    RESET = 1 << 4,
    POWER = 1 << 8,
    LOW_SPEED = 1 << 9,
    HIGH_SPEED = 1 << 10,
    CONNECTION_CHANGE = 1 << 16,
    RESET_CHANGE = 1 << 20,
};

static const uint8_t device_descriptor[18] = {
    18, 1, 0x00, 0x02, 9, 0, 0, 64, 0x24, 0x04, 0x14, 0x95, 0, 2, 0, 0, 0, 1,
};

static const uint8_t configuration[] = {
    9, 2, 25, 0, 1, 1, 0, 0xe0, 1, 9, 4, 0, 0, 1, 9, 0, 0, 0, 7, 5, 0x81, 3, 1, 0, 12,
};

static struct sim_usb_hub *of_usb(struct sim_usb_device *device)
{
    return (struct sim_usb_hub *)device;
}

static unsigned port_of_event(void *context, struct sim_usb_hub **hub)
{
    unsigned port = 1;

    *hub = *(struct sim_usb_hub **)context;
    while (&(*hub)->ports[port].hub != context)
        port++;
    return port;
}

static void connects(void *context)
{
    struct sim_usb_hub *self;
    unsigned port = port_of_event(context, &self);

    self->ports[port].status |= CONNECTED | CONNECTION_CHANGE;
    if (!self->ports[port].bounces)
        return;
    self->ports[port].bounces--;
    sim_after_us(&self->ports[port].event, 50000, connects, context);
}

static void reset_ends(void *context)
{
    struct sim_usb_hub *self;
    unsigned port = port_of_event(context, &self);
    struct sim_usb_device *child = self->ports[port].child;

    if (self->never_ends_reset)
        return;
    self->ports[port].status &= ~(uint32_t)RESET;
    self->ports[port].status |= RESET_CHANGE;
    if (!child)
        return;
    self->ports[port].status |= ENABLED | (child->speed == USB_SPEED_HIGH  ? HIGH_SPEED
                                           : child->speed == USB_SPEED_LOW ? LOW_SPEED
                                                                           : 0);
    sim_usb_reset(child);
}

static int set_feature(struct sim_usb_hub *self, unsigned port, unsigned feature)
{
    uint32_t *status = &self->ports[port].status;

    if (feature == 8) {
        if (!(*status & POWER) && self->ports[port].child)
            sim_after_us(&self->ports[port].event, self->ports[port].connect_after_us, connects,
                         &self->ports[port].hub);
        if (!(*status & POWER)) {
            self->ports[port].powered_at_us = clock_now_us();
            self->ports[port].asked_at_us = 0;
        }
        *status |= POWER;
        return 0;
    }
    if (feature != 4 || !(*status & CONNECTED))
        return SIM_USB_STALL;
    *status = (*status | RESET) & ~(uint32_t)ENABLED;
    sim_after_us(&self->ports[port].event, self->reset_us, reset_ends, &self->ports[port].hub);
    return 0;
}

static int get_port_status(struct sim_usb_hub *self, unsigned port, uint8_t *data)
{
    uint64_t power_good_us = self->ports[port].powered_at_us + self->hub_descriptor[5] * 2000u;

    if (!(self->ports[port].status & POWER) || clock_now_us() < power_good_us)
        sim_stop("hub: status of port %u before its power is good", port);
    if (!self->ports[port].asked_at_us)
        self->ports[port].asked_at_us = clock_now_us();
    bytes_put_le32(data, self->ports[port].status);
    return 4;
}

static int control(struct sim_usb_device *device, const struct usb_setup *setup, uint8_t *data)
{
    struct sim_usb_hub *self = of_usb(device);
    unsigned port = setup->index;

    if (setup->request_type == 0xa0 && setup->request == 6 && setup->value == 0x2900) {
        memcpy(data, self->hub_descriptor, sizeof self->hub_descriptor);
        return self->hub_descriptor[0];
    }
    if (!device->configuration || !port || port > self->hub_descriptor[2])
        return SIM_USB_STALL;
    if (setup->request_type == 0xa3 && setup->request == 0)
        return get_port_status(self, port, data);
    if (setup->request_type == 0x23 && setup->request == 3)
        return set_feature(self, port, setup->value);
    if (setup->request_type != 0x23 || setup->request != 1)
        return SIM_USB_STALL;
    self->ports[port].status &= ~(1u << setup->value); /* features are bit numbers */
    return 0;
}

static void reset(struct sim_usb_device *device)
{
    struct sim_usb_hub *self = of_usb(device);

    for (unsigned port = 1; port <= SIM_USB_HUB_PORTS; port++) {
        sim_cancel(&self->ports[port].event);
        self->ports[port].status = 0;
    }
}

static struct sim_usb_device *next_child(struct sim_usb_device *device,
                                         struct sim_usb_device *after)
{
    struct sim_usb_hub *self = of_usb(device);
    bool found = !after;

    for (unsigned port = 1; port <= SIM_USB_HUB_PORTS; port++) {
        if (found && self->ports[port].child && self->ports[port].status & ENABLED)
            return self->ports[port].child;
        if (after && self->ports[port].child == after)
            found = true;
    }
    return NULL;
}

void sim_usb_hub_init(struct sim_usb_hub *self, enum usb_speed speed, unsigned ports)
{
    memset(self, 0, sizeof *self);
    memcpy(self->device_descriptor, device_descriptor, sizeof device_descriptor);
    memcpy(self->hub_descriptor, (uint8_t[]){9, 0x29, (uint8_t)ports, 0x09, 0, 1, 50, 0, 0xff}, 9);
    self->configurations[0] = configuration;
    self->reset_us = 10000;
    self->usb = (struct sim_usb_device){
        .name = "hub",
        .speed = speed,
        .device_descriptor = self->device_descriptor,
        .configurations = self->configurations,
        .configuration_count = 1,
        .control = control,
        .reset = reset,
        .next_child = next_child,
    };
    for (unsigned port = 1; port <= SIM_USB_HUB_PORTS; port++)
        self->ports[port].hub = self;
}

void sim_usb_hub_plug(struct sim_usb_hub *self, unsigned port, struct sim_usb_device *child,
                      bool fixed)
{
    self->ports[port].child = child;
    if (fixed)
        self->hub_descriptor[7] |= (uint8_t)(1u << port);
}
