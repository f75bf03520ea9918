/*
 * pilot_card: an SD card image with one FAT32 partition, made with mtools: no root, no
 * loop device.
 *
 * The partition table is four entries of 16 bytes at 446 and the mark 55 aa; ours has
 * one entry of type 0x0c (FAT32 by block number), as the board's firmware wants it.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bytes.h"
#include "pilot.h"

enum {
    BLOCK_BYTES = 512,
    FIRST_BLOCK = 2048,
    /* QEMU's card wants a power of two; FAT32 wants 65525 clusters, here of one block. */
    CARD_MIN_BYTES = 64 << 20,
    PARTITION_TABLE = 446,
    PARTITION_TYPE_FAT32 = 0x0c,
};

static uint32_t card_bytes_for(const char *elf)
{
    struct stat status;
    uint32_t bytes = CARD_MIN_BYTES;

    if (stat(elf, &status) != 0)
        fail("cannot read %s: %s", elf, strerror(errno));
    while (bytes < 0x40000000u && (uint64_t)status.st_size > bytes / 2)
        bytes *= 2;
    if ((uint64_t)status.st_size > bytes / 2)
        fail("%s has %lld bytes, too many for a card image", elf, (long long)status.st_size);
    return bytes;
}

static void write_partition_table(const char *image, uint32_t bytes)
{
    uint8_t sector[BLOCK_BYTES] = {0};
    uint8_t *entry = sector + PARTITION_TABLE;
    int descriptor = open(image, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);

    if (descriptor < 0)
        fail("cannot make %s: %s", image, strerror(errno));
    /* Cylinder, head, sector: the values that mean "look at the block numbers". */
    memcpy(entry + 1, "\xfe\xff\xff", 3);
    entry[4] = PARTITION_TYPE_FAT32;
    memcpy(entry + 5, "\xfe\xff\xff", 3);
    bytes_put_le32(entry + 8, FIRST_BLOCK);
    bytes_put_le32(entry + 12, bytes / BLOCK_BYTES - FIRST_BLOCK);
    sector[510] = 0x55;
    sector[511] = 0xaa;
    if (write(descriptor, sector, sizeof sector) != (ssize_t)sizeof sector ||
        ftruncate(descriptor, bytes) != 0 || close(descriptor) != 0)
        fail("cannot write %s: %s", image, strerror(errno));
}

static void copy_onto(const char *image, const char *file, const char *name)
{
    struct pilot_command command = {0};

    pilot_command_add(&command, "mcopy");
    pilot_command_add(&command, "-i");
    pilot_command_add(&command, "%s@@%d", image, FIRST_BLOCK * BLOCK_BYTES);
    /* To mtools "a:b" is drive A, "./a:b" a file. */
    pilot_command_add(&command, "%s%s", file[0] == '/' ? "" : "./", file);
    pilot_command_add(&command, "::%s", name);
    pilot_process_run(&command, "mtools");
}

void pilot_card_make(char image[PATH_MAX], const char *elf, const char *name)
{
    char configuration[PATH_MAX], text[PATH_MAX];
    struct pilot_command format = {0};
    uint32_t bytes = card_bytes_for(elf);
    int length;

    pilot_join(image, pilot_temporary(), "card.img");
    write_partition_table(image, bytes);
    pilot_command_add(&format, "mformat");
    pilot_command_add(&format, "-i");
    pilot_command_add(&format, "%s@@%d", image, FIRST_BLOCK * BLOCK_BYTES);
    pilot_command_add(&format, "-F");
    pilot_command_add(&format, "-c");
    pilot_command_add(&format, "1");
    pilot_command_add(&format, "-h");
    pilot_command_add(&format, "255");
    pilot_command_add(&format, "-s");
    pilot_command_add(&format, "63");
    pilot_command_add(&format, "-T");
    pilot_command_add(&format, "%u", bytes / BLOCK_BYTES - FIRST_BLOCK);
    pilot_command_add(&format, "-v");
    pilot_command_add(&format, "PILOTLIGHT");
    pilot_command_add(&format, "::");
    pilot_process_run(&format, "mtools");

    length =
        snprintf(text, sizeof text, "# Made by pilot run --sd.\nsources = sd\nfile = %s\n", name);
    pilot_join(configuration, pilot_temporary(), "pilot.conf");
    pilot_file_write(configuration, text, (size_t)length);
    copy_onto(image, configuration, "pilot.conf");
    copy_onto(image, elf, name);
}
