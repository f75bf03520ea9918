/*
 * sim_usb_peer: the DWC2 driver alone with one device that is all pipes: what goes into
 * OUT 1 is kept, IN 1 gives what a test puts there, IN 2 is an interrupt endpoint.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef SIM_USB_PEER_H
#define SIM_USB_PEER_H

#include "dma.h"
#include "sim_dwc2.h"
#include "usb_host_dwc2.h"

#define SIM_USB_PEER_IRQ     9
#define SIM_USB_PEER_ADDRESS 5

struct sim_usb_peer {
    struct sim_usb_device usb;
    uint8_t out[1 << 20]; /* all bytes since out_length was last cleared */
    unsigned out_length, out_packets, out_short;
    const uint8_t *in;
    unsigned in_length, in_at;
    bool in_ends_short;        /* a short packet, if need be an empty one, ends it */
    unsigned notifications;    /* packets that IN 2 has */
    unsigned lose_before_each; /* so many attempts of each OUT packet are lost */

    struct sim_dwc2 dwc2;
    struct usb_host_dwc2 driver;
    struct usb_endpoint control_0, in_1, out_1, in_2;
};

/* A machine just switched on. */
void sim_usb_peer_init(struct sim_usb_peer *self, bool qemu);

/* From there to a configured device at address 5 with open endpoints. Returns the first
 * error. */
int sim_usb_peer_bring_up(struct sim_usb_peer *self);

/* IN 1 will give these bytes, then a short packet, then NAK. */
void sim_usb_peer_give(struct sim_usb_peer *self, const void *bytes, unsigned length);

/* A control transfer with 100 ms to end. */
int sim_usb_peer_control(struct sim_usb_peer *self, uint8_t request_type, uint8_t request,
                         uint16_t value, uint16_t index, void *data, uint16_t length);

#endif
