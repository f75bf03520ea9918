/*
 * self_test_pattern: see self_test_pattern.h.
 *
 * self_test_mix is the finaliser of SplitMix64 (Steele, Lea, Flood: Fast Splittable
 * Pseudorandom Number Generators, 2014) over a sum.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "self_test_pattern.h"

#include <stdbool.h>
#include <string.h>

uint64_t self_test_mix(uint64_t a, uint64_t b)
{
    uint64_t z = a * 0xd1342543de82ef95u + (b + 1) * 0x9e3779b97f4a7c15u;

    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

/* The byte at a place; *word is that of the byte before. */
static uint8_t byte_of(uint64_t seed, uint64_t place, uint64_t *word)
{
    if (place % 8 == 0)
        *word = self_test_mix(seed, place / 8);
    return (uint8_t)(*word >> place % 8 * 8);
}

/* Whole words of the pattern are moved as such: a loop over bytes takes seconds for what is left
 * across a reset. Little-endian, as everything here. */
static bool is_word(uint64_t place, size_t i, size_t length)
{
    return (place + i) % 8 == 0 && length - i >= 8;
}

void self_test_pattern_fill(void *to, size_t length, uint64_t seed, uint64_t place)
{
    uint64_t word = self_test_mix(seed, place / 8);
    uint8_t *bytes = to;

    for (size_t i = 0; i < length;) {
        if (is_word(place, i, length)) {
            word = self_test_mix(seed, (place + i) / 8);
            memcpy(bytes + i, &word, sizeof word);
            i += sizeof word;
        } else {
            bytes[i] = byte_of(seed, place + i, &word);
            i++;
        }
    }
}

size_t self_test_pattern_check(const void *from, size_t length, uint64_t seed, uint64_t place,
                               size_t *first)
{
    uint64_t word = self_test_mix(seed, place / 8), found;
    const uint8_t *bytes = from;
    size_t wrong = 0;

    for (size_t i = 0; i < length; i++) {
        while (is_word(place, i, length)) {
            word = self_test_mix(seed, (place + i) / 8);
            memcpy(&found, bytes + i, sizeof found);
            if (found != word)
                break;
            i += sizeof word;
        }
        if (i < length && bytes[i] != byte_of(seed, place + i, &word) && wrong++ == 0)
            *first = i;
    }
    return wrong;
}

size_t self_test_pattern_flipped(const void *from, size_t length, uint64_t seed, uint64_t place)
{
    const uint8_t *bytes = from;
    size_t flipped = 0;
    uint64_t found;

    for (size_t i = 0; i < length; i += sizeof found) {
        memcpy(&found, bytes + i, sizeof found);
        for (found ^= self_test_mix(seed, (place + i) / 8); found != 0; found &= found - 1)
            flipped++;
    }
    return flipped;
}
