/*
 * card_files: the names of TFTP files that concern the card, and what a `select` says; the same
 * for a service's kernel and for the loader in rescue (docs/redeploy.md).
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef CARD_FILES_H
#define CARD_FILES_H

#include <stdbool.h>
#include <stddef.h>

#include "guard_call.h"

#define CARD_FILES_INSTALL "slot/"  /* in front of a name: an image for a slot */
#define CARD_FILES_SELECT  "select" /* written: which service is started */
#define CARD_FILES_SLOTS   "slots"  /* read: what there is */

#define CARD_FILES_SELECT_MAX 64 /* bytes of a select */

/* True for the name of an image that is to be kept on the card. */
bool card_files_is_install(const char *name);

/*
 * Reads "SERVICE WHEN" (WHEN: now, once or always; without one: now), blanks and a line feed
 * around them allowed, into *select: name and when. Returns 0, or ERROR_INVALID with one
 * sentence in select->reason.
 */
int card_files_read_select(const char *text, size_t length, struct guard_select *select);

#endif
