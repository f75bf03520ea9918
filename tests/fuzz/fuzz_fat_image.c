/*
 * fuzz_fat_image: a card whose bytes come from outside.
 *
 * An input is a description, not an image: byte 0 chooses FAT12, FAT16 or FAT32, the rest
 * are patches {region, offset (2 bytes, little-endian), length, bytes} over a well-formed
 * card that holds DNS.ELF, a file with a long name and a folder. So the corpus stays small
 * and every mutation hits a structure.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "boot_source.h"
#include "bytes.h"
#include "clock.h"
#include "error.h"
#include "fat_volume.h"
#include "sim.h"
#include "sim_block.h"
#include "sim_fat.h"

#define CAPACITY    8000
#define DEADLINE_US 10000000
#define READS_MAX   20000
#define PATCHES_MAX 64
#define PATCH_MAX   255
#define KINDS       3

enum region { RECORD, BOOT, TABLE, ROOT, CONTENT, REGIONS };

static struct sim_fat cards[KINDS];
static struct {
    uint8_t *at;
    size_t length;
    uint8_t before[PATCH_MAX];
} patches[PATCHES_MAX];
static unsigned patch_count;

static size_t sunk;

static void restart(struct boot_sink *self)
{
    (void)self;
    sunk = 0;
}

static void update(struct boot_sink *self, const void *bytes, size_t length)
{
    static volatile uint8_t last;

    (void)self;
    if (length != 0)
        last = ((const uint8_t *)bytes)[length - 1];
    (void)last;
    sunk += length;
}

static void make_card(struct sim_fat *card, unsigned bits)
{
    static const uint8_t text[3000] = "contents";
    uint32_t cluster, first;

    sim_fat_format(card, bits, 1);
    first = sim_fat_add(card, "DNS     ELF", NULL, text, sizeof(text), 1);
    sim_fat_add(card, "SOME-L~1ELF", "some-longer-name-of-a-service.elf", text, 1500, 3);
    cluster = sim_fat_add(card, "FOLDER     ", NULL, text, 1, 1);
    sim_fat_entry(card)[11] = 0x10;
    memset(sim_fat_cluster(card, cluster), 0, SIM_FAT_BLOCK_BYTES);
    memcpy(sim_fat_cluster(card, cluster), "DNS     ELF", 11);
    bytes_put_le16(sim_fat_cluster(card, cluster) + 26, (uint16_t)(first + 5));
    bytes_put_le32(sim_fat_cluster(card, cluster) + 28, 440);
}

static uint8_t *region_start(struct sim_fat *card, enum region region)
{
    switch (region) {
    case RECORD:
        return card->storage;
    case BOOT:
        return sim_fat_boot(card);
    case TABLE:
        return card->storage + (size_t)card->fat_block * SIM_FAT_BLOCK_BYTES;
    case ROOT:
        return card->storage + (size_t)card->root_block * SIM_FAT_BLOCK_BYTES;
    default:
        return card->storage + (size_t)card->data_block * SIM_FAT_BLOCK_BYTES;
    }
}

static void apply_patches(struct sim_fat *card, const uint8_t *bytes, size_t length)
{
    uint8_t *end = card->storage + card->block_count * SIM_FAT_BLOCK_BYTES;

    patch_count = 0;
    while (length > 4 && patch_count < PATCHES_MAX) {
        uint8_t *at = region_start(card, bytes[0] % REGIONS) + bytes_le16(bytes + 1);
        size_t part = bytes[3] < length - 4 ? bytes[3] : length - 4;

        if (part > (size_t)(end - at))
            break;
        patches[patch_count].at = at;
        patches[patch_count].length = part;
        memcpy(patches[patch_count].before, at, part);
        patch_count++;
        memcpy(at, bytes + 4, part);
        bytes += 4 + part;
        length -= 4 + part;
    }
}

static void undo_patches(void)
{
    while (patch_count-- > 0)
        memcpy(patches[patch_count].at, patches[patch_count].before, patches[patch_count].length);
}

static void read_one(struct fat_volume *volume, const char *path)
{
    struct boot_sink sink = {restart, update};
    uint8_t *buffer = malloc(CAPACITY);
    uint64_t deadline_us = clock_now_us() + DEADLINE_US;
    int64_t length = fat_volume_read_file(volume, path, buffer, CAPACITY, &sink, deadline_us);

    if (length == 0 || length > CAPACITY || (length > 0 && (size_t)length != sunk))
        sim_stop("%s: %lld bytes, %zu of them seen", path, (long long)length, sunk);
    /* Would be a request outside the card, unless the file is a folder. */
    if (length == ERROR_INVALID && strstr(sim_log(), "is a folder") == NULL)
        sim_stop("%s: invalid", path);
    if (clock_now_us() > deadline_us + 1000)
        sim_stop("%s: the deadline is over", path);
    free(buffer);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    static const unsigned bits[KINDS] = {12, 16, 32};
    static struct sim_block block;
    static struct fat_volume volume;
    struct sim_fat *card;
    int status;

    if (length == 0)
        return 0;
    sim_reset();
    card = &cards[bytes[0] % KINDS];
    if (card->storage == NULL)
        make_card(card, bits[bytes[0] % KINDS]);
    apply_patches(card, bytes + 1, length - 1);
    sim_block_init(&block, card->storage, card->block_count);
    status = fat_volume_mount(&volume, &block.device, clock_now_us() + DEADLINE_US);
    if (status > 0 || status == ERROR_INVALID)
        sim_stop("mount: %d", status);
    if (status == 0) {
        read_one(&volume, "dns.elf");
        read_one(&volume, "some-longer-name-of-a-service.elf");
        read_one(&volume, "folder/dns.elf");
    }
    if (block.reads > READS_MAX)
        sim_stop("%llu reads", (unsigned long long)block.reads);
    undo_patches();
    return 0;
}
