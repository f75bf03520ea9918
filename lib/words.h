/*
 * words: a list of words as one string, each ended by a NUL, in place of a table of
 * pointers. In a program that relocates itself a pointer costs 32 bytes: its own 8 and 24
 * of the relocation.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef WORDS_H
#define WORDS_H

#include <string.h>

/* The word behind this one. The last word of a list is followed by "" where the list's
 * literal ends in an explicit \0. */
static inline const char *words_next(const char *word)
{
    return word + strlen(word) + 1;
}

/* Word number index of the list, from 0; there must be as many. */
static inline const char *words_at(const char *list, unsigned index)
{
    while (index-- > 0)
        list = words_next(list);
    return list;
}

#endif
