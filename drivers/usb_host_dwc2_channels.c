/*
 * usb_host_dwc2_channels: transfers on the DWC2's channels.
 *
 * A channel is started with a piece of a transfer, halts, and tells in CHANNEL_SIZE how
 * far it came and which DATA PID is next; from there the transfer goes on, is tried
 * again or ends. The PID the core reports is taken for the endpoint's toggle, so it
 * stays right after short, failed and cancelled transfers. (QEMU's model neither reports
 * nor checks it; packets that are sent one by one are counted here.)
 * IN takes channels from the bottom and OUT from the top: a network device then finds
 * its channels' interrupt masks as it left them.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "usb_host_dwc2_channels.h"

#include "error.h"

#define HALT_TIMEOUT_US 5000
#define ERRORS_MAX      3     /* USB 2.0, section 8.7.1.2: three strikes */
#define BYTES_MAX       65535 /* the BCM2837's counters: 16 bits of bytes, ... */
#define PACKETS_MAX     511   /* ... 9 bits of packets */
#define QEMU_SMALL_MAX  1536  /* bytes: up to here its model moves packet by packet */

/* Made once for each endpoint, but for endpoint 0, which changes during enumeration. */
static uint32_t control_word(struct usb_endpoint *endpoint)
{
    if (endpoint->controller)
        return endpoint->controller;

    uint32_t word = endpoint->max_packet | (uint32_t)endpoint->number << CONTROL_ENDPOINT_SHIFT |
                    (endpoint->in ? CONTROL_IN : 0) |
                    (endpoint->speed == USB_SPEED_LOW ? CONTROL_LOW_SPEED : 0) |
                    (uint32_t)endpoint->type << CONTROL_TYPE_SHIFT | CONTROL_ONE_PER_FRAME |
                    (uint32_t)endpoint->device_address << CONTROL_ADDRESS_SHIFT;

    if (endpoint->type != USB_CONTROL)
        endpoint->controller = word;
    return word;
}

/* The hardware's PIDs: DATA0 0, DATA1 2, SETUP 3. */
static uint32_t pid_of(unsigned toggle)
{
    return toggle == 1 ? 2 : toggle;
}

void dwc2_channel_mask(struct usb_host_dwc2 *self, unsigned index, uint32_t mask)
{
    if (self->channels[index].interrupt_mask == mask)
        return;
    self->channels[index].interrupt_mask = mask;
    dwc2_write(self, dwc2_channel(index, CHANNEL_INTERRUPT_MASK), mask);
}

/* Nothing is sent in a packet of its own. */
static uint32_t packets_of(const struct usb_endpoint *endpoint, uint32_t bytes)
{
    return bytes <= endpoint->max_packet
               ? 1
               : (bytes + endpoint->max_packet - 1) / endpoint->max_packet;
}

/* Starts the hardware with all that is left of the channel's transfer. */
static void start_piece(struct usb_host_dwc2 *self, unsigned index)
{
    struct usb_host_dwc2_channel *channel = &self->channels[index];
    struct usb_transfer *transfer = channel->transfer;
    struct usb_endpoint *endpoint = transfer->endpoint;
    uint32_t control = control_word(endpoint) | CONTROL_ENABLE;
    uint32_t bytes = transfer->length - transfer->actual;
    uint32_t packets = packets_of(endpoint, bytes);

    channel->given = bytes;
    /* A periodic packet goes out in the next frame, whose parity it must name. */
    if (endpoint->type == USB_INTERRUPT && !(dwc2_read(self, FRAME_NUMBER) & 1))
        control |= CONTROL_ODD_FRAME;

    dwc2_write(self, dwc2_channel(index, CHANNEL_SIZE),
               bytes | packets << SIZE_PACKETS_SHIFT | pid_of(endpoint->toggle) << SIZE_PID_SHIFT);
    dwc2_write(self, dwc2_channel(index, CHANNEL_DMA),
               dma_bus_address(transfer->buffer) + transfer->actual);
    dwc2_write(self, dwc2_channel(index, CHANNEL_CONTROL), control);
}

uint32_t dwc2_channel_account(struct usb_host_dwc2 *self, unsigned index, bool complete)
{
    struct usb_host_dwc2_channel *channel = &self->channels[index];
    struct usb_transfer *transfer = channel->transfer;
    struct usb_endpoint *endpoint = transfer->endpoint;
    uint32_t size, bytes_left, moved;

    size = dwc2_read(self, dwc2_channel(index, CHANNEL_SIZE));
    bytes_left = size & SIZE_BYTES;
    if (endpoint->in) {
        moved = bytes_left < channel->given ? channel->given - bytes_left : 0;
    } else if (complete) {
        moved = channel->given;
    } else {
        /* For OUT the core counts bytes it fetched but packets that were acknowledged. */
        uint32_t packets_left = size >> SIZE_PACKETS_SHIFT & SIZE_PACKETS;
        uint32_t bytes_due = packets_left * endpoint->max_packet;
        uint32_t packets = packets_of(endpoint, channel->given);

        moved = packets_left < packets ? packets * endpoint->max_packet - bytes_due : 0;
        if (moved > channel->given)
            moved = channel->given;
    }
    if (endpoint->toggle == DWC2_TOGGLE_SETUP)
        return moved;
    if (!self->is_qemu)
        endpoint->toggle = (size >> SIZE_PID_SHIFT & SIZE_PID) >> 1;
    else if (!endpoint->in && (complete || moved))
        endpoint->toggle ^= packets_of(endpoint, moved) & 1;
    return moved;
}

/* Judges a channel that halted for the reasons in interrupt. Returns the status of its
 * transfer: ERROR_BUSY if it has to be started again with the rest. */
static int judge(struct usb_host_dwc2 *self, unsigned index, uint32_t interrupt)
{
    struct usb_host_dwc2_channel *channel = &self->channels[index];
    struct usb_transfer *transfer = channel->transfer;
    bool complete = interrupt & CHANNEL_COMPLETE;
    uint32_t moved = dwc2_channel_account(self, index, complete);
    bool is_short = transfer->endpoint->in && moved < channel->given;

    transfer->actual += moved;
    if (complete || moved)
        channel->errors = 0;
    if (complete) {
        if (transfer->actual < transfer->length && !is_short)
            return ERROR_BUSY;
        if (!channel->zero_packet_due)
            return 0;
        channel->zero_packet_due = false;
        return ERROR_BUSY;
    }
    if (interrupt & CHANNEL_STALL)
        return ERROR_STALLED;
    if (interrupt & (CHANNEL_BABBLE | CHANNEL_BUS_ERROR))
        return ERROR_IO;
    /* The three strikes are in a row: an IN that waits for hours may lose a token now and then,
     * while the device goes on answering NAK (which interrupts nobody but leaves its bit). */
    if (interrupt & CHANNEL_ANSWERS)
        channel->errors = 0;
    if (!(interrupt & CHANNEL_TRANSACTION_ERROR) &&
        (interrupt & CHANNEL_ANSWERS || transfer->endpoint->type == USB_INTERRUPT))
        return transfer->ends_on_nak ? 0 : ERROR_BUSY;
    return ++channel->errors < ERRORS_MAX ? ERROR_BUSY : ERROR_IO;
}

/*
 * QEMU's OUT: packet after packet, each over within the register write that starts it; or, what
 * its model does not call small, in one piece.
 * Runs until the device makes us wait or the transfer has ended; returns its status.
 * The path of every frame sent there: five register accesses for the first packet, four
 * for each that follows (the core moves CHANNEL_DMA on itself).
 */
static int run_packets(struct usb_host_dwc2 *self, unsigned index)
{
    struct usb_host_dwc2_channel *channel = &self->channels[index];
    struct usb_transfer *transfer = channel->transfer;
    struct usb_endpoint *endpoint = transfer->endpoint;
    uintptr_t registers = self->base + dwc2_channel(index, 0);
    uint32_t control = control_word(endpoint) | CONTROL_ENABLE;
    uint32_t packet = endpoint->max_packet;

    mmio_write32(registers + CHANNEL_DMA, dma_bus_address(transfer->buffer) + transfer->actual);
    for (;;) {
        uint32_t left = transfer->length - transfer->actual;
        uint32_t bytes = left > QEMU_SMALL_MAX || left < packet ? left : packet;
        uint32_t packets = packets_of(endpoint, bytes);
        uint32_t interrupt;

        mmio_write32(registers + CHANNEL_SIZE, bytes | packets << SIZE_PACKETS_SHIFT |
                                                   pid_of(endpoint->toggle) << SIZE_PID_SHIFT);
        mmio_write32(registers + CHANNEL_CONTROL, control);
        interrupt = mmio_read32(registers + CHANNEL_INTERRUPT);
        channel->given = bytes;
        if (!(interrupt & CHANNEL_HALTED))
            break;
        mmio_write32(registers + CHANNEL_INTERRUPT, interrupt);
        if (interrupt & CHANNEL_COMPLETE && endpoint->toggle != DWC2_TOGGLE_SETUP) {
            /* What judge would do. */
            transfer->actual += bytes;
            endpoint->toggle ^= packets & 1;
            channel->errors = 0;
            if (left > bytes)
                continue;
            if (!channel->zero_packet_due)
                return 0;
            channel->zero_packet_due = false;
        } else {
            int status = judge(self, index, interrupt);

            if (status != ERROR_BUSY)
                return status;
        }
    }
    dwc2_channel_mask(self, index, CHANNEL_HALTED);
    return ERROR_BUSY;
}

/* Sets the channel's hardware to what is left of its transfer. Returns the transfer's
 * status: ERROR_BUSY, unless it was over at once. */
static int run(struct usb_host_dwc2 *self, unsigned index)
{
    if (self->is_qemu && !self->channels[index].transfer->endpoint->in)
        return run_packets(self, index);
    start_piece(self, index);
    dwc2_channel_mask(self, index, CHANNEL_HALTED);
    return ERROR_BUSY;
}

static void prepare_memory(const struct usb_transfer *transfer)
{
    uint32_t bytes = (transfer->length + DMA_ALIGNMENT - 1) & ~(uint32_t)(DMA_ALIGNMENT - 1);

    if (!transfer->length)
        return;
    /* Invalidating nothing is a barrier still: the CPU's reads are over before the device
     * is started. */
    if (transfer->endpoint->in)
        dma_invalidate(transfer->buffer, transfer->unwritten ? 0 : bytes);
    else
        dma_clean(transfer->buffer, transfer->length);
}

/* Puts transfer on the channel and runs it. Returns its status. */
static int launch(struct usb_host_dwc2 *self, unsigned index, struct usb_transfer *transfer)
{
    struct usb_host_dwc2_channel *channel = &self->channels[index];

    channel->transfer = transfer;
    channel->errors = 0;
    channel->zero_packet_due = transfer->end_with_short && transfer->length &&
                               transfer->length % transfer->endpoint->max_packet == 0;
    transfer->status = run(self, index);
    return transfer->status;
}

/* A device that takes its OUT pipe for a stream must not be given what stands behind the place
 * where it broke off. */
static bool breaks_off(const struct usb_transfer *transfer)
{
    return !transfer->endpoint->in && transfer->status != 0 && transfer->status != ERROR_CANCELLED;
}

void dwc2_channel_finish(struct usb_host_dwc2 *self, unsigned index)
{
    struct usb_transfer *transfer = self->channels[index].transfer;
    bool broken = false;

    for (;;) {
        struct usb_transfer *next = transfer->controller;
        int next_status = ERROR_BUSY;

        transfer->controller = NULL;
        broken |= breaks_off(transfer);
        /* First, so that the bus does not wait for the caches. */
        if (next && broken) {
            self->channels[index].transfer = next;
            next->status = next_status = ERROR_CANCELLED;
        } else if (next) {
            next_status = launch(self, index, next);
        } else {
            self->channels[index].transfer = NULL;
            self->channels_free |= 1u << index;
        }
        if (transfer->endpoint->in && transfer->actual)
            dma_invalidate(transfer->buffer,
                           (transfer->actual + DMA_ALIGNMENT - 1) & ~(uint32_t)(DMA_ALIGNMENT - 1));
        if (transfer->done)
            transfer->done(transfer);
        if (next_status == ERROR_BUSY)
            return;
        transfer = next;
    }
}

int dwc2_channel_begin(struct usb_host_dwc2 *self, struct usb_transfer *transfer)
{
    uint32_t busy = ~self->channels_free & ((1u << self->channel_count) - 1);
    unsigned index;

    transfer->actual = 0;
    transfer->controller = NULL;
    for (; busy; busy &= busy - 1) {
        struct usb_transfer *last = self->channels[__builtin_ctz(busy)].transfer;

        if (last->endpoint != transfer->endpoint)
            continue;
        while (last->controller)
            last = last->controller;
        prepare_memory(transfer);
        transfer->status = ERROR_BUSY;
        last->controller = transfer;
        return 0;
    }
    if (!self->channels_free)
        return ERROR_BUSY;
    index = transfer->endpoint->in ? (unsigned)__builtin_ctz(self->channels_free)
                                   : 31 - (unsigned)__builtin_clz(self->channels_free);
    self->channels_free &= ~(1u << index);
    prepare_memory(transfer);
    if (launch(self, index, transfer) != ERROR_BUSY)
        dwc2_channel_finish(self, index);
    return 0;
}

void dwc2_channel_interrupt(struct usb_host_dwc2 *self, unsigned index)
{
    struct usb_host_dwc2_channel *channel = &self->channels[index];
    uint32_t interrupt = dwc2_read(self, dwc2_channel(index, CHANNEL_INTERRUPT));
    struct usb_transfer *transfer = channel->transfer;

    dwc2_write(self, dwc2_channel(index, CHANNEL_INTERRUPT), interrupt);
    if (!transfer || !(interrupt & CHANNEL_HALTED))
        return;
    transfer->status = judge(self, index, interrupt);
    if (transfer->status == ERROR_BUSY)
        transfer->status = run(self, index);
    if (transfer->status != ERROR_BUSY)
        dwc2_channel_finish(self, index);
}

int dwc2_submit(struct usb_host *host, struct usb_transfer *transfer)
{
    const struct usb_endpoint *endpoint = transfer->endpoint;

    if ((endpoint->type != USB_BULK && endpoint->type != USB_INTERRUPT) || !endpoint->max_packet ||
        (uintptr_t)transfer->buffer % DMA_ALIGNMENT || transfer->length > BYTES_MAX ||
        transfer->length > PACKETS_MAX * (uint32_t)endpoint->max_packet ||
        (endpoint->in && (!transfer->length || transfer->length % endpoint->max_packet)))
        return ERROR_INVALID;
    return dwc2_channel_begin((struct usb_host_dwc2 *)host, transfer);
}
