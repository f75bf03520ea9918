/*
 * stage2: the map that a service's physical addresses go through.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef STAGE2_H
#define STAGE2_H

#include <stdint.h>

/* The table for VTTBR_EL2, and how the hardware is to walk it (VTCR_EL2). */
uint64_t stage2_table(void);
uint64_t stage2_control(void);

#endif
