/*
 * random: numbers that an outsider cannot guess.
 *
 * A state, into which the seed of the boot-info block and the counter go, and every word the
 * hardware generator has ready when a number is asked for; that word is also added to the
 * number itself. Nobody waits for the hardware: when it has none ready, the number comes from
 * the state alone.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef RANDOM_H
#define RANDOM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Returns 32 random bits. Never waits, never fails. */
uint32_t random_u32(void);

/* Fills buffer with length random bytes, 32 bits at a time. Never waits. */
void random_bytes(void *buffer, size_t length);

/* Mixes length bytes into the state, for example a seed handed over at boot. */
void random_mix(const void *bytes, size_t length);

/* True once a word of the hardware generator has gone into the state since start, and for
 * good. It says that the state was seeded so, not that a later number had a hardware word of
 * its own: what is asked for faster than the hardware delivers comes from the state. */
bool random_is_strong(void);

#endif
