/*
 * slot_model: the rules of loader/slot_table.h once more, told differently, for
 * test_slot_model.c to compare with.
 *
 * The model knows no states. It is sets of slots - in these an install has begun, these are
 * whole, these were tried, trusted, rejected - and the order of installs; what is to be seen of a
 * table follows from them.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef SLOT_MODEL_H
#define SLOT_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "slot_table.h"

#define SERVICES_MAX 2
#define IDS          (SERVICES_MAX * SLOT_SLOTS) /* a slot's id: 2 * service + slot */
#define NOBODY       0xff

static const char *const names[SERVICES_MAX] = {"dns", "echo"};

typedef unsigned set; /* of ids */

struct model {
    uint8_t begun, whole, tried, trusted, rejected; /* sets */
    uint8_t left[IDS];                              /* starts granted, of those that are whole */
    uint8_t failures[IDS];                          /* in a row, 3 for more */
    uint8_t latest[IDS], installs;                  /* begun ones, the latest install first */
    uint8_t row[SERVICES_MAX];                      /* NOBODY: not known */
    uint8_t floor[SERVICES_MAX];
    uint8_t last, once, standard; /* an id, services; NOBODY */
};

static inline set one(unsigned id)
{
    return 1u << id;
}

static inline set both_of(unsigned service)
{
    return 3u << 2 * service;
}

static inline set tired(const struct model *model)
{
    set result = 0;

    for (unsigned id = 0; id < IDS; id++)
        result |= model->failures[id] == SLOT_FAILURES_MAX ? one(id) : 0;
    return result;
}

static inline set startable(const struct model *model)
{
    set result = model->trusted;

    for (unsigned id = 0; id < IDS; id++)
        result |= model->left[id] > 0 ? one(id) : 0;
    return result & model->whole & (set)~model->rejected;
}

/* The startable slots of a service, best first. */
static inline unsigned model_order(const struct model *model, unsigned service, uint8_t *order)
{
    set chosen = startable(model) & both_of(service);
    unsigned count = 0;

    for (unsigned i = 0; i < model->installs; i++) {
        if (chosen & one(model->latest[i]))
            order[count++] = model->latest[i];
    }
    if (count == 2 && (chosen & ~(set)model->trusted) == 0 && (tired(model) & one(order[0]))) {
        uint8_t other = order[1];

        order[1] = order[0];
        order[0] = other;
    }
    return count;
}

/* Which service's row comes first among those of the set. */
static inline uint8_t first_row(const struct model *model, bool only_startable)
{
    uint8_t best = NOBODY;

    for (uint8_t service = 0; service < SERVICES_MAX; service++) {
        if (model->row[service] == NOBODY ||
            (only_startable && !(startable(model) & both_of(service))))
            continue;
        if (best == NOBODY || model->row[service] < model->row[best])
            best = service;
    }
    return best;
}

static inline uint8_t model_wanted(const struct model *model, uint8_t preferred)
{
    const uint8_t wishes[] = {model->once, model->standard,
                              preferred != NOBODY && model->row[preferred] != NOBODY ? preferred
                                                                                     : NOBODY,
                              first_row(model, true), first_row(model, false)};

    for (unsigned i = 0; i < sizeof wishes; i++) {
        if (wishes[i] != NOBODY)
            return wishes[i];
    }
    return NOBODY;
}

/* Takes the slot out of all sets and out of the order. */
static inline void model_forget(struct model *model, unsigned id)
{
    unsigned kept = 0;

    model->begun &= (uint8_t)~one(id);
    model->whole &= (uint8_t)~one(id);
    model->tried &= (uint8_t)~one(id);
    model->trusted &= (uint8_t)~one(id);
    model->rejected &= (uint8_t)~one(id);
    model->left[id] = model->failures[id] = 0;
    for (unsigned i = 0; i < model->installs; i++) {
        if (model->latest[i] != id)
            model->latest[kept++] = model->latest[i];
    }
    for (unsigned i = kept; i < IDS; i++)
        model->latest[i] = 0;
    model->installs = (uint8_t)kept;
}

/* Of a set: never begun ones, lowest first, then the earliest install. */
static inline unsigned earliest(const struct model *model, set from)
{
    for (unsigned id = 0; id < IDS; id++) {
        if (from & one(id) & (set)~model->begun)
            return id;
    }
    for (unsigned i = model->installs; i-- > 0;) {
        if (from & one(model->latest[i]))
            return model->latest[i];
    }
    return NOBODY;
}

static inline unsigned model_begin(struct model *model, unsigned service)
{
    set both = both_of(service);
    set worn = tired(model) & both;
    /* What may be given up, in this order. */
    const set gladly[] = {
        both & ~(set)(model->whole & ~model->rejected),
        both & ~(set)model->trusted,
        worn == both ? 0 : worn,
        model->last == NOBODY ? both : both & ~one(model->last),
    };
    unsigned id = NOBODY;

    for (unsigned i = 0; id == NOBODY; i++)
        id = gladly[i] != 0 ? earliest(model, gladly[i]) : NOBODY;
    if (model->row[service] == NOBODY)
        model->row[service] = model->row[!service] == 0;
    model_forget(model, id);
    model->begun |= (uint8_t)one(id);
    memmove(model->latest + 1, model->latest, IDS - 1);
    model->latest[0] = (uint8_t)id;
    model->installs++;
    return id;
}

static inline void model_start(struct model *model, unsigned id)
{
    unsigned other = id ^ 1;

    if (model->trusted & one(id)) {
        if (tired(model) & one(other))
            model->failures[other] = 0;
    } else {
        model->left[id]--;
        model->tried |= (uint8_t)one(id);
    }
    model->last = (uint8_t)id;
    if (model->once == id / 2)
        model->once = NOBODY;
}

static inline void model_confirm(struct model *model, unsigned id, uint8_t counter)
{
    if (!(model->tried & one(id)) || (model->rejected & one(id)))
        return;
    model->trusted |= (uint8_t)one(id);
    model->left[id] = 0;
    if (model->floor[id / 2] < counter)
        model->floor[id / 2] = counter;
}

static inline void model_fail(struct model *model, unsigned id, bool after_stable)
{
    if (!(model->tried & one(id)))
        return;
    if (!(model->trusted & one(id))) {
        model->rejected |= (uint8_t)one(id);
        model->left[id] = 0;
    } else if (after_stable) {
        model->failures[id] = 1;
    } else if (model->failures[id] < SLOT_FAILURES_MAX) {
        model->failures[id]++;
    }
}

static inline void model_power_cycle(struct model *model)
{
    for (unsigned id = 0; id < IDS; id++) {
        if (model->begun & one(id) & (set)~model->whole)
            model_forget(model, id);
        if ((model->tried & one(id)) && !(model->trusted & one(id)) && model->left[id] == 0)
            model->rejected |= (uint8_t)one(id);
    }
    for (unsigned service = 0; service < SERVICES_MAX; service++) {
        if (!(model->begun & both_of(service)) && model->floor[service] == 0)
            model->row[service] = NOBODY;
    }
    /* Who is not known any more is not wanted any more, and was never started. */
    if (model->last != NOBODY && model->row[model->last / 2] == NOBODY)
        model->last = NOBODY;
    if (model->once != NOBODY && model->row[model->once] == NOBODY)
        model->once = NOBODY;
    if (model->standard != NOBODY && model->row[model->standard] == NOBODY)
        model->standard = NOBODY;
}

/* ---- what the model says is to be seen ---- */

static inline uint8_t model_state(const struct model *model, unsigned id)
{
    const struct {
        bool is_so;
        uint8_t state;
    } first_that_holds[] = {
        {!(model->begun & one(id)), SLOT_EMPTY},    {!(model->whole & one(id)), SLOT_WRITING},
        {model->trusted & one(id), SLOT_CONFIRMED}, {model->rejected & one(id), SLOT_BAD},
        {model->tried & one(id), SLOT_TRIAL},       {true, SLOT_PENDING},
    };
    unsigned i = 0;

    while (!first_that_holds[i].is_so)
        i++;
    return first_that_holds[i].state;
}

static inline uint8_t row_or_nobody(const struct model *model, uint8_t service)
{
    return service == NOBODY ? SLOT_NOBODY : model->row[service];
}

/* The whole table; install numbers are taken from the one it is compared with, see below. */
static inline void model_table(const struct model *model, const struct slot_table *like,
                               struct slot_table *table)
{
    memset(table, 0, sizeof *table);
    table->installs = like->installs;
    table->standard = row_or_nobody(model, model->standard);
    table->once = row_or_nobody(model, model->once);
    table->last_service = model->last == NOBODY ? SLOT_NOBODY : model->row[model->last / 2];
    table->last_slot = model->last == NOBODY ? 0 : model->last % 2;
    for (unsigned service = 0; service < SERVICES_MAX; service++) {
        uint8_t index = model->row[service];

        if (index == NOBODY)
            continue;
        struct slot_service *row = &table->services[index];

        strcpy(row->name, names[service]);
        row->floor = model->floor[service];
        for (unsigned slot = 0; slot < SLOT_SLOTS; slot++) {
            unsigned id = 2 * service + slot;

            row->slots[slot] = (struct slot_entry){
                .state = model_state(model, id),
                .tries = model->left[id],
                .failures = model->failures[id],
                .install = model->begun & one(id) ? like->services[index].slots[slot].install : 0};
        }
    }
}

#endif
