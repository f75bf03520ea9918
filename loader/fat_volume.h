/*
 * fat_volume: whole files from the first FAT partition of a block device. Read only.
 *
 * FatFs finds the file; the partition table, the volume's parameters and the file's
 * cluster chain are checked here, because FatFs believes more than a loader should, and
 * because runs of neighbouring clusters are then read with one command.
 * FatFs keeps one volume in a variable of its own, so only the volume mounted last works.
 *
 * Every function that fails has logged one line with subject "sd" that says what was
 * wrong with which field and value; only a missing file is for the caller to mention.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef FAT_VOLUME_H
#define FAT_VOLUME_H

#include <stddef.h>
#include <stdint.h>

struct block_device;
struct boot_sink;

#define FAT_VOLUME_BLOCK_BYTES 512

struct fat_volume {
    struct block_device *device;
    uint64_t first_block; /* of the partition, on the device */
    uint64_t block_count; /* of the partition */
    uint64_t deadline_us; /* of the operation under way */
    int device_status;    /* why the last disk access of FatFs failed */
    uint32_t cached;      /* block of the partition that block holds, 0 = none */
    _Alignas(4) uint8_t block[FAT_VOLUME_BLOCK_BYTES];
};

/*
 * Looks for the first partition of type 01, 04, 06, 0b, 0c or 0e in the device's master
 * boot record and prepares it for reading. device stays the caller's and must outlive
 * self's use. deadline_us is absolute (clock_now_us).
 * Returns 0, ERROR_ABSENT (no such partition, or no card), ERROR_UNSUPPORTED (a GUID
 * partition table, or blocks that are not 512 bytes), ERROR_CORRUPT (a table or volume
 * that contradicts itself or the device), ERROR_TIMEOUT or ERROR_IO. Waits.
 */
int fat_volume_mount(struct fat_volume *self, struct block_device *device, uint64_t deadline_us);

/*
 * self must be the volume mounted last, with success (asserted).
 * Reads the file at path ("dns.elf", "services/dns.elf"; case does not matter) into
 * [buffer, buffer + capacity); buffer is 4-byte aligned; nothing outside the file's
 * length is written. Each byte is shown to sink (may be null) in order, once.
 * Returns the file's length (1 or more), ERROR_ABSENT (no such file), ERROR_INVALID (a
 * folder, or a name no FAT volume can have), ERROR_TOO_LARGE (over capacity), ERROR_CORRUPT
 * (empty, or its cluster chain is shorter or longer than its length, or leaves the volume),
 * ERROR_TIMEOUT or ERROR_IO. Waits.
 */
int64_t fat_volume_read_file(struct fat_volume *self, const char *path, void *buffer,
                             size_t capacity, struct boot_sink *sink, uint64_t deadline_us);

#endif
