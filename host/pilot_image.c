/*
 * pilot_image: what a loader will say of a service's file.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "elf.h"
#include "image_accept.h"
#include "pilot.h"

/* Of a Pi 3's 1 GiB: what the GPU's usual 76 MiB and the loader leave, which has 2 MiB for
 * itself, 48 for the images it keeps and 64 to receive one. */
#define FREE_BYTES (0x40000000u - (76u + 2u + 48u + 64u) * 0x100000u)

int pilot_image_check(const void *file, size_t length, struct elf_image *image, char *reason)
{
    int status = elf_check(file, length, image, reason);

    return status < 0 ? status : image_accept(image, FREE_BYTES, reason);
}
