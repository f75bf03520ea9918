/*
 * symbols: binary search in the table that host/symbols.c writes.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "symbols.h"

#include <stddef.h>

extern const uint32_t symbol_table_count;
extern const uint32_t symbol_table_offsets[];
extern const uint16_t symbol_table_names[];
extern const char symbol_table_text[];

#define FUNCTION_BYTES_MAX 0x10000

const char *symbols_find(uint64_t image_offset, uint32_t *into)
{
    uint32_t first = 0, last = symbol_table_count;

    /* Ends with last = the number of functions that begin at or before image_offset. */
    while (first < last) {
        uint32_t middle = first + (last - first) / 2;

        if (symbol_table_offsets[middle] <= image_offset)
            first = middle + 1;
        else
            last = middle;
    }
    if (last == 0 || image_offset - symbol_table_offsets[last - 1] >= FUNCTION_BYTES_MAX)
        return NULL;
    *into = (uint32_t)(image_offset - symbol_table_offsets[last - 1]);
    return symbol_table_text + symbol_table_names[last - 1];
}
