/*
 * fuzz_usb_descriptors: any bytes as each kind of descriptor. Sanitizers watch the
 * bounds; what the driver relies on later is checked here.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "ethernet_cdc_ecm.h"
#include "usb_descriptors.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static void require(int condition)
{
    if (!condition)
        abort();
}

static void check_configuration(const uint8_t *bytes, uint32_t length)
{
    static struct ethernet_cdc_ecm ecm;
    struct usb_configuration configuration;
    struct usb_descriptor_reader reader;
    struct usb_interface interface;

    if (usb_read_configuration(bytes, length, &configuration) < 0)
        return;
    require(configuration.length <= length && configuration.value != 0);
    reader = (struct usb_descriptor_reader){configuration.bytes, configuration.length};
    while (usb_next_interface(&reader, &interface)) {
        require(interface.endpoint_count <= USB_INTERFACE_ENDPOINTS_MAX);
        require(interface.bytes >= bytes && interface.bytes <= bytes + length);
        require(interface.length <= (uint32_t)(bytes + length - interface.bytes));
        for (unsigned i = 0; i < interface.endpoint_count; i++) {
            require(interface.endpoints[i].number >= 1 && interface.endpoints[i].number <= 15);
            require(interface.endpoints[i].max_packet >= 1 &&
                    interface.endpoints[i].max_packet <= 1024);
        }
    }
    /* A class driver's own walk over it. */
    ethernet_cdc_ecm_init(&ecm);
    ecm.driver.matches(&ecm.driver, NULL, &configuration);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    struct usb_device_descriptor device;
    struct usb_hub_descriptor hub;
    char text[20];
    int characters;

    if (length > 4096)
        return 0;
    if (usb_read_device(bytes, (uint32_t)length, &device) == 0)
        require(device.max_packet >= 8 && device.max_packet <= 64);
    if (usb_read_hub(bytes, (uint32_t)length, &hub) == 0)
        require(hub.ports >= 1 && hub.ports <= USB_HUB_PORTS_MAX);
    characters = usb_read_string(bytes, (uint32_t)length, text, sizeof text);
    if (characters >= 0)
        require(strlen(text) == (size_t)characters);
    check_configuration(bytes, (uint32_t)length);
    return 0;
}
