/*
 * sd_host_arasan: see the .c file.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef SD_HOST_ARASAN_H
#define SD_HOST_ARASAN_H

#include "sd_host.h"

struct sd_host_arasan {
    struct sd_host host;
    uintptr_t base;
    uint32_t source_hz;      /* clock that feeds the controller */
    uint32_t card_hz;        /* clock of the card, 0 while it is stopped */
    uint64_t written_us[16]; /* when each register was written last */
};

/*
 * Fills in self; touches no register. base: CPU address of the controller; source_hz:
 * the EMMC clock as the firmware tells it, 1 or more. The pins must be the controller's
 * (GPIO 48-53 in ALT3 on a Pi 3) before the first call through self->host.
 */
void sd_host_arasan_init(struct sd_host_arasan *self, uintptr_t base, uint32_t source_hz);

#endif
