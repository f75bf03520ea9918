/*
 * ranges: a short list of address ranges that overlap nowhere.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef RANGES_H
#define RANGES_H

#include <stdbool.h>

#include "board.h"

/*
 * Adds range (not empty, its end does not wrap) to the *count entries of ranges, which has
 * room for capacity (1 or more). Those it overlaps or touches become one with it. When
 * the list is full, it becomes one with its nearest neighbour, the gap included: right
 * for reservations, where too much is safe. Returns false when that happened.
 */
bool ranges_add(struct board_range *ranges, unsigned *count, unsigned capacity,
                struct board_range range);

#endif
