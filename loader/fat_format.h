/*
 * fat_format: is this a FAT volume? A pure function over its boot sector of 512 bytes; it logs
 * one line with subject "sd" when it says no.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef FAT_FORMAT_H
#define FAT_FORMAT_H

#include <stdint.h>

/*
 * Checks everything in a volume's boot sector a wrong value of which could lead a reader
 * outside the volume's partition_blocks. Returns 0 or ERROR_CORRUPT.
 */
int fat_format_check_volume(const uint8_t *boot, uint64_t partition_blocks);

#endif
