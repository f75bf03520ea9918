/*
 * power_cut_list: which cuts are tried at an event.
 *
 * Not the product of the three decisions, which would be thousands at each event, but: all
 * that can become of the block, with everything and with nothing pending kept; all subsets of
 * what was pending, with a few things becoming of the block; all that can befall the neighbours,
 * likewise. The quick form has every kind at every event too, with one prefix and one subset
 * each, which change from event to event; in a recovery there is one of each of the three, and
 * which changes from cut to cut. (But where the first cut tore only the beginning of a block, the
 * beginning of what is written over it may be the same, and mend it: then every such beginning.)
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "power_cut.h"

#include <stdio.h>
#include <stdlib.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Where a record and a header have their fields' edges, and around them. */
static const uint16_t prefixes[] = {1, 4, 8, 16, 64, 256, 508, 511};

static const uint8_t wholes[] = {POWER_OLD,   POWER_NEW,    POWER_ONES,
                                 POWER_ZEROS, POWER_RANDOM, POWER_UNREADABLE};

static const struct {
    uint8_t first, rest;
} torn[] = {
    {POWER_NEW, POWER_OLD},    {POWER_NEW, POWER_ONES}, {POWER_NEW, POWER_ZEROS},
    {POWER_NEW, POWER_RANDOM}, {POWER_OLD, POWER_NEW},  {POWER_ONES, POWER_NEW},
    {POWER_RANDOM, POWER_NEW},
};

static const struct {
    uint8_t where, content;
} neighbours[] = {
    {POWER_PREVIOUS, POWER_RANDOM}, {POWER_PREVIOUS, POWER_ONES},
    {POWER_NEXT, POWER_RANDOM},     {POWER_NEXT, POWER_ONES},
    {POWER_UNIT, POWER_RANDOM},     {POWER_UNIT, POWER_ONES},
    {POWER_UNIT, POWER_ZEROS},      {POWER_UNIT, POWER_UNREADABLE},
    {POWER_UNIT, POWER_STALE1},     {POWER_UNIT, POWER_STALE4},
    {POWER_NEXT, POWER_UNREADABLE}, {POWER_PREVIOUS, POWER_UNREADABLE},
};

struct listing {
    const struct power_card *card;
    struct power_cut *list;
    size_t count, room;
    unsigned event;
};

static void add(struct listing *self, struct power_cut cut)
{
    if (self->count == self->room) {
        fprintf(stderr, "powerloss: more than %zu cuts at one event\n", self->room);
        abort();
    }
    cut.event = self->event;
    if (self->card->pending_count == 0)
        cut.older_kept = true; /* nothing is pending: one word for it */
    self->list[self->count++] = cut;
}

/* With all pending kept and, if there is any, with none; or with one of the two. */
static void add_with_pending(struct listing *self, struct power_cut cut, bool both, unsigned turn)
{
    cut.older_kept = turn % 2 == 0;
    add(self, cut);
    cut.older_kept = !cut.older_kept;
    if (both && self->card->pending_count != 0)
        add(self, cut);
}

static bool is_again(enum power_form form)
{
    return form == POWER_AGAIN || form == POWER_AGAIN_TORN;
}

static void add_blocks(struct listing *self, enum power_form form, unsigned turn)
{
    bool is_full = form == POWER_FULL;

    for (unsigned i = 0; i < COUNT(wholes); i++) {
        if (!is_again(form) || i == turn % COUNT(wholes))
            add_with_pending(self, (struct power_cut){.first = wholes[i], .rest = wholes[i]},
                             is_full, turn + i);
    }
    for (unsigned i = 0; i < COUNT(torn); i++) {
        bool mends =
            form == POWER_AGAIN_TORN && torn[i].first == POWER_NEW && torn[i].rest == POWER_OLD;

        if (is_again(form) && !mends && i != turn % COUNT(torn))
            continue;
        for (unsigned j = 0; j < COUNT(prefixes); j++) {
            if (is_full || mends || j == (turn + i) % COUNT(prefixes))
                add_with_pending(self,
                                 (struct power_cut){.first = torn[i].first,
                                                    .rest = torn[i].rest,
                                                    .prefix = prefixes[j]},
                                 is_full, turn + i);
        }
    }
}

static void add_subsets(struct listing *self, const struct power_cut *block, enum power_form form,
                        unsigned turn)
{
    size_t pending = self->card->pending_count;
    unsigned chosen = pending < POWER_CUT_SUBSET_MAX ? (unsigned)pending : POWER_CUT_SUBSET_MAX;
    unsigned subsets = 1u << chosen;

    for (unsigned kept = 0; chosen != 0 && kept < subsets; kept++) {
        struct power_cut cut = *block;

        if (form != POWER_FULL && kept != (turn * 5 + 6) % subsets)
            continue;
        cut.kept = (uint8_t)kept;
        cut.chosen = (uint8_t)chosen;
        cut.older_kept = true;
        /* All and none of those there are have words of their own. */
        if (kept != subsets - 1 && (kept != 0 || pending > chosen))
            add(self, cut);
        cut.older_kept = false;
        if (pending > chosen && kept != 0)
            add(self, cut);
    }
}

static void add_neighbours(struct listing *self, enum power_form form, unsigned turn)
{
    static const uint8_t blocks[] = {POWER_OLD, POWER_NEW, POWER_RANDOM, POWER_UNREADABLE};

    for (unsigned i = 0; i < COUNT(neighbours); i++) {
        if (is_again(form) && i != turn % COUNT(neighbours))
            continue;
        for (unsigned j = 0; j < COUNT(blocks); j++) {
            if (form == POWER_FULL || j == (turn + i) % COUNT(blocks))
                add_with_pending(self,
                                 (struct power_cut){.first = blocks[j],
                                                    .rest = blocks[j],
                                                    .where = neighbours[i].where,
                                                    .neighbour = neighbours[i].content},
                                 form == POWER_FULL, turn + i / 2);
        }
    }
}

size_t power_cut_list(const struct power_card *card, unsigned event, enum power_form form,
                      unsigned turn, struct power_cut *list, size_t room)
{
    static const uint8_t blocks[] = {POWER_OLD, POWER_NEW, POWER_RANDOM};
    struct listing self = {.card = card, .list = list, .room = room, .event = event};

    if (card->in_flight.block == POWER_CARD_NONE) {
        struct power_cut none = {.first = POWER_CONTENTS, .rest = POWER_CONTENTS};

        add_with_pending(&self, none, true, 0);
        add_subsets(&self, &none, form, turn);
        return self.count;
    }
    add_blocks(&self, form, turn);
    for (size_t i = 0; i < COUNT(blocks); i++) {
        struct power_cut cut = {.first = blocks[i], .rest = blocks[i]};

        if (form == POWER_FULL || i == turn % COUNT(blocks))
            add_subsets(&self, &cut, form, turn);
    }
    add_neighbours(&self, form, turn);
    return self.count;
}
