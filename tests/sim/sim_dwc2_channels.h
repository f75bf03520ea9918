/*
 * sim_dwc2_channels: between the two halves of the simulated DWC2.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef SIM_DWC2_CHANNELS_H
#define SIM_DWC2_CHANNELS_H

#include "sim_dwc2.h"
#include "usb_host_dwc2_registers.h"

#define REGISTER(self, offset) ((self)->registers[(offset) / 4])

static inline uint32_t *sim_dwc2_channel_register(struct sim_dwc2 *self, unsigned index,
                                                  uint32_t offset)
{
    return &REGISTER(self, CHANNEL_BASE + index * CHANNEL_STRIDE + offset);
}

/* The number of the (micro)frame, one per 125 us. */
static inline uint32_t sim_dwc2_frame(uint64_t time_ns)
{
    return (uint32_t)(time_ns / 125000) & 0x3fff;
}

/* Sets the line to what the registers say. */
void sim_dwc2_update_irq(struct sim_dwc2 *self);

/* A write to CHANNEL_CONTROL: starts or disables. */
void sim_dwc2_write_channel_control(struct sim_dwc2 *self, unsigned index, uint32_t value);

/* True if a channel is enabled, or QEMU still tries for one that is not. */
bool sim_dwc2_channel_runs(const struct sim_dwc2 *self);

#endif
