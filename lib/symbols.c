/*
 * symbols: binary search in the table that host/symbols.c writes; the names follow each
 * other without an index, since only a fault report looks.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "symbols.h"

#include <stddef.h>
#include <string.h>

/* Hidden: of our own program, so not addressed through the GOT (32 bytes each). */
#pragma GCC visibility push(hidden)
extern const uint32_t symbol_table_count;
extern const uint16_t symbol_table_offsets[]; /* in instructions */
extern const char symbol_table_text[];        /* in the same order */
#pragma GCC visibility pop

#define INSTRUCTION_BYTES 4

#define FUNCTION_BYTES_MAX 0x10000

static uint64_t offset_of(uint32_t i)
{
    return (uint64_t)symbol_table_offsets[i] * INSTRUCTION_BYTES;
}

const char *symbols_find(uint64_t image_offset, uint32_t *into)
{
    uint32_t first = 0, last = symbol_table_count;

    /* Ends with last = the number of functions that begin at or before image_offset. */
    while (first < last) {
        uint32_t middle = first + (last - first) / 2;

        if (offset_of(middle) <= image_offset)
            first = middle + 1;
        else
            last = middle;
    }
    if (last == 0 || image_offset - offset_of(last - 1) >= FUNCTION_BYTES_MAX)
        return NULL;
    *into = (uint32_t)(image_offset - offset_of(last - 1));

    const char *name = symbol_table_text;

    for (uint32_t i = 0; i < last - 1; i++)
        name += strlen(name) + 1;
    return name;
}
