/*
 * usb_host_dwc2: the Synopsys DWC2 USB host controller, interrupt-driven, buffer DMA.
 *
 * The owner turns the controller's power domain on before start. The object holds DMA
 * buffers: it must be DMA_ALIGNED (its type sees to that) and in memory that devices
 * can reach.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef USB_HOST_DWC2_H
#define USB_HOST_DWC2_H

#include <stddef.h>
#include <stdint.h>

#include "dma.h"
#include "usb_host.h"

#define USB_HOST_DWC2_CHANNELS_MAX 8
#define USB_HOST_DWC2_CONTROL_MAX  1024 /* bytes in the data stage of a control transfer */

struct usb_host_dwc2_channel {
    struct usb_transfer *transfer; /* null: free; those that wait for the same endpoint
                                      are linked behind it through ->controller */
    uint32_t given;                /* bytes the hardware was last started with */
    uint32_t interrupt_mask;       /* as last written */
    uint8_t errors;                /* transaction errors in a row */
    bool zero_packet_due;          /* one empty packet still has to end the transfer */
};

struct usb_host_dwc2 {
    struct usb_host host;
    uintptr_t base;
    unsigned irq;
    bool is_qemu;           /* decided once in start, see the head of the .c file */
    bool started;           /* interrupts are ours */
    bool is_patient;        /* the first start has led to nothing: 100 ms for each reset */
    uint32_t port_wanted;   /* PORT_ENABLED once a reset has enabled the port, else 0 */
    uint32_t channels_free; /* bit n: channel n exists and is free */
    unsigned channel_count;
    struct usb_host_dwc2_channel channels[USB_HOST_DWC2_CHANNELS_MAX];
    struct usb_transfer stage;          /* the control transfer's current stage, and ... */
    struct usb_endpoint stage_endpoint; /* ... its endpoint */
    DMA_ALIGNED uint8_t setup_packet[DMA_ALIGNMENT];
    DMA_ALIGNED uint8_t control_data[USB_HOST_DWC2_CONTROL_MAX];
};

/* Fills in self; touches no register. base: CPU address of the controller's registers;
 * irq: its number for irq_enable. Never fails. */
void usb_host_dwc2_init(struct usb_host_dwc2 *self, uintptr_t base, unsigned irq);

/*
 * Resets the core, makes it a host with DMA, powers the port and takes the interrupt.
 * May be called again at any time (after stop, or when an error left the controller in
 * doubt): transfers under way then end with ERROR_CANCELLED and without done.
 * Waits up to 250 ms (350 after restart) when the controller does not answer. Returns 0,
 * ERROR_ABSENT (no DWC2 at this address), ERROR_UNSUPPORTED (built without DMA),
 * ERROR_TIMEOUT (it does not come out of reset or does not become a host).
 */
int usb_host_dwc2_start(struct usb_host_dwc2 *self);

/*
 * Takes over, in the place of start, a controller that another program left with its port
 * enabled and a device of this speed on it: resets neither core nor port. Channels that still
 * run - that program may have crashed - are halted. Afterwards transfers may be submitted.
 * Waits up to 50 ms, and only for channels that do not halt. Returns 0; ERROR_ABSENT (no
 * DWC2, or no device on the port), ERROR_UNSUPPORTED (built without DMA), ERROR_CORRUPT (it
 * is not as start and port_reset leave it, or the speed is another), ERROR_TIMEOUT. After an
 * error the controller is stopped: start is next.
 */
int usb_host_dwc2_adopt(struct usb_host_dwc2 *self, enum usb_speed speed);

#endif
