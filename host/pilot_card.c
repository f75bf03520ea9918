/*
 * pilot_card: see pilot_card.h.
 *
 * The partition table is four entries of 16 bytes at 446 and the mark 55 aa. Ours has
 * FAT32 by block number (0x0c), as the board's firmware wants its first partition, and
 * behind it, on a card with slots, the slot store (include/slot_format.h).
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "pilot_card.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bytes.h"
#include "pilot_signature.h"
#include "slot_format.h"

enum {
    RUN_CARD_MIN_BYTES = 64 << 20,
    PARTITION_TABLE = 446,
    PARTITION_TYPE_FAT16 = 0x06,
    PARTITION_TYPE_FAT32_CHS = 0x0b,
    PARTITION_TYPE_FAT32 = 0x0c,
    PARTITION_TYPE_FAT16_LBA = 0x0e,
    /* Of one block each there may be so many before their tables are larger than is useful. */
    SMALL_CLUSTERS_MAX = 1 << 19,
};

static void put_partition(uint8_t *entry, uint8_t type, uint32_t first, uint32_t blocks)
{
    /* Cylinder, head, sector: the values that mean "look at the block numbers". */
    memcpy(entry + 1, "\xfe\xff\xff", 3);
    entry[4] = type;
    memcpy(entry + 5, "\xfe\xff\xff", 3);
    bytes_put_le32(entry + 8, first);
    bytes_put_le32(entry + 12, blocks);
}

static void write_partition_table(const char *image, const struct pilot_card_layout *layout)
{
    uint8_t sector[PILOT_CARD_BLOCK_BYTES] = {0};
    uint8_t *entry = sector + PARTITION_TABLE;
    int descriptor = open(image, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0666);

    if (descriptor < 0)
        fail("cannot make %s: %s", image, strerror(errno));
    put_partition(entry, PARTITION_TYPE_FAT32, PILOT_CARD_FAT_FIRST, layout->fat_blocks);
    if (layout->store_blocks > 0)
        put_partition(entry + 16, SLOT_PARTITION_TYPE, layout->store_first, layout->store_blocks);
    sector[510] = 0x55;
    sector[511] = 0xaa;
    if (write(descriptor, sector, sizeof sector) != (ssize_t)sizeof sector ||
        ftruncate(descriptor, (off_t)(layout->blocks * PILOT_CARD_BLOCK_BYTES)) != 0 ||
        close(descriptor) != 0)
        fail("cannot write %s: %s", image, strerror(errno));
}

/* A command of mtools, told where the FAT partition begins. */
static struct pilot_command mtools(const char *name, const char *image, uint64_t first)
{
    struct pilot_command command = {0};

    /* It takes what stands behind the first @@ for the number. */
    if (strstr(image, "@@"))
        fail("%s: mtools cannot open a path with @@ in it; give the image another name", image);
    pilot_command_add(&command, "%s", name);
    pilot_command_add(&command, "-i");
    pilot_command_add(&command, "%s@@%llu", image,
                      (unsigned long long)first * PILOT_CARD_BLOCK_BYTES);
    return command;
}

static int run(struct pilot_command *command)
{
    int status = pilot_process_status(command, "mtools");

    while (command->count > 0)
        free(command->arguments[--command->count]);
    return status;
}

static void run_well(struct pilot_command *command, const char *image)
{
    char name[16];

    snprintf(name, sizeof name, "%s", command->arguments[0]);
    if (run(command) != 0)
        fail("%s failed on %s; its own words are above", name, image);
}

void pilot_card_format(const char *image, const struct pilot_card_layout *layout)
{
    struct pilot_command format = mtools("mformat", image, PILOT_CARD_FAT_FIRST);

    write_partition_table(image, layout);
    pilot_command_add(&format, "-F");
    pilot_command_add(&format, "-c");
    pilot_command_add(&format, "%d", layout->fat_blocks <= SMALL_CLUSTERS_MAX ? 1 : 8);
    pilot_command_add(&format, "-H");
    pilot_command_add(&format, "%u", PILOT_CARD_FAT_FIRST);
    pilot_command_add(&format, "-h");
    pilot_command_add(&format, "255");
    pilot_command_add(&format, "-s");
    pilot_command_add(&format, "63");
    pilot_command_add(&format, "-T");
    pilot_command_add(&format, "%u", layout->fat_blocks);
    pilot_command_add(&format, "-v");
    pilot_command_add(&format, "PILOTLIGHT");
    pilot_command_add(&format, "::");
    run_well(&format, image);
}

/* To mtools "a:b" is drive A, "./a:b" a file. */
static void add_file(struct pilot_command *command, const char *file)
{
    pilot_command_add(command, "%s%s", file[0] == '/' ? "" : "./", file);
}

void pilot_card_copy(const char *image, const char *file, const char *name)
{
    struct pilot_command command = mtools("mcopy", image, PILOT_CARD_FAT_FIRST);

    add_file(&command, file);
    pilot_command_add(&command, "::%s", name);
    run_well(&command, image);
}

void pilot_card_put(const char *image, const void *bytes, size_t length, const char *name)
{
    char file[PATH_MAX];

    pilot_join(file, pilot_temporary(), "file-for-card");
    pilot_file_write(file, bytes, length);
    pilot_card_copy(image, file, name);
    unlink(file);
}

void pilot_card_add_folder(const char *image, const char *name)
{
    struct pilot_command command = mtools("mmd", image, PILOT_CARD_FAT_FIRST);

    pilot_command_add(&command, "::%s", name);
    run_well(&command, image);
}

/* Block of the first FAT partition of any card. */
static uint32_t find_fat(const char *image)
{
    uint8_t sector[PILOT_CARD_BLOCK_BYTES];
    int descriptor = open(image, O_RDONLY | O_CLOEXEC);

    if (descriptor < 0)
        fail("cannot open the card image %s: %s", image, strerror(errno));
    if (read(descriptor, sector, sizeof sector) != (ssize_t)sizeof sector || sector[510] != 0x55 ||
        sector[511] != 0xaa)
        fail("%s is no card image: its first block is no partition table", image);
    close(descriptor);
    for (const uint8_t *entry = sector + PARTITION_TABLE; entry < sector + 510; entry += 16) {
        uint8_t type = entry[4];

        if (type == PARTITION_TYPE_FAT16 || type == PARTITION_TYPE_FAT32_CHS ||
            type == PARTITION_TYPE_FAT32 || type == PARTITION_TYPE_FAT16_LBA)
            return bytes_le32(entry + 8);
    }
    fail("%s has no FAT partition; pilot sdcard makes card images", image);
}

void pilot_card_fetch(const char *image, const char *name, const char *to)
{
    struct pilot_command command = mtools("mcopy", image, find_fat(image));

    pilot_command_add(&command, "::%s", name);
    add_file(&command, to);
    if (run(&command) != 0)
        fail("%s's FAT partition has no %s, or cannot be read; its slots are not touched by that "
             "(pilot slots %s)",
             image, name, image);
}

static uint64_t run_card_bytes_for(const char *elf)
{
    struct stat status;
    uint64_t bytes = RUN_CARD_MIN_BYTES;

    if (stat(elf, &status) != 0)
        fail("cannot read %s: %s", elf, strerror(errno));
    while (bytes < 0x40000000u && (uint64_t)status.st_size > bytes / 2)
        bytes *= 2;
    if ((uint64_t)status.st_size > bytes / 2)
        fail("%s has %lld bytes, too many for a card image", elf, (long long)status.st_size);
    return bytes;
}

void pilot_card_make(char image[PATH_MAX], const char *elf, const char *name)
{
    struct pilot_card_layout layout = {.blocks = run_card_bytes_for(elf) / PILOT_CARD_BLOCK_BYTES};
    struct pilot_file file;
    char text[PATH_MAX];
    int length;

    pilot_join(image, pilot_temporary(), "card.img");
    layout.fat_blocks = (uint32_t)layout.blocks - PILOT_CARD_FAT_FIRST;
    pilot_card_format(image, &layout);
    length =
        snprintf(text, sizeof text, "# Made by pilot run --sd.\nsources = sd\nfile = %s\n", name);
    pilot_card_put(image, text, (size_t)length, "pilot.conf");
    file = pilot_file_read(elf);
    pilot_signature_attach(&file, elf);
    pilot_card_put(image, file.bytes, file.length, name);
    free(file.bytes);
}
