/*
 * sim_parts: what the parts of the simulator's base, and the models of devices, need of
 * each other. Tests include sim.h only.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef SIM_PARTS_H
#define SIM_PARTS_H

#include <stdbool.h>
#include <stdint.h>

/* Each returns its part to the state of a machine that was just switched on. */
void sim_clock_reset(void);
void sim_mmio_reset(void);
void sim_irq_reset(void);
void sim_dma_reset(void);
void sim_power_reset(void);
void sim_random_reset(void);
void sim_log_reset(void);

/* Moves the time and fires the events that it passes. */
void sim_clock_advance_ns(uint64_t duration_ns);

/* The time, for device models: looking at it moves nothing. */
uint64_t sim_clock_now_ns(void);

/* True while the line of an enabled interrupt is active. */
bool sim_irq_is_pending(void);

#endif
