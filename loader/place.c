/*
 * place: searching free memory. See place.h.
 *
 * One function does the work: the next stretch of RAM from a cursor on that nothing has
 * taken. Lists have a handful of entries, so it looks at all of them each time instead
 * of sorting anything.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "place.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>

#include "error.h"

/* The end of a range; one that would wrap ends at the top. */
static uint64_t end_of(uint64_t base, uint64_t bytes)
{
    return bytes > UINT64_MAX - base ? UINT64_MAX : base + bytes;
}

/* Returns the entry that holds address, or null. */
static const struct place_taken *taken_at(const struct place_map *map, uint64_t address)
{
    for (unsigned i = 0; i < map->taken_count; i++) {
        const struct place_taken *taken = &map->taken[i];

        if (address >= taken->base && address < end_of(taken->base, taken->bytes))
            return taken;
    }
    return NULL;
}

/* True if address is RAM; *end is then where it ends, ranges that touch taken as one. */
static bool is_memory(const struct place_map *map, uint64_t address, uint64_t *end)
{
    bool grown;

    *end = address;
    do {
        grown = false;
        for (unsigned i = 0; i < map->memory_count; i++) {
            uint64_t memory_end = end_of(map->memory[i].base, map->memory[i].bytes);

            if (*end >= map->memory[i].base && *end < memory_end) {
                *end = memory_end;
                grown = true;
            }
        }
    } while (grown);
    return *end > address;
}

/* The lowest start of memory, or end of something taken, that is above address:
 * where free memory may begin again. UINT64_MAX if there is none. */
static uint64_t next_start(const struct place_map *map, uint64_t address)
{
    uint64_t start = UINT64_MAX;

    for (unsigned i = 0; i < map->memory_count; i++)
        if (map->memory[i].base > address && map->memory[i].base < start)
            start = map->memory[i].base;
    for (unsigned i = 0; i < map->taken_count; i++) {
        uint64_t end = end_of(map->taken[i].base, map->taken[i].bytes);

        if (end > address && end < start)
            start = end;
    }
    return start;
}

uint64_t place_next_free(const struct place_map *map, uint64_t cursor, struct board_range *range)
{
    uint64_t end;

    while (taken_at(map, cursor) != NULL || !is_memory(map, cursor, &end)) {
        cursor = next_start(map, cursor);
        if (cursor == UINT64_MAX)
            return 0;
    }
    for (unsigned i = 0; i < map->taken_count; i++)
        if (map->taken[i].bytes != 0 && map->taken[i].base > cursor && map->taken[i].base < end)
            end = map->taken[i].base;
    range->base = cursor;
    range->bytes = end - cursor;
    return end;
}

int place_find(const struct place_map *map, uint64_t lowest, uint64_t bytes, uint64_t alignment,
               uint64_t *address)
{
    struct board_range range;

    while ((lowest = place_next_free(map, lowest, &range)) != 0) {
        uint64_t skipped = -range.base & (alignment - 1);

        if (skipped < range.bytes && bytes <= range.bytes - skipped) {
            *address = range.base + skipped;
            return 0;
        }
    }
    return ERROR_NO_MEMORY;
}

/* Checks one segment of an image that cannot move, in whole pages. */
static int check_fixed(const struct place_map *map, const struct elf_segment *segment, char *reason)
{
    uint64_t base = segment->address & ~(uint64_t)(ELF_PAGE - 1);
    uint64_t end = (segment->address + segment->bytes + ELF_PAGE - 1) & ~(uint64_t)(ELF_PAGE - 1);
    const struct place_taken *taken;
    struct board_range free;

    if (place_next_free(map, base, &free) == 0 || free.base != base)
        free.bytes = 0;
    if (end - base <= free.bytes)
        return 0;
    taken = taken_at(map, base + free.bytes);
    snprintf(reason, ELF_REASON_BYTES,
             "segment 0x%" PRIx64 "-0x%" PRIx64 " wants 0x%" PRIx64 ", which is %s", base, end,
             base + free.bytes, taken != NULL ? taken->what : "no memory");
    return ERROR_REFUSED;
}

int place_image(const struct place_map *map, const struct elf_image *image, const void *file,
                uint64_t *displacement, char *reason)
{
    struct elf_segment segment;
    unsigned next = 0;
    uint64_t within = image->first & (ELF_PLACE_ALIGNMENT - 1);
    uint64_t base;
    int status = 0;

    if (image->movable) {
        status = place_find(map, 0, within + image->bytes, ELF_PLACE_ALIGNMENT, &base);
        if (status < 0)
            snprintf(reason, ELF_REASON_BYTES, "no 0x%" PRIx64 " bytes are free in one piece",
                     within + image->bytes);
        else
            *displacement = elf_displacement(image, base);
        return status;
    }
    *displacement = 0;
    while (status == 0 && elf_next_segment(image, file, &next, &segment))
        status = check_fixed(map, &segment, reason);
    if (status == 0) {
        /* What lies between the segments is zeroed with them. */
        segment = (struct elf_segment){.address = image->first, .bytes = image->bytes};
        status = check_fixed(map, &segment, reason);
    }
    return status;
}
