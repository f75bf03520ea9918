/*
 * fat_volume: see the header. Format: Microsoft's "FAT32 File System Specification",
 * 1.03 (its FAT12 and FAT16 parts too).
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "fat_volume.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "block_device.h"
#include "boot_source.h"
#include "check.h"
#include "clock.h"
#include "error.h"
#include "fat_format.h"
#include "log.h"
#include "partition_table.h"

#include "ff.h"
#include "diskio.h"

#define BLOCK_BYTES   FAT_VOLUME_BLOCK_BYTES
#define SUBJECT       "sd"
#define DIRECTORY_MAX (2 * 1024 * 1024) /* bytes; the format's limit, FatFs' too */
#define CHUNK_BYTES   (64 * 1024)       /* between two calls of the sink */

static FATFS fat; /* FatFs keeps a pointer to it for ever */
static struct fat_volume *mounted;

static int read_blocks(struct fat_volume *self, uint64_t first, uint32_t count, void *buffer)
{
    int status = 0;

    if (first >= self->block_count || count > self->block_count - first) {
        log_line(SUBJECT, "block %u is past the end of the partition", (unsigned)first);
        return ERROR_CORRUPT;
    }
    if (clock_passed(self->deadline_us))
        status = ERROR_TIMEOUT;
    else
        status = self->device->read(self->device, self->first_block + first, count, buffer);
    if (status < 0)
        log_line(SUBJECT, "reading block %u: %s", (unsigned)(self->first_block + first),
                 error_name(status));
    return status;
}

/* Makes self->block hold a block of the partition. */
static int load_block(struct fat_volume *self, uint32_t number)
{
    int status;

    if (self->cached == number && number != 0)
        return 0;
    self->cached = 0;
    status = read_blocks(self, number, 1, self->block);
    if (status == 0)
        self->cached = number;
    return status;
}

/* ---- FatFs' way to the device ---- */

DSTATUS disk_initialize(BYTE drive)
{
    return disk_status(drive);
}

DSTATUS disk_status(BYTE drive)
{
    (void)drive;
    return mounted == NULL ? STA_NOINIT : 0;
}

DRESULT disk_read(BYTE drive, BYTE *buffer, LBA_t sector, UINT count)
{
    (void)drive;
    mounted->device_status = read_blocks(mounted, sector, count, buffer);
    return mounted->device_status < 0 ? RES_ERROR : RES_OK;
}

static bool is_fat_type(uint8_t type)
{
    return type == 0x01 || type == 0x04 || type == 0x06 || type == 0x0b || type == 0x0c ||
           type == 0x0e;
}

static int find_partition(struct fat_volume *self)
{
    struct partition partition;
    char reason[PARTITION_REASON_BYTES];
    int status = partition_table_find(self->block, self->device->block_count, 0, is_fat_type, "FAT",
                                      &partition, reason);

    if (status < 0) {
        log_line(SUBJECT, "%s", reason);
        return status;
    }
    self->first_block = partition.first;
    self->block_count = partition.count;
    return 0;
}

static int find_volume(struct fat_volume *self)
{
    int status = read_blocks(self, 0, 1, self->block);

    if (status == 0)
        status = find_partition(self);
    if (status == 0)
        status = read_blocks(self, 0, 1, self->block);
    if (status == 0)
        status = fat_format_check_volume(self->block, self->block_count);
    return status;
}

/* ---- cluster chains ---- */

static bool is_cluster(uint32_t cluster)
{
    return cluster >= 2 && cluster < fat.n_fatent;
}

static bool is_end(uint32_t entry)
{
    if (fat.fs_type == FS_FAT12)
        return entry >= 0xff8;
    return entry >= (fat.fs_type == FS_FAT16 ? 0xfff8u : 0x0ffffff8u);
}

/* Reads the entry of cluster (which is one) in the first FAT. */
static int read_entry(struct fat_volume *self, uint32_t cluster, uint32_t *entry)
{
    bool is_12 = fat.fs_type == FS_FAT12;
    unsigned size = fat.fs_type == FS_FAT32 ? 4 : 2;
    uint32_t at = is_12 ? cluster + cluster / 2 : cluster * size;

    *entry = 0;
    /* Byte by byte: an entry of FAT12 may lie in two blocks. */
    for (unsigned i = 0; i < size; i++, at++) {
        int status = load_block(self, fat.fatbase + at / BLOCK_BYTES);

        if (status < 0)
            return status;
        *entry |= (uint32_t)self->block[at % BLOCK_BYTES] << 8 * i;
    }
    if (is_12)
        *entry = cluster & 1 ? *entry >> 4 : *entry & 0xfff;
    if (size == 4)
        *entry &= 0x0fffffff;
    return 0;
}

/* The root directory of FAT32 is a chain that no length bounds. */
static int check_root(struct fat_volume *self)
{
    uint32_t cluster = fat.dirbase;
    uint32_t left = DIRECTORY_MAX / BLOCK_BYTES / fat.csize;
    int status;

    if (fat.fs_type != FS_FAT32)
        return 0;
    do {
        if (!is_cluster(cluster) || left-- == 0) {
            log_line(SUBJECT, "FAT volume: the root directory's cluster chain %s (cluster %u)",
                     is_cluster(cluster) ? "does not end" : "leaves the volume", (unsigned)cluster);
            return ERROR_CORRUPT;
        }
        status = read_entry(self, cluster, &cluster);
        if (status < 0)
            return status;
    } while (!is_end(cluster));
    return 0;
}

int fat_volume_mount(struct fat_volume *self, struct block_device *device, uint64_t deadline_us)
{
    FRESULT result;
    int status;

    mounted = NULL;
    self->device = device;
    self->deadline_us = deadline_us;
    self->cached = 0;
    self->device_status = 0;
    self->first_block = 0;
    self->block_count = device->block_count;
    if (device->block_count == 0) {
        log_line(SUBJECT, "no card");
        return ERROR_ABSENT;
    }
    if (device->block_bytes != BLOCK_BYTES) {
        log_line(SUBJECT, "blocks of %u bytes, 512 are needed", (unsigned)device->block_bytes);
        return ERROR_UNSUPPORTED;
    }
    status = find_volume(self);
    if (status < 0)
        return status;

    /* Also while FatFs reads the volume's parameters for itself. */
    mounted = self;
    result = f_mount(&fat, "", 1);
    if (result == FR_DISK_ERR) {
        status = self->device_status;
    } else if (result != FR_OK || fat.volbase != 0) {
        /* FatFs looks for a partition table in a boot sector it does not like. */
        log_line(SUBJECT, "no FAT volume in the partition (FatFs: %u)", (unsigned)result);
        status = ERROR_CORRUPT;
    } else {
        status = check_root(self);
    }
    if (status < 0)
        mounted = NULL;
    return status;
}

/* ---- files ---- */

/* FatFs says of a directory that there is no such file. But something in it it can look for:
 * what it does not find is the file then, not the way there. */
static FRESULT look_inside(const char *path)
{
    char inside[160];
    FIL file;

    if ((size_t)snprintf(inside, sizeof inside, "%s/-", path) >= sizeof inside)
        return FR_NO_PATH;
    return f_open(&file, inside, FA_READ);
}

static int open_error(struct fat_volume *self, const char *path, FRESULT result)
{
    switch (result) {
    case FR_DISK_ERR:
        return self->device_status;
    case FR_NO_FILE:
        result = look_inside(path);
        if (result == FR_DISK_ERR)
            return self->device_status;
        if (result == FR_NO_FILE || result == FR_OK) {
            log_line(SUBJECT, "%s is a folder, not a file", path);
            return ERROR_INVALID;
        }
        return ERROR_ABSENT;
    case FR_NO_PATH:
        return ERROR_ABSENT;
    case FR_INVALID_NAME:
    case FR_INVALID_DRIVE:
        log_line(SUBJECT, "%s is not a file name", path);
        return ERROR_INVALID;
    default:
        log_line(SUBJECT, "directory of %s is damaged (FatFs: %u)", path, (unsigned)result);
        return ERROR_CORRUPT;
    }
}

/* A stretch of neighbouring clusters of a file. */
struct run {
    uint32_t first;
    uint32_t count;
    uint32_t next; /* the chain's entry after the run */
};

/* Follows the chain from cluster on while it goes to the next one, at most limit. */
static int find_run(struct fat_volume *self, uint32_t cluster, uint32_t limit, struct run *run)
{
    run->first = cluster;
    run->count = 0;
    do {
        int status;

        run->count++;
        status = read_entry(self, cluster, &run->next);
        if (status < 0)
            return status;
        cluster++;
    } while (run->next == cluster && is_cluster(cluster) && run->count < limit);
    return 0;
}

static int chain_error(const char *path, const char *what, uint32_t entry)
{
    log_line(SUBJECT, "%s: its cluster chain %s (entry %u)", path, what, (unsigned)entry);
    return ERROR_CORRUPT;
}

/* Reads length bytes from the start of cluster on, the last block by way of self->block so
 * that nothing behind the file's end reaches the caller's buffer. */
static int read_bytes(struct fat_volume *self, uint32_t cluster, uint8_t *buffer, size_t length)
{
    uint32_t block = fat.database + (cluster - 2) * fat.csize;
    uint32_t whole = (uint32_t)(length / BLOCK_BYTES);
    int status = 0;

    if (whole != 0)
        status = read_blocks(self, block, whole, buffer);
    if (status == 0 && length % BLOCK_BYTES != 0) {
        status = load_block(self, block + whole);
        if (status == 0)
            memcpy(buffer + (size_t)whole * BLOCK_BYTES, self->block, length % BLOCK_BYTES);
    }
    return status;
}

static int read_chain(struct fat_volume *self, const char *path, const FIL *file, uint8_t *buffer,
                      struct boot_sink *sink)
{
    uint32_t cluster_bytes = fat.csize * (uint32_t)BLOCK_BYTES;
    uint32_t chunk = cluster_bytes < CHUNK_BYTES ? CHUNK_BYTES / cluster_bytes : 1;
    uint32_t cluster = file->obj.sclust;
    size_t left = file->obj.objsize;

    while (left != 0) {
        size_t clusters = (left - 1) / cluster_bytes + 1;
        struct run run;
        size_t length;
        int status;

        if (!is_cluster(cluster))
            return chain_error(path, "ends before the file", cluster);
        status = find_run(self, cluster, clusters < chunk ? (uint32_t)clusters : chunk, &run);
        if (status < 0)
            return status;
        length = run.count < clusters ? (size_t)run.count * cluster_bytes : left;
        /* Before anything is read, so that a chain in a circle is not mistaken for a file. */
        if (length == left && !is_end(run.next))
            return chain_error(path, "does not end with the file", run.next);
        status = read_bytes(self, run.first, buffer, length);
        if (status < 0)
            return status;
        if (sink != NULL)
            sink->update(sink, buffer, length);
        buffer += length;
        left -= length;
        cluster = run.next;
    }
    return 0;
}

int64_t fat_volume_read_file(struct fat_volume *self, const char *path, void *buffer,
                             size_t capacity, struct boot_sink *sink, uint64_t deadline_us)
{
    FIL file;
    FRESULT result;
    int status;

    ASSERT(mounted == self);
    self->deadline_us = deadline_us;
    result = f_open(&file, path, FA_READ);
    if (result != FR_OK)
        return open_error(self, path, result);
    if (file.obj.objsize == 0) {
        log_line(SUBJECT, "%s is empty", path);
        return ERROR_CORRUPT;
    }
    if (file.obj.objsize > capacity) {
        log_line(SUBJECT, "%s has %u bytes, there is room for %u", path, (unsigned)file.obj.objsize,
                 (unsigned)capacity);
        return ERROR_TOO_LARGE;
    }
    if (sink != NULL)
        sink->restart(sink);
    status = read_chain(self, path, &file, buffer, sink);
    return status < 0 ? status : (int64_t)file.obj.objsize;
}
