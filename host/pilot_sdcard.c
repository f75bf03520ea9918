/*
 * pilot_sdcard: makes a card image: partition table, FAT partition, slot store.
 *
 * It is made under another name and gets its own when it is whole and was read back, so a
 * command that fails leaves behind what was there before. Every byte that is not written is a
 * hole: the image takes little room, and old records on a card that it is copied to are gone
 * when all of it is copied.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <errno.h>
#include <libgen.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "pilot_block.h"
#include "pilot_sdcard.h"
#include "signature.h"

#define MIB                ((uint64_t)1 << 20)
#define CARD_BYTES_DEFAULT (256 * MIB)
#define FAT_BLOCKS_MIN     (64 * MIB / PILOT_CARD_BLOCK_BYTES)
#define CARD_BYTES_MAX     ((uint64_t)1 << 40) /* block numbers of a partition have 32 bits */

static struct sdcard card;
static char draft[PATH_MAX]; /* the image under its other name, or "" */
static bool replaces;        /* one that is there */

/* ---- options ---------------------------------------------------------------------- */

static uint64_t parse_size(const char *text)
{
    char *end;
    unsigned long long number;
    unsigned shift = 0;

    errno = 0;
    number = text[0] >= '0' && text[0] <= '9' ? strtoull(text, &end, 10) : 0;
    if (number > 0 && (*end == 'M' || *end == 'G')) {
        shift = *end == 'M' ? 20 : 30;
        end++;
    }
    if (number == 0 || errno != 0 || *end != '\0' || number > CARD_BYTES_MAX >> shift)
        fail("--size wants bytes, or a number with M or G behind it, as in 512M or 8G, not %s",
             text);
    number <<= shift;
    if ((number & (number - 1)) != 0)
        fail("--size %s: the size of a card image is a power of two (256M, 512M, 1G ...)", text);
    return number;
}

/* KEY=VALUE, or the name of a file. */
static void add_configuration(const char *text)
{
    size_t key = strspn(text, "abcdefghijklmnopqrstuvwxyz_");

    if (key > 0 && text[key] == '=') {
        if (card.setting_count == SDCARD_SETTINGS_MAX)
            fail("--conf %s: at most %d settings; put them into a file", text, SDCARD_SETTINGS_MAX);
        card.settings[card.setting_count++] = text;
        return;
    }
    if (card.configuration_path)
        fail("--conf names two files, %s and %s", card.configuration_path, text);
    card.configuration_path = text;
}

static void add_key(const char *path)
{
    if (card.key_count == SIGNATURE_KEYS_MAX)
        fail("--key %s: a loader holds %d keys at most", path, SIGNATURE_KEYS_MAX);
    card.keys[card.key_count++] = path;
}

static void take_once(const char **field, const char *option, const char *value)
{
    if (*field)
        fail("%s comes twice: %s and %s", option, *field, value);
    *field = value;
}

/* An option with a value behind it. Returns false if it is none of these. */
static bool take_option(const char *option, char *value)
{
    static const char *const names[] = {"--service", "--default", "--key",   "--size",
                                        "--conf",    "--image",   "--initrd"};
    unsigned i = 0;

    while (i < sizeof names / sizeof names[0] && strcmp(option, names[i]) != 0)
        i++;
    if (i == sizeof names / sizeof names[0])
        return false;
    if (!value || value[0] == '\0')
        fail("%s wants a value; pilot help says which", option);
    switch (i) {
    case 0:
        sdcard_service_add(&card, value);
        break;
    case 1:
        take_once(&card.standard, option, value);
        break;
    case 2:
        add_key(value);
        break;
    case 3:
        card.bytes = parse_size(value);
        break;
    case 4:
        add_configuration(value);
        break;
    case 5:
        take_once(&card.system, option, value);
        break;
    case 6:
        take_once(&card.initrd, option, value);
        break;
    }
    return true;
}

static void parse_options(int argc, char **argv)
{
    for (int i = 0; i < argc; i++) {
        char *option = argv[i];

        if (take_option(option, i + 1 < argc ? argv[i + 1] : NULL))
            i++;
        else if (strcmp(option, "--force") == 0)
            card.is_forced = true;
        else if (strcmp(option, "--firmware") == 0)
            card.has_firmware = true;
        else if (strncmp(option, "--firmware=", 11) == 0 && option[11] != '\0')
            take_once(&card.firmware, "--firmware", option + 11);
        else if (strcmp(option, "-v") == 0)
            pilot_verbose = true;
        else if (option[0] == '-')
            fail("sdcard has no option %s; pilot help lists them", option);
        else
            take_once(&card.image, "the image's name", option);
    }
    card.has_firmware |= card.firmware != NULL;
    if (!card.image)
        fail("sdcard wants a name for the image: pilot sdcard card.img --service dns");
    if (card.initrd && !card.system)
        fail("--initrd belongs to another system; say which with --image");
}

/* ---- where the image goes --------------------------------------------------------- */

static void remove_draft(void)
{
    if (draft[0] != '\0')
        unlink(draft);
}

/* Ctrl-C and its like wait for the end of a step, so that nothing half is left behind. */
static void hold_signals(sigset_t *ends)
{
    sigemptyset(ends);
    sigaddset(ends, SIGINT);
    sigaddset(ends, SIGTERM);
    sigaddset(ends, SIGHUP);
    sigprocmask(SIG_BLOCK, ends, NULL);
}

static void heed_signals(const sigset_t *ends)
{
    const struct timespec none = {0};
    int number = sigtimedwait(ends, NULL, &none);

    if (number > 0)
        fail("stopped by signal %d; %s was not touched", number, card.image);
}

/* Empty, or with the mark of a partition table: nothing else is replaced, by force either. */
static bool may_be_card(const char *path)
{
    uint8_t block[PILOT_CARD_BLOCK_BYTES];
    FILE *stream = fopen(path, "rb");
    size_t length;

    if (!stream)
        fail("cannot open %s: %s", path, strerror(errno));
    length = fread(block, 1, sizeof block, stream);
    fclose(stream);
    return length == 0 || (length == sizeof block && block[510] == 0x55 && block[511] == 0xaa);
}

/* What is there already stays unless it was said that it may go, and is told about. */
static void look_at_target(void)
{
    char folder[PATH_MAX];
    struct stat status;

    snprintf(folder, sizeof folder, "%s", card.image);
    if (access(dirname(folder), W_OK | X_OK) != 0)
        fail("cannot make %s: %s", card.image, strerror(errno));
    if (lstat(card.image, &status) != 0) {
        if (errno != ENOENT)
            fail("cannot make %s: %s", card.image, strerror(errno));
        return;
    }
    if (S_ISBLK(status.st_mode))
        fail("%s is a device; make an image, and write that: dd if=card.img of=%s bs=4M conv=fsync",
             card.image, card.image);
    if (!S_ISREG(status.st_mode))
        fail("%s is there and is not a regular file; name another", card.image);
    if (!may_be_card(card.image))
        fail("%s is there and is no card image; name another", card.image);
    if (!card.is_forced)
        fail("%s is there already, and all on it would be lost: name another, or say --force "
             "(pilot slots %s shows its services)",
             card.image, card.image);
    pilot_block_check_unused(card.image);
    replaces = true;
}

static uint64_t round_up(uint64_t number, uint64_t unit)
{
    return (number + unit - 1) / unit * unit;
}

static void lay_out(void)
{
    struct pilot_card_layout *layout = &card.layout;
    uint64_t store_blocks = sdcard_services_blocks(&card);
    uint64_t fat_blocks, store_first, least;

    /* A quarter more than the files, for clusters and tables, and room for other files. */
    fat_blocks = (sdcard_files_bytes(&card) / 4 * 5 + 16 * MIB) / PILOT_CARD_BLOCK_BYTES;
    if (fat_blocks < FAT_BLOCKS_MIN)
        fat_blocks = FAT_BLOCKS_MIN;
    store_first = round_up(PILOT_CARD_FAT_FIRST + fat_blocks, SLOT_UNIT_BLOCKS);
    least = (store_first + store_blocks) * PILOT_CARD_BLOCK_BYTES;
    if (least > CARD_BYTES_MAX)
        fail("no card holds the %llu bytes this would need", (unsigned long long)least);
    layout->store_first = (uint32_t)store_first;
    layout->fat_blocks = layout->store_first - PILOT_CARD_FAT_FIRST;
    layout->blocks = CARD_BYTES_DEFAULT / PILOT_CARD_BLOCK_BYTES;
    if (card.bytes != 0)
        layout->blocks = card.bytes / PILOT_CARD_BLOCK_BYTES;
    while (layout->blocks * PILOT_CARD_BLOCK_BYTES < least)
        layout->blocks *= 2;
    if (card.bytes != 0 && card.bytes < least)
        fail("--size is too small: files and slots for these services need %llu MiB: --size %lluM",
             (unsigned long long)(least / MIB),
             (unsigned long long)(layout->blocks * PILOT_CARD_BLOCK_BYTES / MIB));
    layout->store_blocks =
        (uint32_t)((layout->blocks - layout->store_first) / SLOT_UNIT_BLOCKS * SLOT_UNIT_BLOCKS);
}

/* ---- what was made ---------------------------------------------------------------- */

static void tell(const char *table)
{
    char keys[SIGNATURE_REASON_BYTES];
    uint64_t slot_units =
        (card.layout.store_blocks / SLOT_UNIT_BLOCKS - 2) / (SLOT_SERVICES_MAX * SLOT_SLOTS);

    signature_describe(&card.table, keys);
    if (replaces)
        printf("%s was replaced, with all that was on it\n", card.image);
    printf("image        %s, %llu MiB: FAT %llu MiB, %u slots of %llu MiB\n", card.image,
           (unsigned long long)(card.layout.blocks * PILOT_CARD_BLOCK_BYTES / MIB),
           (unsigned long long)(card.layout.fat_blocks * (uint64_t)PILOT_CARD_BLOCK_BYTES / MIB),
           SLOT_SERVICES_MAX * SLOT_SLOTS, (unsigned long long)slot_units * 4);
    printf("loader       %zu bytes, %s\n", card.loader.length, keys);
    for (unsigned i = 0; i < card.file_count; i++)
        printf("file         %s from %s\n", card.files[i].name, card.files[i].path);
    if (card.service_count > 0)
        fputs(table, stdout);
    printf("in QEMU      pilot run --card %s\n", card.image);
    if (card.has_firmware)
        printf(
            "on a Pi 3    dd if=%s of=/dev/sdX bs=4M conv=fsync   (all of it: not conv=sparse)\n",
            card.image);
    else
        printf("on a Pi 3    not without --firmware\n");
}

int pilot_sdcard(int argc, char **argv)
{
    char table[SLOT_TEXT_BYTES];
    sigset_t ends;

    parse_options(argc, argv);
    look_at_target();
    sdcard_files_prepare(&card);
    sdcard_services_prepare(&card);
    sdcard_configuration_prepare(&card);
    lay_out();

    hold_signals(&ends);
    if (snprintf(draft, sizeof draft, "%s.%d", card.image, (int)getpid()) >= (int)sizeof draft)
        fail("the path %.60s... is too long", card.image);
    atexit(remove_draft);
    pilot_card_format(draft, &card.layout);
    heed_signals(&ends);
    sdcard_files_write(&card, draft);
    heed_signals(&ends);
    sdcard_services_write(&card, draft, table);
    heed_signals(&ends);
    if (rename(draft, card.image) != 0)
        fail("cannot make %s: %s", card.image, strerror(errno));
    draft[0] = '\0';
    tell(table);
    return fflush(stdout) == 0 ? 0 : 1;
}
