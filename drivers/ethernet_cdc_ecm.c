/*
 * ethernet_cdc_ecm: USB Ethernet adapters of the class CDC-ECM.
 *
 * The class is as plain as it can be: a bulk transfer is a frame, ended by a short
 * packet, so a frame that fills its last packet is followed by an empty one. One
 * receive transfer, given back to the host only after the frame was consumed: on QEMU
 * re-arming earlier halves the speed. It has room for 2048 bytes because QEMU moves
 * transfers of up to 1536 bytes at one packet per 250 us.
 *
 * Not done: the notification endpoint. Polling it costs an interrupt per frame, and
 * QEMU's device only ever says that the cable is in; so the link is up as long as the
 * device is there. After the crash of a program whose adapter is adopted, a frame that was half
 * sent or half received arrives broken; the stacks on both ends throw it away.
 * ethernet_cdc_ecm_descriptors.c reads what the device says of itself.
 * Reference: USB CDC 1.2 and its subclass specification for Ethernet (ECM120).
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "ethernet_cdc_ecm.h"

#include <string.h>

#include "boot_tags.h"
#include "error.h"
#include "ethernet_cdc_ecm_descriptors.h"
#include "log.h"

#define SET_PACKET_FILTER                   0x43
#define FILTER_DIRECTED_BROADCAST_MULTICAST 0x1c
/* What of boot_usb.own is what. */
enum { OWN_CONTROL_INTERFACE, OWN_DATA_INTERFACE, OWN_DATA_ALTERNATE };

#define FAILURES_MAX 8 /* receptions that fail in a row: it is gone */

static bool matches(struct usb_driver *driver, const struct usb_device *device,
                    const struct usb_configuration *configuration)
{
    struct ethernet_cdc_ecm *self = driver->owner;
    struct cdc_ecm_adapter adapter;

    (void)device;
    return !self->device && cdc_ecm_find_adapter(configuration, &adapter);
}

static int start_receive(struct ethernet_cdc_ecm *self)
{
    struct usb_host *host = self->device->bus->host;
    int status = host->submit(host, &self->receive);

    self->receiving = status == 0;
    /* It is lent for reading only, so from the second time on the host may rely on that. */
    self->receive.unwritten |= self->receiving;
    return status;
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
    int status = start_receive(self);

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

static void send_done(struct usb_transfer *transfer)
{
    struct ethernet_cdc_ecm *self = transfer->owner;

    if (transfer->status == 0)
        self->ethernet.statistics.frames_sent++;
    else
        self->ethernet.statistics.send_errors++;
}

static uint8_t *send_buffer(struct ethernet_device *ethernet)
{
    struct ethernet_cdc_ecm *self = (struct ethernet_cdc_ecm *)ethernet;

    return self->sends[self->next_send].status == ERROR_BUSY ? NULL
                                                             : self->send_buffers[self->next_send];
}

static int send(struct ethernet_device *ethernet, uint32_t length)
{
    struct ethernet_cdc_ecm *self = (struct ethernet_cdc_ecm *)ethernet;
    struct usb_transfer *transfer = &self->sends[self->next_send];
    struct usb_host *host;
    int status;

    if (length < ETHERNET_HEADER_BYTES || length > ETHERNET_FRAME_MAX)
        return ERROR_INVALID;
    if (self->gone || self->stopped)
        return ERROR_IO;
    if (transfer->status == ERROR_BUSY)
        return ERROR_BUSY;
    host = self->device->bus->host;
    transfer->length = length;
    status = host->submit(host, transfer);
    if (status == 0)
        self->next_send = (self->next_send + 1) % ETHERNET_CDC_ECM_SENDS;
    return status;
}

/* Judges a receive transfer that ended without a frame, and starts the next. A halted
 * endpoint has to wait for update_link, since clearing the halt takes time. */
static void restart_receive(struct ethernet_cdc_ecm *self)
{
    self->ethernet.statistics.receive_errors++;
    if (++self->receive_failures >= FAILURES_MAX)
        self->gone = true;
    else if (self->receive.status != ERROR_STALLED)
        start_receive(self);
}

static int receive(struct ethernet_device *ethernet, const uint8_t **frame)
{
    struct ethernet_cdc_ecm *self = (struct ethernet_cdc_ecm *)ethernet;

    if (self->gone || self->stopped)
        return ERROR_IO;
    if (self->receive.status == ERROR_BUSY)
        return 0;
    if (!self->receiving)
        return 0; /* halted */
    if (self->receive.status == 0 && self->receive.actual >= ETHERNET_HEADER_BYTES &&
        self->receive.actual <= ETHERNET_FRAME_MAX) {
        self->receive_failures = 0;
        *frame = self->receive_buffer;
        return (int)self->receive.actual;
    }
    self->receiving = false;
    restart_receive(self);
    return 0;
}

static void receive_done(struct ethernet_device *ethernet)
{
    struct ethernet_cdc_ecm *self = (struct ethernet_cdc_ecm *)ethernet;

    if (self->receive.status || !self->receiving || self->stopped)
        return;
    self->ethernet.statistics.frames_received++;
    start_receive(self);
}

static bool link_is_up(struct ethernet_device *ethernet)
{
    struct ethernet_cdc_ecm *self = (struct ethernet_cdc_ecm *)ethernet;

    return self->device && !self->gone && !self->stopped;
}

static int update_link(struct ethernet_device *ethernet)
{
    struct ethernet_cdc_ecm *self = (struct ethernet_cdc_ecm *)ethernet;
    struct usb_host *host = self->device->bus->host;
    int status;

    if (!host->port_is_connected(host))
        self->gone = true;
    if (self->gone || self->stopped)
        return ERROR_IO;
    for (unsigned i = 0; i < ETHERNET_CDC_ECM_SENDS; i++) {
        if (self->sends[i].status != ERROR_STALLED)
            continue;
        status = usb_clear_halt(self->device, &self->out);
        if (status < 0)
            return status;
        self->sends[i].status = 0;
    }
    if (self->receiving)
        return 0;
    if (self->receive.status == ERROR_STALLED) {
        status = usb_clear_halt(self->device, &self->in);
        if (status < 0)
            return status;
    }
    return start_receive(self);
}

static int stop(struct ethernet_device *ethernet)
{
    struct ethernet_cdc_ecm *self = (struct ethernet_cdc_ecm *)ethernet;
    struct usb_host *host = self->device->bus->host;
    int status = host->cancel(host, &self->receive);

    for (unsigned i = 0; i < ETHERNET_CDC_ECM_SENDS; i++) {
        int cancelled = host->cancel(host, &self->sends[i]);

        if (status == 0)
            status = cancelled;
    }
    self->stopped = true;
    self->receiving = false;
    return status;
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
    self->ethernet.send_buffer = send_buffer;
    self->ethernet.send = send;
    self->ethernet.receive = receive;
    self->ethernet.receive_done = receive_done;
    self->ethernet.link_is_up = link_is_up;
    self->ethernet.update_link = update_link;
    self->ethernet.stop = stop;
    self->receive.endpoint = &self->in;
    self->receive.buffer = self->receive_buffer;
    self->receive.length = sizeof self->receive_buffer;
    for (unsigned i = 0; i < ETHERNET_CDC_ECM_SENDS; i++) {
        self->sends[i].endpoint = &self->out;
        self->sends[i].buffer = self->send_buffers[i];
        self->sends[i].end_with_short = true;
        self->sends[i].done = send_done;
        self->sends[i].owner = self;
    }
}

bool ethernet_cdc_ecm_is_attached(const struct ethernet_cdc_ecm *self)
{
    return self->device;
}
