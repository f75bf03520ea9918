/*
 * pilot_image: a service's file as a loader gets it, and what it will say of it.
 *
 * A signature beside the file (PATH.sig, as signify makes it) goes along as a footer
 * behind it: include/signature_format.h.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "elf.h"
#include "image_accept.h"
#include "pilot.h"
#include "signature.h"
#include "slot_format.h"

/* Of a Pi 3's 1 GiB: what the GPU's usual 76 MiB and the loader leave, which has 2 MiB for
 * itself, 48 for the images it keeps and 64 to receive one. */
#define FREE_BYTES (0x40000000u - (76u + 2u + 48u + 64u) * 0x100000u)

/* Puts what PATH.sig says behind file, in room that is there. */
static bool attach(const char *path, struct pilot_file *file)
{
    struct signature_footer footer;
    char beside[PATH_MAX], reason[SIGNATURE_REASON_BYTES];
    struct pilot_file text;

    if (snprintf(beside, sizeof beside, "%s.sig", path) >= PATH_MAX || access(beside, F_OK) != 0)
        return false;
    text = pilot_file_read(beside);
    if (signature_read((const char *)text.bytes, text.length, file->length, &footer, reason) < 0)
        fail("%s: %s; remove it, or sign %s anew", beside, reason, path);
    free(text.bytes);
    memcpy(file->bytes + file->length, &footer, sizeof footer);
    file->length += sizeof footer;
    return true;
}

struct pilot_file pilot_image_read(const char *path, bool *is_signed)
{
    struct pilot_file file = pilot_file_read(path);
    /* Whole blocks, which is what a card is written in. */
    size_t room = (file.length + SIGNATURE_FOOTER_BYTES + SLOT_BLOCK_BYTES) / SLOT_BLOCK_BYTES *
                  SLOT_BLOCK_BYTES;
    uint8_t *bytes = realloc(file.bytes, room);

    if (!bytes)
        fail("out of memory for the %zu bytes of %s", file.length, path);
    memset(bytes + file.length, 0, room - file.length);
    file.bytes = bytes;
    *is_signed = signature_is_there(file.bytes, file.length) || attach(path, &file);
    return file;
}

int pilot_image_check(const void *file, size_t length, struct elf_image *image, char *reason)
{
    int status = elf_check(file, length, image, reason);

    return status < 0 ? status : image_accept(image, FREE_BYTES, reason);
}
