/*
 * ethernet_lan: what the drivers of the board's two Ethernet chips share. This file: finding a
 * chip and setting it up, registers, MII. ethernet_lan_mac.c chooses the address,
 * ethernet_lan_frames.c moves frames, ethernet_lan_link.c follows the cable, ethernet_lan_mend.c
 * begins anew what broke, ethernet_lan_stop.c stops, ethernet_lan_adopt.c hands over.
 *
 * Setting up takes some 25 requests, 10 ms on the board, and does not wait for the link, which
 * takes 1 to 3 s; reception is off in the chip, and no transfer under way, until it is there.
 * Reference: see ethernet_lan95xx.c and ethernet_lan78xx.c; IEEE 802.3, clause 22.2.4.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <string.h>

#include "bytes.h"
#include "clock.h"
#include "error.h"
#include "ethernet_lan_parts.h"

#define VENDOR           0x0424
#define CLASS_VENDOR     0xff
#define REGISTER_WRITE   0xa0 /* vendor requests; the register is wIndex */
#define REGISTER_READ    0xa1
#define RESET_TIMEOUT_US 500000 /* by U-Boot a PHY can take over 125 ms */
#define MII_TIMEOUT_US   10000  /* it needs 30 us */
#define MII_BUSY         (1u << 0)
#define MII_WRITE        (1u << 1)
#define MII_REGISTER_AT  6
#define MII_PHY_AT       11

/* ---- registers ---- */

int ethernet_lan_read(struct ethernet_lan *self, uint16_t offset, uint32_t *value)
{
    uint8_t bytes[4];
    int status = usb_control(self->device, USB_TO_HOST | USB_VENDOR, REGISTER_READ, 0, offset,
                             bytes, sizeof bytes);

    self->answers = status >= 0;
    if (status < 0)
        return status;
    if (status != sizeof bytes)
        return ERROR_CORRUPT;
    *value = bytes_le32(bytes);
    return 0;
}

int ethernet_lan_write(struct ethernet_lan *self, uint16_t offset, uint32_t value)
{
    uint8_t bytes[4];
    int status;

    bytes_put_le32(bytes, value);
    status = usb_control(self->device, USB_TO_DEVICE | USB_VENDOR, REGISTER_WRITE, 0, offset, bytes,
                         sizeof bytes);
    self->answers = status >= 0;
    return status < 0 ? status : 0;
}

int ethernet_lan_write_all(struct ethernet_lan *self, const struct ethernet_lan_setting *settings,
                           unsigned count)
{
    int status = 0;

    for (unsigned i = 0; i < count && status == 0; i++)
        status = ethernet_lan_write(self, settings[i].offset, settings[i].value);
    return status;
}

int ethernet_lan_wait(struct ethernet_lan *self, uint16_t offset, uint32_t mask, uint32_t value,
                      uint32_t timeout_us)
{
    uint64_t deadline_us = clock_now_us() + timeout_us;

    for (;;) {
        bool late = clock_passed(deadline_us);
        uint32_t now;
        int status = ethernet_lan_read(self, offset, &now);

        if (status < 0)
            return status;
        if ((now & mask) == value)
            return 0;
        if (late)
            return ERROR_TIMEOUT;
    }
}

int ethernet_lan_wait_for_reset(struct ethernet_lan *self, uint16_t offset, uint32_t mask,
                                uint32_t value)
{
    clock_sleep_us(1000);
    return ethernet_lan_wait(self, offset, mask, value, RESET_TIMEOUT_US);
}

static int wait_for_mii(struct ethernet_lan *self)
{
    int status = ethernet_lan_wait(self, self->chip->mii_access, MII_BUSY, 0, MII_TIMEOUT_US);

    self->mii_in_doubt = status < 0;
    return status;
}

/* It is left idle by whoever used it, so it is only asked beforehand when that went wrong. */
static int ready_mii(struct ethernet_lan *self)
{
    return self->mii_in_doubt ? wait_for_mii(self) : 0;
}

static int run_mii(struct ethernet_lan *self, uint8_t reg, uint32_t direction)
{
    uint32_t access = (uint32_t)self->chip->phy_address << MII_PHY_AT |
                      (uint32_t)reg << MII_REGISTER_AT | direction | MII_BUSY;
    int status = ethernet_lan_write(self, self->chip->mii_access, access);

    self->mii_in_doubt = status < 0;
    return status < 0 ? status : wait_for_mii(self);
}

int ethernet_lan_mii_read(struct ethernet_lan *self, uint8_t reg, uint16_t *value)
{
    uint32_t data;
    int status = ready_mii(self);

    if (status == 0)
        status = run_mii(self, reg, 0);
    if (status == 0)
        status = ethernet_lan_read(self, self->chip->mii_data, &data);
    if (status == 0)
        *value = (uint16_t)data;
    return status;
}

int ethernet_lan_mii_write(struct ethernet_lan *self, uint8_t reg, uint16_t value)
{
    int status = ready_mii(self);

    if (status == 0)
        status = ethernet_lan_write(self, self->chip->mii_data, value);
    return status < 0 ? status : run_mii(self, reg, MII_WRITE);
}

/* ---- finding and setting up ---- */

static bool is_usable(const struct usb_endpoint_descriptor *endpoint)
{
    return endpoint && endpoint->max_packet >= 8 && endpoint->max_packet <= 512 &&
           !(endpoint->max_packet & (endpoint->max_packet - 1));
}

bool ethernet_lan_find_pipes(const struct usb_configuration *configuration,
                             struct ethernet_lan_pipes *pipes)
{
    struct usb_descriptor_reader reader = {configuration->bytes, configuration->length};

    while (usb_next_interface(&reader, &pipes->interface)) {
        pipes->in = usb_find_endpoint(&pipes->interface, USB_BULK, true);
        pipes->out = usb_find_endpoint(&pipes->interface, USB_BULK, false);
        pipes->event = usb_find_endpoint(&pipes->interface, USB_INTERRUPT, true);
        if (pipes->interface.class == CLASS_VENDOR && pipes->interface.alternate == 0 &&
            is_usable(pipes->in) && is_usable(pipes->out) && is_usable(pipes->event) &&
            pipes->event->max_packet <= DMA_ALIGNMENT)
            return true;
    }
    return false;
}

static bool matches(struct usb_driver *driver, const struct usb_device *device,
                    const struct usb_configuration *configuration)
{
    struct ethernet_lan *self = driver->owner;
    const uint16_t *product = self->chip->products;
    struct ethernet_lan_pipes pipes;

    if (self->device || device->descriptor.vendor != VENDOR)
        return false;
    while (*product && *product != device->descriptor.product)
        product++;
    return *product && ethernet_lan_find_pipes(configuration, &pipes);
}

void ethernet_lan_open(struct ethernet_lan *self, struct usb_device *device,
                       const struct ethernet_lan_pipes *pipes)
{
    unsigned depth = device->bus->host->bulk_in_depth;

    self->device = device;
    usb_open_endpoint(device, pipes->in, &self->in);
    usb_open_endpoint(device, pipes->out, &self->out);
    usb_open_endpoint(device, pipes->event, &self->event);
    self->events.length = self->event.max_packet;
    self->receive_depth = depth < ETHERNET_LAN_RECEIVES ? depth : ETHERNET_LAN_RECEIVES;
    if (!self->receive_depth)
        self->receive_depth = 1;
}

static int set_up(struct ethernet_lan *self)
{
    const struct ethernet_lan_chip *chip = self->chip;
    int status = chip->identify(self);

    if (status == 0)
        status = chip->reset(self);
    if (status < 0)
        return status;
    ethernet_lan_choose_mac(self);
    status = chip->set_mac(self, self->ethernet.mac);
    if (status == 0)
        status = chip->configure(self);
    return status < 0 ? status : ethernet_lan_negotiate(self);
}

static int attach(struct usb_driver *driver, struct usb_device *device,
                  const struct usb_configuration *configuration)
{
    struct ethernet_lan *self = driver->owner;
    struct ethernet_lan_pipes pipes;
    int status;

    if (!ethernet_lan_find_pipes(configuration, &pipes))
        return ERROR_CORRUPT;
    ethernet_lan_open(self, device, &pipes);
    status = set_up(self);
    if (status < 0)
        self->device = NULL;
    device->timeout_us = ETHERNET_LAN_TIMEOUT_US;
    return status;
}

static void set_transfer(struct usb_transfer *transfer, struct usb_endpoint *endpoint, void *buffer,
                         struct ethernet_lan *self)
{
    transfer->endpoint = endpoint;
    transfer->buffer = buffer;
    transfer->owner = self;
}

static void event_done(struct usb_transfer *transfer)
{
    struct ethernet_lan *self = transfer->owner;

    /* Nothing but the PHY's interrupt is let through by configure. */
    if (transfer->status == 0 && transfer->actual)
        self->ethernet.link_event = true;
}

void ethernet_lan_init(struct ethernet_lan *self, const struct ethernet_lan_chip *chip,
                       struct ethernet_lan_buffers *buffers, const uint8_t *board_mac,
                       uint64_t serial)
{
    memset(self, 0, sizeof *self);
    self->chip = chip;
    self->buffers = buffers;
    self->board_serial = serial;
    if (board_mac)
        memcpy(self->board_mac, board_mac, sizeof self->board_mac);
    self->driver = (struct usb_driver){
        .name = chip->name,
        .owner = self,
        .ethernet = &self->ethernet,
        .matches = matches,
        .attach = attach,
        .adopt = ethernet_lan_adopt,
        .describe = ethernet_lan_describe,
    };
    self->ethernet.name = chip->name;
    self->ethernet.send_buffer = ethernet_lan_send_buffer;
    self->ethernet.send = ethernet_lan_send;
    self->ethernet.receive = ethernet_lan_receive;
    self->ethernet.receive_done = ethernet_lan_receive_done;
    self->ethernet.link_is_up = ethernet_lan_link_is_up;
    self->ethernet.update_link = ethernet_lan_update_link;
    self->ethernet.stop = ethernet_lan_stop;
    for (unsigned i = 0; i < ETHERNET_LAN_RECEIVES; i++) {
        set_transfer(&self->receives[i], &self->in, buffers->receive[i], self);
        self->receives[i].length = chip->burst_bytes;
    }
    for (unsigned i = 0; i < ETHERNET_LAN_SENDS; i++) {
        set_transfer(&self->sends[i], &self->out, buffers->send[i], self);
        self->sends[i].end_with_short = true;
        self->sends[i].done = ethernet_lan_send_done;
    }
    set_transfer(&self->events, &self->event, buffers->event, self);
    self->events.ends_on_nak = true;
    self->events.done = event_done;
}

bool ethernet_lan_is_attached(const struct ethernet_lan *self)
{
    return self->device;
}
