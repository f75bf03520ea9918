/*
 * fat_format: is this a partition table, is that a FAT volume? Pure functions over one
 * block of 512 bytes each; they log one line with subject "sd" when they say no.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef FAT_FORMAT_H
#define FAT_FORMAT_H

#include <stdint.h>

/*
 * Finds the first partition of type 01, 04, 06, 0b, 0c or 0e in a master boot record
 * (block 0 of a card of card_blocks) and gives its first block and its length.
 * Returns 0, ERROR_ABSENT (no such partition, or no table), ERROR_UNSUPPORTED (a GUID
 * partition table) or ERROR_CORRUPT (the partition does not lie on the card).
 */
int fat_format_find_partition(const uint8_t *record, uint64_t card_blocks, uint64_t *first,
                              uint64_t *count);

/*
 * Checks everything in a volume's boot sector a wrong value of which could lead a reader
 * outside the volume's partition_blocks. Returns 0 or ERROR_CORRUPT.
 */
int fat_format_check_volume(const uint8_t *boot, uint64_t partition_blocks);

#endif
