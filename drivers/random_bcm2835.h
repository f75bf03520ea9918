/*
 * random_bcm2835: implements random.h on the BCM2835's hardware generator.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef RANDOM_BCM2835_H
#define RANDOM_BCM2835_H

#include <stdint.h>

/* Starts the generator; its first words are usable after about 20 ms on the board and
 * nobody waits for them here. base: its first register. */
void random_bcm2835_init(uintptr_t base);

#endif
