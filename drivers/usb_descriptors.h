/*
 * usb_descriptors: reads what USB devices say about themselves. Pure: bytes in,
 * structs out.
 *
 * Every byte comes from a device that may be broken or hostile; nothing outside
 * [bytes, bytes + length) is read, whatever the lengths inside say.
 * Source: USB 2.0, section 9.6.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef USB_DESCRIPTORS_H
#define USB_DESCRIPTORS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    USB_DESCRIPTOR_DEVICE = 1,
    USB_DESCRIPTOR_CONFIGURATION = 2,
    USB_DESCRIPTOR_STRING = 3,
    USB_DESCRIPTOR_INTERFACE = 4,
    USB_DESCRIPTOR_ENDPOINT = 5,
    USB_DESCRIPTOR_CLASS_INTERFACE = 0x24, /* class-specific, beside an interface */
    USB_DESCRIPTOR_HUB = 0x29,

    USB_DEVICE_BYTES = 18,
    USB_CONFIGURATION_BYTES = 9,
};

#define USB_INTERFACE_ENDPOINTS_MAX 4
#define USB_HUB_PORTS_MAX           15 /* more than any hub has; bounds loops and the bit map */

struct usb_device_descriptor {
    uint8_t class;
    uint8_t max_packet; /* of endpoint 0: 8, 16, 32 or 64 */
    uint16_t vendor;
    uint16_t product;
    uint8_t configurations;
};

struct usb_configuration {
    uint8_t value;        /* for SET_CONFIGURATION; never 0 */
    const uint8_t *bytes; /* all of it; not a copy */
    uint32_t length;      /* wTotalLength */
};

struct usb_endpoint_descriptor {
    uint8_t number; /* 1 ... 15 */
    bool in;
    uint8_t type;        /* enum usb_endpoint_type, or 1 for isochronous */
    uint16_t max_packet; /* 1 ... 1024 */
};

/* One alternate setting of one interface. */
struct usb_interface {
    uint8_t number;
    uint8_t alternate;
    uint8_t class;
    uint8_t subclass;
    uint8_t protocol;
    unsigned endpoint_count; /* those beyond the room below are left out */
    struct usb_endpoint_descriptor endpoints[USB_INTERFACE_ENDPOINTS_MAX];
    const uint8_t *bytes; /* what follows the interface descriptor, up to the next */
    uint32_t length;
};

struct usb_hub_descriptor {
    uint8_t ports;          /* 1 ... USB_HUB_PORTS_MAX */
    uint16_t power_good_ms; /* from power on to power good: 0 ... 510 */
    uint16_t fixed;         /* bit n: the device on port n is not removable */
};

/* A walk over descriptors that stand one behind the other. */
struct usb_descriptor_reader {
    const uint8_t *at;
    uint32_t left;
};

/* Steps to the next descriptor. Returns its length (2 ... 255) and sets *descriptor,
 * 0 at the end, or ERROR_CORRUPT (bLength below 2 or beyond the end). */
int usb_next_descriptor(struct usb_descriptor_reader *reader, const uint8_t **descriptor);

/* Reads the first eight bytes of a device descriptor (all that can be asked for before
 * the size of endpoint 0's packets is known) or, if length is 18 or more, all of it.
 * Returns 0 or ERROR_CORRUPT (short, not a device descriptor, a max_packet USB has
 * not, no configuration). With eight bytes only class and max_packet are set. */
int usb_read_device(const uint8_t *bytes, uint32_t length, struct usb_device_descriptor *device);

/* Checks the head of a configuration descriptor. Returns wTotalLength (9 ... 65535) or
 * ERROR_CORRUPT. */
int usb_configuration_length(const uint8_t *bytes, uint32_t length);

/* Checks a whole configuration: every descriptor in it lies inside, and those of
 * interfaces and endpoints have the length and the values USB wants. Returns 0,
 * ERROR_TOO_LARGE (wTotalLength > length) or ERROR_CORRUPT. */
int usb_read_configuration(const uint8_t *bytes, uint32_t length,
                           struct usb_configuration *configuration);

/* Steps through all alternate settings of all interfaces of a configuration that was
 * checked. reader starts as {configuration->bytes, configuration->length}. Returns true
 * and fills in interface, false at the end. */
bool usb_next_interface(struct usb_descriptor_reader *reader, struct usb_interface *interface);

/* Returns the first endpoint of this type and direction, or null. */
const struct usb_endpoint_descriptor *usb_find_endpoint(const struct usb_interface *interface,
                                                        uint8_t type, bool in);

/* Reads a hub's class descriptor. Returns 0 or ERROR_CORRUPT (short, or another type,
 * or no port, or more than USB_HUB_PORTS_MAX). */
int usb_read_hub(const uint8_t *bytes, uint32_t length, struct usb_hub_descriptor *hub);

/* Reads a string descriptor into text: ASCII, '?' for all else, NUL-terminated, cut at
 * capacity - 1. Returns the number of characters or ERROR_CORRUPT. capacity >= 1. */
int usb_read_string(const uint8_t *bytes, uint32_t length, char *text, uint32_t capacity);

#endif
