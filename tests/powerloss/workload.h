/*
 * workload: what is done to the card, step by step: everything a board does with its slots, so
 * that each state and each way from one to another is met, with two services.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef WORKLOAD_H
#define WORKLOAD_H

#include "machine.h"

enum step_kind {
    STEP_INSTALL,    /* image; argument: the status expected */
    STEP_BEGIN,      /* what was installed is started from memory */
    STEP_BOOT,       /* power-on; image: what starts (WORKLOAD_NOTHING) */
    STEP_CONFIRM,    /* what runs confirms itself */
    STEP_FAIL,       /* what runs fails; argument: after it was stable */
    STEP_SELECT,     /* service of image; argument: enum slot_when */
    STEP_ROT,        /* one byte changes in what the service of image has confirmed last */
    STEP_LOSE_RINGS, /* both rings are gone */
    STEP_TURN,       /* argument: so many selections, to get the rings round */
};

struct step {
    const char *name;
    enum step_kind kind;
    int image;
    int argument;
};

#define WORKLOAD_NOTHING (-1)

extern const struct step workload[];
extern const unsigned workload_steps;

/* An empty card with the partitions there are to be. */
void workload_format(struct power_card *card);

/* True if power can be cut in that step. */
bool workload_can_be_cut(const struct step *step);

/* Does a step; the verdict says if it does not go as it should. May not return (machine.h). */
void workload_do(const struct step *step, struct machine *machine);

#endif
