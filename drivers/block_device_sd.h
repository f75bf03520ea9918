/*
 * block_device_sd: see the .c file.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef BLOCK_DEVICE_SD_H
#define BLOCK_DEVICE_SD_H

#include <stdbool.h>

#include "block_device.h"

struct boot_card;
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

/*
 * Takes over, in the place of start, the card that another program left at rest as *was
 * describes it: host and card keep their state. Makes sure that a card answers to that address,
 * is in transfer state and reads its last block: only the card that was given the address does.
 * Returns 0 (device is usable), ERROR_INVALID (no such card can be), ERROR_CORRUPT (host or
 * card are in another state), ERROR_TIMEOUT (it does not answer: it was changed) or ERROR_IO.
 * Then start is next. Waits up to 50 ms.
 */
int block_device_sd_adopt(struct block_device_sd *self, const struct boot_card *was);

/* Fills in *card but for its host. Sends nothing; between any two calls through device.
 * Returns 0 or ERROR_ABSENT. */
int block_device_sd_describe(const struct block_device_sd *self, struct boot_card *card);

#endif
