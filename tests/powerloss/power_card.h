/*
 * power_card: a card in memory that loses power at a chosen moment, and can be turned back.
 *
 * It keeps block_device.h's promise and nothing more: what is written stays pending until a
 * flush. Writes and flushes are events, counted from power-on; at event cut_at the program
 * that uses the card is left by longjmp, with what was pending and the block in flight still
 * to be decided on (power_cut.h). Each change of a block is noted in a log from which it can be
 * undone: that makes a moment cheap to come back to.
 *
 * A block can be unreadable (as after a cut in the middle of a real sector's write) until it
 * is written again. Storage is zeros at first and only takes memory where it is written.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef POWER_CARD_H
#define POWER_CARD_H

#include <setjmp.h>
#include <stdbool.h>
#include <stddef.h>

#include "block_device.h"
#include "slot_format.h"

#define POWER_CARD_BLOCKS (19 * SLOT_UNIT_BLOCKS)
#define POWER_CARD_STORE  SLOT_UNIT_BLOCKS /* first block of the store's partition */
#define POWER_CARD_RING_1 (POWER_CARD_BLOCKS - SLOT_UNIT_BLOCKS)
#define POWER_CARD_NONE   UINT32_MAX

struct power_block {
    uint32_t block;
    bool is_unreadable;
    uint8_t bytes[SLOT_BLOCK_BYTES];
};

/* What a planted bug does to the card's users, without their knowing (plants.h). */
struct power_bend {
    uint32_t (*place)(uint32_t block); /* where a block really lies; null: where it should */
    bool no_flush;                     /* a flush does nothing */
};

/* Sees events, before the card acts on them. Blocks are as its user names them. */
struct power_watch {
    void (*wrote)(struct power_watch *self, unsigned event, uint32_t block, const uint8_t *bytes);
    void (*flushed)(struct power_watch *self, unsigned event);
};

struct power_card {
    struct block_device device; /* first */
    struct power_bend bend;
    struct power_watch *watch; /* may be null */

    unsigned events; /* since power-on */
    unsigned cut_at; /* 0: never */
    jmp_buf *power_gone;
    struct power_block in_flight; /* at a cut. block: POWER_CARD_NONE if it was at a flush */

    struct power_block *pending; /* written and not flushed, oldest first */
    size_t pending_count, pending_room;

    uint8_t *storage;
    uint8_t *flags; /* of each block, see power_card.c */
    struct power_block *undo;
    size_t undo_count, undo_room;
};

void power_card_init(struct power_card *self);
void power_card_free(struct power_card *self);

/* The card has power: nothing is pending, events count from 0. cut_at: the event at which it
 * goes; gone: where to then. */
void power_card_power_on(struct power_card *self, unsigned cut_at, jmp_buf *gone);

/* A moment to come back to, and coming back. */
size_t power_card_mark(const struct power_card *self);
void power_card_rewind(struct power_card *self, size_t mark);

/* Changes what is durable. bytes null: the block becomes unreadable. */
void power_card_put(struct power_card *self, uint32_t block, const uint8_t *bytes);

/* What a block holds, or held at an earlier mark; *is_unreadable may be null. */
const uint8_t *power_card_at(const struct power_card *self, uint32_t block, bool *is_unreadable);
const uint8_t *power_card_was(const struct power_card *self, uint32_t block, size_t mark,
                              bool *is_unreadable);

/* True if the block was ever written, at whatever moment. */
bool power_card_was_used(const struct power_card *self, uint32_t block);

#endif
