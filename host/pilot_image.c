/*
 * pilot_image: what a loader will say of a service's file.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <stdio.h>

#include "elf.h"
#include "error.h"
#include "image_accept.h"
#include "pilot.h"

#define MIB 0x100000u

/* Of a Pi 3's 1 GiB: what the GPU's usual 76 MiB and the loader leave, which has 2 MiB for
 * itself, 48 for the images it keeps and 64 to receive one. */
#define FREE_BYTES (1024 * MIB - (76 + 2 + 48) * MIB - PILOT_RECEIVE_BYTES)

int pilot_image_check(const void *file, size_t length, struct elf_image *image, char *reason)
{
    int status;

    if (length > PILOT_RECEIVE_BYTES) {
        snprintf(reason, ELF_REASON_BYTES, "it has %zu bytes, and a loader has room to receive %u",
                 length, PILOT_RECEIVE_BYTES);
        return ERROR_TOO_LARGE;
    }
    status = elf_check(file, length, image, reason);
    return status < 0 ? status : image_accept(image, FREE_BYTES, reason);
}
