/*
 * loader: what the parts of the loader share: one struct, made in main.c. What they do with it
 * is in headers of their own.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef LOADER_H
#define LOADER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "block_device.h"
#include "board.h"
#include "boot_arguments.h"
#include "configuration.h"
#include "digest.h"
#include "elf.h"
#include "error.h"
#include "keep.h"
#include "log_store.h"
#include "place.h"

#define LOADER_TAKEN_MAX    (BOARD_RESERVED_MAX + 5)
#define LOADER_SEGMENTS_MAX 8 /* of a service, for its core file */

/* The service that was entered: for the guard. */
struct loader_service {
    uint64_t base, bytes;                              /* its image */
    struct boot_segment segments[LOADER_SEGMENTS_MAX]; /* reserved: bytes the file gave */
    unsigned segment_count;
    uint64_t memory;         /* its struct guard_memory, or 0 */
    uint64_t watchdog_us;    /* how long it may be silent; 0 = for ever */
    uint64_t watchdog_at_us; /* when it counts as hung; CLOCK_NEVER */
    uint64_t confirm_at_us;  /* when it must have confirmed; CLOCK_NEVER */
    bool card_was_used;      /* in a guard call: keep->over.card is how it was left */
};

struct loader {
    struct board board;
    const void *fdt; /* as the firmware passed it, or our copy, or null */
    size_t fdt_available;
    void *fdt_copy;                             /* where it is kept */
    struct board_range resident;                /* the loader's own memory */
    struct board_range keeping;                 /* for images and a core; no service sees it */
    struct board_range list;                    /* where the boot-info block goes */
    struct board_range staging;                 /* where an image is fetched or pushed to */
    struct place_taken taken[LOADER_TAKEN_MAX]; /* not for an image */
    unsigned taken_count;
    unsigned kept_count; /* of them, the first: not for a service at all */

    struct keep *keep;
    struct log_store log_store;
    uint64_t before_reset, before_reset_end; /* positions in the log: its last lines from before
                                                the machine was reset */

    uint64_t log_begun; /* position: this start's own lines */

    struct configuration configuration;
    struct boot_arguments arguments;
    struct digest digest;
    bool network_is_up;                       /* net_start has been called */
    bool staging_is_full;                     /* with a fetched file that is about to be started */
    bool push_is_here;                        /* an image was pushed and found good: start it */
    char selected[CONFIGURATION_SERVICE_MAX]; /* start this service now: rescue was told so */
    struct loader_service service;
};

/* Somebody outside has asked for something to be started: that goes before all else. */
static inline bool loader_is_asked(const struct loader *loader)
{
    return loader->push_is_here || loader->selected[0] != '\0';
}

/* After an operation on the card that ended with status: it failed or is gone by now, and may be
 * another next time. Not so one that only lacks what was looked for, or has what was refused: the
 * next source may be on it. */
static inline bool loader_card_has_failed(const struct loader *loader, int64_t status)
{
    return status == ERROR_IO || status == ERROR_TIMEOUT ||
           (loader->board.card != NULL && loader->board.card->block_count == 0);
}

/* Divides the memory: loader, boot-info block, staging, what is reserved; maps what the
 * loader uses. Returns 0 or ERROR_NO_MEMORY (no room to fetch an image). */
int memory_plan(struct loader *loader);

/* Reads the configuration: defaults, pilot.conf from the card if there is one, and the
 * boot arguments, each over the one before. Learns what slots the card has. Logs what was wrong.
 * Returns true if there was a card to ask. */
bool settings_read(struct loader *loader);

#endif
