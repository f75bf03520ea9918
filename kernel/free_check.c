/*
 * free_check: see free_check.h. It takes as long as the allocator's own search for the place.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "free_check.h"

#define ALIGNMENT sizeof(size_t) /* of pieces and their lengths */

const char *free_check(const struct free_piece *first, uintptr_t begin, uintptr_t end,
                       const void *pointer)
{
    uintptr_t address = (uintptr_t)pointer;
    size_t bytes;

    if (address % ALIGNMENT != 0 || address < begin + ALIGNMENT || address >= end)
        return "the pointer is one that malloc gave";
    for (const struct free_piece *piece = first; piece != NULL; piece = piece->next)
        if (address >= (uintptr_t)piece && address - (uintptr_t)piece < piece->bytes)
            return "the pointer is not free already";
    bytes = ((const size_t *)pointer)[-1];
    if (bytes < sizeof(struct free_piece) || bytes % ALIGNMENT != 0 ||
        bytes > end - (address - ALIGNMENT))
        return "the length before the pointer is whole";
    return NULL;
}
