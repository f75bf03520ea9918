/*
 * slot_table: the rules of the slot store as functions from table to table. No I/O: who calls
 * makes the new table durable (slot_records.h) before acting on it.
 *
 *   EMPTY, BAD, ... --begin_install--> WRITING --end_install--> PENDING(tries)
 *   PENDING(n), TRIAL(n), n > 0 --started--> TRIAL(n - 1)
 *   TRIAL --confirmed--> CONFIRMED         CONFIRMED --started--> CONFIRMED, nothing else changes
 *   TRIAL --failed--> BAD                  CONFIRMED --failed--> CONFIRMED, failures + 1
 *   TRIAL(0): its tries are used up: --clean--> BAD
 *   WRITING:  its install was cut:   --clean--> EMPTY
 *
 * A service always keeps what it has confirmed: begin_install never takes its only CONFIRMED
 * slot, and of two it takes the one that was not started last. docs/storage.md has the rules in
 * words, and tests/unit/test_slot_model.c walks through all of them.
 *
 * Every function takes indices within range (asserted) and a table that is sound. Pure.
 * Not known here: whether an image can still be read. Of two CONFIRMED slots of a service that
 * was not the last to be started, an install takes the earlier one although the later may have
 * decayed meanwhile.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef SLOT_TABLE_H
#define SLOT_TABLE_H

#include <stdbool.h>
#include <stdint.h>

#include "slot_format.h"

#define SLOT_FAILURES_MAX 3 /* in a row, then the other confirmed slot has one start */
#define SLOT_TRIES_MAX    15
#define SLOT_TRIES        3 /* unless pilot.conf says */

/* An empty table. */
void slot_table_init(struct slot_table *table);

/* True if table could have been written by these functions: states, counts and indices in
 * range, indices only of rows that are taken; names as begin_install wants them, padded, each
 * there once; a free row without anything; tries and failures only where they belong; install
 * numbers 1 ... installs, two of a service different, and 0 for EMPTY. */
bool slot_table_is_sound(const struct slot_table *table);

/* Index of the service with that name; ERROR_ABSENT. */
int slot_table_find(const struct slot_table *table, const char *name);

/*
 * Which slots of a service may be started - CONFIRMED ones, and PENDING or TRIAL ones with tries
 * left - best first, into order[SLOT_SLOTS]; returns how many (0 ... 2). The later install is
 * first: what was installed last is what is wanted, so a trial goes before what was confirmed
 * earlier, and one that was overtaken by a later install that confirmed itself does not come
 * back. But of two CONFIRMED ones, the later of which has failed SLOT_FAILURES_MAX times in a
 * row, the earlier is first.
 */
unsigned slot_table_order(const struct slot_table *table, unsigned service, uint8_t *order);

/* Which service is wanted: once, else standard, else preferred (a name; null or not there:
 * nobody's), else the first of which a slot may be started, else the first there is. Returns an
 * index or ERROR_ABSENT: there is none. */
int slot_table_wanted(const struct slot_table *table, const char *preferred);

/*
 * Begins an install for the service of that name: finds its row or takes a free one, and
 * chooses the slot, which becomes WRITING with a new install number. An EMPTY, WRITING or BAD
 * slot first; then one on trial, PENDING or TRIAL; of two CONFIRMED the one that has failed
 * SLOT_FAILURES_MAX times, else the one that was not started last (if it is this service that
 * was). Of two that are alike so far, the earlier install; of two EMPTY ones, A.
 * Returns 0 and sets *service and *slot; ERROR_INVALID (not a service's name: [a-z0-9-], 1 to
 * 31 characters), ERROR_NO_MEMORY (all rows are taken, or all install numbers are used up); after
 * an error the table is as before.
 */
int slot_table_begin_install(struct slot_table *table, const char *name, unsigned *service,
                             unsigned *slot);

/* The image is durable: WRITING (asserted) becomes PENDING(tries), 1 ... SLOT_TRIES_MAX. */
void slot_table_end_install(struct slot_table *table, unsigned service, unsigned slot,
                            unsigned tries);

/*
 * The slot, one that slot_table_order gives (asserted), is about to be started: see above; notes
 * it as last; if it is the service selected for once, that is used up. When the other slot is
 * CONFIRMED with SLOT_FAILURES_MAX failures, and this one is too CONFIRMED, the other's count
 * begins anew: this start was its consequence. Returns true if the table changed (then it must be
 * durable before the start).
 */
bool slot_table_started(struct slot_table *table, unsigned service, unsigned slot);

/* The service in it confirmed itself; counter: of its image, raises the floor. A TRIAL becomes
 * CONFIRMED, a CONFIRMED one stays it, with its failures: a service that confirms itself at once
 * and crashes a little later would else never have failed twice in a row. Of any other state
 * nothing changes. Returns true if changed. */
bool slot_table_confirmed(struct slot_table *table, unsigned service, unsigned slot,
                          uint32_t counter);

/* It crashed, hung, ended with a status other than 0, or did not confirm itself in time.
 * after_stable: it had run long enough (POLICY_STABLE_US) for the row of failures to begin
 * anew: this is the first. The count stays at SLOT_FAILURES_MAX when that is reached, so what
 * fails again and again does not wear out the card. Of a state other than TRIAL and CONFIRMED
 * nothing changes. Returns true if changed. */
bool slot_table_failed(struct slot_table *table, unsigned service, unsigned slot,
                       bool after_stable);

/* Slots that nobody is at work on: WRITING becomes EMPTY, TRIAL(0) BAD. When the store is
 * opened after power-on or by a loader that has no service running. A row without anything but
 * EMPTY slots and without a floor becomes free, and nobody's selection. Returns true if
 * changed. */
bool slot_table_clean(struct slot_table *table);

/* SLOT_NOW changes nothing, SLOT_ONCE is for the next start, SLOT_ALWAYS for this and those
 * after: it takes back a selection for once. Returns 0 or ERROR_INVALID (when), ERROR_ABSENT (no
 * such service), ERROR_REFUSED (none of its slots may be started). */
enum slot_when { SLOT_NOW = 0, SLOT_ONCE = 1, SLOT_ALWAYS = 2 };
int slot_table_select(struct slot_table *table, const char *name, enum slot_when when);

/* "confirmed"; constant. */
const char *slot_state_name(unsigned state);

#endif
