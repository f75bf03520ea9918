/*
 * pilot_card: SD card images: what is where on them, and their FAT partition, made with mtools:
 * no root, no loop device.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef PILOT_CARD_H
#define PILOT_CARD_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PILOT_CARD_BLOCK_BYTES 512u
#define PILOT_CARD_FAT_FIRST   2048u /* block; 1 MiB, where every tool begins */

/* In blocks. The FAT partition begins at PILOT_CARD_FAT_FIRST. */
struct pilot_card_layout {
    uint64_t blocks;     /* of the whole card: a power of two, QEMU wants that */
    uint32_t fat_blocks; /* 70000 or more: FAT32 wants 65525 clusters, and its tables */
    uint32_t store_first, store_blocks; /* the slot store; store_blocks 0: none */
};

/* Makes an image with a partition table, an empty FAT32 partition and, if there is to be one, an
 * empty slot store: all zeros, not a byte of it written. Fails, also when the file exists. */
void pilot_card_format(const char *image, const struct pilot_card_layout *layout);

/* Puts a file, or bytes, into the image's FAT partition; name may have a folder of
 * pilot_card_add_folder in front. Fails. */
void pilot_card_copy(const char *image, const char *file, const char *name);
void pilot_card_put(const char *image, const void *bytes, size_t length, const char *name);
void pilot_card_add_folder(const char *image, const char *name);

/* Copies a file from the FAT partition of a card that somebody made. Fails. */
void pilot_card_fetch(const char *image, const char *name, const char *to);

/* Makes a card image in the temporary folder: one FAT32 partition, pilot.conf and the
 * file at elf under the name given. Writes the image's path. */
void pilot_card_make(char image[PATH_MAX], const char *elf, const char *name);

#endif
