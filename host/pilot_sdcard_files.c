/*
 * pilot_sdcard_files: the FAT partition of a card image: the loader, its configuration, the
 * board's firmware, another system.
 *
 * What a Pi 3 reads of its firmware: bootcode.bin (by the ROM), then start.elf with its
 * fixup.dat, config.txt, a device tree and overlays. Nothing else of the package is copied: the
 * other start files are for cameras, for less memory and for the Pi 4.
 * Raspberry Pi's own device trees are called bcm2710-...; Debian's package has none, and those of
 * Linux, bcm2837-..., want upstream_kernel=1 (Debian's own config.txt says so too). They
 * come without overlays: then the serial line on pins 14 and 15 is the mini UART, which the
 * loader uses when such a tree names it.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "chainload.h"
#include "pilot_sdcard.h"
#include "pilot_signature.h"

#define LOADER_NAME "kernel8.img"

/* What FAT and the loader's configuration take as a name. */
#define NAME_CHARACTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._+-"
#define NAME_MAX_LENGTH 63

/* ---- the loader and its keys ------------------------------------------------------ */

static void fill_in_keys(struct sdcard *card)
{
    char path[PATH_MAX];
    struct signature_keys *table;

    pilot_built_path(LOADER_NAME, path);
    card->loader = pilot_file_read(path);
    table = pilot_keys_find(&card->loader, path);
    for (unsigned i = 0; i < card->key_count; i++)
        pilot_keys_add(table, card->keys[i]);
    card->table = *table;
}

/* ---- files ------------------------------------------------------------------------ */

static void __attribute__((format(printf, 3, 4)))
add_file(struct sdcard *card, const char *path, const char *format, ...)
{
    struct sdcard_file *file = &card->files[card->file_count];
    va_list arguments;

    if (card->file_count == SDCARD_FILES_MAX)
        fail("too many files for the card's FAT partition");
    card->file_count++;
    snprintf(file->path, sizeof file->path, "%s", path);
    va_start(arguments, format);
    vsnprintf(file->name, sizeof file->name, format, arguments);
    va_end(arguments);
}

/* A file of the user's under its own name. */
static void add_system_file(struct sdcard *card, const char *option, const char *path)
{
    const char *slash = strrchr(path, '/');
    const char *name = slash ? slash + 1 : path;
    char beside[PATH_MAX];
    struct stat status;

    if (stat(path, &status) != 0)
        fail("%s %s: %s", option, path, strerror(errno));
    if (!S_ISREG(status.st_mode))
        fail("%s %s is not a regular file", option, path);
    if (name[0] == '\0' || name[strspn(name, NAME_CHARACTERS)] != '\0' ||
        strlen(name) > NAME_MAX_LENGTH)
        fail("%s %s: a loader cannot name that file; use letters, digits and . _ + -, at most %d",
             option, path, NAME_MAX_LENGTH);
    if (strcasecmp(name, LOADER_NAME) == 0 || strcasecmp(name, "pilot.conf") == 0 ||
        strcasecmp(name, "config.txt") == 0)
        fail("%s %s: the card has another file of that name; give it a different one", option,
             path);
    add_file(card, path, "%s", name);
    /* Beside it on the card as well: the loader looks there. */
    if (snprintf(beside, sizeof beside, "%s.sig", path) < PATH_MAX && access(beside, F_OK) == 0)
        add_file(card, beside, "%s.sig", name);
}

/* As the card's loader will: signature first. image: it is what is started. Returns the bytes it
 * takes there. */
static size_t check_system_file(const struct sdcard *card, const char *option, const char *path,
                                bool is_image)
{
    char reason[ELF_REASON_BYTES];
    struct pilot_file file = pilot_file_read(path);
    struct chainload_image image;
    size_t content;

    pilot_signature_attach(&file, path);
    if (signature_check(&card->table, file.bytes, file.length, &content, reason) < 0)
        fail("%s %s: %s", option, path, reason);
    if (is_image && chainload_inspect(file.bytes, content, &image, reason) < 0)
        fail("%s %s: %s", option, path, reason);
    free(file.bytes);
    return file.length;
}

static void add_system(struct sdcard *card)
{
    uint64_t bytes;

    add_system_file(card, "--image", card->system);
    bytes = check_system_file(card, "--image", card->system, true);
    if (card->initrd) {
        add_system_file(card, "--initrd", card->initrd);
        bytes = (bytes + 4095) / 4096 * 4096; /* it begins on a page */
        bytes += check_system_file(card, "--initrd", card->initrd, false);
    }
    if (bytes > PILOT_RECEIVE_BYTES)
        fail("--image %s%s%s: %llu bytes, and a loader has room to receive %u", card->system,
             card->initrd ? " and --initrd " : "", card->initrd ? card->initrd : "",
             (unsigned long long)bytes, PILOT_RECEIVE_BYTES);
}

/* ---- the board's firmware --------------------------------------------------------- */

/* The folder itself, or the package's folder below it. */
static void find_firmware(const struct sdcard *card, char folder[PATH_MAX])
{
    static const char package[] = "usr/lib/raspi-firmware";
    char probe[PATH_MAX], below[PATH_MAX];

    if (card->firmware)
        snprintf(folder, PATH_MAX, "%s", card->firmware);
    else
        pilot_path_beside_us("firmware/raspi-firmware", folder);
    pilot_join(below, folder, package);
    pilot_join(probe, below, "bootcode.bin");
    if (access(probe, R_OK) == 0) {
        snprintf(folder, PATH_MAX, "%s", below);
        return;
    }
    pilot_join(probe, folder, "bootcode.bin");
    if (access(probe, R_OK) == 0)
        return;
    if (card->firmware)
        fail("--firmware: there is no bootcode.bin in %s", folder);
    fail("there is no firmware in %s: make firmware fetches it, or say --firmware=FOLDER", folder);
}

static bool add_firmware_file(struct sdcard *card, const char *folder, const char *name)
{
    char path[PATH_MAX];

    pilot_join(path, folder, name);
    if (access(path, R_OK) != 0)
        return false;
    add_file(card, path, "%s", name);
    return true;
}

static void add_firmware(struct sdcard *card)
{
    static const char *const needed[] = {"bootcode.bin", "start.elf", "fixup.dat"};
    static const char *const models[] = {"b", "b-plus"};
    const char *console;
    unsigned own = 0, upstream = 0;
    char folder[PATH_MAX], name[64];

    find_firmware(card, folder);
    for (unsigned i = 0; i < sizeof needed / sizeof needed[0]; i++) {
        if (!add_firmware_file(card, folder, needed[i]))
            fail("the firmware in %s has no %s, which a Pi 3 starts with", folder, needed[i]);
    }
    for (unsigned i = 0; i < 2; i++) {
        snprintf(name, sizeof name, "bcm2710-rpi-3-%s.dtb", models[i]);
        own += add_firmware_file(card, folder, name);
    }
    if (own > 0 && !add_firmware_file(card, folder, "overlays/disable-bt.dtbo"))
        fail("the firmware in %s has no overlays/disable-bt.dtbo beside bcm2710-rpi-3-b.dtb; "
             "without it the serial line is Bluetooth's",
             folder);
    for (unsigned i = 0; i < 2 && own == 0; i++) {
        snprintf(name, sizeof name, "bcm2837-rpi-3-%s.dtb", models[i]);
        upstream += add_firmware_file(card, folder, name);
    }
    if (own + upstream == 0)
        fail("the firmware in %s has no device tree of a Pi 3, bcm2710-rpi-3-b.dtb or "
             "bcm2837-rpi-3-b.dtb: the loader needs one",
             folder);
    console = own > 0
                  ? "# The serial line on pins 14 and 15 is the PL011, not Bluetooth's.\n"
                    "dtoverlay=disable-bt\n"
                  : "# The device trees are those of Linux. The serial line on pins 14 and 15 is "
                    "the mini\n# UART.\nupstream_kernel=1\n";
    snprintf(card->board, sizeof card->board,
             "# What the firmware of a Raspberry Pi 3 does. Made by pilot sdcard.\n"
             "arm_64bit=1\nkernel=" LOADER_NAME "\nenable_uart=1\n%s",
             console);
}

/* ---- all of it -------------------------------------------------------------------- */

void sdcard_files_prepare(struct sdcard *card)
{
    fill_in_keys(card);
    if (card->has_firmware)
        add_firmware(card);
    if (card->system)
        add_system(card);
    for (unsigned i = 0; i < card->file_count; i++) {
        for (unsigned j = 0; j < i; j++) {
            if (strcasecmp(card->files[i].name, card->files[j].name) == 0)
                fail("the card would get two files %s: %s and %s", card->files[i].name,
                     card->files[j].path, card->files[i].path);
        }
    }
}

uint64_t sdcard_files_bytes(const struct sdcard *card)
{
    uint64_t bytes = card->loader.length + sizeof card->configuration + sizeof card->board;

    for (unsigned i = 0; i < card->file_count; i++) {
        struct stat status;

        if (stat(card->files[i].path, &status) != 0)
            fail("cannot read %s: %s", card->files[i].path, strerror(errno));
        bytes += (uint64_t)status.st_size;
    }
    return bytes;
}

void sdcard_files_write(const struct sdcard *card, const char *image)
{
    bool has_folder = false;

    /* First, where a ROM finds it soonest. */
    for (unsigned i = 0; i < card->file_count; i++) {
        const struct sdcard_file *file = &card->files[i];

        if (strncmp(file->name, "overlays/", 9) == 0 && !has_folder) {
            pilot_card_add_folder(image, "overlays");
            has_folder = true;
        }
        pilot_card_copy(image, file->path, file->name);
    }
    if (card->board[0] != '\0')
        pilot_card_put(image, card->board, strlen(card->board), "config.txt");
    pilot_card_put(image, card->loader.bytes, card->loader.length, LOADER_NAME);
    pilot_card_put(image, card->configuration, card->configuration_length, "pilot.conf");
}
