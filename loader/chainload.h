/*
 * chainload: the loader starts another system - U-Boot, Linux, a plain ELF - and is gone.
 *
 * What it is given is what the firmware or U-Boot would give it: EL2, MMU and caches off, x0
 * = device tree, x1-x3 = 0, interrupts masked, devices at rest, no watchdog, cores 1-3 in a
 * spin-table stub at the release addresses that the tree names (the firmware's: 0xd8 + 8 n) in a
 * page which the tree reserves, and all of RAM.
 * Three steps, of which the first two are pure: what is it, where does it go, start it.
 * References: Linux Documentation/arch/arm64/booting.rst (header, placement, state);
 * Devicetree Specification 0.4, 3.8.1 (spin-table).
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef CHAINLOAD_H
#define CHAINLOAD_H

#include <stddef.h>
#include <stdint.h>

#include "elf.h"
#include "place.h"

struct loader;

enum chainload_kind {
    CHAINLOAD_IMAGE, /* arm64 Image header: at a multiple of 2 MiB, plus its text_offset */
    CHAINLOAD_RAW,   /* none: where the firmware puts a kernel8.img, 0x80000 */
    CHAINLOAD_ELF,   /* where its segments say (physical addresses), not relocated */
};

struct chainload_image {
    enum chainload_kind kind;
    uint64_t text_offset; /* IMAGE */
    uint64_t first;       /* RAW, ELF: its lowest address */
    uint64_t bytes;       /* of memory it wants, from its first on (bss included); not 0 */
    uint64_t entry;       /* where it begins to run, from its first byte on */
    uint64_t file_bytes;  /* IMAGE, RAW: what is copied */
    uint64_t segments;    /* ELF: offset of the program headers in the file */
    unsigned segment_count;
};

/* "arm64 Image", "raw image", "ELF". */
const char *chainload_kind_name(enum chainload_kind kind);

/*
 * What is it? file: what was read, length bytes; nothing behind is looked at. Returns 0, or
 * ERROR_CORRUPT (cut off, or contradicts itself), ERROR_UNSUPPORTED (for another processor, a
 * big-endian kernel, one with pages of 16 KiB; one that is packed: gzip, EFI zboot, uImage, FIT;
 * a service), with one sentence in reason (ELF_REASON_BYTES) that says what to do about it.
 */
int chainload_inspect(const void *file, size_t length, struct chainload_image *image, char *reason);

/*
 * Where does it go? The lowest place that is free for all its bytes; RAW and ELF have no
 * choice. Returns 0 and sets *base, the address of its first byte, or ERROR_NO_MEMORY or
 * ERROR_REFUSED (its place is taken, or no memory) with one sentence in reason.
 */
int chainload_place(const struct place_map *map, const struct chainload_image *image,
                    uint64_t *base, char *reason);

/* Copies it there, and zeroes of an ELF what the file does not hold. memory: image->bytes,
 * apart from file. What an Image or raw image has behind its file bytes is left as it is. */
void chainload_copy(const struct chainload_image *image, const void *file, void *memory);

/*
 * The boot source "image": reads configuration.image and configuration.initrd from the card, with
 * their signatures if the loader has keys, and starts it. Returns only if that cannot be done, with
 * an error that is logged; ERROR_ABSENT: no such file, or no card, or none is configured.
 */
int chainload_try(struct loader *loader);

#endif
