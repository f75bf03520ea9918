/*
 * symbols: binary search in the table that host/symbols.c writes; the names follow each
 * other without an index and compressed, since only a fault report looks.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "symbols.h"

#include <stddef.h>

#include "words.h"

/* Hidden: of our own program, so not addressed through the GOT (32 bytes each). */
#pragma GCC visibility push(hidden)
extern const uint32_t symbol_table_count;
extern const uint16_t symbol_table_offsets[]; /* in instructions */
extern const uint8_t symbol_table_text[];     /* in the same order; 0x80 + n is pair n */
extern const uint8_t symbol_table_pairs[][2];
#pragma GCC visibility pop

#define INSTRUCTION_BYTES 4

#define FUNCTION_BYTES_MAX 0x10000

#define NAME_MAX_BYTES 64 /* with its NUL; what is longer is cut off */

static uint64_t offset_of(uint32_t i)
{
    return (uint64_t)symbol_table_offsets[i] * INSTRUCTION_BYTES;
}

/* Appends what a byte of the text stands for. A pair is made of lesser bytes than its own,
 * so this ends; at most 128 deep. */
static void append(char *name, size_t *length, uint8_t byte)
{
    if (byte >= 0x80) {
        append(name, length, symbol_table_pairs[byte - 0x80][0]);
        append(name, length, symbol_table_pairs[byte - 0x80][1]);
    } else if (*length < NAME_MAX_BYTES - 1) {
        name[(*length)++] = (char)byte;
    }
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

    static char name[NAME_MAX_BYTES];
    const char *text = words_at((const char *)symbol_table_text, last - 1);
    size_t length = 0;

    while (*text != '\0')
        append(name, &length, (uint8_t)*text++);
    name[length] = '\0';
    return name;
}
