/*
 * slots_card: the store on the card, opened and closed, for the parts of slots.h.
 *
 * While no service runs the card is the loader's, and a store that was opened stays open until
 * something is wrong with it. In a guard call the card is taken over anew, as it was handed over
 * to the service, and left at rest; keep->over.card then says how.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef SLOTS_CARD_H
#define SLOTS_CARD_H

#include "loader.h"
#include "slot_boot.h"

/* Opens the store if need be; clean: as slot_store_open. Returns 0 and sets *store, which is good
 * until slots_close, or an error with a sentence in reason (SLOT_REASON_BYTES). */
int slots_open(struct loader *loader, bool clean, struct slot_store **store, char *reason);

/* After slots_open, whatever it returned, and all that was done: status is how that went. */
void slots_close(struct loader *loader, int status);

/* Whether what origin names is still what was started from there, and not another card's: 1 or 0,
 * or the device's error with a sentence in reason (SLOT_REASON_BYTES). Only with a store open. */
int slots_still_has(const struct slot_origin *origin, const uint8_t *digest, char *reason);

/* By all that start_image wants of an image (slots.c); good until the next call. */
struct slot_judge *slots_judge(const struct loader *loader);

/* In a guard call: the card is the service's otherwise, and what it runs from is at work. */
static inline bool slots_in_a_call(const struct loader *loader)
{
    return loader->service.bytes != 0;
}

static inline unsigned slots_number(const struct slot_origin *origin)
{
    return (unsigned)(origin->slot - 'A');
}

static inline const char *slots_letter(const struct slot_origin *origin)
{
    return origin->slot == 'A' ? "A" : "B";
}

#endif
