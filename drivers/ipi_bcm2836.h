/*
 * ipi_bcm2836: implements ipi.h with the core mailboxes of the BCM2836.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef IPI_BCM2836_H
#define IPI_BCM2836_H

#include <stdint.h>

/* base: the BCM2836's local registers (0x40000000). Touches none of them. */
void ipi_bcm2836_init(uintptr_t base);

#endif
