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
 * A service always keeps what it has confirmed: begin_install never takes the slot that would
 * be started if the other one did not exist. docs/storage.md has the rules in words, and
 * tests/unit/test_slot_model.c walks through all of them.
 *
 * Every function takes indices within range (asserted). Pure.
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
 * range, names terminated, printable and each there once, tries and failures only where they
 * belong, an install number below or equal installs. */
bool slot_table_is_sound(const struct slot_table *table);

/* Index of the service with that name; ERROR_ABSENT. */
int slot_table_find(const struct slot_table *table, const char *name);

/*
 * Which slots of a service may be started, best first, into order[SLOT_SLOTS]; returns how
 * many (0 ... 2). First a PENDING or TRIAL one with tries left (of two, the later install);
 * then CONFIRMED ones, the later install first - unless that one has failed SLOT_FAILURES_MAX
 * times in a row: then the other first.
 */
unsigned slot_table_order(const struct slot_table *table, unsigned service, uint8_t *order);

/* Which service is wanted: once, else standard, else preferred (a name; null or not there:
 * nobody's), else the first there is. Returns an index or ERROR_ABSENT: there is none. */
int slot_table_wanted(const struct slot_table *table, const char *preferred);

/*
 * Begins an install for the service of that name: finds its row or takes a free one, and
 * chooses the slot, which becomes WRITING with a new install number. An EMPTY, WRITING or BAD
 * slot first; then one on trial (of two, the earlier install); of two CONFIRMED the one that
 * has failed SLOT_FAILURES_MAX times, else the earlier install.
 * Returns 0 and sets *service and *slot; ERROR_INVALID (not a service's name: [a-z0-9-], 1 to
 * 31 characters), ERROR_NO_MEMORY (all rows are taken).
 */
int slot_table_begin_install(struct slot_table *table, const char *name, unsigned *service,
                             unsigned *slot);

/* The image is durable: WRITING becomes PENDING(tries), 1 ... SLOT_TRIES_MAX. */
void slot_table_end_install(struct slot_table *table, unsigned service, unsigned slot,
                            unsigned tries);

/*
 * The slot is about to be started: see above; notes it as last, forgets once. When the other
 * slot is CONFIRMED with SLOT_FAILURES_MAX failures, and this one is too CONFIRMED, the other's
 * count begins anew: this start was its consequence. Returns true if the table changed (then
 * it must be durable before the start).
 */
bool slot_table_started(struct slot_table *table, unsigned service, unsigned slot);

/* The service in it confirmed itself; counter: of its image, raises the floor. Only a TRIAL
 * becomes CONFIRMED; of a CONFIRMED one the failures are forgotten. Returns true if changed. */
bool slot_table_confirmed(struct slot_table *table, unsigned service, unsigned slot,
                          uint32_t counter);

/* It crashed, hung, ended with a status other than 0, or did not confirm itself in time.
 * after_stable: it had run long enough (POLICY_STABLE_US) for the row of failures to begin
 * anew. Returns true if changed. */
bool slot_table_failed(struct slot_table *table, unsigned service, unsigned slot,
                       bool after_stable);

/* Slots that nobody is at work on: WRITING becomes EMPTY, TRIAL(0) BAD. When the store is
 * opened after power-on or by a loader that has no service running. A row without anything but
 * EMPTY slots and without a floor becomes free. Returns true if changed. */
bool slot_table_clean(struct slot_table *table);

/* when: enum slot_when. Returns 0 or ERROR_ABSENT (no such service), ERROR_REFUSED (none of
 * its slots may be started). SLOT_NOW changes nothing here. */
enum slot_when { SLOT_NOW = 0, SLOT_ONCE = 1, SLOT_ALWAYS = 2 };
int slot_table_select(struct slot_table *table, const char *name, enum slot_when when);

/* "confirmed"; constant. */
const char *slot_state_name(unsigned state);

#endif
