/*
 * irq_bcm2836: implements irq.h on the BCM2836's local controller and the BCM2835's GPU
 * interrupt controller behind it.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef IRQ_BCM2836_H
#define IRQ_BCM2836_H

#include <stdint.h>

/* local: the BCM2836's registers (0x40000000); gpu: the BCM2835's controller (offset
 * 0xb200 in the peripherals). Disables everything, routes GPU interrupts to core 0, and
 * lets timer_line (0-3, of register 0x40) of core 0 wake the core from WFI. Timers that are
 * routed as FIQ stay so (bits 4-7): see irq_route_guard_timer. */
void irq_bcm2836_init(uintptr_t local, uintptr_t gpu, unsigned timer_line);

#endif
