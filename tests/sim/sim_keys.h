/*
 * sim_keys: what loader/keys.S is on the board.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef SIM_KEYS_H
#define SIM_KEYS_H

#include "signature.h"

/* What signature_own_keys returns: no keys, until a test calls signature_add_key. */
extern struct signature_keys sim_keys;

/* Empties it again. */
void sim_keys_clear(void);

#endif
