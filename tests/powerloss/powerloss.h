/*
 * powerloss: the loop: each step of the workload, cut at each of its events in each way, then
 * recovered; and the recovery cut in turn.
 *
 * A cut has an id - the step's number, the cut (power_cut.h), the cut of the recovery if there
 * was one, with slashes between - and the id alone is enough to do it again.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef POWERLOSS_H
#define POWERLOSS_H

#include "plants.h"
#include "power_cut.h"
#include "promise.h"
#include "workload.h"

#define POWERLOSS_ID_BYTES (16 + 2 * POWER_CUT_TEXT_BYTES)

struct powerloss {
    bool is_quick;
    bool is_printing;    /* failures, the first ones */
    bool is_told;        /* everything: for one cut */
    bool stops_at_first; /* failure */
    unsigned long cuts, failed;
    unsigned events; /* of all steps */
    char first_failed[POWERLOSS_ID_BYTES];

    struct power_card card;
    struct machine machine, at_begin; /* now, and at the beginning of the step */
    struct promise promise;           /* ... then */
    jmp_buf gone;
    unsigned step;
    unsigned oldest;   /* step to whose beginning a unit may fall back: no lost ring comes back */
    size_t marks[128]; /* of the card, at the beginning of each step */
    struct power_block *pending;
    size_t pending_count, pending_room;
};

void powerloss_init(struct powerloss *self, const struct plant *plant);
void powerloss_free(struct powerloss *self);

/* All cuts. Ends early with a step that fails without any cut. */
void powerloss_run(struct powerloss *self);

/* One cut, telling what happens. False: there is none of that id; else failed says how it went. */
bool powerloss_run_one(struct powerloss *self, const char *id);

#endif
