/*
 * ethernet_cdc_ecm_descriptors: finds the Ethernet adapter in what a device says of itself.
 *
 * Two interfaces make one: that of the class for control, with the functional descriptors,
 * and the data interface named there, in the alternate setting that has endpoints.
 * Reference: USB CDC 1.2, section 5.2.3; its subclass specification for Ethernet (ECM120),
 * section 5.4.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "ethernet_cdc_ecm_descriptors.h"

#include "bytes.h"
#include "error.h"

#define CLASS_COMMUNICATIONS 2
#define SUBCLASS_ETHERNET    6
#define CLASS_DATA           10
#define FUNCTIONAL_UNION     6
#define FUNCTIONAL_ETHERNET  15

/* Looks for the Ethernet interface and its functional descriptors. */
static bool find_control_interface(const struct usb_configuration *configuration,
                                   struct cdc_ecm_adapter *adapter, uint8_t *data_interface)
{
    struct usb_descriptor_reader reader = {configuration->bytes, configuration->length};
    struct usb_interface interface;

    while (usb_next_interface(&reader, &interface)) {
        struct usb_descriptor_reader extra = {interface.bytes, interface.length};
        const uint8_t *descriptor;
        bool has_union = false, has_ethernet = false;
        int length;

        if (interface.class != CLASS_COMMUNICATIONS || interface.subclass != SUBCLASS_ETHERNET)
            continue;
        while ((length = usb_next_descriptor(&extra, &descriptor)) > 0) {
            if (length < 5 || descriptor[1] != USB_DESCRIPTOR_CLASS_INTERFACE)
                continue;
            if (descriptor[2] == FUNCTIONAL_UNION) {
                *data_interface = descriptor[4];
                has_union = true;
            } else if (descriptor[2] == FUNCTIONAL_ETHERNET) {
                adapter->mac_string = descriptor[3];
                has_ethernet = true;
            }
        }
        adapter->control_interface = interface.number;
        if (has_union && has_ethernet)
            return true;
    }
    return false;
}

static bool endpoint_is_usable(const struct usb_endpoint_descriptor *endpoint)
{
    return endpoint && endpoint->max_packet >= 8 && endpoint->max_packet <= 512 &&
           !(endpoint->max_packet & (endpoint->max_packet - 1));
}

bool cdc_ecm_find_adapter(const struct usb_configuration *configuration,
                          struct cdc_ecm_adapter *adapter)
{
    struct usb_descriptor_reader reader = {configuration->bytes, configuration->length};
    uint8_t data_interface = 0;

    if (!find_control_interface(configuration, adapter, &data_interface))
        return false;
    while (usb_next_interface(&reader, &adapter->data)) {
        if (adapter->data.number == data_interface && adapter->data.class == CLASS_DATA &&
            endpoint_is_usable(usb_find_endpoint(&adapter->data, USB_BULK, true)) &&
            endpoint_is_usable(usb_find_endpoint(&adapter->data, USB_BULK, false)))
            return true;
    }
    return false;
}

static int hex_digit(char digit)
{
    if (digit >= '0' && digit <= '9')
        return digit - '0';
    digit |= 0x20;
    return digit >= 'a' && digit <= 'f' ? digit - 'a' + 10 : -1;
}

/* Nobody's address: a group's, or all zero. */
bool cdc_ecm_mac_is_usable(const uint8_t mac[6])
{
    return !(mac[0] & 1) && (bytes_le32(mac) | mac[4] | mac[5]);
}

/* The address is a string of twelve hexadecimal digits. */
int cdc_ecm_read_mac(struct usb_device *device, uint8_t string, uint8_t mac[6])
{
    char text[14]; /* one more than there should be, so that a longer one shows */
    int length = usb_get_string(device, string, text, sizeof text);

    if (length < 0)
        return length;
    if (length != 12)
        return ERROR_CORRUPT;
    for (unsigned i = 0; i < 6; i++) {
        int high = hex_digit(text[2 * i]), low = hex_digit(text[2 * i + 1]);

        if (high < 0 || low < 0)
            return ERROR_CORRUPT;
        mac[i] = (uint8_t)(high << 4 | low);
    }
    return cdc_ecm_mac_is_usable(mac) ? 0 : ERROR_CORRUPT;
}
