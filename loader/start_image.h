/*
 * start_image: from a file in memory to a running service.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef START_IMAGE_H
#define START_IMAGE_H

#include "elf.h"
#include "loader.h"

/* A file that could become a service. */
struct image_file {
    const void *bytes;
    struct keep_image about; /* bytes, digest, location; image_check fills in the rest */
    int index;               /* of the kept image it is; KEEP_NOTHING: none yet */
};

/*
 * Would the image be started? Fills in name, version and CRC of file->about. Returns 0, or as
 * start_image, with one sentence in reason (ELF_REASON_BYTES).
 */
int image_check(const struct loader *loader, struct image_file *file, struct elf_image *image,
                uint64_t *displacement, char *reason);

/*
 * Checks, places and starts an image. Returns only if it cannot be started, with one line
 * logged that says why: ERROR_CORRUPT, ERROR_UNSUPPORTED, ERROR_REFUSED, ERROR_NO_MEMORY,
 * ERROR_TOO_LARGE. No memory but the loader's own has changed then.
 */
int start_image(struct loader *loader, struct image_file *file);

/* Checks an image of length bytes that was pushed from location into staging, and notes it in
 * keep->uploaded. Returns 0, or ERROR_REFUSED (deploy = off) or as image_check, with a sentence in reason. */
int pushed_check(struct loader *loader, size_t length, const char *location, char *reason);

#endif
