/*
 * sim_usb_hub: a USB hub whose ports take their time.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef SIM_USB_HUB_H
#define SIM_USB_HUB_H

#include "sim.h"
#include "sim_usb.h"

#define SIM_USB_HUB_PORTS 8

struct sim_usb_hub {
    struct sim_usb_device usb;
    uint8_t device_descriptor[18];
    const uint8_t *configurations[1];
    uint8_t hub_descriptor[9]; /* ports at [2], power good at [5], fixed at [7] */
    unsigned reset_us;         /* what a port reset takes */
    bool never_ends_reset;
    struct {
        struct sim_usb_hub *hub;
        struct sim_usb_device *child; /* null: empty */
        unsigned connect_after_us;    /* from power on */
        unsigned bounces;             /* so many more connection changes, 50 ms apart */
        uint32_t status;              /* wPortChange << 16 | wPortStatus */
        uint64_t powered_at_us;
        uint64_t asked_at_us;       /* for its status, the first time since; 0: not yet */
        struct sim_event event;     /* connects, bounces, or ends a reset */
    } ports[SIM_USB_HUB_PORTS + 1]; /* from 1 */
};

/* A hub with this many ports, 2 ms to power good. */
void sim_usb_hub_init(struct sim_usb_hub *self, enum usb_speed speed, unsigned ports);

/* Plugs child into a port. fixed: the hub says it is soldered there. */
void sim_usb_hub_plug(struct sim_usb_hub *self, unsigned port, struct sim_usb_device *child,
                      bool fixed);

#endif
