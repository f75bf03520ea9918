/*
 * sim_usb_bus: the USB half of a board: controller, bus and Ethernet drivers of the
 * product, on the simulated DWC2.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef SIM_USB_BUS_H
#define SIM_USB_BUS_H

#include "boot_tags.h"
#include "ethernet_cdc_ecm.h"
#include "ethernet_lan.h"
#include "sim_dwc2.h"
#include "usb_host_dwc2.h"

struct sim_usb_bus {
    struct sim_dwc2 dwc2;
    struct usb_host_dwc2 host;
    struct usb_bus bus;
    struct ethernet_cdc_ecm ecm;
    struct ethernet_lan lan95xx, lan78xx;
    struct ethernet_lan_buffers lan_buffers; /* only one of them has a chip */
    struct usb_driver *drivers[3];
    struct ethernet_device *ethernet; /* what start or adopt has found; null: nothing */
};

/* A machine just switched on (sim_reset) with root in its port; nothing started. */
void sim_usb_bus_init(struct sim_usb_bus *self, bool qemu, struct sim_usb_device *root);

/* Another program on the same machine, which goes on as it is: knows nothing of the first,
 * whose handlers are forgotten. self->dwc2 is not used: the machine is the first one's. */
void sim_usb_bus_init_program(struct sim_usb_bus *self);

/* Gives the drivers of the board's own chips another MAC address from the firmware (or none: null)
 * and serial number than b8:27:eb:c0:ff:ee and 0xc0ffee. Call before start or adopt. */
void sim_usb_bus_set_mac(struct sim_usb_bus *self, const uint8_t *board_mac, uint64_t serial);

/* Starts the controller and enumerates. Returns the first error. */
int sim_usb_bus_start(struct sim_usb_bus *self);

/* Stops all and describes it for the next program. Returns the first error. */
int sim_usb_bus_stop(struct sim_usb_bus *self, struct boot_usb *usb);

/* Adopts what another program left, as a board does. Returns the first error. */
int sim_usb_bus_adopt(struct sim_usb_bus *self, const struct boot_usb *usb);

/* The event loop: sleeps and dispatches for this much virtual time. */
void sim_usb_bus_run(uint64_t duration_us);

#endif
