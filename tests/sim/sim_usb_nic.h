/*
 * sim_usb_nic: a CDC-ECM Ethernet adapter, laid out like QEMU's usb-net: the first
 * configuration is RNDIS and of no use, the second has Ethernet.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef SIM_USB_NIC_H
#define SIM_USB_NIC_H

#include "sim_usb.h"

#define SIM_USB_NIC_QUEUE     64
#define SIM_USB_NIC_FRAME_MAX 4096

struct sim_usb_nic {
    struct sim_usb_device usb;
    unsigned packet; /* bytes in a bulk packet */
    uint8_t device_descriptor[18];
    uint8_t configuration[128]; /* the Ethernet one; tests may break it */
    const uint8_t *configurations[2];
    const char *strings[2]; /* maker, MAC address */
    bool supports_filter;   /* SET_ETHERNET_PACKET_FILTER */
    unsigned filter;        /* as last set */

    /* From the host: the frame being put together, the last whole one, their number. */
    uint8_t partial[SIM_USB_NIC_FRAME_MAX];
    unsigned partial_length;
    uint8_t sent[SIM_USB_NIC_FRAME_MAX];
    unsigned sent_length;
    unsigned sent_count;
    void (*on_frame)(struct sim_usb_nic *self, const uint8_t *frame, unsigned length);
    void *owner; /* for on_frame's use */

    /* To the host. */
    struct {
        uint8_t bytes[SIM_USB_NIC_FRAME_MAX];
        unsigned length;
    } queue[SIM_USB_NIC_QUEUE];
    unsigned queue_first, queue_count;
    unsigned queue_at; /* bytes of the first one that are over */
};

/* A device of this speed, with the packet size USB has for it (64 or 512 bytes). */
void sim_usb_nic_init(struct sim_usb_nic *self, enum usb_speed speed);

/* The cable delivers a frame of any length. Stops the test when the queue is full. */
void sim_usb_nic_deliver(struct sim_usb_nic *self, const void *frame, unsigned length);

#endif
