/*
 * usb_core_adopt: a bus changes hands while it runs.
 *
 * The description is a hint, however well it was sealed: what it says of itself is checked
 * before anything is asked, what it says of a device is asked of the device. An address is
 * given by a host after a reset and lost with the next, so who answers there as the same
 * vendor, product and class, in the same configuration, was not away in between.
 * Believed are only the MAC address and the toggles, which no device tells.
 * Not done: devices beside the way to the Ethernet device; they keep addresses that nobody
 * uses, until the next enumeration resets them all.
 * Reference: USB 2.0, sections 9.1.1 (states), 9.4.2 (GET_CONFIGURATION).
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <string.h>

#include "boot_tags.h"
#include "clock.h"
#include "error.h"
#include "log.h"
#include "usb_core.h"
#include "usb_hub.h"

_Static_assert(BOOT_USB_DEVICES == USB_HUB_DEPTH_MAX + 1, "every device can be described");

/* Hubs stand before what hangs on them, so a chain of them has an end. */
static bool position_is_sound(const struct boot_usb *usb, unsigned index)
{
    const struct boot_usb_device *device = &usb->devices[index];

    if (index == 0)
        return device->hub == BOOT_USB_ROOT && device->port == 0;
    /* Another speed than its hub's would need split transactions. */
    return device->hub < index && usb->devices[device->hub].class == USB_CLASS_HUB &&
           device->port >= 1 && device->port <= USB_HUB_PORTS_MAX &&
           device->speed == usb->devices[device->hub].speed;
}

static bool device_is_sound(const struct boot_usb *usb, unsigned index)
{
    const struct boot_usb_device *device = &usb->devices[index];

    for (unsigned before = 0; before < index; before++)
        if (usb->devices[before].address == device->address)
            return false;
    return position_is_sound(usb, index) && device->address >= 1 && device->address <= 127 &&
           device->speed <= USB_SPEED_LOW && device->configuration != 0 &&
           (device->max_packet == 8 || device->max_packet == 16 || device->max_packet == 32 ||
            device->max_packet == 64);
}

static bool is_sound(const struct boot_usb *usb)
{
    if (usb->device_count > BOOT_USB_DEVICES || usb->ethernet >= usb->device_count ||
        usb->devices[usb->ethernet].class == USB_CLASS_HUB)
        return false;
    for (unsigned index = 0; index < usb->device_count; index++)
        if (!device_is_sound(usb, index))
            return false;
    return true;
}

/* Puts a device into the table and asks it who it is. */
static int adopt_device(struct usb_bus *bus, const struct boot_usb_device *was)
{
    struct usb_device *device = &bus->devices[bus->device_count++];
    struct usb_device_descriptor *descriptor = &device->descriptor;
    uint8_t bytes[USB_DEVICE_BYTES];

    *device = (struct usb_device){
        .bus = bus,
        .hub = was->hub == BOOT_USB_ROOT ? NULL : &bus->devices[was->hub],
        .port = was->port,
        .control = {.device_address = was->address,
                    .type = USB_CONTROL,
                    .speed = was->speed,
                    .max_packet = was->max_packet},
        .configuration = was->configuration,
        .configuration_index = was->index,
    };
    device->depth = device->hub ? device->hub->depth + 1 : 0;

    int status = usb_control(device, USB_TO_HOST, USB_GET_DESCRIPTOR, USB_DESCRIPTOR_DEVICE << 8, 0,
                             bytes, sizeof bytes);

    if (status >= 0) /* a short answer has vendor and product 0 */
        status = usb_read_device(bytes, (uint32_t)status, descriptor);
    if (status < 0)
        return status;
    if (descriptor->vendor != was->vendor || descriptor->product != was->product ||
        descriptor->class != was->class || descriptor->max_packet != was->max_packet)
        return ERROR_CORRUPT;
    status = usb_control(device, USB_TO_HOST, USB_GET_CONFIGURATION, 0, 0, bytes, 1);
    if (status < 0)
        return status;
    return status == 1 && bytes[0] == was->configuration ? 0 : ERROR_CORRUPT;
}

static struct usb_driver *find_driver(const struct usb_bus *bus, const struct boot_usb *usb)
{
    for (unsigned i = 0; i < bus->driver_count; i++)
        if (strncmp(bus->drivers[i]->name, usb->driver, sizeof usb->driver) == 0)
            return bus->drivers[i];
    return NULL;
}

static int adopt_all(struct usb_bus *bus, struct usb_driver *driver, const struct boot_usb *usb)
{
    struct usb_device *ethernet = &bus->devices[usb->ethernet];
    struct usb_configuration configuration;
    int status = 0;

    for (unsigned index = 0; index < usb->device_count && status == 0; index++)
        status = adopt_device(bus, &usb->devices[index]);
    if (status == 0)
        status = usb_get_configuration(ethernet, ethernet->configuration_index, &configuration);
    if (status == 0 && configuration.value != ethernet->configuration)
        status = ERROR_CORRUPT;
    if (status == 0)
        status = driver->adopt(driver, ethernet, &configuration, usb);
    if (status < 0)
        return status;
    ethernet->driver = driver;
    bus->attached_count = 1;
    log_line("usb", "device %u: %04x:%04x %s: taken over", ethernet->control.device_address,
             ethernet->descriptor.vendor, ethernet->descriptor.product, driver->name);
    return 0;
}

int usb_bus_adopt(struct usb_bus *bus, const struct boot_usb *usb)
{
    struct usb_driver *driver = find_driver(bus, usb);
    int status;

    bus->device_count = 0;
    bus->attached_count = 0;
    if (driver == NULL || !is_sound(usb))
        return ERROR_INVALID;
    bus->deadline_us = clock_now_us() + USB_ADOPT_TIMEOUT_US;
    status = adopt_all(bus, driver, usb);
    bus->deadline_us = 0;
    return status;
}

static struct boot_usb_device describe_device(const struct usb_device *device)
{
    return (struct boot_usb_device){
        .address = device->control.device_address,
        .hub = device->hub ? device->depth - 1 : BOOT_USB_ROOT,
        .port = device->port,
        .speed = device->control.speed,
        .class = device->descriptor.class,
        .max_packet = device->descriptor.max_packet,
        .configuration = device->configuration,
        .index = device->configuration_index,
        .vendor = device->descriptor.vendor,
        .product = device->descriptor.product,
    };
}

int usb_bus_describe(const struct usb_bus *bus, struct boot_usb *usb)
{
    const struct usb_device *device = usb_bus_attached(bus);

    if (device == NULL)
        return ERROR_ABSENT;
    memset(usb, 0, sizeof *usb);
    strncpy(usb->driver, device->driver->name, sizeof usb->driver - 1);
    usb->ethernet = device->depth;
    usb->device_count = device->depth + 1;
    for (const struct usb_device *at = device; at; at = at->hub)
        usb->devices[at->depth] = describe_device(at);
    return device->driver->describe(device->driver, usb);
}
