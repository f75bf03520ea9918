/*
 * usb_host_dwc2_halt: ends what the DWC2's channels are doing: cancel, stop, unplugging.
 *
 * A halted channel tells like any other how far it came, so toggles stay right. Until start
 * the channels are a stranger's: another program's, which may have crashed.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "error.h"
#include "usb_host_dwc2_channels.h"

#define HALT_TIMEOUT_US     5000
#define DISPLACE_TIMEOUT_US 1000
#define LANDING_TIMEOUT_US  500000

/*
 * Workaround for QEMU (hw/usb/hcd-dwc2.c of 7.2 and 10): a bulk transaction that was
 * NAKed is tried again every 250 us even after its channel was disabled: it writes into
 * memory that is no longer ours, and a port reset or a change of address meanwhile ends
 * QEMU by an assertion. A transaction that completes on the same channel displaces it:
 * a SETUP, which a device always accepts. CLEAR_FEATURE(remote wake-up) without a status
 * stage changes nothing. It can go when a channel disabled there stays silent.
 */
static void displace_on_qemu(struct usb_host_dwc2 *self, unsigned index, uint32_t control)
{
    static const uint8_t harmless[8] = {0x00, 0x01, 0x01};
    uint32_t address = control >> CONTROL_ADDRESS_SHIFT & 0x7f;

    if (!(dwc2_read(self, PORT) & PORT_ENABLED))
        return;
    for (unsigned i = 0; i < sizeof harmless; i++)
        self->setup_packet[i] = harmless[i];
    dma_clean(self->setup_packet, sizeof harmless);
    dwc2_write(self, dwc2_channel(index, CHANNEL_INTERRUPT), CHANNEL_ALL);
    dwc2_write(self, dwc2_channel(index, CHANNEL_SIZE),
               8 | 1u << SIZE_PACKETS_SHIFT | 3u << SIZE_PID_SHIFT);
    dwc2_write(self, dwc2_channel(index, CHANNEL_DMA), dma_bus_address(self->setup_packet));
    dwc2_write(self, dwc2_channel(index, CHANNEL_CONTROL),
               8 | CONTROL_ONE_PER_FRAME | address << CONTROL_ADDRESS_SHIFT | CONTROL_ENABLE);
    /* No answer: the device is not there, so nothing of it was being tried either. */
    if (dwc2_wait(self, dwc2_channel(index, CHANNEL_INTERRUPT), CHANNEL_HALTED, CHANNEL_HALTED,
                  DISPLACE_TIMEOUT_US) < 0)
        dwc2_write(self, dwc2_channel(index, CHANNEL_CONTROL), CONTROL_DISABLE);
}

/*
 * Workaround for QEMU: a packet for a device that another process models (usb-redir) is in flight
 * until that answers; CHANNEL_DISABLE does not end it, and enabling its channel once more ends
 * QEMU by an assertion. So it is waited for. One that was NAKed is not in flight; nor is one for
 * a device that is not there, but nothing tells. Returns false if it stays as it is.
 */
static bool lands_on_qemu(struct usb_host_dwc2 *self, unsigned index)
{
    if (dwc2_read(self, dwc2_channel(index, CHANNEL_INTERRUPT)) & CHANNEL_NAK ||
        !(dwc2_read(self, PORT) & PORT_ENABLED))
        return true;
    return dwc2_wait(self, dwc2_channel(index, CHANNEL_CONTROL), CONTROL_ENABLE, 0,
                     LANDING_TIMEOUT_US) == 0;
}

int dwc2_channel_halt(struct usb_host_dwc2 *self, unsigned index)
{
    struct usb_transfer *transfer = self->channels[index].transfer;
    uint32_t control = dwc2_read(self, dwc2_channel(index, CHANNEL_CONTROL));
    bool landed = true;
    uint32_t interrupt;

    dwc2_channel_mask(self, index, 0);
    if (self->is_qemu && control & CONTROL_ENABLE) {
        landed = lands_on_qemu(self, index);
        control = dwc2_read(self, dwc2_channel(index, CHANNEL_CONTROL));
    }
    if (control & CONTROL_ENABLE) {
        /* The core waits for room in its request queue by itself. CHANNEL_HALTED may be there
         * already: of an end that came between the read and this, which enables the channel
         * once more to disable it. */
        dwc2_write(self, dwc2_channel(index, CHANNEL_CONTROL), control | CONTROL_DISABLE);
        if (dwc2_wait(self, dwc2_channel(index, CHANNEL_CONTROL), CONTROL_ENABLE, 0,
                      HALT_TIMEOUT_US) < 0)
            return ERROR_TIMEOUT;
    }
    interrupt = dwc2_read(self, dwc2_channel(index, CHANNEL_INTERRUPT));
    if (transfer && interrupt & CHANNEL_HALTED)
        transfer->actual += dwc2_channel_account(self, index, interrupt & CHANNEL_COMPLETE);
    /* Of a stranger's channel that is off nobody knows whether its end was waited for. */
    if (self->is_qemu && landed &&
        (control & CONTROL_ENABLE || (!self->started && control >> CONTROL_ADDRESS_SHIFT & 0x7f)))
        displace_on_qemu(self, index, control);
    dwc2_write(self, dwc2_channel(index, CHANNEL_INTERRUPT), CHANNEL_ALL);
    return 0;
}

int dwc2_channels_end_all(struct usb_host_dwc2 *self, int status, bool call_done)
{
    struct usb_transfer *ended[USB_HOST_DWC2_CHANNELS_MAX];
    int result = 0;

    for (unsigned index = 0; index < self->channel_count; index++) {
        int halted = dwc2_channel_halt(self, index);

        if (halted < 0 && result == 0)
            result = halted;
        ended[index] = self->channels[index].transfer;
        self->channels[index].transfer = NULL;
    }
    self->channels_free = (1u << self->channel_count) - 1;
    /* Only now, as done may submit again. */
    for (unsigned index = 0; index < self->channel_count; index++) {
        while (ended[index]) {
            struct usb_transfer *transfer = ended[index];

            ended[index] = transfer->controller;
            transfer->controller = NULL;
            transfer->status = status;
            if (call_done && transfer->done)
                transfer->done(transfer);
        }
    }
    return result;
}

/* Ends the transfer at the head of a channel, and starts the next one. */
static int cancel_head(struct usb_host_dwc2 *self, unsigned index)
{
    struct usb_transfer *transfer = self->channels[index].transfer;
    void (*done)(struct usb_transfer *) = transfer->done;

    /* A channel that does not halt may still write: it keeps transfer and buffer. */
    if (dwc2_channel_halt(self, index) < 0)
        return ERROR_TIMEOUT;
    transfer->status = ERROR_CANCELLED;
    transfer->done = NULL;
    dwc2_channel_finish(self, index);
    transfer->done = done;
    return 0;
}

int dwc2_cancel(struct usb_host *host, struct usb_transfer *transfer)
{
    struct usb_host_dwc2 *self = (struct usb_host_dwc2 *)host;

    for (unsigned index = 0; index < self->channel_count; index++) {
        struct usb_transfer *before = self->channels[index].transfer;

        if (before && before == transfer)
            return cancel_head(self, index);
        while (before && before->controller != transfer)
            before = before->controller;
        if (before) {
            before->controller = transfer->controller;
            transfer->controller = NULL;
            transfer->status = ERROR_CANCELLED;
            return 0;
        }
    }
    return 0;
}
