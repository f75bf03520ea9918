/*
 * sim_fat: makes card images with an MBR and one FAT volume, well-formed until a test
 * writes over a field.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef SIM_FAT_H
#define SIM_FAT_H

#include <stddef.h>
#include <stdint.h>

#define SIM_FAT_BLOCK_BYTES 512
#define SIM_FAT_FIRST_BLOCK 64 /* of the partition */

struct sim_fat {
    uint8_t *storage; /* the whole card; from sim_fat_format, the caller frees it */
    uint64_t block_count;
    unsigned bits; /* 12, 16 or 32 */
    unsigned cluster_blocks;
    uint32_t clusters;
    uint32_t fat_block, root_block, data_block; /* on the card */
    uint32_t next_cluster;                      /* first free one */
    uint8_t *root_entry;                        /* first free entry of the root directory */
};

/* Makes an empty volume of the fewest clusters that bits allows (or 500 for 12). */
void sim_fat_format(struct sim_fat *self, unsigned bits, unsigned cluster_blocks);

/* Adds a file to the root directory. short_name: 11 characters, "DNS     ELF"; long_name
 * may be null. Its clusters are stride apart (1 = one run). Returns the first. */
uint32_t sim_fat_add(struct sim_fat *self, const char *short_name, const char *long_name,
                     const uint8_t *bytes, size_t length, unsigned stride);

/* Where things lie. */
uint8_t *sim_fat_boot(struct sim_fat *self);
uint8_t *sim_fat_cluster(struct sim_fat *self, uint32_t cluster);
void sim_fat_set(struct sim_fat *self, uint32_t cluster, uint32_t entry);

/* The directory entry added last (32 bytes). */
uint8_t *sim_fat_entry(struct sim_fat *self);

#endif
