/*
 * usb_descriptors: reads what USB devices say about themselves.
 *
 * A configuration is checked once as a whole; what walks over it later relies on that.
 * Reference: USB 2.0, tables 9-8 (device), 9-10 (configuration), 9-12 (interface), 9-13
 * (endpoint), 9-16 (string), 11-13 (hub).
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "usb_descriptors.h"

#include "bytes.h"
#include "error.h"

#define INTERFACE_BYTES 9
#define ENDPOINT_BYTES  7
#define HUB_BYTES       8 /* with one byte of DeviceRemovable */

int usb_next_descriptor(struct usb_descriptor_reader *reader, const uint8_t **descriptor)
{
    uint8_t length;

    if (!reader->left)
        return 0;
    length = reader->at[0];
    if (length < 2 || length > reader->left)
        return ERROR_CORRUPT;
    *descriptor = reader->at;
    reader->at += length;
    reader->left -= length;
    return length;
}

int usb_read_device(const uint8_t *bytes, uint32_t length, struct usb_device_descriptor *device)
{
    if (length < 8 || bytes[0] < USB_DEVICE_BYTES || bytes[1] != USB_DESCRIPTOR_DEVICE)
        return ERROR_CORRUPT;
    *device = (struct usb_device_descriptor){.class = bytes[4], .max_packet = bytes[7]};
    if (device->max_packet != 8 && device->max_packet != 16 && device->max_packet != 32 &&
        device->max_packet != 64)
        return ERROR_CORRUPT;
    if (length < USB_DEVICE_BYTES)
        return 0;
    device->vendor = bytes_le16(bytes + 8);
    device->product = bytes_le16(bytes + 10);
    device->configurations = bytes[17];
    return device->configurations ? 0 : ERROR_CORRUPT;
}

int usb_configuration_length(const uint8_t *bytes, uint32_t length)
{
    int total;

    if (length < USB_CONFIGURATION_BYTES || bytes[0] < USB_CONFIGURATION_BYTES ||
        bytes[1] != USB_DESCRIPTOR_CONFIGURATION)
        return ERROR_CORRUPT;
    total = bytes_le16(bytes + 2);
    return total < bytes[0] ? ERROR_CORRUPT : total;
}

static bool endpoint_is_valid(const uint8_t *bytes)
{
    uint16_t max_packet = bytes_le16(bytes + 4) & 0x7ff;

    return bytes[0] >= ENDPOINT_BYTES && (bytes[2] & 15) && max_packet && max_packet <= 1024;
}

int usb_read_configuration(const uint8_t *bytes, uint32_t length,
                           struct usb_configuration *configuration)
{
    int total = usb_configuration_length(bytes, length);
    struct usb_descriptor_reader reader = {bytes, (uint32_t)total};
    const uint8_t *descriptor;
    int status;

    if (total < 0)
        return total;
    if ((uint32_t)total > length)
        return ERROR_TOO_LARGE;
    while ((status = usb_next_descriptor(&reader, &descriptor)) > 0) {
        if (descriptor[1] == USB_DESCRIPTOR_INTERFACE && descriptor[0] < INTERFACE_BYTES)
            return ERROR_CORRUPT;
        if (descriptor[1] == USB_DESCRIPTOR_ENDPOINT &&
            (descriptor[0] < ENDPOINT_BYTES || !endpoint_is_valid(descriptor)))
            return ERROR_CORRUPT;
    }
    if (status < 0)
        return status;
    configuration->value = bytes[5];
    configuration->bytes = bytes;
    configuration->length = (uint32_t)total;
    return configuration->value ? 0 : ERROR_CORRUPT;
}

static void add_endpoint(struct usb_interface *interface, const uint8_t *bytes)
{
    if (interface->endpoint_count == USB_INTERFACE_ENDPOINTS_MAX)
        return;
    interface->endpoints[interface->endpoint_count++] = (struct usb_endpoint_descriptor){
        .number = bytes[2] & 15,
        .in = bytes[2] >> 7,
        .type = bytes[3] & 3,
        .max_packet = bytes_le16(bytes + 4) & 0x7ff,
    };
}

bool usb_next_interface(struct usb_descriptor_reader *reader, struct usb_interface *interface)
{
    struct usb_descriptor_reader ahead;
    const uint8_t *descriptor;

    do {
        if (usb_next_descriptor(reader, &descriptor) <= 0)
            return false;
    } while (descriptor[1] != USB_DESCRIPTOR_INTERFACE);
    *interface = (struct usb_interface){
        .number = descriptor[2],
        .alternate = descriptor[3],
        .class = descriptor[5],
        .subclass = descriptor[6],
        .protocol = descriptor[7],
        .bytes = reader->at,
    };
    for (ahead = *reader; usb_next_descriptor(&ahead, &descriptor) > 0; *reader = ahead) {
        if (descriptor[1] == USB_DESCRIPTOR_INTERFACE)
            break;
        if (descriptor[1] == USB_DESCRIPTOR_ENDPOINT)
            add_endpoint(interface, descriptor);
    }
    interface->length = (uint32_t)(reader->at - interface->bytes);
    return true;
}

const struct usb_endpoint_descriptor *usb_find_endpoint(const struct usb_interface *interface,
                                                        uint8_t type, bool in)
{
    for (unsigned i = 0; i < interface->endpoint_count; i++) {
        const struct usb_endpoint_descriptor *endpoint = &interface->endpoints[i];

        if (endpoint->type == type && endpoint->in == in)
            return endpoint;
    }
    return NULL;
}

int usb_read_hub(const uint8_t *bytes, uint32_t length, struct usb_hub_descriptor *hub)
{
    if (length < HUB_BYTES || bytes[0] < HUB_BYTES || bytes[1] != USB_DESCRIPTOR_HUB)
        return ERROR_CORRUPT;
    hub->ports = bytes[2];
    if (!hub->ports || hub->ports > USB_HUB_PORTS_MAX)
        return ERROR_CORRUPT;
    hub->power_good_ms = (uint16_t)(bytes[5] * 2);
    hub->fixed = bytes[7];
    if (hub->ports > 7 && length > 8 && bytes[0] > 8)
        hub->fixed |= (uint16_t)(bytes[8] << 8);
    return 0;
}

int usb_read_string(const uint8_t *bytes, uint32_t length, char *text, uint32_t capacity)
{
    uint32_t count;

    if (length < 2 || bytes[0] < 2 || bytes[0] > length || bytes[0] % 2 ||
        bytes[1] != USB_DESCRIPTOR_STRING)
        return ERROR_CORRUPT;
    count = (bytes[0] - 2u) / 2;
    if (count > capacity - 1)
        count = capacity - 1;
    for (uint32_t i = 0; i < count; i++) {
        uint16_t character = bytes_le16(bytes + 2 + 2 * i);

        text[i] = character >= 0x20 && character < 0x7f ? (char)character : '?';
    }
    text[count] = '\0';
    return (int)count;
}
