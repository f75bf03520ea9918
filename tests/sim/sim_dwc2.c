/*
 * sim_dwc2: registers, port and interrupts of the simulated DWC2.
 * sim_dwc2_channels.c is its other half.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "sim_dwc2.h"

#include <string.h>

#include "clock.h"
#include "sim_dwc2_channels.h"
#include "sim_parts.h"

static struct sim_dwc2 *of_device(struct sim_device *device)
{
    return (struct sim_dwc2 *)device;
}

void sim_dwc2_update_irq(struct sim_dwc2 *self)
{
    uint32_t channels = 0;
    uint32_t status =
        REGISTER(self, INTERRUPT_STATUS) & ~(uint32_t)(INTERRUPT_PORT | INTERRUPT_CHANNELS);

    for (unsigned i = 0; i < SIM_DWC2_CHANNELS; i++) {
        if (*sim_dwc2_channel_register(self, i, CHANNEL_INTERRUPT) &
            *sim_dwc2_channel_register(self, i, CHANNEL_INTERRUPT_MASK))
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
    sim_dwc2_update_irq(self);
}

/* ---- port and core ---- */

static void write_port(struct sim_dwc2 *self, uint32_t value)
{
    uint32_t old = REGISTER(self, PORT);
    uint32_t now = old & ~(value & PORT_WRITE_ONE_CLEARS);

    now = (now & ~(uint32_t)(PORT_RESET | PORT_POWER)) | (value & (PORT_RESET | PORT_POWER));
    if (value & PORT_RESET && !(old & PORT_RESET)) {
        if (sim_dwc2_channel_runs(self))
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
    if (value & PORT_POWER && !(old & PORT_POWER) &&
        clock_now_us() - self->reset_at_us >= self->settles_after_us)
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
    self->reset_at_us = clock_now_us();
    REGISTER(self, RESET_CONTROL) &= ~(uint32_t)RESET_CONTROL_CORE;
    if (self->qemu)
        return; /* there it does nothing */
    REGISTER(self, PORT) = 0;
    REGISTER(self, AHB_CONFIG) = REGISTER(self, INTERRUPT_MASK) = 0;
    REGISTER(self, RECEIVE_FIFO_SIZE) = REGISTER(self, PERIODIC_SEND_FIFO_SIZE) = 0x1000;
    REGISTER(self, SEND_FIFO_SIZE) = 0x1000 << 16 | 0x1000;
    for (unsigned i = 0; i < SIM_DWC2_CHANNELS; i++) {
        sim_cancel(&self->channels[i].event);
        self->channels[i].disabling = false;
        *sim_dwc2_channel_register(self, i, CHANNEL_CONTROL) = 0;
        *sim_dwc2_channel_register(self, i, CHANNEL_INTERRUPT_MASK) = 0xffffffff; /* worst case */
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
        break;
    case RECEIVE_FIFO_SIZE:
    case SEND_FIFO_SIZE:
    case PERIODIC_SEND_FIFO_SIZE:
    case HOST_CONFIG:
    case POWER_AND_CLOCK:
        if (REGISTER(self, PORT) & PORT_ENABLED && !self->qemu)
            sim_stop("dwc2: register 0x%03x is written while the port is enabled", offset);
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
            sim_dwc2_write_channel_control(self, index, value);
            break;
        case CHANNEL_INTERRUPT:
            REGISTER(self, offset) &= ~value;
            break;
        case CHANNEL_INTERRUPT_MASK:
        case CHANNEL_SPLIT:
        case CHANNEL_SIZE:
        case CHANNEL_DMA:
            if (offset % CHANNEL_STRIDE != CHANNEL_INTERRUPT_MASK &&
                *sim_dwc2_channel_register(self, index, CHANNEL_CONTROL) & CONTROL_ENABLE)
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
    sim_dwc2_update_irq(self);
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
        return sim_dwc2_frame(sim_clock_now_ns());
    case AHB_CONFIG:
    case USB_CONFIG:
    case RESET_CONTROL:
    case INTERRUPT_STATUS:
    case RECEIVE_FIFO_SIZE:
    case SEND_FIFO_SIZE:
    case PERIODIC_SEND_FIFO_SIZE:
    case HOST_CONFIG:
    case POWER_AND_CLOCK:
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
    sim_dwc2_update_irq(self);
}

void sim_dwc2_disable_port(struct sim_dwc2 *self)
{
    REGISTER(self, PORT) &= ~(uint32_t)PORT_ENABLED;
    REGISTER(self, PORT) |= PORT_ENABLE_CHANGE;
    sim_dwc2_update_irq(self);
}
