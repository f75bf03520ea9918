/*
 * free_check: whether a pointer that is to be freed can be.
 *
 * The C library's allocator finds a piece that is freed twice only if it still stands in the list
 * of free ones by itself, has cut the list by then, and says so in errno, where nobody looks. What
 * was joined with a free neighbour it puts into the list once more: the same memory goes to two
 * owners later. Here the list is looked through first.
 *
 * Not found: a pointer into the middle of a piece where the word before it could be a length, and
 * one whose memory has been given out again since.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef FREE_CHECK_H
#define FREE_CHECK_H

#include <stddef.h>
#include <stdint.h>

/* As picolibc has them: each piece begins with its length, this word included, and what malloc
 * gives comes right behind it. There free ones have the address of the next, which lies higher. */
struct free_piece {
    size_t bytes;
    const struct free_piece *next;
};

/* Returns what does not hold of a pointer that is to be freed, or null when all does. first: of
 * the free pieces, or null; [begin, end): memory of the heap, from which pieces were made. */
const char *free_check(const struct free_piece *first, uintptr_t begin, uintptr_t end,
                       const void *pointer);

#endif
