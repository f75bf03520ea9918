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
#include "elf.h"
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

    struct configuration configuration;
    struct boot_arguments arguments;
    struct digest digest;
    bool network_is_up;   /* net_start has been called */
    bool staging_is_full; /* with a fetched file that is about to be started */
    bool push_is_here;    /* an image was pushed and found good: start it */
    struct loader_service service;
};

/* Divides the memory: loader, boot-info block, staging, what is reserved; maps what the
 * loader uses. Returns 0 or ERROR_NO_MEMORY (no room to fetch an image). */
int memory_plan(struct loader *loader);

/* Reads the configuration: defaults, pilot.conf from the card if there is one, and the
 * boot arguments, each over the one before. Logs what was wrong; never fails. */
void settings_read(struct loader *loader);

/* Starts USB, Ethernet and an address's way to us, if that has not been done: takes over what a
 * service left running if that can be, and answers pushes from then on (rescue.c). Returns 0
 * or the error of board_start_network (logged). */
int uplink_start(struct loader *loader);

/* Lets the network be started anew next time: its device failed. */
void uplink_forget(struct loader *loader);

/* One turn of all that goes on while the loader waits: returns at once if there was something
 * to do, at deadline_us at the latest. Returns false, without regard to the deadline, while an
 * image is being pushed or has been: the staging area is the push's then. */
bool uplink_turn(struct loader *loader, uint64_t deadline_us);

/* Keeps log, network and pushes going until deadline_us (0: it has passed), or until an image
 * was pushed. A push that is arriving is waited for even then (the server sees to it that it
 * ends: net/tftp_server.h). */
void uplink_idle(struct loader *loader, uint64_t deadline_us);

/* Stops network and devices and describes them in keep->over, for the next program. */
void uplink_hand_over(struct loader *loader);

/* After a service that was cut off: makes an end of what its devices are still doing in its
 * memory, and takes them over if that can be. */
void uplink_recover(struct loader *loader);

/* A file that could become a service. */
struct image_file {
    const void *bytes;
    struct keep_image about; /* bytes, digest, location; image_check fills in the rest */
    int index;               /* of the kept image it is; KEEP_NOTHING: none yet */
};

/*
 * Would the image be started? Fills in name, version and CRC of file->about. Returns 0, or as
 * start_image, with one sentence in reason (ELF_REASON_BYTES).
 */
int image_check(const struct loader *loader, struct image_file *file, struct elf_image *image,
                uint64_t *displacement, char *reason);

/*
 * Checks, places and starts an image. Returns only if it
 * cannot be started, with one line logged that says why: ERROR_CORRUPT, ERROR_UNSUPPORTED,
 * ERROR_REFUSED, ERROR_NO_MEMORY, ERROR_TOO_LARGE. Nothing outside the boot-info block has
 * changed then.
 */
int start_image(struct loader *loader, struct image_file *file);

/* Checks an image of length bytes that was pushed from location into staging, and notes it in
 * keep->uploaded.
 * Returns 0, or ERROR_REFUSED (deploy = off) or as image_check, with a sentence in reason. */
int pushed_check(struct loader *loader, size_t length, const char *location, char *reason);

/* The file that a push or guard_called (GUARD_FILE_STATUS) gives: "key = value" lines.
 * Returns its length, at most capacity - 1. */
size_t status_text(const struct loader *loader, char *text, size_t capacity);

/* The guard's side: where it finds the loader's facts, before cpu_enter_service. */
void guard_calls_begin(struct loader *loader);

/* Registers of a service as a core file wants them: see crash.c. what: one sentence, or null. */
struct guard_registers;
_Noreturn void crash_end(struct loader *loader, enum policy_reason reason,
                         const struct guard_registers *registers, uint64_t guard_crash,
                         const char *what);

/* Sends the core that is kept to the boot server, if core = send: as core.NAME.NUMBER. Logs
 * how that went. Waits until it is there, 10 s at most, or an image was pushed. */
void core_send(struct loader *loader);

/* Ends the service and starts the loader anew. keep->reason and what belongs to it are set. */
_Noreturn void take_back(struct loader *loader);

#endif
