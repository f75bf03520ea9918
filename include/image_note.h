/*
 * image_note: what a service ELF says of itself, read by the loader before the jump.
 *
 * An ELF note (namesz 11, name "pilotlight", type 1) in the section .note.pilotlight,
 * reached through a PT_NOTE program header. The descriptor is the struct below,
 * little-endian. It may grow at its end; a reader takes what it knows, a descriptor
 * shorter than IMAGE_NOTE_MIN_BYTES is invalid.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef IMAGE_NOTE_H
#define IMAGE_NOTE_H

#include <stddef.h>
#include <stdint.h>

#define IMAGE_NOTE_NAME      "pilotlight"
#define IMAGE_NOTE_TYPE      1
#define IMAGE_NOTE_ABI       1 /* rises when the entry contract or this changes */
#define IMAGE_NOTE_MIN_BYTES 80

struct image_note {
    uint32_t abi;               /* IMAGE_NOTE_ABI the image was built for */
    uint32_t required_features; /* enum image_feature: refuse when one is missing */
    uint32_t security_counter;
    uint32_t stack_bytes;      /* what the image has set aside for its stack */
    uint64_t heap_bytes;       /* free memory it wants beyond its own segments */
    uint32_t read_only_bytes;  /* text and constants, from the image's base on ... */
    uint32_t read_only_crc32c; /* ... and their CRC; both 0 when not filled in */
    char name[32];             /* [a-z0-9-], 1 to 31 characters */
    char version[16];          /* printable, "1.4.2" */
    uint32_t confirm_s;        /* 0: the kernel confirms the service by itself, a while after
                           service_main returned; else the service does, within so many
                           seconds of its start. Since the field is new: 0 if absent */
    uint32_t reserved;
};

enum image_feature {
    IMAGE_FEATURE_NETWORK = 1u << 0,
    IMAGE_FEATURE_CARD = 1u << 1,
    IMAGE_FEATURE_GUARD = 1u << 2,
};

/*
 * Finds our note among the notes in [notes, notes + length) and copies it to *note.
 * alignment: 4 or 8, from the program header. Other notes are skipped by size. The
 * strings in *note are always terminated. Returns 0, ERROR_ABSENT (no such note),
 * ERROR_CORRUPT (a size runs past the end, a descriptor too short, a name or version
 * with characters that are not allowed), ERROR_INVALID (alignment). Reads nothing
 * outside the range.
 */
int image_note_find(const void *notes, size_t length, size_t alignment, struct image_note *note);

#endif
