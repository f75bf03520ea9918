/*
 * usb_core: the bus: finds devices, gives them addresses, hands them to class drivers.
 *
 * Enumeration runs once and waits; there is no hot-plug. It ends as soon as a driver
 * has taken a device, since one network is what a boot needs: the other ports stay
 * powered but disabled.
 * Source: USB 2.0, sections 7.1.7 (times), 9.1 (states), 9.4 (requests), 11.24 (hubs).
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef USB_CORE_H
#define USB_CORE_H

#include <stdbool.h>
#include <stdint.h>

#include "usb_descriptors.h"
#include "usb_host.h"

#define USB_DEVICES_MAX           12
#define USB_HUB_DEPTH_MAX         5   /* hubs in a row, USB 2.0, section 4.1.1 */
#define USB_SCRATCH_BYTES         512 /* the longest configuration that is read */
#define USB_CONTROL_TIMEOUT_US    500000
#define USB_CLEAR_HALT_TIMEOUT_US 5000
/* For all devices and the driver together. They need 20 ms; but a host that is busy lets an
 * emulator, or the process that models a device, stand still for tens of them, and what is
 * refused in error costs an enumeration. */
#define USB_ADOPT_TIMEOUT_US 500000

/* bmRequestType, USB 2.0, table 9-2. */
enum {
    USB_TO_HOST = 0x80,
    USB_STANDARD = 0x00,
    USB_CLASS = 0x20,
    USB_VENDOR = 0x40,
    USB_TO_DEVICE = 0x00,
    USB_TO_INTERFACE = 0x01,
    USB_TO_ENDPOINT = 0x02,
    USB_TO_OTHER = 0x03, /* a hub's port */
};

/* Requests that class drivers use, USB 2.0, table 9-4. */
enum {
    USB_GET_STATUS = 0,
    USB_CLEAR_FEATURE = 1,
    USB_SET_FEATURE = 3,
    USB_SET_ADDRESS = 5,
    USB_GET_DESCRIPTOR = 6,
    USB_GET_CONFIGURATION = 8,
    USB_SET_CONFIGURATION = 9,
    USB_GET_INTERFACE = 10,
    USB_SET_INTERFACE = 11,
};

struct boot_usb;
struct ethernet_device;
struct usb_bus;
struct usb_driver;

struct usb_device {
    struct usb_bus *bus;
    struct usb_device *hub;      /* null: on the root port */
    uint8_t port;                /* of the hub, from 1; 0 on the root port */
    uint8_t depth;               /* hubs above it */
    struct usb_endpoint control; /* endpoint 0: has address and speed */
    struct usb_device_descriptor descriptor;
    uint8_t configuration;       /* bConfigurationValue it was set to; 0: none */
    uint8_t configuration_index; /* of that configuration's descriptor */
    uint32_t timeout_us;         /* of its control transfers; 0: the usual. For a driver that asks
                                    its device while the network runs */
    struct usb_driver *driver;   /* null: none has taken it */
};

/* A class or vendor driver for one device: a member of the object it drives for. */
struct usb_driver {
    const char *name;
    void *owner;                      /* the object */
    struct ethernet_device *ethernet; /* what of it may be used once a device was attached */

    /* Looks at one configuration of a device and decides; asks the device nothing.
     * Returns true to have it configured and attached. */
    bool (*matches)(struct usb_driver *self, const struct usb_device *device,
                    const struct usb_configuration *configuration);

    /* The device has been set to the configuration that matched. Sets it up; may wait
     * up to 1 s. configuration is gone on return, device stays. Returns 0 or the error
     * that made it give up; nothing may then be under way. */
    int (*attach)(struct usb_driver *self, struct usb_device *device,
                  const struct usb_configuration *configuration);

    /* In the place of attach: takes over a device that another program has set up with the
     * same driver, and left at rest as *usb tells. The device is set to this configuration.
     * May wait as usb_control does. Returns 0 or ERROR_INVALID (*usb makes no sense),
     * ERROR_CORRUPT (the device is another, or in another state) or an error of usb_control;
     * nothing may then be under way. */
    int (*adopt)(struct usb_driver *self, struct usb_device *device,
                 const struct usb_configuration *configuration, const struct boot_usb *usb);

    /* Fills in the driver's part of *usb: all but devices. The device was stopped. Returns 0,
     * or ERROR_ABSENT: it is gone, or not stopped. */
    int (*describe)(const struct usb_driver *self, struct boot_usb *usb);
};

struct usb_bus {
    struct usb_host *host;
    struct usb_driver *const *drivers;
    unsigned driver_count;
    bool root_is_fixed;    /* what is on the root port is soldered there: it needs
                                   no 100 ms until its contacts rest */
    uint64_t deadline_us;  /* of all control transfers; 0: each has its own only */
    unsigned device_count; /* found device n has address n + 1, adopted ones what they had */
    unsigned attached_count;
    struct usb_device devices[USB_DEVICES_MAX];
    uint8_t scratch[USB_SCRATCH_BYTES];
};

/* Fills in bus; touches nothing else. drivers: count pointers, asked in this order;
 * they and host must outlive the bus. Never fails. */
void usb_bus_init(struct usb_bus *bus, struct usb_host *host, struct usb_driver *const *drivers,
                  unsigned count);

/*
 * Finds devices until a driver has taken one or there are no more. host was started.
 * Devices that do not work are named in the log and passed over. May be called again
 * (after host was started again): everything is forgotten first.
 * If nothing on the root port can be spoken to, the host is started again and all is tried once
 * more. Waits, each time, up to 0.8 s for the root port, 2 s for each device, 1 s for each hub.
 * Returns 0 (a driver is attached), ERROR_ABSENT (nothing on the port, or nothing that
 * a driver wants) or the error of the device on the root port.
 */
int usb_bus_enumerate(struct usb_bus *bus);

/*
 * Takes over, in the place of usb_bus_enumerate, the bus that another program left as *usb
 * describes it. host was adopted. Rebuilds the devices from the description, makes sure that
 * each answers at its address as what it was and in its configuration, and has the driver
 * named there adopt the Ethernet device. Changes nothing on the bus unless toggles are unknown.
 * Waits up to USB_ADOPT_TIMEOUT_US.
 * Returns 0; ERROR_INVALID (the description contradicts itself, or names no driver of ours),
 * ERROR_CORRUPT (another device, another configuration), ERROR_ABSENT or another error of
 * usb_control. Afterwards nothing is attached; the host is to be stopped.
 */
int usb_bus_adopt(struct usb_bus *bus, const struct boot_usb *usb);

/* Describes the device that a driver has attached, and the hubs above it, for usb_bus_adopt in
 * another program. Device and host were stopped. Returns 0 or ERROR_ABSENT. */
int usb_bus_describe(const struct usb_bus *bus, struct boot_usb *usb);

/* Returns the device that a driver has attached, or null. */
const struct usb_device *usb_bus_attached(const struct usb_bus *bus);

/* Returns the Ethernet device that a driver has attached, or null. */
struct ethernet_device *usb_bus_ethernet(const struct usb_bus *bus);

/* A control transfer on endpoint 0 with the device's deadline (500 ms). Parameters as in
 * struct usb_setup; data as in usb_host.h. Returns bytes moved or an error of it. */
int usb_control(struct usb_device *device, uint8_t request_type, uint8_t request, uint16_t value,
                uint16_t index, void *data, uint16_t length);

/* Reads the configuration at index 0 ... bNumConfigurations - 1 into bus->scratch, where it
 * stays until the next. Returns 0, ERROR_TOO_LARGE (over USB_SCRATCH_BYTES), ERROR_CORRUPT or
 * an error of usb_control. */
int usb_get_configuration(struct usb_device *device, uint8_t index,
                          struct usb_configuration *configuration);

/* Reads string descriptor index (US English) as ASCII. Returns the number of
 * characters, ERROR_ABSENT (index 0) or an error of usb_control or usb_read_string. */
int usb_get_string(struct usb_device *device, uint8_t index, char *text, uint32_t capacity);

/* Fills in an endpoint of device as descriptor says, its toggle at DATA0. */
void usb_open_endpoint(const struct usb_device *device,
                       const struct usb_endpoint_descriptor *descriptor,
                       struct usb_endpoint *endpoint);

/* CLEAR_FEATURE(ENDPOINT_HALT) and back to DATA0. No transfer may be under way on it.
 * Waits up to 5 ms, so that a driver may do it while the network runs. Returns 0 or an
 * error of usb_control. */
int usb_clear_halt(struct usb_device *device, struct usb_endpoint *endpoint);

/* For usb_hub: resets a port, addresses what is there and hands it to a driver; with
 * hub null the root port. Returns 0 or the error, which has been logged. */
int usb_bus_add_device(struct usb_bus *bus, struct usb_device *hub, uint8_t port);

#endif
