/*
 * usb_hub: hubs, during enumeration only.
 *
 * Two passes: devices soldered behind the hub (LAN9514, LAN7515: the Ethernet chip is
 * one) are taken as soon as their port has power; only if no driver wanted any of them
 * are the sockets given the 100 ms that contacts take to rest.
 * Not done: the status-change endpoint (no hot-plug), over-current, split transactions.
 * Reference: USB 2.0, sections 11.11 (power), 11.24.2 (requests), 7.1.7.3 (debouncing).
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "usb_hub.h"

#include "bytes.h"
#include "clock.h"
#include "error.h"
#include "log.h"

#define DEBOUNCE_US         100000
#define DEBOUNCE_ROUNDS_MAX 10
#define CONNECT_TIMEOUT_US  100000 /* TSIGATT: a device shows itself within this of power */
#define POLL_US             10000
#define RESET_TIMEOUT_US    500000

enum {
    FEATURE_ENABLE = 1,
    FEATURE_RESET = 4,
    FEATURE_POWER = 8,
    FEATURE_CONNECTION_CHANGE = 16,
    FEATURE_RESET_CHANGE = 20,
};

/* wPortStatus, and wPortChange in the upper half. */
enum {
    STATUS_CONNECTED = 1 << 0,
    STATUS_ENABLED = 1 << 1,
    STATUS_RESET = 1 << 4,
    STATUS_LOW_SPEED = 1 << 9,
    STATUS_HIGH_SPEED = 1 << 10,
    STATUS_CONNECTION_CHANGE = 1 << 16,
    STATUS_RESET_CHANGE = 1 << 20,
};

static int port_request(struct usb_device *hub, uint8_t request, uint8_t feature, uint8_t port)
{
    return usb_control(hub, USB_CLASS | USB_TO_OTHER, request, feature, port, NULL, 0);
}

static int get_port_status(struct usb_device *hub, uint8_t port, uint32_t *port_status)
{
    uint8_t bytes[4];
    int status = usb_control(hub, USB_TO_HOST | USB_CLASS | USB_TO_OTHER, USB_GET_STATUS, 0, port,
                             bytes, sizeof bytes);

    if (status < 0)
        return status;
    if (status < (int)sizeof bytes)
        return ERROR_CORRUPT;
    *port_status = bytes_le32(bytes);
    return 0;
}

int usb_hub_reset_port(struct usb_device *hub, uint8_t port, enum usb_speed *speed)
{
    uint64_t deadline_us;
    uint32_t port_status;
    int status = port_request(hub, USB_SET_FEATURE, FEATURE_RESET, port);

    deadline_us = clock_now_us() + RESET_TIMEOUT_US;
    for (;;) {
        if (status == 0)
            status = get_port_status(hub, port, &port_status);
        if (status < 0)
            return status;
        if (!(port_status & STATUS_CONNECTED))
            return ERROR_ABSENT;
        if (port_status & STATUS_RESET_CHANGE && !(port_status & STATUS_RESET))
            break;
        if (clock_passed(deadline_us))
            return ERROR_TIMEOUT;
        clock_delay_us(POLL_US);
    }
    status = port_request(hub, USB_CLEAR_FEATURE, FEATURE_RESET_CHANGE, port);
    if (status < 0)
        return status;
    if (!(port_status & STATUS_ENABLED))
        return ERROR_IO;
    *speed = port_status & STATUS_HIGH_SPEED  ? USB_SPEED_HIGH
             : port_status & STATUS_LOW_SPEED ? USB_SPEED_LOW
                                              : USB_SPEED_FULL;
    return 0;
}

void usb_hub_disable_port(struct usb_device *hub, uint8_t port)
{
    port_request(hub, USB_CLEAR_FEATURE, FEATURE_ENABLE, port);
}

static bool driver_is_attached(const struct usb_device *hub)
{
    return hub->bus->attached_count > 0;
}

/* Samples the ports in the set and quiets their connection changes. Gives the set of
 * those with a device and the set of those that changed since the last sample. */
static int sample_ports(struct usb_device *hub, uint32_t ports, uint32_t *connected,
                        uint32_t *changed)
{
    *connected = 0;
    *changed = 0;
    for (; ports; ports &= ports - 1) {
        uint8_t port = (uint8_t)__builtin_ctz(ports);
        uint32_t port_status;
        int status = get_port_status(hub, port, &port_status);

        if (status < 0)
            return status;
        if (port_status & STATUS_CONNECTED)
            *connected |= 1u << port;
        if (!(port_status & STATUS_CONNECTION_CHANGE))
            continue;
        *changed |= 1u << port;
        status = port_request(hub, USB_CLEAR_FEATURE, FEATURE_CONNECTION_CHANGE, port);
        if (status < 0)
            return status;
    }
    return 0;
}

static void add_devices(struct usb_device *hub, uint32_t ports)
{
    for (; ports && !driver_is_attached(hub); ports &= ports - 1)
        usb_bus_add_device(hub->bus, hub, (uint8_t)__builtin_ctz(ports));
}

/* Soldered devices: each is added when it shows itself, or given up after 100 ms. */
static int add_fixed_devices(struct usb_device *hub, uint32_t waiting)
{
    uint64_t deadline_us = clock_now_us() + CONNECT_TIMEOUT_US;

    while (waiting && !driver_is_attached(hub)) {
        uint32_t connected, changed;
        int status = sample_ports(hub, waiting, &connected, &changed);

        if (status < 0)
            return status;
        add_devices(hub, connected);
        waiting &= ~connected;
        if (!waiting || clock_passed(deadline_us))
            break;
        clock_delay_us(POLL_US);
    }
    return 0;
}

/* Sockets: added when nothing was plugged or unplugged for 100 ms. */
static int add_removable_devices(struct usb_device *hub, uint32_t ports)
{
    uint32_t connected, changed;
    int status = sample_ports(hub, ports, &connected, &changed);

    for (unsigned round = 0; round < DEBOUNCE_ROUNDS_MAX && status == 0; round++) {
        clock_delay_us(DEBOUNCE_US);
        status = sample_ports(hub, ports, &connected, &changed);
        if (!changed)
            break;
    }
    if (status == 0)
        add_devices(hub, connected & ~changed);
    return status;
}

int usb_hub_start(struct usb_device *hub)
{
    struct usb_hub_descriptor descriptor;
    uint8_t bytes[9]; /* up to 15 ports */
    uint32_t ports;
    int status = usb_control(hub, USB_TO_HOST | USB_CLASS, USB_GET_DESCRIPTOR,
                             USB_DESCRIPTOR_HUB << 8, 0, bytes, sizeof bytes);

    if (status >= 0)
        status = usb_read_hub(bytes, (uint32_t)status, &descriptor);
    if (status < 0)
        return status;
    ports = (2u << descriptor.ports) - 2;
    for (uint8_t port = 1; port <= descriptor.ports && status == 0; port++)
        status = port_request(hub, USB_SET_FEATURE, FEATURE_POWER, port);
    if (status < 0)
        return status;
    clock_delay_us(descriptor.power_good_ms * 1000u);

    status = add_fixed_devices(hub, ports & descriptor.fixed);
    ports &= ~(uint32_t)descriptor.fixed;
    if (status == 0 && ports && !driver_is_attached(hub))
        status = add_removable_devices(hub, ports);
    return status;
}
