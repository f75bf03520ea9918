/*
 * ethernet_cdc_ecm_frames: an adapter as an ethernet_device: frames, link, stop. For
 * ethernet_cdc_ecm.c alone.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef ETHERNET_CDC_ECM_FRAMES_H
#define ETHERNET_CDC_ECM_FRAMES_H

#include "ethernet_cdc_ecm.h"

/* Fills in the functions of self->ethernet and the transfers. */
void ethernet_cdc_ecm_init_frames(struct ethernet_cdc_ecm *self);

/* Gives the receive transfer to the host; device and endpoints are set. Returns as submit of
 * usb_host. */
int ethernet_cdc_ecm_start_receive(struct ethernet_cdc_ecm *self);

#endif
