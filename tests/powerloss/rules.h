/*
 * rules: what the slot store promises, told a second time.
 *
 * Written from docs/storage.md and the headers, not from loader/slot_*.c, and calling nothing of
 * it: what both have wrong is wrong in the documents.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef RULES_H
#define RULES_H

#include "power_card.h"
#include "slot_format.h"

/* A slot that is to be started. service -1: nothing is. */
struct rules_start {
    int service;
    unsigned slot;
};

/* The table of the newest record that counts among what is durable; with no record at all an
 * empty table and false. */
bool rules_durable(const struct power_card *card, struct slot_table *table);

/* The record in a block of a ring, if it is one. */
bool rules_record(const uint8_t *bytes, struct slot_record *record);

/* What the next power-on makes of a table before anything is started. */
struct slot_table rules_clean(const struct slot_table *table);

/* Equal for whoever starts services by it. */
bool rules_same(const struct slot_table *a, const struct slot_table *b);

/* Which slot a boot without a name starts. may_start: whether the image in a slot is good. */
struct rules_start rules_choose(const struct slot_table *table,
                                bool (*may_start)(void *context, unsigned service, unsigned slot),
                                void *context);

/* The table that must be durable when that slot is jumped to. */
struct slot_table rules_started(const struct slot_table *table, struct rules_start start);

/* A slot that has an image to be started by a boot. */
bool rules_has_start(const struct slot_entry *entry);

/* "dns: A confirmed 4 B trial 5(2) floor 0; standard dns, once -, last dns, 5 installs": into
 * text. */
void rules_text(const struct slot_table *table, char *text, size_t capacity);

#endif
