/*
 * sim_dwc2: registers, port and interrupts of the simulated DWC2; the channels are
 * the second half.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "sim_dwc2.h"

#include <string.h>

#include "usb_host_dwc2_registers.h"

#define REGISTER(self, offset) ((self)->registers[(offset) / 4])

static struct sim_dwc2 *of_device(struct sim_device *device)
{
    return (struct sim_dwc2 *)device;
}

static uint32_t *channel_register(struct sim_dwc2 *self, unsigned index, uint32_t offset)
{
    return &REGISTER(self, CHANNEL_BASE + index * CHANNEL_STRIDE + offset);
}

static void update_irq(struct sim_dwc2 *self)
{
    uint32_t channels = 0;
    uint32_t status =
        REGISTER(self, INTERRUPT_STATUS) & ~(uint32_t)(INTERRUPT_PORT | INTERRUPT_CHANNELS);

    for (unsigned i = 0; i < SIM_DWC2_CHANNELS; i++) {
        if (*channel_register(self, i, CHANNEL_INTERRUPT) &
            *channel_register(self, i, CHANNEL_INTERRUPT_MASK))
            channels |= 1u << i;
    }
    REGISTER(self, CHANNELS_INTERRUPT) = channels;
    if (channels & REGISTER(self, CHANNELS_INTERRUPT_MASK))
        status |= INTERRUPT_CHANNELS;
    if (REGISTER(self, PORT) &
        (PORT_CONNECT_CHANGE | PORT_ENABLE_CHANGE | PORT_OVER_CURRENT_CHANGE))
        status |= INTERRUPT_PORT;
    REGISTER(self, INTERRUPT_STATUS) = status;
    sim_irq_set(self->irq, (status & REGISTER(self, INTERRUPT_MASK)) &&
                               (REGISTER(self, AHB_CONFIG) & AHB_CONFIG_INTERRUPTS));
}

static void device_connects(void *context)
{
    struct sim_dwc2 *self = context;

    if (!self->root || !(REGISTER(self, PORT) & PORT_POWER))
        return;
    REGISTER(self, PORT) &= ~(3u << PORT_SPEED_SHIFT);
    REGISTER(self, PORT) |=
        PORT_CONNECTED | PORT_CONNECT_CHANGE | (uint32_t)self->root->speed << PORT_SPEED_SHIFT;
    update_irq(self);
}

/* ---- channels ---- */

static void halt(struct sim_dwc2 *self, unsigned index, uint32_t reason)
{
    self->channels[index].lingering = false;
    self->channels[index].disabling = false;
    sim_cancel(&self->channels[index].event);
    *channel_register(self, index, CHANNEL_CONTROL) &=
        ~(uint32_t)(CONTROL_ENABLE | CONTROL_DISABLE);
    *channel_register(self, index, CHANNEL_INTERRUPT) |= CHANNEL_HALTED | reason;
    update_irq(self);
}

/* One transaction of what the channel was started with. Returns bytes or an answer. */
static int transact(struct sim_dwc2 *self, unsigned index, struct sim_usb_device *device)
{
    uint32_t control = self->channels[index].control;
    uint32_t size = *channel_register(self, index, CHANNEL_SIZE);
    uint32_t *memory = channel_register(self, index, CHANNEL_DMA);
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
                             endpoint, pid == 2, !self->qemu, buffer, in ? packet : bytes);
    if (moved < 0)
        return moved;
    if ((unsigned)moved > packet || (unsigned)moved > (size & SIZE_BYTES))
        return SIM_USB_BABBLE;
    if (in)
        sim_dma_write(*memory, buffer, (size_t)moved);
    self->packets++;
    *memory += (uint32_t)moved;
    size -= (uint32_t)moved;
    if (!self->qemu || moved)
        size -= 1u << SIZE_PACKETS_SHIFT;
    if (!self->qemu && pid != 3)
        size ^= 2u << SIZE_PID_SHIFT;
    *channel_register(self, index, CHANNEL_SIZE) = size;
    return moved;
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
    if (periodic && self->overruns) {
        self->overruns--;
        halt(self, index, CHANNEL_FRAME_OVERRUN);
        return 0;
    }
    do {
        if (device)
            moved = transact(self, index, device);
        else if (self->qemu || !(REGISTER(self, PORT) & PORT_ENABLED))
            return 0; /* for ever */
        switch (moved) {
        case SIM_USB_NAK:
            *channel_register(self, index, CHANNEL_INTERRUPT) |= CHANNEL_NAK;
            if (periodic) {
                halt(self, index, CHANNEL_NAK);
                return 0;
            }
            self->channels[index].lingering = self->qemu;
            return self->qemu ? 250 : SIM_DWC2_NAK_US;
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
            !(*channel_register(self, index, CHANNEL_SIZE) >> SIZE_PACKETS_SHIFT & SIZE_PACKETS) ||
            !(*channel_register(self, index, CHANNEL_SIZE) & SIZE_BYTES) || moved == 0) {
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

static void check_start(struct sim_dwc2 *self, unsigned index, uint32_t control)
{
    uint32_t size = *channel_register(self, index, CHANNEL_SIZE);
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
    if (*channel_register(self, index, CHANNEL_DMA) % 4)
        sim_stop("dwc2: DMA to 0x%08x", *channel_register(self, index, CHANNEL_DMA));
    if (*channel_register(self, index, CHANNEL_SPLIT))
        sim_stop("dwc2: split transactions are not modelled");
    if (bytes > 65535 || packets > 511)
        sim_stop("dwc2: %u bytes in %u packets is more than the counters hold", bytes, packets);
}

static void write_channel_control(struct sim_dwc2 *self, unsigned index, uint32_t value)
{
    uint32_t *control = channel_register(self, index, CHANNEL_CONTROL);
    bool was_enabled = *control & CONTROL_ENABLE;

    if (value & CONTROL_DISABLE) {
        *control = value & ~(uint32_t)(CONTROL_DISABLE | CONTROL_ENABLE);
        if (self->never_halts) {
            *control |= CONTROL_ENABLE;
            return;
        }
        if (self->qemu) { /* and what lingers goes on lingering */
            *channel_register(self, index, CHANNEL_INTERRUPT) |= CHANNEL_HALTED;
            update_irq(self);
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
    check_start(self, index, value);
    sim_cancel(&self->channels[index].event);
    self->channels[index].lingering = false;
    self->channels[index].control = value;
    self->channels[index].small =
        (*channel_register(self, index, CHANNEL_SIZE) & SIZE_BYTES) <= 1536;
    if (self->qemu)
        go_on(&self->channels[index].dwc2);
    else
        sim_after_us(&self->channels[index].event, SIM_DWC2_PACKET_US, go_on,
                     &self->channels[index].dwc2);
}

static bool a_channel_runs(const struct sim_dwc2 *self)
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
    return !a_channel_runs(self) && !(self->registers[AHB_CONFIG / 4] & AHB_CONFIG_INTERRUPTS) &&
           !self->registers[INTERRUPT_MASK / 4];
}

/* ---- port and core ---- */

static void write_port(struct sim_dwc2 *self, uint32_t value)
{
    uint32_t old = REGISTER(self, PORT);
    uint32_t now = old & ~(value & PORT_WRITE_ONE_CLEARS);

    now = (now & ~(uint32_t)(PORT_RESET | PORT_POWER)) | (value & (PORT_RESET | PORT_POWER));
    if (value & PORT_RESET && !(old & PORT_RESET)) {
        if (a_channel_runs(self))
            sim_stop("dwc2: port reset while a channel runs");
        self->port_resets++;
        now &= ~(uint32_t)PORT_ENABLED;
    }
    if (old & PORT_RESET && !(value & PORT_RESET) && now & PORT_CONNECTED &&
        !self->never_enables_port) {
        now |= PORT_ENABLED | PORT_ENABLE_CHANGE;
        sim_usb_reset(self->root);
    }
    REGISTER(self, PORT) = now;
    if (value & PORT_POWER && !(old & PORT_POWER))
        sim_after_us(&self->connect, self->connect_after_us, device_connects, self);
}

static void becomes_host(void *context)
{
    struct sim_dwc2 *self = context;

    REGISTER(self, INTERRUPT_STATUS) |= INTERRUPT_HOST_MODE;
}

static void reset_core(struct sim_dwc2 *self)
{
    if (self->stays_in_reset)
        return;
    REGISTER(self, RESET_CONTROL) &= ~(uint32_t)RESET_CONTROL_CORE;
    if (self->qemu)
        return; /* there it does nothing */
    REGISTER(self, PORT) = 0;
    REGISTER(self, AHB_CONFIG) = REGISTER(self, INTERRUPT_MASK) = 0;
    for (unsigned i = 0; i < SIM_DWC2_CHANNELS; i++) {
        sim_cancel(&self->channels[i].event);
        self->channels[i].disabling = false;
        *channel_register(self, i, CHANNEL_CONTROL) = 0;
        *channel_register(self, i, CHANNEL_INTERRUPT_MASK) = 0xffffffff; /* worst case */
    }
    if (self->starts_as_device || self->stays_a_device)
        REGISTER(self, INTERRUPT_STATUS) &= ~(uint32_t)INTERRUPT_HOST_MODE;
}

static void write_global(struct sim_dwc2 *self, uint32_t offset, uint32_t value)
{
    REGISTER(self, offset) = value;
    switch (offset) {
    case RESET_CONTROL:
        REGISTER(self, offset) = value | 1u << 31;
        if (value & RESET_CONTROL_CORE)
            reset_core(self);
        if (!self->stays_in_reset)
            REGISTER(self, offset) &=
                ~(uint32_t)(RESET_CONTROL_FLUSH_RECEIVE | RESET_CONTROL_FLUSH_SEND);
        break;
    case USB_CONFIG:
        if (value & USB_CONFIG_FORCE_HOST && !self->stays_a_device)
            sim_after_us(&self->force, 25000, becomes_host, self);
        break;
    case AHB_CONFIG:
    case INTERRUPT_MASK:
    case CHANNELS_INTERRUPT_MASK:
    case RECEIVE_FIFO_SIZE:
    case SEND_FIFO_SIZE:
    case PERIODIC_SEND_FIFO_SIZE:
    case HOST_CONFIG:
    case POWER_AND_CLOCK:
        break;
    default:
        sim_stop("dwc2: register 0x%03x is written", offset);
    }
}

static void write_register(struct sim_device *device, uint32_t offset, uint32_t value)
{
    struct sim_dwc2 *self = of_device(device);
    unsigned index = (offset - CHANNEL_BASE) / CHANNEL_STRIDE;

    if (offset >= CHANNEL_BASE && index < SIM_DWC2_CHANNELS) {
        switch (offset % CHANNEL_STRIDE) {
        case CHANNEL_CONTROL:
            write_channel_control(self, index, value);
            break;
        case CHANNEL_INTERRUPT:
            REGISTER(self, offset) &= ~value;
            break;
        case CHANNEL_INTERRUPT_MASK:
        case CHANNEL_SPLIT:
        case CHANNEL_SIZE:
        case CHANNEL_DMA:
            if (offset % CHANNEL_STRIDE != CHANNEL_INTERRUPT_MASK &&
                *channel_register(self, index, CHANNEL_CONTROL) & CONTROL_ENABLE)
                sim_stop("dwc2: register 0x%03x is written while its channel runs", offset);
            REGISTER(self, offset) = value;
            break;
        default:
            sim_stop("dwc2: register 0x%03x is written", offset);
        }
    } else if (offset == PORT) {
        write_port(self, value);
    } else if (offset == INTERRUPT_STATUS) {
        REGISTER(self, offset) &= ~value | INTERRUPT_HOST_MODE;
    } else {
        write_global(self, offset, value);
    }
    update_irq(self);
}

static uint32_t read_register(struct sim_device *device, uint32_t offset)
{
    struct sim_dwc2 *self = of_device(device);

    switch (offset) {
    case CORE_ID:
        return self->is_absent ? 0 : self->qemu ? CORE_ID_QEMU : 0x4f54280a;
    case HARDWARE_CONFIG_2:
        return (self->has_no_dma ? 0 : 2 << 3) | (SIM_DWC2_CHANNELS - 1) << 14;
    case FRAME_NUMBER:
    case AHB_CONFIG:
    case USB_CONFIG:
    case RESET_CONTROL:
    case INTERRUPT_STATUS:
    case HOST_CONFIG:
    case CHANNELS_INTERRUPT:
    case PORT:
        return REGISTER(self, offset);
    }
    if (offset < CHANNEL_BASE || offset >= CHANNEL_BASE + SIM_DWC2_CHANNELS * CHANNEL_STRIDE)
        sim_stop("dwc2: register 0x%03x is read", offset);
    return REGISTER(self, offset);
}

void sim_dwc2_init(struct sim_dwc2 *self, uintptr_t base, unsigned irq, bool qemu,
                   struct sim_usb_device *root)
{
    memset(self, 0, sizeof *self);
    self->device = (struct sim_device){.name = "dwc2",
                                       .base = base,
                                       .bytes = 0x1000,
                                       .read = read_register,
                                       .write = write_register};
    self->qemu = qemu;
    self->irq = irq;
    self->root = root;
    self->connect_after_us = 5000;
    for (unsigned i = 0; i < SIM_DWC2_CHANNELS; i++)
        self->channels[i].dwc2 = self;
    REGISTER(self, RESET_CONTROL) = 1u << 31;
    REGISTER(self, INTERRUPT_STATUS) = INTERRUPT_HOST_MODE;
    /* QEMU's port has power and a device from the beginning. */
    if (qemu) {
        REGISTER(self, PORT) = PORT_POWER;
        device_connects(self);
    }
    sim_map(&self->device);
}

void sim_dwc2_unplug(struct sim_dwc2 *self)
{
    self->root = NULL;
    REGISTER(self, PORT) &= ~(uint32_t)(PORT_CONNECTED | PORT_ENABLED);
    REGISTER(self, PORT) |= PORT_CONNECT_CHANGE | PORT_ENABLE_CHANGE;
    for (unsigned i = 0; i < SIM_DWC2_CHANNELS; i++) {
        sim_cancel(&self->channels[i].event);
        self->channels[i].lingering = false;
    }
    update_irq(self);
}
