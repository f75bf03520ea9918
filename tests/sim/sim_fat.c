/*
 * sim_fat: see the header. Format: Microsoft's "FAT32 File System Specification", 1.03.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "sim_fat.h"

#include <stdlib.h>
#include <string.h>

#include "bytes.h"
#include "sim.h"

#define ROOT_ENTRIES    64
#define ENTRY_BYTES     32
#define LONG_CHARACTERS 13
#define END_OF_CHAIN    0x0fffffff

uint8_t *sim_fat_boot(struct sim_fat *self)
{
    return self->storage + SIM_FAT_FIRST_BLOCK * SIM_FAT_BLOCK_BYTES;
}

uint8_t *sim_fat_cluster(struct sim_fat *self, uint32_t cluster)
{
    return self->storage + ((uint64_t)self->data_block + (cluster - 2) * self->cluster_blocks) *
                               SIM_FAT_BLOCK_BYTES;
}

uint8_t *sim_fat_entry(struct sim_fat *self)
{
    return self->root_entry - ENTRY_BYTES;
}

void sim_fat_set(struct sim_fat *self, uint32_t cluster, uint32_t entry)
{
    uint8_t *fat = self->storage + (uint64_t)self->fat_block * SIM_FAT_BLOCK_BYTES;

    if (self->bits == 32) {
        bytes_put_le32(fat + cluster * 4, entry);
    } else if (self->bits == 16) {
        bytes_put_le16(fat + cluster * 2, (uint16_t)entry);
    } else {
        uint8_t *at = fat + cluster + cluster / 2;
        uint16_t both = bytes_le16(at);

        if (cluster & 1)
            both = (uint16_t)((both & 0xf) | (entry & 0xfff) << 4);
        else
            both = (uint16_t)((both & 0xf000) | (entry & 0xfff));
        bytes_put_le16(at, both);
    }
}

static void write_boot_sector(struct sim_fat *self, uint32_t reserved, uint32_t fat_blocks,
                              uint32_t total)
{
    uint8_t *boot = sim_fat_boot(self);

    memcpy(boot, "\xeb\x58\x90PILOTSIM", 11);
    bytes_put_le16(boot + 11, SIM_FAT_BLOCK_BYTES);
    boot[13] = (uint8_t)self->cluster_blocks;
    bytes_put_le16(boot + 14, (uint16_t)reserved);
    boot[16] = 1;
    bytes_put_le16(boot + 17, self->bits == 32 ? 0 : ROOT_ENTRIES);
    bytes_put_le16(boot + 19, total < 0x10000 ? (uint16_t)total : 0);
    boot[21] = 0xf8;
    bytes_put_le32(boot + 32, total < 0x10000 ? 0 : total);
    if (self->bits == 32) {
        bytes_put_le32(boot + 36, fat_blocks);
        bytes_put_le32(boot + 44, 2);
        memcpy(boot + 82, "FAT32   ", 8);
    } else {
        bytes_put_le16(boot + 22, (uint16_t)fat_blocks);
        memcpy(boot + 54, self->bits == 12 ? "FAT12   " : "FAT16   ", 8);
    }
    bytes_put_le16(boot + 510, 0xaa55);
}

static void write_partition_table(struct sim_fat *self, uint32_t total)
{
    uint8_t *entry = self->storage + 446;

    entry[4] = self->bits == 12 ? 0x01 : self->bits == 16 ? 0x0e : 0x0c;
    bytes_put_le32(entry + 8, SIM_FAT_FIRST_BLOCK);
    bytes_put_le32(entry + 12, total);
    bytes_put_le16(self->storage + 510, 0xaa55);
}

void sim_fat_format(struct sim_fat *self, unsigned bits, unsigned cluster_blocks)
{
    uint32_t clusters = bits == 12 ? 500 : bits == 16 ? 4100 : 65600;
    uint32_t fat_blocks = (clusters + 2) * bits / 8 / SIM_FAT_BLOCK_BYTES + 1;
    uint32_t root_blocks = bits == 32 ? 0 : ROOT_ENTRIES * ENTRY_BYTES / SIM_FAT_BLOCK_BYTES;
    uint32_t reserved = bits == 32 ? 32 : 1;
    uint32_t total = reserved + fat_blocks + root_blocks + clusters * cluster_blocks;

    memset(self, 0, sizeof(*self));
    self->bits = bits;
    self->cluster_blocks = cluster_blocks;
    self->clusters = clusters;
    /* A size that SD cards of both kinds can have. */
    self->block_count = (SIM_FAT_FIRST_BLOCK + total + 1023) / 1024 * 1024;
    self->storage = calloc(self->block_count, SIM_FAT_BLOCK_BYTES);
    if (self->storage == NULL)
        sim_stop("no memory for a card");
    self->fat_block = SIM_FAT_FIRST_BLOCK + reserved;
    self->root_block = self->fat_block + fat_blocks;
    self->data_block = self->root_block + root_blocks;
    write_partition_table(self, total);
    write_boot_sector(self, reserved, fat_blocks, total);
    sim_fat_set(self, 0, 0x0ffffff8);
    sim_fat_set(self, 1, END_OF_CHAIN);
    self->next_cluster = 2;
    self->root_entry = self->storage + (uint64_t)self->root_block * SIM_FAT_BLOCK_BYTES;
    if (bits == 32)
        sim_fat_set(self, self->next_cluster++, END_OF_CHAIN);
}

static uint8_t checksum(const char *short_name)
{
    uint8_t sum = 0;

    for (unsigned i = 0; i < 11; i++)
        sum = (uint8_t)((sum >> 1 | sum << 7) + (uint8_t)short_name[i]);
    return sum;
}

static void add_long_name(struct sim_fat *self, const char *short_name, const char *long_name)
{
    static const uint8_t places[LONG_CHARACTERS] = {1, 3, 5, 7, 9, 14, 16, 18, 20, 22, 24, 28, 30};
    size_t length = strlen(long_name);
    unsigned count = (unsigned)((length + LONG_CHARACTERS - 1) / LONG_CHARACTERS);

    for (unsigned part = count; part >= 1; part--) {
        uint8_t *entry = self->root_entry;

        entry[0] = (uint8_t)(part | (part == count ? 0x40 : 0));
        entry[11] = 0x0f;
        entry[13] = checksum(short_name);
        for (unsigned i = 0; i < LONG_CHARACTERS; i++) {
            size_t at = (size_t)(part - 1) * LONG_CHARACTERS + i;

            bytes_put_le16(entry + places[i], at < length    ? (uint8_t)long_name[at]
                                              : at == length ? 0
                                                             : 0xffff);
        }
        self->root_entry += ENTRY_BYTES;
    }
}

uint32_t sim_fat_add(struct sim_fat *self, const char *short_name, const char *long_name,
                     const uint8_t *bytes, size_t length, unsigned stride)
{
    size_t cluster_bytes = (size_t)self->cluster_blocks * SIM_FAT_BLOCK_BYTES;
    uint32_t first = length != 0 ? self->next_cluster : 0;
    uint8_t *entry;

    if (long_name != NULL)
        add_long_name(self, short_name, long_name);
    entry = self->root_entry;
    self->root_entry += ENTRY_BYTES;
    memcpy(entry, short_name, 11);
    bytes_put_le16(entry + 20, (uint16_t)(first >> 16));
    bytes_put_le16(entry + 26, (uint16_t)first);
    bytes_put_le32(entry + 28, (uint32_t)length);
    for (size_t done = 0; done < length; done += cluster_bytes) {
        size_t part = length - done < cluster_bytes ? length - done : cluster_bytes;
        uint32_t cluster = self->next_cluster;

        if (cluster >= self->clusters + 2)
            sim_stop("sim_fat: the volume is full");
        memcpy(sim_fat_cluster(self, cluster), bytes + done, part);
        self->next_cluster += stride;
        sim_fat_set(self, cluster, done + part < length ? self->next_cluster : END_OF_CHAIN);
    }
    return first;
}
