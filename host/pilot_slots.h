/*
 * pilot_slots: the slots of a board or of a card image, for the commands that want them.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef PILOT_SLOTS_H
#define PILOT_SLOTS_H

#include <stdbool.h>

#include "pilot_block.h"
#include "pilot_board.h"
#include "slot_store.h"

#define PILOT_SLOTS_BYTES_MAX 16384 /* of a board's table */

/* True for what names a card image (card.img, a path, a file that is there), not a board. */
bool pilot_is_card(const char *text);

/* Opens the slots of a card image or, for reading, of a card. Changes nothing. Fails. */
void pilot_slots_open(const char *path, bool is_writable, struct pilot_block *block,
                      struct slot_store *store);

/* A board's table, as it comes: the caller's to free. Fails: no answer, no slots there. */
void pilot_slots_read(const struct pilot_board *board, struct pilot_file *text);

#endif
