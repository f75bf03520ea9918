/*
 * ethernet_cdc_ecm_descriptors: between the files of the CDC-ECM driver, nobody else.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef ETHERNET_CDC_ECM_DESCRIPTORS_H
#define ETHERNET_CDC_ECM_DESCRIPTORS_H

#include <stdbool.h>
#include <stdint.h>

#include "usb_core.h"

/* What a configuration says of the adapter in it. */
struct cdc_ecm_adapter {
    uint8_t control_interface;
    uint8_t mac_string;
    struct usb_interface data;
};

/* Finds the adapter in a configuration that was checked. Returns false if there is none that
 * this driver can use. */
bool cdc_ecm_find_adapter(const struct usb_configuration *configuration,
                          struct cdc_ecm_adapter *adapter);

/* Neither a group's address nor nobody's. */
bool cdc_ecm_mac_is_usable(const uint8_t mac[6]);

/* Asks the device for its MAC address, a string of twelve hexadecimal digits. Returns 0,
 * ERROR_CORRUPT (another string, or an address that is not usable) or an error of
 * usb_get_string. */
int cdc_ecm_read_mac(struct usb_device *device, uint8_t string, uint8_t mac[6]);

#endif
