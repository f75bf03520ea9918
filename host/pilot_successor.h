/*
 * pilot_successor: waiting until another service answers on a board than did before.
 *
 * What runs there is known by its boot_id, random at each start of a service. So the status is
 * asked for again and again until it names another one; then it is looked at: what was wanted,
 * or what the board went back to because that crashed.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef PILOT_SUCCESSOR_H
#define PILOT_SUCCESSOR_H

#include "pilot_board.h"

#define PILOT_CONNECT_MS 3000

struct pilot_successor {
    const struct pilot_board *board;
    const char *name;         /* of the service that is wanted; "": not known */
    const char *what, *event; /* for sentences: "was pushed", "push" */
    bool is_persistent;       /* the board is to keep it: a crash is a roll back */
    struct pilot_status before, now;
    uint64_t since_us; /* it should be about to start */
};

/* Reads before. Fails when the board does not answer. */
void pilot_successor_connect(struct pilot_successor *self);

/* True when another service answers than did before, as now tells. */
bool pilot_successor_has_changed(const struct pilot_successor *self);

/* True when the one that is wanted crashed: now tells of a crash that before does not, and it is
 * not another service's (the loader in rescue may just have tried one of its own). */
bool pilot_successor_has_crashed(const struct pilot_successor *self);

/* What stands before a sentence about why the one that is wanted does not run now. */
const char *pilot_successor_verdict(const struct pilot_successor *self);

_Noreturn void pilot_successor_fail_as_crashed(const struct pilot_successor *self);

/* Asks for the status until someone else answers, and puts it into now. Fails: nobody does in
 * time, or it crashed. */
void pilot_successor_wait(struct pilot_successor *self);

#endif
