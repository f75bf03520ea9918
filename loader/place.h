/*
 * place: where in memory an image can go, and what must not be touched there.
 *
 * Works on lists of ranges that the caller puts together - RAM, and what is taken in it
 * (the loader, the received file, the device tree, the spin table, reservations) - so
 * one rule answers every question: an image may lie where there is RAM and nothing is
 * taken. Devices are not RAM, so they need no entry of their own. Ranges may touch,
 * overlap and stand in any order. Pure: no state, no memory access outside the lists.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef PLACE_H
#define PLACE_H

#include <stddef.h>
#include <stdint.h>

#include "board.h"
#include "elf.h"

struct place_taken {
    uint64_t base;
    uint64_t bytes;   /* 0: the entry counts for nothing */
    const char *what; /* for the refusal: "the loader", "the device tree" */
    uint32_t kind;    /* enum boot_memory_kind, for the service's memory map */
};

struct place_map {
    const struct board_range *memory;
    unsigned memory_count;
    const struct place_taken *taken;
    unsigned taken_count;
};

/*
 * Finds the lowest address, not below lowest, from which on bytes bytes are free, at a
 * multiple of alignment (a power of two). Returns 0 and sets *address, or
 * ERROR_NO_MEMORY. bytes: 1 or more.
 */
int place_find(const struct place_map *map, uint64_t lowest, uint64_t bytes, uint64_t alignment,
               uint64_t *address);

/*
 * Decides where an image lies: a movable one at the lowest free 2 MiB boundary (its
 * offset within 2 MiB kept), another where it is linked to, if all from its first to its
 * last page is free there.
 * image and file: as elf_check accepted them. Returns 0 and sets *displacement (what to
 * add to linked addresses), or ERROR_NO_MEMORY (movable, no room) or ERROR_REFUSED (its
 * fixed place is taken, or is not RAM) with one sentence in reason (ELF_REASON_BYTES).
 */
int place_image(const struct place_map *map, const struct elf_image *image, const void *file,
                uint64_t *displacement, char *reason);

/*
 * Steps through free memory in ascending order: sets *range to the first piece that
 * begins at or after cursor, or that cursor lies in (cut at the front), and returns the
 * cursor for the next call, or 0 when there is none. Begin with cursor 0.
 */
uint64_t place_next_free(const struct place_map *map, uint64_t cursor, struct board_range *range);

#endif
