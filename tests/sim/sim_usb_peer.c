/*
 * sim_usb_peer: the DWC2 driver alone with one device that is all pipes.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "sim_usb_peer.h"

#include <string.h>

#include "clock.h"

#define BASE 0x3f980000

static const uint8_t device_descriptor[18] = {18, 1, 0, 2, 0xff, 0, 0, 64, 1,
                                              2,  3, 4, 0, 0,    0, 0, 0,  1};
static const uint8_t configuration[] = {9, 2, 9, 0, 0, 1, 0, 0xc0, 0};
static const uint8_t *const configurations[] = {configuration};

static int take(struct sim_usb_device *device, unsigned endpoint, const uint8_t *bytes,
                unsigned length)
{
    struct sim_usb_peer *self = (struct sim_usb_peer *)device;

    if (endpoint != 1 || length > sizeof self->out - self->out_length)
        sim_stop("peer: %u bytes to OUT %u", length, endpoint);
    memcpy(self->out + self->out_length, bytes, length);
    self->out_length += length;
    self->out_packets++;
    self->usb.lose_packets = self->lose_before_each;
    self->out_short += length < self->out_1.max_packet;
    return (int)length;
}

static int give(struct sim_usb_device *device, unsigned endpoint, uint8_t *bytes, unsigned capacity)
{
    struct sim_usb_peer *self = (struct sim_usb_peer *)device;
    unsigned length = self->in_length - self->in_at;

    if (endpoint == 2) {
        if (!self->notifications)
            return SIM_USB_NAK;
        self->notifications--;
        bytes[0] = 0x5a;
        return 1;
    }
    if (!length && !self->in_ends_short)
        return SIM_USB_NAK;
    if (length > capacity)
        length = capacity;
    if (length < capacity)
        self->in_ends_short = false;
    memcpy(bytes, self->in + self->in_at, length);
    self->in_at += length;
    return (int)length;
}

/* IN: index bytes that count up from value. OUT: request 7 takes data, others stall. */
static int control(struct sim_usb_device *device, const struct usb_setup *setup, uint8_t *data)
{
    (void)device;
    if (setup->request_type == 0xc0) {
        for (unsigned i = 0; i < setup->index; i++)
            data[i] = (uint8_t)(i + setup->value);
        return setup->index;
    }
    return setup->request == 7 ? setup->length : SIM_USB_STALL;
}

void sim_usb_peer_init(struct sim_usb_peer *self, bool qemu)
{
    sim_reset();
    memset(self, 0, sizeof *self);
    self->usb = (struct sim_usb_device){
        .name = "peer",
        .speed = USB_SPEED_HIGH,
        .device_descriptor = device_descriptor,
        .configurations = configurations,
        .configuration_count = 1,
        .control = control,
        .out = take,
        .in = give,
    };
    sim_dwc2_init(&self->dwc2, BASE, SIM_USB_PEER_IRQ, qemu, &self->usb);
    usb_host_dwc2_init(&self->driver, BASE, SIM_USB_PEER_IRQ);
}

int sim_usb_peer_control(struct sim_usb_peer *self, uint8_t request_type, uint8_t request,
                         uint16_t value, uint16_t index, void *data, uint16_t length)
{
    struct usb_host *host = &self->driver.host;
    const struct usb_setup setup = {request_type, request, value, index, length};

    return host->control(host, &self->control_0, &setup, data, clock_now_us() + 100000);
}

int sim_usb_peer_bring_up(struct sim_usb_peer *self)
{
    enum usb_speed speed = USB_SPEED_LOW;
    int status = usb_host_dwc2_start(&self->driver);

    clock_delay_us(10000);
    if (status == 0)
        status = self->driver.host.port_reset(&self->driver.host, &speed);
    self->control_0 = (struct usb_endpoint){.speed = (uint8_t)speed, .max_packet = 64};
    if (status == 0)
        status = sim_usb_peer_control(self, 0, 5, SIM_USB_PEER_ADDRESS, 0, NULL, 0);
    self->control_0.device_address = SIM_USB_PEER_ADDRESS;
    if (status == 0)
        status = sim_usb_peer_control(self, 0, 9, 1, 0, NULL, 0);
    self->out_1 = (struct usb_endpoint){.device_address = SIM_USB_PEER_ADDRESS,
                                        .number = 1,
                                        .type = USB_BULK,
                                        .speed = (uint8_t)speed,
                                        .max_packet = 512};
    self->in_1 = self->out_1;
    self->in_1.in = true;
    self->in_2 = self->in_1;
    self->in_2.number = 2;
    self->in_2.type = USB_INTERRUPT;
    self->in_2.max_packet = 16;
    return status;
}

void sim_usb_peer_give(struct sim_usb_peer *self, const void *bytes, unsigned length)
{
    self->in = bytes;
    self->in_length = length;
    self->in_at = 0;
    self->in_ends_short = true;
}
