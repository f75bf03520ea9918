/*
 * usb_host_dwc2_channels: between the files of the DWC2 driver, nobody else.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef USB_HOST_DWC2_CHANNELS_H
#define USB_HOST_DWC2_CHANNELS_H

#include "mmio.h"
#include "usb_host_dwc2.h"
#include "usb_host_dwc2_registers.h"

/* As toggle of a control stage: the SETUP packet (the hardware's PID value for it). */
#define DWC2_TOGGLE_SETUP 3

static inline uint32_t dwc2_read(const struct usb_host_dwc2 *self, uint32_t offset)
{
    return mmio_read32(self->base + offset);
}

static inline void dwc2_write(const struct usb_host_dwc2 *self, uint32_t offset, uint32_t value)
{
    mmio_write32(self->base + offset, value);
}

static inline uint32_t dwc2_channel(unsigned index, uint32_t offset)
{
    return CHANNEL_BASE + index * CHANNEL_STRIDE + offset;
}

/* Waits until (register & mask) == value. Returns 0 or ERROR_TIMEOUT. */
int dwc2_wait(const struct usb_host_dwc2 *self, uint32_t offset, uint32_t mask, uint32_t value,
              uint32_t timeout_us);

/* Checks nothing but room: takes a channel for the transfer, or queues it behind the
 * one its endpoint is busy with. Returns 0 or ERROR_BUSY. */
int dwc2_channel_begin(struct usb_host_dwc2 *self, struct usb_transfer *transfer);

/* Looks at one channel's interrupt and carries its transfer on. */
void dwc2_channel_interrupt(struct usb_host_dwc2 *self, unsigned index);

/* Sets which of a channel's events interrupt. */
void dwc2_channel_mask(struct usb_host_dwc2 *self, unsigned index, uint32_t mask);

/* Reads from a halted channel how far it came, and takes over the toggle. Returns the
 * number of bytes it moved since it was started. */
uint32_t dwc2_channel_account(struct usb_host_dwc2 *self, unsigned index, bool complete);

/* Takes the ended transfer off its channel, gives the channel to the next one and calls
 * done. */
void dwc2_channel_finish(struct usb_host_dwc2 *self, unsigned index);

/* Stops the hardware of one channel, whatever it is doing. Returns 0 or ERROR_TIMEOUT. */
int dwc2_channel_halt(struct usb_host_dwc2 *self, unsigned index);

/* Ends every transfer with status; done is called if asked for. Returns 0 or the first
 * error of a channel that would not halt. */
int dwc2_channels_end_all(struct usb_host_dwc2 *self, int status, bool call_done);

/* The members of struct usb_host that live there. */
int dwc2_submit(struct usb_host *host, struct usb_transfer *transfer);
int dwc2_cancel(struct usb_host *host, struct usb_transfer *transfer);
int dwc2_control(struct usb_host *host, struct usb_endpoint *endpoint,
                 const struct usb_setup *setup, void *data, uint64_t deadline_us);

#endif
