/*
 * fat_format: see the header. Format: Microsoft's "FAT32 File System Specification",
 * 1.03 (its FAT12 and FAT16 parts too).
 *
 * Not done: exFAT: the Pi's own boot ROM needs a FAT volume anyway.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "fat_format.h"

#include "bytes.h"
#include "error.h"
#include "log.h"

#define BLOCK_BYTES  512
#define SIGNATURE_AT 510
#define SIGNATURE    0xaa55
/* Clusters a volume can have before it becomes the next kind of FAT, as FatFs sees it. */
#define FAT12_MAX 4085
#define FAT16_MAX 65525
#define FAT32_MAX 0x0ffffff5

static int refuse(const char *field, uint32_t value)
{
    log_line("sd", "FAT volume: %s cannot be %u", field, (unsigned)value);
    return ERROR_CORRUPT;
}

/* FatFs computes with 32 bits here, and two FATs of 2^31 blocks fit anywhere then. */
int fat_format_check_volume(const uint8_t *boot, uint64_t partition_blocks)
{
    uint32_t cluster_blocks, reserved, fats, root, total, fat_blocks;
    uint64_t used, clusters, fat_bytes;

    cluster_blocks = boot[13];
    reserved = bytes_le16(boot + 14);
    fats = boot[16];
    root = bytes_le16(boot + 17);
    total = bytes_le16(boot + 19) != 0 ? bytes_le16(boot + 19) : bytes_le32(boot + 32);
    fat_blocks = bytes_le16(boot + 22) != 0 ? bytes_le16(boot + 22) : bytes_le32(boot + 36);

    if (bytes_le16(boot + SIGNATURE_AT) != SIGNATURE)
        return refuse("its signature", bytes_le16(boot + SIGNATURE_AT));
    if (bytes_le16(boot + 11) != BLOCK_BYTES)
        return refuse("bytes per sector", bytes_le16(boot + 11));
    if (cluster_blocks == 0 || (cluster_blocks & (cluster_blocks - 1)) != 0)
        return refuse("sectors per cluster", cluster_blocks);
    if (reserved == 0)
        return refuse("reserved sectors", reserved);
    if (fats != 1 && fats != 2)
        return refuse("number of FATs", fats);
    if (root % (BLOCK_BYTES / 32) != 0)
        return refuse("root directory entries", root);
    if (total > partition_blocks)
        return refuse("sectors (more than the partition has)", total);
    used = reserved + (uint64_t)fats * fat_blocks + root / (BLOCK_BYTES / 32);
    if (fat_blocks == 0 || used >= total)
        return refuse("sectors per FAT", fat_blocks);
    clusters = (total - used) / cluster_blocks;
    if (clusters == 0 || clusters > FAT32_MAX)
        return refuse("sectors", total);
    fat_bytes = (clusters + 2) * 4;
    if (clusters <= FAT16_MAX)
        fat_bytes = (clusters + 2) * 2;
    if (clusters <= FAT12_MAX)
        fat_bytes = ((clusters + 2) * 3 + 1) / 2;
    if (fat_bytes > (uint64_t)fat_blocks * BLOCK_BYTES)
        return refuse("sectors per FAT (too few for its clusters)", fat_blocks);
    return 0;
}
