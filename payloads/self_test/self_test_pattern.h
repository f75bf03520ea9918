/*
 * self_test_pattern: contents that can be told from any other: a function of a seed and a place.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef SELFTEST_PATTERN_H
#define SELFTEST_PATTERN_H

#include <stddef.h>
#include <stdint.h>

/* A number that looks random, a function of a and b. Each bit of either changes half of it. */
uint64_t self_test_mix(uint64_t a, uint64_t b);

/* Fills [to, to + length) with the bytes of seed from place on. Any alignment. */
void self_test_pattern_fill(void *to, size_t length, uint64_t seed, uint64_t place);

/* How many of the bytes at from are not those. *first: the first of them, if there is one. */
size_t self_test_pattern_check(const void *from, size_t length, uint64_t seed, uint64_t place,
                               size_t *first);

/* How many bits of [from, from + length) are not the pattern's. length, place: multiples of 8. */
size_t self_test_pattern_flipped(const void *from, size_t length, uint64_t seed, uint64_t place);

#endif
