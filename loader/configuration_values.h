/*
 * configuration_values: what stands behind a key, read from a piece of text into a field.
 *
 * Each reader puts the value into field and returns null, or changes nothing and returns what was
 * expected instead: the end of a sentence that begins with the value. Pieces have no NUL.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef CONFIGURATION_VALUES_H
#define CONFIGURATION_VALUES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "net.h"

/* A piece of the text, not NUL-terminated. */
struct span {
    const char *at;
    size_t length;
};

static inline bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

bool span_is(struct span span, const char *word);

/* Cuts the next word (up to a blank or a comma) off the front of rest. */
struct span next_word(struct span *rest);

/* "192.0.2.1"; a mask also as "/24" or "24". */
const char *read_address(struct net_address *field, struct span value);
const char *read_mask(struct net_address *field, struct span value);

/* A choice of words, which stand in the sentence that is said when it is none of them ("is not a, b
 * or c"), in the order of their numbers: 0, 1, 2. field: a bool or an enum, capacity bytes. */
const char *read_choice(void *field, size_t capacity, const char *expected, struct span value);

/* A number from minimum to maximum, or 0 where that means never. Returns whether it is one. */
bool read_range(uint32_t *field, uint32_t minimum, uint32_t maximum, bool zero_is_never,
                struct span value);

/* Printable ASCII, with a NUL behind it, in capacity bytes. A word has no blanks. */
const char *read_text(char *field, size_t capacity, struct span value);
const char *read_word(char *field, size_t capacity, struct span value);

/* A service's arguments, judged here, where the place of what is wrong is known. */
const char *read_arguments(char *field, size_t capacity, struct span value);

/* For another system, as it stands; one pair of quotes round the whole of it is not part of it. */
const char *read_bootargs(char *field, size_t capacity, struct span value);

#endif
