/*
 * chainload: the loader starts another system - U-Boot, Linux, a plain ELF - and is gone.
 *
 * What it is given is what the firmware or U-Boot would give it: EL2, MMU and data cache off, x0
 * = device tree, x1-x3 = 0, interrupts masked, devices at rest, no watchdog, cores 1-3 in a
 * spin-table stub at the release addresses of the firmware (0xd8 + 8 n) whose page the tree
 * reserves, and all of RAM.
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

struct loader;

enum chainload_kind {
    CHAINLOAD_IMAGE, /* arm64 Image header: at a multiple of 2 MiB, plus its text_offset */
    CHAINLOAD_RAW,   /* none: where the firmware puts a kernel8.img, 0x80000 */
    CHAINLOAD_ELF,   /* where its segments say; x0 = device tree all the same */
};

struct chainload_image {
    enum chainload_kind kind;
    uint64_t text_offset; /* IMAGE */
    uint64_t bytes;       /* of memory it wants, from its first on (bss included) */
    uint64_t entry;       /* ELF: address; else 0: its first byte */
    struct elf_image elf; /* ELF */
};

/*
 * What is it? file: what was read, length bytes; nothing behind is looked at. Returns 0, or
 * ERROR_CORRUPT, ERROR_UNSUPPORTED (a 32-bit or big-endian kernel, one with pages that are not
 * 4 KiB; a compressed one: gzip, EFI zboot), with one sentence in reason (ELF_REASON_BYTES).
 */
int chainload_inspect(const void *file, size_t length, struct chainload_image *image, char *reason);

/*
 * The boot source "image": reads configuration.image and configuration.initrd from the card, with
 * their signatures if the loader has keys, and starts it. Returns only if that cannot be done, with an
 * error that is logged; ERROR_ABSENT: no such file, or no card, or none is configured.
 */
int chainload_try(struct loader *loader);

#endif
