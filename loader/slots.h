/*
 * slots: the loader's use of the slot store on its card.
 *
 * The store is opened at the first of these that a start of the loader needs, and anew for each
 * guard call. Two rings are read for it, 32 KB. While a service runs (guard calls) the
 * card is at rest, and is put to rest again; a service that drives the SD controller itself
 * must have left it idle.
 * A copy of the table is in keep, for what must be known without the card: the floors.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef SLOTS_H
#define SLOTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "slot_table.h"

struct loader;
struct image_file;
struct keep_image;

/* Where a started image lies on the card. slot 0: nowhere. */
struct slot_origin {
    uint8_t service;
    char slot;            /* 'A', 'B' or 0 */
    uint8_t state, tries; /* enum slot_state, as it was started */
    uint32_t install;
};

/* The boot source: starts the service of that name (null: the one that is wanted) if it can.
 * Returns only if not, with an error; has logged why. ERROR_ABSENT: no store on the card, or
 * nothing in it (said only if a store is there). */
int slots_try(struct loader *loader, const char *named);

/* Installs the image in staging that was found good (keep->uploaded) as a service's other slot,
 * and notes it in keep->uploaded.origin. In a guard call or in rescue. Returns 0, or an error
 * with one sentence in reason (ELF_REASON_BYTES): slot_store_install's; ERROR_REFUSED also when
 * slots are not among the configured sources, or its security counter is too low. */
int slots_install(struct loader *loader, char *reason);

/* Makes the start of the image in keep->uploaded durable: spends its try. origin: a copy of where
 * it was installed. Returns 0 (also for an origin of nowhere), or an error (logged): do not start
 * it. */
int slots_begin(struct loader *loader, struct slot_origin *origin);

/* The service that runs, or ran last, confirmed itself: durable when it returns 0 (also when its
 * slot has another image by now, of which nothing is said). ERROR_REFUSED also when its slot was
 * given up meanwhile. An error is logged. */
int slots_confirm(struct loader *loader, char *reason);

/* The service that ran (keep->origin) failed. Logs what goes wrong. Returns true if the card now
 * has it, and its slot is not the one that would be started next. */
bool slots_fail(struct loader *loader, bool after_stable);

/* when: enum slot_when. SLOT_NOW only looks whether it could be started: in a guard call, where who
 * runs is to make room for it, by all that is asked of an image, which is read into staging (what
 * was uploaded there is forgotten); else by its digest. Returns 0 or an error with reason;
 * ERROR_REFUSED also when slots are not among the configured sources. */
int slots_select(struct loader *loader, const char *name, unsigned when, char *reason);

/* A card was started: learns what is on it, and closes what was cut (slot_table_clean), so that the
 * floors are known whatever source is asked first. Logs what is wrong. Returns true if there is a
 * store. */
bool slots_look(struct loader *loader);

/* What an image of that name must have reached. 0: nothing is known. */
uint32_t slots_floor(const struct loader *loader, const char *name);

/* The table as text (slot_store_text) into a buffer of our own; returns its length. In a guard
 * call or in rescue. */
size_t slots_text(struct loader *loader, const char **text);

#endif
