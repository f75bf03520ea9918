/*
 * boot_from_sd: a boot image that is a file on the card's FAT partition.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef BOOT_FROM_SD_H
#define BOOT_FROM_SD_H

#include "boot_source.h"
#include "fat_volume.h"

struct boot_from_sd {
    struct boot_source source;
    struct block_device *device;
    const char *file;
    struct fat_volume volume;
    char location[64];
};

/*
 * Fills in self; reads nothing. device: the card, or null if there is none (fetch then
 * gives ERROR_ABSENT). file: path on the volume, "dns.elf". Both stay the caller's and must
 * outlive self. self->source.fetch mounts the volume anew each time, so what was damaged is
 * read again. A card that was changed is only seen by starting the device anew, which is the
 * caller's work: after an error other than ERROR_ABSENT, or when device has no blocks any
 * more. Beyond boot_source.h's errors fetch returns ERROR_CORRUPT (the volume or the file's
 * cluster chain is damaged), ERROR_UNSUPPORTED (the card's partition table) and
 * ERROR_INVALID (file is a folder, or not a name FAT can have).
 */
void boot_from_sd_init(struct boot_from_sd *self, struct block_device *device, const char *file);

#endif
