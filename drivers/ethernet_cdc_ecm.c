/*
 * ethernet_cdc_ecm: USB Ethernet adapters of the class CDC-ECM. This file: an adapter is set up,
 * handed over, taken over. ethernet_cdc_ecm_descriptors.c reads what it says of itself,
 * ethernet_cdc_ecm_frames.c is what is made of it: an ethernet_device.
 *
 * One that is taken over is only asked whether its data interface is on and, after a crash, told to
 * begin at DATA0. A frame that was half sent or half received then arrives broken; the stacks on
 * both ends throw it away.
 * Reference: USB CDC 1.2 and its subclass specification for Ethernet (ECM120).
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "ethernet_cdc_ecm.h"

#include <string.h>

#include "boot_tags.h"
#include "error.h"
#include "ethernet_cdc_ecm_descriptors.h"
#include "ethernet_cdc_ecm_frames.h"
#include "log.h"

#define SET_PACKET_FILTER                   0x43
#define FILTER_DIRECTED_BROADCAST_MULTICAST 0x1c
/* What of boot_usb.own is what. */
enum { OWN_CONTROL_INTERFACE, OWN_DATA_INTERFACE, OWN_DATA_ALTERNATE };

static bool matches(struct usb_driver *driver, const struct usb_device *device,
                    const struct usb_configuration *configuration)
{
    struct ethernet_cdc_ecm *self = driver->owner;
    struct cdc_ecm_adapter adapter;

    (void)device;
    return !self->device && cdc_ecm_find_adapter(configuration, &adapter);
}

static int set_data_interface(struct usb_device *device, uint8_t interface, uint8_t alternate)
{
    return usb_control(device, USB_TO_INTERFACE, USB_SET_INTERFACE, alternate, interface, NULL, 0);
}

/* The endpoints are open. */
static int begin(struct ethernet_cdc_ecm *self, struct usb_device *device,
                 const struct cdc_ecm_adapter *adapter)
{
    self->control_interface = adapter->control_interface;
    self->data_interface = adapter->data.number;
    self->data_alternate = adapter->data.alternate;
    self->device = device;
    int status = ethernet_cdc_ecm_start_receive(self);

    if (status < 0)
        self->device = NULL;
    return status;
}

static int attach(struct usb_driver *driver, struct usb_device *device,
                  const struct usb_configuration *configuration)
{
    struct ethernet_cdc_ecm *self = driver->owner;
    struct cdc_ecm_adapter adapter;
    int status;

    if (!cdc_ecm_find_adapter(configuration, &adapter))
        return ERROR_CORRUPT;
    status = cdc_ecm_read_mac(device, adapter.mac_string, self->ethernet.mac);
    if (status < 0) {
        log_line("cdc-ecm", "MAC address in string %u: %s", adapter.mac_string, error_name(status));
        return status;
    }
    status = set_data_interface(device, adapter.data.number, adapter.data.alternate);
    if (status < 0)
        return status;
    /* Optional in the class: a device without filters answers STALL and passes all. */
    status = usb_control(device, USB_CLASS | USB_TO_INTERFACE, SET_PACKET_FILTER,
                         FILTER_DIRECTED_BROADCAST_MULTICAST, adapter.control_interface, NULL, 0);
    if (status < 0 && status != ERROR_STALLED)
        return status;

    usb_open_endpoint(device, usb_find_endpoint(&adapter.data, USB_BULK, true), &self->in);
    usb_open_endpoint(device, usb_find_endpoint(&adapter.data, USB_BULK, false), &self->out);
    return begin(self, device, &adapter);
}

static bool was_open(const struct boot_usb_endpoint *was,
                     const struct usb_endpoint_descriptor *descriptor)
{
    return was->number == descriptor->number && was->max_packet == descriptor->max_packet;
}

/* Opens the endpoints as they were, if *usb describes this adapter. */
static int reopen(struct ethernet_cdc_ecm *self, const struct usb_device *device,
                  const struct cdc_ecm_adapter *adapter, const struct boot_usb *usb)
{
    const struct usb_endpoint_descriptor *in = usb_find_endpoint(&adapter->data, USB_BULK, true);
    const struct usb_endpoint_descriptor *out = usb_find_endpoint(&adapter->data, USB_BULK, false);

    if (usb->own[OWN_CONTROL_INTERFACE] != adapter->control_interface ||
        usb->own[OWN_DATA_INTERFACE] != adapter->data.number ||
        usb->own[OWN_DATA_ALTERNATE] != adapter->data.alternate || !was_open(&usb->in, in) ||
        !was_open(&usb->out, out))
        return ERROR_CORRUPT;
    usb_open_endpoint(device, in, &self->in);
    usb_open_endpoint(device, out, &self->out);
    self->in.toggle = usb->in.toggle;
    self->out.toggle = usb->out.toggle;
    return 0;
}

/* Sets all up as attach left it, if the device confirms that its data interface is on. */
static int adopt(struct usb_driver *driver, struct usb_device *device,
                 const struct usb_configuration *configuration, const struct boot_usb *usb)
{
    struct ethernet_cdc_ecm *self = driver->owner;
    struct cdc_ecm_adapter adapter;
    uint8_t alternate;
    int status;

    if (usb->in.toggle > BOOT_USB_TOGGLE_UNKNOWN || usb->out.toggle > BOOT_USB_TOGGLE_UNKNOWN ||
        !cdc_ecm_mac_is_usable(usb->mac))
        return ERROR_INVALID;
    if (!cdc_ecm_find_adapter(configuration, &adapter))
        return ERROR_CORRUPT;
    status = reopen(self, device, &adapter, usb);
    if (status < 0)
        return status;
    status = usb_control(device, USB_TO_HOST | USB_TO_INTERFACE, USB_GET_INTERFACE, 0,
                         adapter.data.number, &alternate, 1);
    if (status < 0)
        return status;
    if (status != 1 || alternate != adapter.data.alternate)
        return ERROR_CORRUPT;
    memcpy(self->ethernet.mac, usb->mac, sizeof usb->mac);
    if (usb->in.toggle == BOOT_USB_TOGGLE_UNKNOWN || usb->out.toggle == BOOT_USB_TOGGLE_UNKNOWN) {
        /* Sets both endpoints to DATA0 and ends their halts (USB 2.0, section 9.1.1.5). Not
         * CLEAR_FEATURE(ENDPOINT_HALT): that is two requests, and QEMU's device has none. */
        status = set_data_interface(device, adapter.data.number, adapter.data.alternate);
        if (status < 0)
            return status;
        self->in.toggle = self->out.toggle = 0;
    }
    return begin(self, device, &adapter);
}

/* A halted endpoint must be cleared first: whoever takes over does so. */
static struct boot_usb_endpoint describe_endpoint(const struct usb_endpoint *endpoint, bool halted)
{
    return (struct boot_usb_endpoint){
        .number = endpoint->number,
        .toggle = halted ? BOOT_USB_TOGGLE_UNKNOWN : endpoint->toggle,
        .max_packet = endpoint->max_packet,
    };
}

static int describe(const struct usb_driver *driver, struct boot_usb *usb)
{
    const struct ethernet_cdc_ecm *self = driver->owner;
    bool send_halted = false;

    if (!self->device || self->gone || !self->stopped)
        return ERROR_ABSENT;
    for (unsigned i = 0; i < ETHERNET_CDC_ECM_SENDS; i++)
        send_halted |= self->sends[i].status == ERROR_STALLED;
    memcpy(usb->mac, self->ethernet.mac, sizeof usb->mac);
    usb->own[OWN_CONTROL_INTERFACE] = self->control_interface;
    usb->own[OWN_DATA_INTERFACE] = self->data_interface;
    usb->own[OWN_DATA_ALTERNATE] = self->data_alternate;
    usb->in = describe_endpoint(&self->in, self->receive.status == ERROR_STALLED);
    usb->out = describe_endpoint(&self->out, send_halted);
    return 0;
}

void ethernet_cdc_ecm_init(struct ethernet_cdc_ecm *self)
{
    memset(self, 0, sizeof *self);
    self->driver.name = "cdc-ecm";
    self->driver.matches = matches;
    self->driver.attach = attach;
    self->driver.adopt = adopt;
    self->driver.describe = describe;
    self->driver.owner = self;
    self->driver.ethernet = &self->ethernet;
    self->ethernet.name = "cdc-ecm";
    ethernet_cdc_ecm_init_frames(self);
}

bool ethernet_cdc_ecm_is_attached(const struct ethernet_cdc_ecm *self)
{
    return self->device;
}
