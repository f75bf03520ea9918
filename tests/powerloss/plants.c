/*
 * plants: see the header.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "plants.h"

#include <string.h>

#include "slot_records.h"
#include "slot_table.h"

/* ---- in the card --------------------------------------------------------------------- */

/* Which ring and place a block is, if any. */
static bool is_place(uint32_t block, unsigned *ring, uint32_t *place)
{
    *ring = block >= POWER_CARD_RING_1;
    *place = block - (*ring ? POWER_CARD_RING_1 : POWER_CARD_STORE);
    return block >= POWER_CARD_STORE && *place < SLOT_RING_RECORDS;
}

/* All places of both rings are one block: each record overwrites the one before. */
static uint32_t place_in_place(uint32_t block)
{
    unsigned ring;
    uint32_t place;

    return is_place(block, &ring, &place) ? POWER_CARD_STORE : block;
}

/* Ring 1 lies behind ring 0, in what the card erases at once. */
static uint32_t place_in_one_unit(uint32_t block)
{
    unsigned ring;
    uint32_t place;

    return is_place(block, &ring, &place) && ring == 1
               ? POWER_CARD_STORE + SLOT_RING_RECORDS + place
               : block;
}

/* The rings' places alternate. */
static uint32_t place_side_by_side(uint32_t block)
{
    unsigned ring;
    uint32_t place;

    return is_place(block, &ring, &place) ? POWER_CARD_STORE + 2 * place + ring : block;
}

const struct plant plants[] = {
    {.name = "in-place",
     .what = "a record is overwritten in place",
     .bend = {.place = place_in_place}},
    {.name = "one-unit",
     .what = "both rings lie in one unit",
     .bend = {.place = place_in_one_unit}},
    {.name = "side-by-side",
     .what = "both copies of a record lie in neighbouring sectors",
     .bend = {.place = place_side_by_side}},
    {.name = "no-flush", .what = "nothing is ever flushed", .bend = {.no_flush = true}},
    {.name = "acts-first",
     .what = "what a record allows is done before it is written",
     .acts_first = true},
    {.name = "takes-confirmed",
     .what = "an install takes the slot that is confirmed",
     .takes_what_is_confirmed = true},
    {.name = "free-trial", .what = "a trial's start spends no try", .spends_no_try = true},
};
const unsigned plant_count = sizeof(plants) / sizeof(plants[0]);

/* ---- in the product's functions ------------------------------------------------------ */

static struct plant planted;
static struct slot_table due; /* acts_first: the table that has not been written yet */
static bool is_due;

const struct plant *plants_find(const char *name)
{
    for (unsigned i = 0; i < plant_count; i++) {
        if (strcmp(plants[i].name, name) == 0)
            return &plants[i];
    }
    return NULL;
}

void plants_set(const struct plant *plant, struct power_card *card)
{
    planted = plant == NULL ? (struct plant){.name = NULL} : *plant;
    is_due = false;
    card->bend = planted.bend;
}

int __real_slot_table_begin_install(struct slot_table *table, const char *name, unsigned *service,
                                    unsigned *slot);
int __wrap_slot_table_begin_install(struct slot_table *table, const char *name, unsigned *service,
                                    unsigned *slot);
bool __real_slot_table_started(struct slot_table *table, unsigned service, unsigned slot);
bool __wrap_slot_table_started(struct slot_table *table, unsigned service, unsigned slot);
int __real_slot_records_write(struct slot_records *self, const struct slot_table *table);
int __wrap_slot_records_write(struct slot_records *self, const struct slot_table *table);

int __wrap_slot_table_begin_install(struct slot_table *table, const char *name, unsigned *service,
                                    unsigned *slot)
{
    const struct slot_table before = *table;
    int status = __real_slot_table_begin_install(table, name, service, slot);

    if (status != 0 || !planted.takes_what_is_confirmed)
        return status;
    struct slot_service *row = &table->services[*service];

    if (row->slots[1 - *slot].state == SLOT_CONFIRMED) {
        row->slots[1 - *slot] = row->slots[*slot];
        row->slots[*slot] = before.services[*service].slots[*slot];
        *slot = 1 - *slot;
    }
    return 0;
}

bool __wrap_slot_table_started(struct slot_table *table, unsigned service, unsigned slot)
{
    uint8_t tries = table->services[service].slots[slot].tries;
    bool has_changed = __real_slot_table_started(table, service, slot);

    if (planted.spends_no_try)
        table->services[service].slots[slot].tries = tries;
    return has_changed;
}

int __wrap_slot_records_write(struct slot_records *self, const struct slot_table *table)
{
    int status = 0;

    if (!planted.acts_first)
        return __real_slot_records_write(self, table);
    if (is_due)
        status = __real_slot_records_write(self, &due);
    due = *table;
    is_due = true;
    return status;
}
