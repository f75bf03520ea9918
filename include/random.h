/*
 * random: numbers that an outsider cannot guess.
 *
 * The hardware generator feeds it; if the device gives nothing within its deadline,
 * the seed of the boot-info block and the counter do, and random_is_strong() says so.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef RANDOM_H
#define RANDOM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Returns 32 random bits. Never waits longer than a millisecond, never fails. */
uint32_t random_u32(void);

/* Fills buffer with length random bytes. */
void random_bytes(void *buffer, size_t length);

/* Mixes length bytes into the state, for example a seed handed over at boot. */
void random_mix(const void *bytes, size_t length);

/* True if the hardware generator has answered since start. */
bool random_is_strong(void);

#endif
