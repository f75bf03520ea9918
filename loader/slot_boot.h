/*
 * slot_boot: which image of the store to start.
 *
 * Verify first: an image that fails costs no try and changes nothing. Then what its start
 * changes - a try spent, a selection used up - is made durable. Then, and only then, it may be
 * jumped to. A confirmed slot that is started again writes nothing at all.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef SLOT_BOOT_H
#define SLOT_BOOT_H

#include "slot_store.h"

/* Decides whether bytes may be started: signature, ELF, security counter, room. */
struct slot_judge {
    /* about: as the header says; floor: what its security counter must reach. Returns 0 or an
     * error with one sentence in reason. */
    int (*judge)(struct slot_judge *self, const void *file, size_t length,
                 const struct slot_image *about, uint32_t floor, char *reason);
    /* One sentence about something that was passed over or is wrong: for the log. */
    void (*tell)(struct slot_judge *self, const char *sentence);
};

/* What was chosen. */
struct slot_choice {
    uint8_t service, slot;
    uint8_t state, tries; /* as they are now: TRIAL or CONFIRMED; tries left */
    uint32_t install;
    struct slot_image image;
};

/*
 * Reads the image to start into buffer (as slot_store_read). named: the service; null: the one
 * that is wanted (slot_table_wanted with preferred). Tries the service's slots in the order of
 * slot_table_order until one is judged good and what its start changes is durable; a trial
 * for which that fails is passed over (self->is_read_only), a confirmed one is started all the
 * same. When the service that was selected once has nothing to start, the selection is used up
 * and the standard one is looked for.
 * Returns the image's length and fills in *choice: start it. ERROR_ABSENT: there is nothing to
 * start (told why); or the device's error.
 */
int64_t slot_boot_choose(struct slot_store *self, const char *named, const char *preferred,
                         void *buffer, size_t capacity, struct slot_judge *judge,
                         struct slot_choice *choice);

/*
 * For an image that is in memory already, just installed as service, slot, and judged: makes
 * its start durable. Returns 0 and fills in *choice (image: the header's), or the error:
 * ERROR_REFUSED when the slot's state does not let it start, or the card is read-only.
 * Of a confirmed one only a note is lost then: 0, with the sentence in reason (else "").
 */
int slot_boot_begin(struct slot_store *self, unsigned service, unsigned slot,
                    struct slot_choice *choice, char *reason);

/*
 * Would slot_boot_choose find something to start for the service of that name, which is there
 * (asserted)? Images are read into buffer and judged; judge null: only header and digest are
 * looked at, and buffer is not used. Nothing is written to the card. Returns 0, ERROR_REFUSED
 * (reason: what is wrong with the last that was looked at), or the device's error. What is wrong
 * with the one before it the judge is told.
 */
int slot_boot_would_start(struct slot_store *self, const char *name, void *buffer, size_t capacity,
                          struct slot_judge *judge, char *reason);

/* The service running from slot, of that install, confirmed itself or failed. The slot may have
 * been filled anew meanwhile: then nothing is done. Returns 0 (durable) or the error. */
int slot_boot_confirm(struct slot_store *self, unsigned service, unsigned slot, uint32_t install,
                      uint32_t counter, char *reason);
int slot_boot_fail(struct slot_store *self, unsigned service, unsigned slot, uint32_t install,
                   bool after_stable, char *reason);

#endif
