/*
 * usb_hub: hubs, during enumeration only.
 *
 * Source: USB 2.0, chapter 11; requests in section 11.24.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef USB_HUB_H
#define USB_HUB_H

#include "usb_core.h"

#define USB_CLASS_HUB 9

/* Powers the ports of an addressed and configured hub and adds what is behind them to
 * the bus, until a driver has taken a device. Devices that are not removable come first
 * and without waiting for their contacts to rest. Waits. Returns 0 or the error that
 * kept it from working as a hub. */
int usb_hub_start(struct usb_device *hub);

/* Resets a port and gives the speed of the device there. Waits up to 500 ms. Returns 0,
 * ERROR_ABSENT (nothing there any more), ERROR_TIMEOUT or an error of usb_control. */
int usb_hub_reset_port(struct usb_device *hub, uint8_t port, enum usb_speed *speed);

/* Disables a port, so that the device there is deaf. Best effort. */
void usb_hub_disable_port(struct usb_device *hub, uint8_t port);

#endif
