/*
 * sim_dwc2_channels: how the simulated DWC2 moves data.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "sim_dwc2_channels.h"

#include "sim_parts.h"

static void halt(struct sim_dwc2 *self, unsigned index, uint32_t reason)
{
    self->channels[index].lingering = false;
    self->channels[index].disabling = false;
    sim_cancel(&self->channels[index].event);
    *sim_dwc2_channel_register(self, index, CHANNEL_CONTROL) &=
        ~(uint32_t)(CONTROL_ENABLE | CONTROL_DISABLE);
    *sim_dwc2_channel_register(self, index, CHANNEL_INTERRUPT) |= CHANNEL_HALTED | reason;
    sim_dwc2_update_irq(self);
}

/* One transaction of what the channel was started with. Returns bytes or an answer. */
static int transact(struct sim_dwc2 *self, unsigned index, struct sim_usb_device *device)
{
    uint32_t control = self->channels[index].control;
    uint32_t size = *sim_dwc2_channel_register(self, index, CHANNEL_SIZE);
    uint32_t *memory = sim_dwc2_channel_register(self, index, CHANNEL_DMA);
    uint32_t pid = size >> SIZE_PID_SHIFT & SIZE_PID;
    unsigned packet = control & 0x7ff;
    unsigned bytes = size & SIZE_BYTES;
    unsigned endpoint = control >> CONTROL_ENDPOINT_SHIFT & 15;
    bool in = control & CONTROL_IN;
    uint8_t buffer[1024];
    int moved;

    if (bytes > packet)
        bytes = packet;
    if (!in)
        sim_dma_read(*memory, buffer, bytes);
    moved = sim_usb_transact(device,
                             in         ? SIM_USB_IN
                             : pid == 3 ? SIM_USB_SETUP
                                        : SIM_USB_OUT,
                             endpoint, (pid == 2) ^ (self->channels[index].moved & 1), !self->qemu,
                             buffer, in ? packet : bytes);
    if (moved < 0)
        return moved;
    if ((unsigned)moved > packet || (unsigned)moved > (size & SIZE_BYTES))
        return SIM_USB_BABBLE;
    if (in)
        sim_dma_write(*memory, buffer, (size_t)moved);
    self->packets++;
    if (self->qemu && pid != 3)
        self->channels[index].moved++; /* its PID stays as it was written */
    *memory += (uint32_t)moved;
    size -= (uint32_t)moved;
    if (!self->qemu || moved)
        size -= 1u << SIZE_PACKETS_SHIFT;
    if (!self->qemu && pid != 3)
        size ^= 2u << SIZE_PID_SHIFT;
    *sim_dwc2_channel_register(self, index, CHANNEL_SIZE) = size;
    return moved;
}

/* True if QEMU has to ask another process for the answer. It keeps what a request brings, and acts
 * at the SETUP of those that read and at the status stage of the others. */
static bool is_asked_elsewhere(struct sim_dwc2 *self, unsigned index,
                               const struct sim_usb_device *device)
{
    uint32_t control = self->channels[index].control;
    uint32_t size = *sim_dwc2_channel_register(self, index, CHANNEL_SIZE);
    uint8_t request_type;

    if (!self->qemu || !self->answers_after_us || !device)
        return false;
    if ((control >> CONTROL_TYPE_SHIFT & 3) == USB_BULK)
        return !(control & CONTROL_IN);
    if ((control >> CONTROL_TYPE_SHIFT & 3) != USB_CONTROL)
        return false;
    if (control & CONTROL_IN)
        return device->stage == STAGE_STATUS_IN;
    if ((size >> SIZE_PID_SHIFT & SIZE_PID) != 3)
        return false;
    sim_dma_read(*sim_dwc2_channel_register(self, index, CHANNEL_DMA), &request_type, 1);
    return request_type & 0x80;
}

/* Works on a channel until it has to wait. Returns the microseconds until it goes on,
 * 0 if it has halted. */
static unsigned work(struct sim_dwc2 *self, unsigned index)
{
    uint32_t control = self->channels[index].control;
    bool periodic = (control >> CONTROL_TYPE_SHIFT & 3) == USB_INTERRUPT;
    struct sim_usb_device *device = NULL;
    unsigned packet = control & 0x7ff;
    int moved = SIM_USB_LOST;

    if (self->root && REGISTER(self, PORT) & PORT_ENABLED)
        device = sim_usb_find(self->root, control >> CONTROL_ADDRESS_SHIFT & 0x7f);
    if (self->qemu && self->channels[index].lingering && !device)
        sim_stop("dwc2: QEMU aborts: what channel %u tries again is for nobody", index);
    if (periodic && self->overruns) {
        self->overruns--;
        halt(self, index, CHANNEL_FRAME_OVERRUN);
        return 0;
    }
    do {
        if (!self->channels[index].in_flight && is_asked_elsewhere(self, index, device)) {
            self->channels[index].in_flight = true;
            return self->answers_after_us;
        }
        self->channels[index].in_flight = false;
        if (device)
            moved = transact(self, index, device);
        else if (self->qemu || !(REGISTER(self, PORT) & PORT_ENABLED))
            return 0; /* for ever */
        switch (moved) {
        case SIM_USB_NAK:
            *sim_dwc2_channel_register(self, index, CHANNEL_INTERRUPT) |= CHANNEL_NAK;
            if (periodic) {
                halt(self, index, CHANNEL_NAK);
                return 0;
            }
            self->channels[index].lingering = self->qemu;
            return self->qemu ? 250 : SIM_DWC2_NAK_US;
        case SIM_USB_AGAIN: /* acknowledged and dropped; nobody is interrupted */
            *sim_dwc2_channel_register(self, index, CHANNEL_INTERRUPT) |= CHANNEL_TOGGLE_ERROR;
            return SIM_DWC2_PACKET_US;
        case SIM_USB_STALL:
            halt(self, index, CHANNEL_STALL);
            return 0;
        case SIM_USB_LOST:
            halt(self, index, CHANNEL_TRANSACTION_ERROR);
            return 0;
        case SIM_USB_BABBLE:
            halt(self, index, CHANNEL_BABBLE);
            return 0;
        }
        if ((control & CONTROL_IN && (unsigned)moved < packet) ||
            !(*sim_dwc2_channel_register(self, index, CHANNEL_SIZE) >> SIZE_PACKETS_SHIFT &
              SIZE_PACKETS) ||
            !(*sim_dwc2_channel_register(self, index, CHANNEL_SIZE) & SIZE_BYTES) || moved == 0) {
            halt(self, index, CHANNEL_COMPLETE);
            return 0;
        }
    } while (self->qemu && !self->channels[index].small);
    self->channels[index].lingering = self->qemu;
    return self->qemu ? 250 : SIM_DWC2_PACKET_US;
}

static void go_on(void *context)
{
    struct sim_dwc2 *self = *(struct sim_dwc2 **)context;
    unsigned index = 0;
    unsigned wait_us;

    while (&self->channels[index].dwc2 != context)
        index++;
    if (self->channels[index].disabling) {
        halt(self, index, 0);
        return;
    }
    wait_us = work(self, index);
    if (wait_us)
        sim_after_us(&self->channels[index].event, wait_us, go_on, context);
}

/* A periodic packet waits for a frame of the parity it names: that of the next one. The
 * start may just have slipped into the next frame after the program looked. */
static bool frame_is_ahead(uint32_t control)
{
    bool odd = control & CONTROL_ODD_FRAME;
    uint64_t now_ns = sim_clock_now_ns();

    return odd != (sim_dwc2_frame(now_ns) & 1) || odd != (sim_dwc2_frame(now_ns - 1000) & 1);
}

static void check_start(struct sim_dwc2 *self, unsigned index, uint32_t control)
{
    uint32_t size = *sim_dwc2_channel_register(self, index, CHANNEL_SIZE);
    unsigned packet = control & 0x7ff;
    unsigned bytes = size & SIZE_BYTES;
    unsigned packets = size >> SIZE_PACKETS_SHIFT & SIZE_PACKETS;
    unsigned wanted = packet ? (bytes + packet - 1) / packet : 0;

    if (!(REGISTER(self, AHB_CONFIG) & AHB_CONFIG_DMA))
        sim_stop("dwc2: a channel is started without DMA");
    if (!packet || !(control >> 20 & 3))
        sim_stop("dwc2: a channel is started with packets of %u bytes, %u per frame", packet,
                 control >> 20 & 3);
    if (control & CONTROL_IN && bytes % packet)
        sim_stop("dwc2: room for %u bytes is not whole packets of %u", bytes, packet);
    if (packets != (wanted ? wanted : 1))
        sim_stop("dwc2: %u packets of %u bytes for %u bytes", packets, packet, bytes);
    if ((control >> CONTROL_TYPE_SHIFT & 3) == USB_INTERRUPT && !frame_is_ahead(control))
        sim_stop("dwc2: a periodic packet for a frame that is over");
    if (*sim_dwc2_channel_register(self, index, CHANNEL_DMA) % 4)
        sim_stop("dwc2: DMA to 0x%08x", *sim_dwc2_channel_register(self, index, CHANNEL_DMA));
    if (*sim_dwc2_channel_register(self, index, CHANNEL_SPLIT))
        sim_stop("dwc2: split transactions are not modelled");
    if (bytes > 65535 || packets > 511)
        sim_stop("dwc2: %u bytes in %u packets is more than the counters hold", bytes, packets);
}

void sim_dwc2_write_channel_control(struct sim_dwc2 *self, unsigned index, uint32_t value)
{
    uint32_t *control = sim_dwc2_channel_register(self, index, CHANNEL_CONTROL);
    bool was_enabled = *control & CONTROL_ENABLE;

    if (value & CONTROL_DISABLE) {
        *control = value & ~(uint32_t)(CONTROL_DISABLE | CONTROL_ENABLE);
        if (self->never_halts) {
            *control |= CONTROL_ENABLE;
            return;
        }
        if (self->qemu) { /* and what lingers goes on lingering */
            *sim_dwc2_channel_register(self, index, CHANNEL_INTERRUPT) |= CHANNEL_HALTED;
            sim_dwc2_update_irq(self);
        } else if (was_enabled) {
            *control |= CONTROL_ENABLE;
            self->channels[index].disabling = true;
            sim_after_us(&self->channels[index].event, 30, go_on, &self->channels[index].dwc2);
        }
        return;
    }
    if (was_enabled)
        sim_stop("dwc2: channel %u is started while it runs", index);
    *control = value;
    if (!(value & CONTROL_ENABLE))
        return;
    if (self->channels[index].in_flight)
        sim_stop("dwc2: QEMU aborts: channel %u is started while its packet is in flight", index);
    check_start(self, index, value);
    sim_cancel(&self->channels[index].event);
    self->channels[index].lingering = false;
    self->channels[index].moved = 0;
    self->channels[index].control = value;
    self->channels[index].small =
        (*sim_dwc2_channel_register(self, index, CHANNEL_SIZE) & SIZE_BYTES) <= 1536;
    if (self->qemu)
        go_on(&self->channels[index].dwc2);
    else
        sim_after_us(&self->channels[index].event, SIM_DWC2_PACKET_US, go_on,
                     &self->channels[index].dwc2);
}

bool sim_dwc2_channel_runs(const struct sim_dwc2 *self)
{
    for (unsigned i = 0; i < SIM_DWC2_CHANNELS; i++) {
        if (self->channels[i].lingering ||
            self->registers[(CHANNEL_BASE + i * CHANNEL_STRIDE) / 4] & CONTROL_ENABLE)
            return true;
    }
    return false;
}

bool sim_dwc2_is_quiet(const struct sim_dwc2 *self)
{
    return !sim_dwc2_channel_runs(self) &&
           !(self->registers[AHB_CONFIG / 4] & AHB_CONFIG_INTERRUPTS) &&
           !self->registers[INTERRUPT_MASK / 4];
}
