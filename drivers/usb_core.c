/*
 * usb_core: the bus: finds devices, gives them addresses, hands them to class drivers.
 *
 * One idea carries the recursion: a port, of the root or of a hub, is reset, what
 * answers at address 0 gets an address, and if it is a hub its ports are looked at in
 * turn. Addresses are never given twice, so a device is its place in a table.
 * While a port is enabled and its device has no address nobody else may be so: a device
 * that failed is made deaf again by disabling its port.
 * A bus that another program left running is taken over in usb_core_adopt.c.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "usb_core.h"

#include <string.h>

#include "clock.h"
#include "error.h"
#include "log.h"
#include "usb_hub.h"

#define CONNECT_TIMEOUT_US  600000 /* power good on the root port plus TSIGATT; Circle: 510 ms */
#define CONNECT_POLL_US     1000
#define DEBOUNCE_US         100000 /* TATTDB */
#define RESET_RECOVERY_US   10000  /* TRSTRCY */
#define ADDRESS_RECOVERY_US 2000   /* section 9.2.6.3 */
#define ATTEMPTS_MAX        3

void usb_bus_init(struct usb_bus *bus, struct usb_host *host, struct usb_driver *const *drivers,
                  unsigned count)
{
    memset(bus, 0, sizeof *bus);
    bus->host = host;
    bus->drivers = drivers;
    bus->driver_count = count;
}

static int control_within(struct usb_device *device, const struct usb_setup *setup, void *data,
                          uint32_t timeout_us)
{
    struct usb_bus *bus = device->bus;
    uint64_t deadline_us = clock_now_us() + timeout_us;

    if (bus->deadline_us != 0 && bus->deadline_us < deadline_us)
        deadline_us = bus->deadline_us;
    return bus->host->control(bus->host, &device->control, setup, data, deadline_us);
}

int usb_control(struct usb_device *device, uint8_t request_type, uint8_t request, uint16_t value,
                uint16_t index, void *data, uint16_t length)
{
    const struct usb_setup setup = {request_type, request, value, index, length};

    return control_within(device, &setup, data,
                          device->timeout_us ? device->timeout_us : USB_CONTROL_TIMEOUT_US);
}

static int get_descriptor(struct usb_device *device, uint8_t type, uint8_t index, void *bytes,
                          uint16_t length)
{
    return usb_control(device, USB_TO_HOST, USB_GET_DESCRIPTOR, (uint16_t)(type << 8 | index), 0,
                       bytes, length);
}

int usb_get_string(struct usb_device *device, uint8_t index, char *text, uint32_t capacity)
{
    uint8_t bytes[255];
    int status;

    if (!index)
        return ERROR_ABSENT;
    status = usb_control(device, USB_TO_HOST, USB_GET_DESCRIPTOR,
                         USB_DESCRIPTOR_STRING << 8 | index, 0x0409, bytes, sizeof bytes);
    return status < 0 ? status : usb_read_string(bytes, (uint32_t)status, text, capacity);
}

void usb_open_endpoint(const struct usb_device *device,
                       const struct usb_endpoint_descriptor *descriptor,
                       struct usb_endpoint *endpoint)
{
    *endpoint = (struct usb_endpoint){
        .device_address = device->control.device_address,
        .number = descriptor->number,
        .in = descriptor->in,
        .type = descriptor->type,
        .speed = device->control.speed,
        .max_packet = descriptor->max_packet,
    };
}

int usb_clear_halt(struct usb_device *device, struct usb_endpoint *endpoint)
{
    const struct usb_setup setup = {
        .request_type = USB_TO_ENDPOINT,
        .request = USB_CLEAR_FEATURE,
        .index = endpoint->number | (endpoint->in ? 0x80 : 0),
    };
    int status = control_within(device, &setup, NULL, USB_CLEAR_HALT_TIMEOUT_US);

    if (status < 0)
        return status;
    endpoint->toggle = 0;
    return 0;
}

/* Brings the device on a port from wherever it is to its address. */
static int address_device(struct usb_device *device)
{
    struct usb_bus *bus = device->bus;
    uint8_t bytes[USB_DEVICE_BYTES];
    enum usb_speed speed = USB_SPEED_FULL;
    uint8_t address = (uint8_t)(device - bus->devices + 1);
    int status = device->hub ? usb_hub_reset_port(device->hub, device->port, &speed)
                             : bus->host->port_reset(bus->host, &speed);

    if (status < 0)
        return status;
    if (device->hub && speed != device->hub->control.speed)
        return ERROR_UNSUPPORTED; /* it would need split transactions */
    clock_delay_us(RESET_RECOVERY_US);

    device->control = (struct usb_endpoint){
        .type = USB_CONTROL,
        .speed = (uint8_t)speed,
        .max_packet = speed == USB_SPEED_HIGH ? 64 : 8,
    };
    /* Eight bytes fit into one packet of any size and tell the size. */
    status = get_descriptor(device, USB_DESCRIPTOR_DEVICE, 0, bytes, 8);
    if (status >= 0)
        status = usb_read_device(bytes, (uint32_t)status, &device->descriptor);
    if (status < 0)
        return status;
    device->control.max_packet = device->descriptor.max_packet;

    status = usb_control(device, USB_TO_DEVICE, USB_SET_ADDRESS, address, 0, NULL, 0);
    if (status < 0)
        return status;
    clock_delay_us(ADDRESS_RECOVERY_US);
    device->control.device_address = address;
    status = get_descriptor(device, USB_DESCRIPTOR_DEVICE, 0, bytes, sizeof bytes);
    if (status < 0)
        return status;
    if (status < USB_DEVICE_BYTES)
        return ERROR_CORRUPT;
    return usb_read_device(bytes, (uint32_t)status, &device->descriptor);
}

int usb_get_configuration(struct usb_device *device, uint8_t index,
                          struct usb_configuration *configuration)
{
    uint8_t *bytes = device->bus->scratch;
    int status =
        get_descriptor(device, USB_DESCRIPTOR_CONFIGURATION, index, bytes, USB_CONFIGURATION_BYTES);

    if (status >= 0)
        status = usb_configuration_length(bytes, (uint32_t)status);
    if (status > USB_SCRATCH_BYTES)
        return ERROR_TOO_LARGE;
    if (status >= 0)
        status =
            get_descriptor(device, USB_DESCRIPTOR_CONFIGURATION, index, bytes, (uint16_t)status);
    return status < 0 ? status : usb_read_configuration(bytes, (uint32_t)status, configuration);
}

static struct usb_driver *find_driver(const struct usb_device *device,
                                      const struct usb_configuration *configuration)
{
    for (unsigned i = 0; i < device->bus->driver_count; i++) {
        struct usb_driver *driver = device->bus->drivers[i];

        if (driver->matches(driver, device, configuration))
            return driver;
    }
    return NULL;
}

static int configure(struct usb_device *device, const struct usb_configuration *configuration)
{
    device->configuration = configuration->value;
    return usb_control(device, USB_TO_DEVICE, USB_SET_CONFIGURATION, configuration->value, 0, NULL,
                       0);
}

static int start_hub(struct usb_device *device)
{
    struct usb_configuration configuration;
    int status;

    if (device->depth >= USB_HUB_DEPTH_MAX)
        return ERROR_UNSUPPORTED;
    status = usb_get_configuration(device, 0, &configuration);
    if (status == 0)
        status = configure(device, &configuration);
    return status < 0 ? status : usb_hub_start(device);
}

/* Offers the configurations of a device to the drivers until one wants it. */
static int attach_driver(struct usb_device *device)
{
    for (uint8_t index = 0; index < device->descriptor.configurations; index++) {
        struct usb_configuration configuration;
        struct usb_driver *driver;
        int status = usb_get_configuration(device, index, &configuration);

        if (status == ERROR_TIMEOUT)
            return status;
        if (status < 0) {
            log_line("usb", "device %u: configuration %u: %s", device->control.device_address,
                     index, error_name(status));
            continue;
        }
        driver = find_driver(device, &configuration);
        if (!driver)
            continue;
        device->configuration_index = index;
        status = configure(device, &configuration);
        if (status == 0)
            status = driver->attach(driver, device, &configuration);
        if (status < 0)
            return status;
        device->driver = driver;
        device->bus->attached_count++;
        return 0;
    }
    return 0;
}

int usb_bus_add_device(struct usb_bus *bus, struct usb_device *hub, uint8_t port)
{
    struct usb_device *device = &bus->devices[bus->device_count];
    int status = ERROR_NO_MEMORY;

    if (bus->device_count == USB_DEVICES_MAX) {
        log_line("usb", "more than %u devices: the rest is left out", USB_DEVICES_MAX);
        return status;
    }
    memset(device, 0, sizeof *device);
    device->bus = bus;
    device->hub = hub;
    device->port = port;
    device->depth = hub ? hub->depth + 1 : 0;
    for (unsigned attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
        status = address_device(device);
        if (status == 0 || status == ERROR_ABSENT || status == ERROR_UNSUPPORTED)
            break;
    }
    if (status < 0) {
        log_line("usb", "port %u: no device could be addressed: %s", port, error_name(status));
        if (hub)
            usb_hub_disable_port(hub, port);
        return status;
    }

    bus->device_count++;
    status = device->descriptor.class == USB_CLASS_HUB ? start_hub(device) : attach_driver(device);
    log_line("usb", "device %u, port %u: %04x:%04x %s: %s", device->control.device_address, port,
             device->descriptor.vendor, device->descriptor.product,
             device->descriptor.class == USB_CLASS_HUB ? "hub"
             : device->driver                          ? device->driver->name
                                                       : "no driver",
             error_name(status));
    return status;
}

const struct usb_device *usb_bus_attached(const struct usb_bus *bus)
{
    for (unsigned i = 0; i < bus->device_count; i++)
        if (bus->devices[i].driver)
            return &bus->devices[i];
    return NULL;
}

struct ethernet_device *usb_bus_ethernet(const struct usb_bus *bus)
{
    const struct usb_device *device = usb_bus_attached(bus);

    return device ? device->driver->ethernet : NULL;
}

static int enumerate(struct usb_bus *bus)
{
    uint64_t deadline_us = clock_now_us() + CONNECT_TIMEOUT_US;
    int status;

    bus->device_count = 0;
    bus->attached_count = 0;
    while (!bus->host->port_is_connected(bus->host)) {
        if (clock_passed(deadline_us))
            return ERROR_ABSENT;
        clock_delay_us(CONNECT_POLL_US);
    }
    if (!bus->root_is_fixed)
        clock_delay_us(DEBOUNCE_US);
    status = usb_bus_add_device(bus, NULL, 0);
    if (bus->attached_count)
        return 0;
    return status < 0 ? status : ERROR_ABSENT;
}

int usb_bus_enumerate(struct usb_bus *bus)
{
    int status = enumerate(bus);

    /* A root port on which nothing is, or nothing that can be spoken to, may be the controller's
     * fault. */
    if (status < 0 && bus->device_count == 0 && bus->host->restart(bus->host) == 0) {
        log_line("usb", "started again, after: %s", error_name(status));
        status = enumerate(bus);
    }
    return status;
}
