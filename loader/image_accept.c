/*
 * image_accept: see image_accept.h.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "image_accept.h"

#include <stdio.h>

#include "error.h"

int image_accept(const struct elf_image *image, uint64_t free_bytes, char *reason)
{
    const struct image_note *note = &image->note;
    uint32_t missing = note->required_features & ~(uint32_t)IMAGE_ACCEPT_FEATURES;

    if (!image->has_note) {
        snprintf(reason, ELF_REASON_BYTES, "it has no pilotlight note: not a service");
        return ERROR_UNSUPPORTED;
    }
    if (note->abi != IMAGE_NOTE_ABI) {
        snprintf(reason, ELF_REASON_BYTES, "it is built for ABI %u, this loader has %u",
                 (unsigned)note->abi, IMAGE_NOTE_ABI);
        return ERROR_UNSUPPORTED;
    }
    if (missing != 0) {
        snprintf(reason, ELF_REASON_BYTES, "it requires features 0x%x that this loader lacks",
                 (unsigned)missing);
        return ERROR_UNSUPPORTED;
    }
    if (image->bytes > free_bytes || note->heap_bytes > free_bytes - image->bytes) {
        snprintf(reason, ELF_REASON_BYTES, "it wants %lu bytes and a heap of %lu, %lu are free",
                 (unsigned long)image->bytes, (unsigned long)note->heap_bytes,
                 (unsigned long)free_bytes);
        return ERROR_NO_MEMORY;
    }
    return 0;
}
