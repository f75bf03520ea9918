/*
 * boot_info: builds the transfer list that a service finds in x3.
 *
 * The caller says what it knows in one plain struct; what it leaves null or zero gets no
 * entry. Order in the list: integrity, loader, service, image, reset, memory, lease,
 * consoles, seed, arguments, timestamps; for a warm hand-over USB, card, neighbours,
 * transfer, log; guard, upload, crash; device tree. docs/boot.md describes each.
 * Bytes in, bytes out.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef BOOT_INFO_H
#define BOOT_INFO_H

#include <stddef.h>
#include <stdint.h>

#include "board.h"
#include "boot_tags.h"
#include "elf.h"
#include "place.h"

#define BOOT_INFO_SEED_BYTES 32

struct boot_info {
    const struct board *board;   /* memory, reset */
    uint32_t loader_version;     /* boot_info_version(PILOTLIGHT_VERSION) */
    uint32_t features;           /* enum boot_feature */
    struct board_range resident; /* what the loader keeps for itself */

    const char *location; /* "tftp://192.0.2.1/dns.elf"; cut to fit */
    uint8_t slot;         /* 'A', 'B' or 0: not from a slot; then ... */
    uint8_t slot_state;   /* ... enum slot_state, ... */
    uint8_t tries_left;   /* ... and what it is left, as it was started */
    uint32_t boot_id;
    const struct elf_image *image; /* as checked, with the file it was read from */
    const void *file;
    uint64_t displacement; /* as placed */
    const uint8_t *digest; /* 32 bytes, SHA-256 of the file */

    /* What is not free for the service besides its image and this list: kinds LOADER,
     * RESERVED and UPLOAD. What the loader needs no more (the received file) is left out. */
    const struct place_taken *taken;
    unsigned taken_count;

    const struct boot_lease *lease; /* null: no network */
    const struct boot_console *consoles;
    unsigned console_count;
    const uint8_t *seed;   /* 64 bytes: one half for the list, one for the
                                           tree; null: none. The caller wipes them. */
    const char *arguments; /* argv as it stands in the entry: strings with
                                           their NULs, one after another */
    size_t arguments_bytes;
    const char *bootargs; /* for the tree; null: as the firmware left them */
    const struct boot_timestamp *timestamps;
    unsigned timestamp_count;

    /* Devices and network that are handed over running: see lib/hand_over.h. */
    const struct boot_usb *usb;
    const struct boot_card *card;
    const struct boot_neighbour *neighbours;
    unsigned neighbour_count;
    const struct boot_transfer *transfer;
    const struct boot_log *log;

    const struct boot_guard *guard;
    const struct boot_upload *upload;
    const struct boot_crash *crash; /* of the service before, if it did */

    const void *fdt; /* the firmware's tree, or null */
    size_t fdt_available;
};

/* Turns "1.2.3" into 1 << 16 | 2 << 8 | 3; parts that are missing are 0. */
uint32_t boot_info_version(const char *text);

/* Returns how many bytes boot_info_build needs at most. */
size_t boot_info_room(const struct boot_info *info);

/*
 * Builds the whole list at buffer (8-byte aligned, capacity bytes), which the service
 * will see at address: this is how its memory map names the range. Sets *fdt_offset to
 * where the device tree stands in the list (for x0), and seals it. Returns the bytes
 * used, or ERROR_TOO_LARGE (capacity), ERROR_INVALID (alignment). A firmware's tree that
 * cannot be edited is replaced by an empty one. Reads and writes nothing else.
 */
int64_t boot_info_build(const struct boot_info *info, void *buffer, size_t capacity,
                        uint64_t address, size_t *fdt_offset);

#endif
