/*
 * keep: what the loader knows from one of its starts to the next.
 *
 * The loader takes the machine back from a service by starting itself anew with an empty bss,
 * so nothing can leak from one service to the next by being forgotten. What is to be known
 * then stands in the upper half of the loader's own 2 MiB, where no service can write: this
 * struct, the log, and a copy of the device tree. Files of images and the core of a crashed
 * service lie in the keeping area below.
 * After a reset of the machine nothing about RAM is certain: then the struct counts only if
 * its CRC holds, and only to tell what happened before.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef KEEP_H
#define KEEP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "board.h"
#include "boot_arguments.h"
#include "boot_tags.h"
#include "configuration.h"
#include "digest.h"
#include "hand_over.h"
#include "log_store.h"
#include "policy.h"
#include "slots.h"

#define KEEP_IMAGES  2  /* one that runs, one to fall back on */
#define KEEP_NOTHING -1 /* no image */

/* An image's file in the keeping area. */
struct keep_image {
    uint64_t bytes; /* 0: none */
    uint32_t crc32c;
    uint8_t digest[DIGEST_BYTES];
    char name[32], version[16], location[64];
    uint32_t security_counter;
    struct slot_origin origin; /* where it lies on the card */
};

struct keep {
    uint32_t magic;
    uint32_t bytes;   /* of this struct: another version's is not read */
    uint32_t crc32c;  /* over all behind it, when the loader is not running */
    uint32_t own_crc; /* of the loader itself: guard_own_crc32c */

    /* What power-on found, or pilot.conf said. */
    struct board_range keeping, list, staging; /* memory_plan's: the same at each start */
    uint64_t fdt_bytes;                        /* of the copy; 0: no tree */
    struct configuration configuration;
    struct boot_arguments arguments;

    struct keep_image images[KEEP_IMAGES];
    int running;    /* index of the image that runs or ran last; KEEP_NOTHING: it is not kept */
    int fallback;   /* index of the last that confirmed itself */
    bool confirmed; /* the one that runs has */
    char name[32], version[16];   /* of the service that runs or ran last; "" */
    uint8_t digest[DIGEST_BYTES]; /* of its file */
    uint32_t security_counter;    /* of its note */
    struct slot_origin origin;    /* of it; slots.h */

    struct slot_table slots; /* the card's, as it was last seen; all 0: none was */

    /* Why the loader is here: set before it is started anew. */
    enum policy_reason reason;
    int32_t status;          /* POLICY_EXIT */
    char next[NET_NAME_MAX]; /* POLICY_NEXT */
    char last_end[224];      /* a sentence about it */
    uint64_t started_us;     /* when the service that ended was entered */
    uint64_t handed_us;      /* when it handed back, by itself or not */
    uint64_t push_begun_us, push_ended_us;

    /* The image in the upload area that GUARD_CHECK_IMAGE found good. */
    struct keep_image uploaded;

    /* Devices and network as they were when handed over, at over_us; at rest unless the
     * service was cut off. */
    struct hand_over over;
    uint64_t over_us;
    struct net_address boot_server; /* what DHCP said of booting, which a service does not keep */
    char boot_file[NET_NAME_MAX];
    bool at_rest;

    uint32_t hand_backs, redeploys, crashes, failures;
    uint32_t log_undrained; /* bytes of the log that no console has */
    struct boot_log_sent log_sent;

    struct boot_crash crash; /* of the last crash since power-on; name "" = none */
    bool crash_is_news;      /* no service has been told of it yet */
};

struct loader;

/*
 * Makes loader->keep and the log usable: the first thing at every start. restarted: by
 * guard_restart. Returns true if the struct tells of the run before; false at power-on, and
 * after a restart when it does not hold: the loader then goes on as after power-on.
 */
bool keep_open(struct loader *loader, bool restarted);

/* Takes over how far a service says it has sent the log, if that can be. */
void keep_log_sent(struct loader *loader, const struct boot_log_sent *sent);

/* Copies the firmware's tree to where it stays, and makes loader->fdt the copy. */
void keep_fdt(struct loader *loader);

/* Closes the struct by its CRC: before a service runs, and after each change while it does. */
void keep_seal(struct keep *keep);

/* Where the file of image index lies, and how much fits there. */
struct board_range keep_image_area(const struct loader *loader, int index);
struct board_range keep_core_area(const struct loader *loader);

/* Copies a file that is about to be started into an area that does not hold the fallback, and
 * makes it keep->running; KEEP_NOTHING when it does not fit. */
void keep_image_store(struct loader *loader, const void *file, const struct keep_image *image);

/* True if image index is there and its bytes are still those that were kept. */
bool keep_image_is_whole(const struct loader *loader, int index);

#endif
