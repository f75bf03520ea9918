/*
 * pilot_image: a service's file as a loader gets it, and what it will say of it.
 *
 * A signature beside the file (PATH.sig, as signify makes it) goes along as a footer
 * behind it: include/signature_format.h.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <stdlib.h>
#include <string.h>

#include "elf.h"
#include "image_accept.h"
#include "pilot.h"
#include "pilot_signature.h"
#include "slot_format.h"

/* Of a Pi 3's 1 GiB: what the GPU's usual 76 MiB and the loader leave, which has 2 MiB for
 * itself, 48 for the images it keeps and 64 to receive one. */
#define FREE_BYTES (0x40000000u - (76u + 2u + 48u + 64u) * 0x100000u)

struct pilot_file pilot_image_read(const char *path, bool *is_signed)
{
    struct pilot_file file = pilot_file_read(path);
    uint8_t *bytes;
    size_t room;

    *is_signed = pilot_signature_attach(&file, path);
    /* Whole blocks, which is what a card is written in. */
    room = (file.length / SLOT_BLOCK_BYTES + 1) * SLOT_BLOCK_BYTES;
    bytes = realloc(file.bytes, room);
    if (!bytes)
        fail("out of memory for the %zu bytes of %s", file.length, path);
    memset(bytes + file.length, 0, room - file.length);
    file.bytes = bytes;
    return file;
}

int pilot_image_check(const void *file, size_t length, struct elf_image *image, char *reason)
{
    int status = elf_check(file, length, image, reason);

    return status < 0 ? status : image_accept(image, FREE_BYTES, reason);
}
