/*
 * ethernet_lan_adopt: hands a chip over to the next program, and takes one over.
 *
 * Handed over are the toggles of the three endpoints, the address and the link. The chip is
 * configured anew, since the program before may have been of another version, but neither it
 * nor its PHY is reset: the link stays. For the LAN95xx these are some 21 requests and
 * a short wait: 10 ms on the board. If the program before crashed, reception was still on and a
 * burst may be cut in the middle: then configure stops it and empties the FIFOs, the endpoints'
 * halts are cleared, which makes their toggles known, and the link is read anew.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <string.h>

#include "boot_tags.h"
#include "bytes.h"
#include "error.h"
#include "ethernet_lan_parts.h"

/* What of boot_usb.own is what. */
enum { OWN_EVENT_TOGGLE, OWN_LINK, OWN_MEGABITS /* 16 bits */ };
enum { LINK_UP = 1, LINK_FULL_DUPLEX = 2, LINK_PAUSE_SEND = 4, LINK_PAUSE_OBEY = 8 };

/* An endpoint that is halted, or whose toggle is in doubt, must be cleared first: whoever takes
 * over does so. */
static struct boot_usb_endpoint describe_endpoint(const struct usb_endpoint *endpoint, bool halted)
{
    return (struct boot_usb_endpoint){
        .number = endpoint->number,
        .toggle = halted ? BOOT_USB_TOGGLE_UNKNOWN : endpoint->toggle,
        .max_packet = endpoint->max_packet,
    };
}

int ethernet_lan_describe(const struct usb_driver *driver, struct boot_usb *usb)
{
    const struct ethernet_lan *self = driver->owner;
    const struct ethernet_lan_link *link = &self->link;
    bool halted = false;

    if (!self->device || self->gone || !self->stopped)
        return ERROR_ABSENT;
    for (unsigned i = 0; i < ETHERNET_LAN_RECEIVES; i++)
        halted |= self->receives[i].status == ERROR_STALLED;
    memcpy(usb->mac, self->ethernet.mac, sizeof usb->mac);
    usb->in = describe_endpoint(&self->in, halted);
    usb->out = describe_endpoint(&self->out, self->send_broken);
    usb->own[OWN_EVENT_TOGGLE] =
        describe_endpoint(&self->event, self->events.status == ERROR_STALLED).toggle;
    usb->own[OWN_LINK] =
        (uint8_t)((link->up ? LINK_UP : 0) | (link->full_duplex ? LINK_FULL_DUPLEX : 0) |
                  (link->pause_send ? LINK_PAUSE_SEND : 0) |
                  (link->pause_obey ? LINK_PAUSE_OBEY : 0));
    bytes_put_le16(&usb->own[OWN_MEGABITS], link->megabits);
    return 0;
}

static bool is_sound(const struct boot_usb *usb)
{
    uint16_t megabits = bytes_le16(&usb->own[OWN_MEGABITS]);

    return usb->in.toggle <= BOOT_USB_TOGGLE_UNKNOWN &&
           usb->out.toggle <= BOOT_USB_TOGGLE_UNKNOWN &&
           usb->own[OWN_EVENT_TOGGLE] <= BOOT_USB_TOGGLE_UNKNOWN && usb->own[OWN_LINK] < 16 &&
           (megabits == 10 || megabits == 100 || megabits == 1000 || usb->own[OWN_LINK] == 0) &&
           ethernet_lan_mac_is_usable(usb->mac);
}

static bool was_open(const struct boot_usb_endpoint *was,
                     const struct usb_endpoint_descriptor *descriptor)
{
    return was->number == descriptor->number && was->max_packet == descriptor->max_packet;
}

/* Sets a toggle to what it was; if that is unknown, endpoint and we go back to DATA0. */
static int restore_toggle(struct ethernet_lan *self, struct usb_endpoint *endpoint, uint8_t toggle)
{
    if (toggle == BOOT_USB_TOGGLE_UNKNOWN)
        return usb_clear_halt(self->device, endpoint);
    endpoint->toggle = toggle;
    return 0;
}

static int take_over(struct ethernet_lan *self, const struct boot_usb *usb)
{
    bool crashed =
        usb->in.toggle == BOOT_USB_TOGGLE_UNKNOWN && usb->out.toggle == BOOT_USB_TOGGLE_UNKNOWN;
    uint8_t bits = usb->own[OWN_LINK];
    struct ethernet_lan_link was = {
        .up = bits & LINK_UP,
        .full_duplex = bits & LINK_FULL_DUPLEX,
        .megabits = bytes_le16(&usb->own[OWN_MEGABITS]),
        .pause_send = bits & LINK_PAUSE_SEND,
        .pause_obey = bits & LINK_PAUSE_OBEY,
    };
    int status;

    self->mii_in_doubt = crashed;
    memcpy(self->ethernet.mac, usb->mac, sizeof usb->mac);
    status = self->chip->configure(self);
    if (status == 0)
        status = restore_toggle(self, &self->in, usb->in.toggle);
    if (status == 0)
        status = restore_toggle(self, &self->out, usb->out.toggle);
    if (status == 0)
        status = restore_toggle(self, &self->event,
                                crashed ? BOOT_USB_TOGGLE_UNKNOWN : usb->own[OWN_EVENT_TOGGLE]);
    if (status == 0)
        status = self->chip->set_mac(self, usb->mac);
    if (status < 0)
        return status;
    return ethernet_lan_resume(self, crashed ? NULL : &was);
}

int ethernet_lan_adopt(struct usb_driver *driver, struct usb_device *device,
                       const struct usb_configuration *configuration, const struct boot_usb *usb)
{
    struct ethernet_lan *self = driver->owner;
    struct ethernet_lan_pipes pipes;
    int status;

    if (!is_sound(usb))
        return ERROR_INVALID;
    if (!ethernet_lan_find_pipes(configuration, &pipes) || !was_open(&usb->in, pipes.in) ||
        !was_open(&usb->out, pipes.out))
        return ERROR_CORRUPT;
    ethernet_lan_open(self, device, &pipes);
    status = take_over(self, usb);
    if (status < 0)
        self->device = NULL;
    device->timeout_us = ETHERNET_LAN_TIMEOUT_US;
    return status;
}
