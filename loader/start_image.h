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
    size_t content;          /* of the bytes, those before the signature that was verified; 0: it
                                was not yet */
};

/*
 * Would the image be started? The signature first, if file->content is 0. Fills in content and, of
 * file->about, name, version, security counter and CRC. Returns 0, or as start_image, with one
 * sentence in reason (ELF_REASON_BYTES).
 */
int image_check(const struct loader *loader, struct image_file *file, struct elf_image *image,
                uint64_t *displacement, char *reason);

/* A part of image_check: has an image of that name the security counter that the card wants?
 * Returns 0, or ERROR_REFUSED with a sentence in reason. */
int image_check_counter(const struct loader *loader, const char *name, uint32_t counter,
                        char *reason);

/* The last part of image_check: whether what is told to the service fits where it goes. */
int start_has_room(const struct loader *loader, const struct elf_image *image,
                   const struct image_file *file, char *reason);

/*
 * Checks, places and starts an image. Returns only if it cannot be started, with one line
 * logged that says why: ERROR_CORRUPT, ERROR_UNSUPPORTED, ERROR_REFUSED, ERROR_NO_MEMORY,
 * ERROR_TOO_LARGE. No memory but the loader's own has changed then.
 */
int start_image(struct loader *loader, struct image_file *file);

/* Whether images that are pushed, and selections, are taken at all: 0, or ERROR_REFUSED with a
 * sentence in reason (ELF_REASON_BYTES). */
int push_is_wanted(const struct loader *loader, char *reason);

/* Checks an image of length bytes that was pushed from location into staging, and notes it in
 * keep->uploaded. Returns 0, or as push_is_wanted and image_check, with a sentence in reason. */
int pushed_check(struct loader *loader, size_t length, const char *location, char *reason);

#endif
