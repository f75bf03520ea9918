/*
 * ethernet_cdc_ecm: USB Ethernet adapters of the class CDC-ECM; QEMU's usb-net is one.
 *
 * An ethernet_device and a usb_driver in one object: its driver goes into the bus's
 * table, and once the bus found the device, ethernet may be used. The object holds DMA
 * buffers; its type aligns them.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef ETHERNET_CDC_ECM_H
#define ETHERNET_CDC_ECM_H

#include <stdbool.h>
#include <stdint.h>

#include "dma.h"
#include "ethernet_device.h"
#include "usb_core.h"

#define ETHERNET_CDC_ECM_SENDS         2
#define ETHERNET_CDC_ECM_SEND_BYTES    1536
#define ETHERNET_CDC_ECM_RECEIVE_BYTES 2048

struct ethernet_cdc_ecm {
    struct ethernet_device ethernet;
    struct usb_driver driver;
    struct usb_device *device; /* null until attached */
    uint8_t control_interface, data_interface, data_alternate;
    struct usb_endpoint in;
    struct usb_endpoint out;
    struct usb_transfer receive;
    struct usb_transfer sends[ETHERNET_CDC_ECM_SENDS];
    unsigned next_send;        /* the buffer that send_buffer lends */
    unsigned receive_failures; /* in a row */
    bool receiving;            /* the receive transfer has been given to the host */
    bool stopped;
    bool gone;
    DMA_ALIGNED uint8_t receive_buffer[ETHERNET_CDC_ECM_RECEIVE_BYTES];
    DMA_ALIGNED uint8_t send_buffers[ETHERNET_CDC_ECM_SENDS][ETHERNET_CDC_ECM_SEND_BYTES];
};

/* Fills in self; touches no device. Never fails. May be called again to forget a
 * device, after its bus's host was stopped. */
void ethernet_cdc_ecm_init(struct ethernet_cdc_ecm *self);

/* Returns true once the bus has found an adapter for it: self->ethernet may be used. */
bool ethernet_cdc_ecm_is_attached(const struct ethernet_cdc_ecm *self);

#endif
