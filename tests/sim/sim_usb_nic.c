/*
 * sim_usb_nic: a CDC-ECM Ethernet adapter.
 *
 * A frame ends with a packet that is not full; a frame of whole packets is followed by
 * an empty one, both ways, and the model insists on it: it never guesses.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "sim_usb_nic.h"

#include <string.h>

#include "bytes.h"
#include "sim.h"

static const uint8_t device_descriptor[18] = {
    18, 1, 0x00, 0x02, 2, 0, 0, 64, 0x25, 0x05, 0xa2, 0xa4, 0, 0, 1, 0, 0, 2,
};

/* Of no use to an Ethernet driver: a vendor's protocol on the same endpoints. */
static const uint8_t rndis_configuration[] = {
    9,    2,    9 + 9 + 9 + 7 + 7,
    0,    2,    2,
    0,    0xc0, 50, /* */
    9,    4,    0,
    0,    0,    2,
    2,    0xff, 0, /* communications, vendor */
    9,    4,    1,
    0,    2,    10,
    0,    0,    0, /* data */
    7,    5,    0x82,
    2,    64,   0,
    0,    7,    5,
    0x02, 2,    64,
    0,    0, /* */
};

static const uint8_t ethernet_configuration[] = {
    9,    2,    9 + 9 + 5 + 5 + 13 + 7 + 9 + 9 + 7 + 7,
    0,    2,    1,
    0,    0xc0, 50, /* */
    9,    4,    0,
    0,    1,    2,
    6,    0,    0, /* communications, Ethernet */
    5,    0x24, 0,
    0x10, 0x01, /* header */
    5,    0x24, 6,
    0,    1, /* union: 0 controls 1 */
    13,   0x24, 15,
    2,    0,    0,
    0,    0,    0xea,
    0x05, 0,    0,
    0, /* MAC in string 2 */
    7,    5,    0x81,
    3,    16,   0,
    32, /* notifications */
    9,    4,    1,
    0,    0,    10,
    0,    0,    0, /* data, off */
    9,    4,    1,
    1,    2,    10,
    0,    0,    0, /* data, on */
    7,    5,    0x82,
    2,    64,   0,
    0,    7,    5,
    0x02, 2,    64,
    0,    0, /* */
};

static struct sim_usb_nic *of_usb(struct sim_usb_device *device)
{
    return (struct sim_usb_nic *)device;
}

static int control(struct sim_usb_device *device, const struct usb_setup *setup, uint8_t *data)
{
    struct sim_usb_nic *self = of_usb(device);

    (void)data;
    if (setup->request_type != 0x21 || setup->request != 0x43 || !self->supports_filter)
        return SIM_USB_STALL;
    self->filter = setup->value;
    return 0;
}

static void check_ready(const struct sim_usb_nic *self)
{
    if (self->usb.configuration != 1 || self->usb.alternate[1] != 1)
        sim_stop("nic: data moves in configuration %u, alternate setting %u",
                 self->usb.configuration, self->usb.alternate[1]);
}

static int out(struct sim_usb_device *device, unsigned endpoint, const uint8_t *bytes,
               unsigned length)
{
    struct sim_usb_nic *self = of_usb(device);

    check_ready(self);
    if (endpoint != 2)
        sim_stop("nic: OUT %u", endpoint);
    if (self->partial_length + length > sizeof self->partial)
        sim_stop("nic: a frame without an end");
    memcpy(self->partial + self->partial_length, bytes, length);
    self->partial_length += length;
    if (length == self->packet)
        return (int)length;
    memcpy(self->sent, self->partial, self->partial_length);
    self->sent_length = self->partial_length;
    self->partial_length = 0;
    self->sent_count++;
    if (self->on_frame)
        self->on_frame(self, self->sent, self->sent_length);
    return (int)length;
}

static int in(struct sim_usb_device *device, unsigned endpoint, uint8_t *bytes, unsigned capacity)
{
    struct sim_usb_nic *self = of_usb(device);
    unsigned first = self->queue_first;
    unsigned length;

    check_ready(self);
    if (endpoint != 2)
        sim_stop("nic: IN %u", endpoint);
    if (!self->queue_count)
        return SIM_USB_NAK;
    length = self->queue[first].length - self->queue_at;
    if (length > self->packet)
        length = self->packet;
    if (length > capacity)
        return SIM_USB_BABBLE;
    memcpy(bytes, self->queue[first].bytes + self->queue_at, length);
    self->queue_at += length;
    if (length < self->packet) {
        self->queue_first = (first + 1) % SIM_USB_NIC_QUEUE;
        self->queue_count--;
        self->queue_at = 0;
    }
    return (int)length;
}

static void reset(struct sim_usb_device *device)
{
    struct sim_usb_nic *self = of_usb(device);

    self->partial_length = 0;
    self->queue_count = 0;
    self->queue_at = 0;
}

void sim_usb_nic_init(struct sim_usb_nic *self, enum usb_speed speed)
{
    memset(self, 0, sizeof *self);
    self->packet = speed == USB_SPEED_HIGH ? 512 : 64;
    memcpy(self->device_descriptor, device_descriptor, sizeof device_descriptor);
    memcpy(self->configuration, ethernet_configuration, sizeof ethernet_configuration);
    bytes_put_le16(self->configuration + sizeof ethernet_configuration - 3, (uint16_t)self->packet);
    bytes_put_le16(self->configuration + sizeof ethernet_configuration - 10,
                   (uint16_t)self->packet);
    self->configurations[0] = rndis_configuration;
    self->configurations[1] = self->configuration;
    self->strings[0] = "simulated";
    self->strings[1] = "525400123456";
    self->usb = (struct sim_usb_device){
        .name = "nic",
        .speed = speed,
        .device_descriptor = self->device_descriptor,
        .configurations = self->configurations,
        .configuration_count = 2,
        .strings = self->strings,
        .string_count = 2,
        .control = control,
        .out = out,
        .in = in,
        .reset = reset,
    };
}

void sim_usb_nic_deliver(struct sim_usb_nic *self, const void *frame, unsigned length)
{
    unsigned last = (self->queue_first + self->queue_count) % SIM_USB_NIC_QUEUE;

    if (self->queue_count == SIM_USB_NIC_QUEUE || length > SIM_USB_NIC_FRAME_MAX)
        sim_stop("nic: no room for a frame of %u bytes", length);
    memcpy(self->queue[last].bytes, frame, length);
    self->queue[last].length = length;
    self->queue_count++;
}
