/*
 * pilot key: which keys a loader's image has, and changing them.
 *
 * The build does the same for KEYS=..., so an image with keys filled in later is byte for byte the
 * one that was built with them.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "pilot_signature.h"

#define CARD_BYTES_MIN (16u << 20) /* no loader is as large */

static void remove_key(struct signature_keys *keys, const char *number, const char *path)
{
    char text[PILOT_NUMBER_DIGITS + 1];

    for (unsigned i = 0; i < keys->count; i++) {
        pilot_number_text(keys->keys[i].number, text);
        if (strcasecmp(text, number) != 0)
            continue;
        keys->count--;
        memmove(&keys->keys[i], &keys->keys[i + 1], (keys->count - i) * sizeof keys->keys[0]);
        memset(&keys->keys[keys->count], 0, sizeof keys->keys[0]);
        keys->crc32c = signature_keys_crc32c(keys);
        return;
    }
    fail("%s has no key %.40s; pilot key %s lists those it has", path, number, path);
}

static void list(const struct signature_keys *keys, const char *path)
{
    char text[PILOT_NUMBER_DIGITS + 1];

    if (keys->count == 0)
        printf("%s: no keys; starts unsigned images\n", path);
    for (unsigned i = 0; i < keys->count; i++) {
        pilot_number_text(keys->keys[i].number, text);
        printf("%s: key %s\n", path, text);
    }
}

/* A card's loader could be changed in it, but not the slots that it would refuse then; and a
 * machine may be running from it. */
static void check_no_card(const struct pilot_file *image, const char *path)
{
    const uint8_t *end = image->bytes + 510; /* of a partition table */

    if (image->length >= CARD_BYTES_MIN && end[0] == 0x55 && end[1] == 0xaa)
        fail("%s is a card image: pilot sdcard --key makes one whose loader has the key", path);
}

int pilot_key(int argc, char **argv)
{
    const char *path = NULL;
    struct pilot_file image;
    struct signature_keys *keys;
    bool is_changed = false;

    for (int i = 0; i < argc; i++) {
        if (strcmp(argv[i], "--add") == 0 || strcmp(argv[i], "--remove") == 0) {
            if (i + 1 >= argc)
                fail("%s wants %s behind it", argv[i],
                     argv[i][2] == 'a' ? "a public key: --add fleet.pub"
                                       : "a key's number: --remove 0123456789abcdef");
            i++;
            is_changed = true;
        } else if (argv[i][0] == '-') {
            fail("key knows only --add KEY.pub and --remove NUMBER, not %s", argv[i]);
        } else if (path) {
            fail("key takes one loader, not %s and %s", path, argv[i]);
        } else {
            path = argv[i];
        }
    }
    if (!path)
        fail("key wants a loader's image: pilot key build/kernel8.img");
    image = pilot_file_read(path);
    keys = pilot_keys_find(&image, path);
    if (is_changed)
        check_no_card(&image, path);
    /* In the order they were given: with a full table, first remove, then add. */
    for (int i = 0; i < argc; i++) {
        if (strcmp(argv[i], "--add") == 0)
            pilot_keys_add(keys, argv[++i]);
        else if (strcmp(argv[i], "--remove") == 0)
            remove_key(keys, argv[++i], path);
    }
    if (is_changed)
        pilot_file_replace(path, &image);
    list(keys, path);
    free(image.bytes);
    return 0;
}
