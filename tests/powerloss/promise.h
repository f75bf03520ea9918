/*
 * promise: what must hold after a power cut, and the proof of it by booting.
 *
 * Which tables the card may have after a cut follows from the records that were written and
 * flushed before it: the last one flushed, or one begun after it. Nothing else: not an older
 * one, not a mixture. The proof: the store opens, has one of these tables, and gives for each
 * slot with an image the bytes that were installed; what was confirmed in all of the tables still
 * is; the boot starts what rules.h says; and boot after boot, without anybody confirming
 * anything, leads to a confirmed service or to nothing.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef PROMISE_H
#define PROMISE_H

#include "machine.h"

#define PROMISE_TABLES_MAX 16
#define PROMISE_BOOTS_MAX  (SLOT_SLOTS * SLOT_TRIES_MAX + 2)

struct promise {
    struct slot_table tables[PROMISE_TABLES_MAX]; /* as rules_clean makes them */
    unsigned count;
    bool rings_were_lost; /* a slot may hold what no install has ended */
};

/* Which image each install wrote, so far in the workload; -1: not to be had any more. */
#define PROMISE_INSTALLS_MAX 64
extern int promise_installs[PROMISE_INSTALLS_MAX];

/* Exactly the table that is durable now. */
void promise_now(struct promise *self, const struct power_card *card);

/* After the power was cut under a machine that was switched on when `before` held. */
void promise_after(struct promise *self, const struct promise *before,
                   const struct machine *machine);

/* Boots, and looks at everything; the verdict says what is wrong. Leaves the card changed.
 * is_thorough: at last an install must be possible, be started and confirm itself. */
void promise_prove(const struct promise *self, struct machine *machine, bool is_thorough);

#endif
