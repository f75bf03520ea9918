/*
 * sd_host_bcm2835: see the .c file.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef SD_HOST_BCM2835_H
#define SD_HOST_BCM2835_H

#include "sd_host.h"

struct sd_host_bcm2835 {
    struct sd_host host;
    uintptr_t base;
    uint32_t source_hz;     /* clock that feeds the controller */
    uint32_t configuration; /* what HOST_CONFIGURATION holds */
    uint32_t divider;       /* what CLOCK_DIVIDER holds */
};

/*
 * Fills in self; touches no register. base: CPU address of the controller; source_hz:
 * the core clock (VPU), which the firmware tells, 1 or more; it must not change while
 * the card is in use. The pins must be the controller's (GPIO 48-53 in ALT0 on a Pi 3)
 * before the first call through self->host.
 */
void sd_host_bcm2835_init(struct sd_host_bcm2835 *self, uintptr_t base, uint32_t source_hz);

#endif
