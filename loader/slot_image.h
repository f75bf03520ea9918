/*
 * slot_image: what lies in one slot: a header, and the image it describes.
 *
 * The header is written when the image's bytes are durable, and has their digest. So what an
 * intact header describes was there once, and what still has its digest is there now.
 *
 * Every function that fails appends one sentence to reason (SLOT_REASON_BYTES, terminated),
 * behind what stands there already: whose slot it is.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef SLOT_IMAGE_H
#define SLOT_IMAGE_H

#include <stdint.h>

#include "block_device.h"
#include "slot_format.h"

#define SLOT_REASON_BYTES 120                     /* as ELF_REASON_BYTES */
#define SLOT_WORK_BYTES   (64 * SLOT_BLOCK_BYTES) /* as much as is read back at once */

/* What an image is, in its header. */
struct slot_image {
    uint64_t bytes;
    uint32_t security_counter;
    uint8_t digest[32];
    char name[32], version[16], location[64]; /* terminated */
};

/* One slot of a card. */
struct slot_place {
    struct block_device *device; /* blocks of SLOT_BLOCK_BYTES */
    uint64_t first;              /* block: its header's */
    uint64_t bytes_max;          /* of an image in it */
    uint8_t *work;               /* SLOT_WORK_BYTES, 8-byte aligned: at work */
};

/*
 * Reads the header; afterwards work begins with its block. Returns 0 and fills in *about and
 * *install (1 or more), ERROR_CORRUPT (none, or damaged, or its fields contradict themselves or
 * the slot), ERROR_UNSUPPORTED (an intact one of another format), or the device's error.
 */
int slot_image_header(const struct slot_place *place, struct slot_image *about, uint32_t *install,
                      char *reason);

/* Writes the image's bytes - file: 4-byte aligned - then its header; both are durable when it
 * returns 0. about->bytes is 1 ... bytes_max; what is not printable in its strings becomes '.'.
 * Returns 0 or the device's error. */
int slot_image_write(const struct slot_place *place, const void *file,
                     const struct slot_image *about, uint32_t install, char *reason);

/* Reads the image block by block and compares its digest. Returns 0, ERROR_CORRUPT, or the
 * device's error. */
int slot_image_verify(const struct slot_place *place, const struct slot_image *about, char *reason);

/* Reads the image into buffer (about->bytes bytes, 4-byte aligned) and compares its digest
 * there. Returns as slot_image_verify. */
int slot_image_read(const struct slot_place *place, const struct slot_image *about, void *buffer,
                    char *reason);

/* Appends to reason as snprintf does; returns status. */
int slot_image_refuse(char *reason, int status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
