/*
 * power_bcm2835: implements power.h on the BCM2835's power management block.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef POWER_BCM2835_H
#define POWER_BCM2835_H

#include <stdint.h>

/* base: the block's first register (peripherals + 0x100000). Disarms nothing. */
void power_bcm2835_init(uintptr_t base);

/* What the reset status register shows now: enum power_reset_reason; the raw value goes
 * to *raw. The firmware reads the register before us and clears it by that, so the FDT's
 * word (board/rpi3/device_tree.h) goes first. */
uint32_t power_bcm2835_reset_reason(uint32_t *raw);

/* The same for a raw value from elsewhere. */
uint32_t power_bcm2835_reason_of(uint32_t raw);

#endif
