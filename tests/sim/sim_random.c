/*
 * sim_random: a sequence that is the same in every run (splitmix64 of Steele, Lea and
 * Flood, "Fast splittable pseudorandom number generators", 2014).
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "random.h"

#include "sim.h"
#include "sim_parts.h"

#define FIRST_SEED 0x70696c6f74ull

static uint64_t state = FIRST_SEED;

void sim_random_reset(void)
{
    state = FIRST_SEED;
}

void sim_random_seed(uint32_t seed)
{
    state = seed;
}

uint32_t random_u32(void)
{
    uint64_t z = state += 0x9e3779b97f4a7c15ull;

    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ z >> 27) * 0x94d049bb133111ebull;
    return (uint32_t)(z >> 32);
}

void random_bytes(void *buffer, size_t length)
{
    uint8_t *bytes = buffer;

    for (size_t i = 0; i < length; i++)
        bytes[i] = (uint8_t)random_u32();
}

void random_mix(const void *bytes, size_t length)
{
    const uint8_t *from = bytes;

    for (size_t i = 0; i < length; i++)
        state = (state ^ from[i]) * 0x100000001b3ull;
}

bool random_is_strong(void)
{
    return true;
}
