/*
 * loader: what the parts of the loader share: one struct, made in main.c.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef LOADER_H
#define LOADER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "board.h"
#include "boot_arguments.h"
#include "configuration.h"
#include "digest.h"
#include "place.h"

#define LOADER_TAKEN_MAX (BOARD_RESERVED_MAX + 4)

struct loader {
    struct board board;
    const void *fdt; /* as the firmware passed it, or null */
    size_t fdt_available;
    struct board_range resident;                /* the loader's own memory */
    struct board_range list;                    /* where the boot-info block goes */
    struct board_range staging;                 /* where an image is fetched to */
    struct place_taken taken[LOADER_TAKEN_MAX]; /* not for an image */
    unsigned taken_count;
    unsigned kept_count; /* of them, the first: not for a service at all */

    struct configuration configuration;
    struct boot_arguments arguments;
    struct digest digest;
    bool network_is_up; /* net_start has been called */
};

/* Divides the memory: loader, boot-info block, staging, what is reserved; maps what the
 * loader uses. Returns 0 or ERROR_NO_MEMORY (no room to fetch an image). */
int memory_plan(struct loader *loader);

/* Reads the configuration: defaults, pilot.conf from the card if there is one, and the
 * boot arguments, each over the one before. Logs what was wrong; never fails. */
void settings_read(struct loader *loader);

/* Starts USB, Ethernet and an address's way to us, if that has not been done. Returns 0
 * or the error of board_start_network (logged). */
int network_start(struct loader *loader);

/* Lets the network be started anew next time: its device failed. */
void network_forget(struct loader *loader);

/* Keeps the log and the network going until deadline_us. */
void network_idle(const struct loader *loader, uint64_t deadline_us);

/*
 * Checks, places and starts the image of length bytes in staging. Returns only if it
 * cannot be started, with one line logged that says why: ERROR_CORRUPT, ERROR_UNSUPPORTED,
 * ERROR_REFUSED, ERROR_NO_MEMORY, ERROR_TOO_LARGE. Nothing outside staging and the boot-info block has
 * changed then.
 */
int start_image(struct loader *loader, size_t length, const char *location);

#endif
