/*
 * slot_recovery: a table made of the slots' headers, when no record is left.
 *
 * What a header cannot say is not guessed: nothing is confirmed, no service is the standard
 * one, no floor is known. docs/storage.md says what that means.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef SLOT_RECOVERY_H
#define SLOT_RECOVERY_H

#include "slot_store.h"

/*
 * Fills in self->table. Every slot whose header is intact and whose image still has its digest
 * becomes PENDING(tries), with its header's install number, under its header's name. The
 * numbers tell which is the truth where two contradict each other: from the last install to
 * the first, a slot is left out (EMPTY) when its row already has another name, or its name
 * another row. Writes nothing; reads every image. Returns how many were found, with one
 * sentence in reason if there are any or any was left out; or ERROR_UNSUPPORTED (a header of
 * another format), ERROR_TIMEOUT, ERROR_ABSENT (card gone) with reason.
 */
int slot_recovery_table(struct slot_store *self, unsigned tries, char *reason);

#endif
