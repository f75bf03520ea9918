/*
 * block_device_sd: see the .c file.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef BLOCK_DEVICE_SD_H
#define BLOCK_DEVICE_SD_H

#include <stdbool.h>

#include "block_device.h"

struct sd_host;

struct block_device_sd {
    struct block_device device;
    struct sd_host *host;
    uint32_t address;   /* the card's relative address, in bits 31..16 */
    bool counts_blocks; /* SDHC and SDXC: arguments are blocks, not bytes */
    bool read_only;     /* the card says so */
};

/* Fills in self; sends nothing. device.block_count stays 0, and every call through
 * device gives ERROR_ABSENT, until block_device_sd_start has found a card. host stays
 * the caller's and must outlive self. */
void block_device_sd_init(struct block_device_sd *self, struct sd_host *host);

/*
 * Resets the host, identifies the card and makes it ready to move data. May be called
 * again, for example after the card was changed. Returns 0 (device is usable),
 * ERROR_ABSENT (nothing answered for 12 ms), ERROR_UNSUPPORTED (not an SD memory card,
 * wrong voltage, or a kind of card from after this was written), ERROR_TIMEOUT (the card
 * stays busy for more than a second, or stopped answering) or ERROR_IO. Waits.
 */
int block_device_sd_start(struct block_device_sd *self);

#endif
