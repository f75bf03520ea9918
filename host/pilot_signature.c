/*
 * pilot_signature: finding what is there; nothing is signed here. See pilot_signature.h.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "pilot_signature.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TABLE_ALIGN 8 /* include/signature_format.h */

void pilot_number_text(const uint8_t number[SIGNATURE_NUMBER], char text[PILOT_NUMBER_DIGITS + 1])
{
    for (unsigned i = 0; i < SIGNATURE_NUMBER; i++)
        snprintf(text + 2 * i, 3, "%02x", number[i]);
}

/* signify's secret keys are 104 bytes in base64, beginning with "EdBK". */
static bool is_secret(const struct pilot_file *text)
{
    const uint8_t *line = memchr(text->bytes, '\n', text->length);

    return line && text->bytes + text->length - line > 140 && memcmp(line + 1, "RWRCS", 5) == 0;
}

void pilot_keys_add(struct signature_keys *keys, const char *path)
{
    char reason[SIGNATURE_REASON_BYTES];
    struct pilot_file text = pilot_file_read(path);

    if (signature_add_key(keys, (const char *)text.bytes, text.length, reason) < 0) {
        if (is_secret(&text))
            fail("%s is the secret half of a key; a loader gets the public one, NAME.pub", path);
        fail("%s: %s", path, reason);
    }
    free(text.bytes);
}

struct signature_keys pilot_keys_none(void)
{
    struct signature_keys keys = {.magic = SIGNATURE_KEYS_MAGIC};

    keys.crc32c = signature_keys_crc32c(&keys);
    return keys;
}

struct signature_keys *pilot_keys_find(const struct pilot_file *image, const char *path)
{
    struct signature_keys *found = NULL;
    bool damaged;

    for (size_t at = 0; image->length >= sizeof *found && at <= image->length - sizeof *found;
         at += TABLE_ALIGN) {
        if (memcmp(image->bytes + at, SIGNATURE_KEYS_MAGIC, sizeof found->magic) != 0)
            continue;
        if (found)
            fail("%s has two tables of keys: not an image of Pilotlight's loader", path);
        found = (struct signature_keys *)(void *)(image->bytes + at);
    }
    if (!found)
        fail("%s has no table of keys: not an image of Pilotlight's loader (build/kernel8.img)",
             path);
    signature_key_count(found, &damaged);
    if (damaged)
        fail("%s: its table of keys is damaged; build the loader anew: make loader", path);
    return found;
}

/* Only whether it holds together: nobody's key is asked. */
static void check_alone(const struct pilot_file *file, const char *path)
{
    const struct signature_keys none = pilot_keys_none();
    char reason[SIGNATURE_REASON_BYTES];
    size_t content;

    if (signature_check(&none, file->bytes, file->length, &content, reason) < 0)
        fail("%s: %s", path, reason);
}

bool pilot_footer_read(const struct pilot_file *file, const char *path,
                       struct signature_footer *footer)
{
    if (!signature_is_there(file->bytes, file->length))
        return false;
    check_alone(file, path);
    memcpy(footer, file->bytes + file->length - sizeof *footer, sizeof *footer);
    return true;
}

bool pilot_footer_beside(const struct pilot_file *file, const char *path,
                         struct signature_footer *footer)
{
    char beside[PATH_MAX], reason[SIGNATURE_REASON_BYTES];
    struct pilot_file text;

    if (snprintf(beside, sizeof beside, "%s.sig", path) >= PATH_MAX || access(beside, F_OK) != 0)
        return false;
    text = pilot_file_read(beside);
    if (signature_read((const char *)text.bytes, text.length, file->length, footer, reason) < 0)
        fail("%s: %s; remove it, or sign %s anew", beside, reason, path);
    free(text.bytes);
    return true;
}

bool pilot_signature_attach(struct pilot_file *file, const char *path)
{
    struct signature_footer footer;
    uint8_t *bytes;

    if (pilot_footer_read(file, path, &footer))
        return true;
    if (!pilot_footer_beside(file, path, &footer))
        return false;
    bytes = realloc(file->bytes, file->length + sizeof footer);
    if (!bytes)
        fail("out of memory for the %zu bytes of %s", file->length, path);
    memcpy(bytes + file->length, &footer, sizeof footer);
    file->bytes = bytes;
    file->length += sizeof footer;
    return true;
}
