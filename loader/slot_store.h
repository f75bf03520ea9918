/*
 * slot_store: services on a card: which there are, installing one, reading one.
 *
 * A library over block_device; it knows neither the loader nor the hardware, and `pilot` uses
 * it on card images. See include/slot_format.h for the layout and docs/storage.md for why.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef SLOT_STORE_H
#define SLOT_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "slot_image.h"
#include "slot_records.h"
#include "slot_table.h"

struct slot_store {
    struct block_device *device;
    uint64_t first;          /* block of the partition */
    uint64_t slot_blocks;    /* of each slot */
    struct slot_table table; /* what is durable */
    struct slot_records records;
    bool is_read_only; /* a write has failed, or the card is: no trial is started */
    bool was_lost;     /* at open no record was valid, but slots hold images: see below */
    _Alignas(8) uint8_t work[SLOT_WORK_BYTES];
};

/*
 * Looks for the partition and opens the store in it.
 * When no record is valid (and the blocks of one ring at least can all be read): if no slot has
 * an image under an intact header, the store is taken for new and empty; else was_lost is set,
 * and every slot that has one becomes PENDING(tries) under its header's name (slot_recovery.h) -
 * none is believed to have been confirmed; nothing is written yet (the first write is slot_boot's
 * or install's). All images are read for it.
 * Then slot_table_clean if clean (nobody else is at work on it), and mirroring; both are
 * durable when this returns, unless the card is read-only.
 * Returns 0; ERROR_ABSENT (no such partition; no card), ERROR_CORRUPT (more than one such
 * partition, or one that is too small, does not fit on the card or overlaps another),
 * ERROR_UNSUPPORTED (blocks that are not 512 bytes, a GUID partition table, or records or
 * headers of another format), ERROR_IO, ERROR_TIMEOUT; then reason (SLOT_REASON_BYTES) has one
 * sentence. A card on which nothing can be written gives 0 and is_read_only, and reason says
 * so; was_lost too is said there (it is "" when all is well).
 */
int slot_store_open(struct slot_store *self, struct block_device *device, bool clean,
                    unsigned tries, char *reason);

/* Bytes of the largest image that fits into a slot. */
uint64_t slot_store_capacity(const struct slot_store *self);

/* Where a slot lies on the card. */
struct slot_place slot_store_place(struct slot_store *self, unsigned service, unsigned slot);

/*
 * Installs an image into the free slot of the service it names: WRITING durable; the bytes;
 * header; read back and hashed; PENDING(tries) durable. file: about->bytes bytes, 4-byte
 * aligned; what the last block has behind it is written as zeros. about->digest is of the
 * file; tries is 1 ... SLOT_TRIES_MAX.
 * Returns 0 and sets *service, *slot; ERROR_TOO_LARGE, ERROR_INVALID (name, no bytes),
 * ERROR_NO_MEMORY (no row), ERROR_REFUSED (read-only), ERROR_CORRUPT (what was read back
 * differs), ERROR_ABSENT (the card is gone, or is another one) or the device's error, with one
 * sentence in reason. What was confirmed before still is; the slot that was to be filled stays
 * WRITING once that was durable.
 */
int slot_store_install(struct slot_store *self, const void *file, const struct slot_image *about,
                       unsigned tries, unsigned *service, unsigned *slot, char *reason);

/*
 * Reads the header of a slot. Returns 0, ERROR_ABSENT (the slot's state has no image),
 * ERROR_CORRUPT (damaged, or of another install or name than the record says),
 * ERROR_UNSUPPORTED (another format), or the device's error; reason as above.
 */
int slot_store_header(struct slot_store *self, unsigned service, unsigned slot,
                      struct slot_image *about, char *reason);

/*
 * Reads an image into buffer (capacity bytes, 4-byte aligned; nothing behind the image is
 * written) and checks its SHA-256 against its header. Returns its length, or as
 * slot_store_header, ERROR_TOO_LARGE (capacity).
 */
int64_t slot_store_read(struct slot_store *self, unsigned service, unsigned slot, void *buffer,
                        size_t capacity, struct slot_image *about, char *reason);

/*
 * Makes self->table durable after a function of slot_table.h changed it. First it looks whether
 * the card still has the newest record that is known: if not, it is another card, and nothing
 * is written. On failure the table is as it was in before, is_read_only is set. Returns 0 or
 * the error, with reason: ERROR_REFUSED (read-only before already), ERROR_ABSENT (another card,
 * or none), ERROR_CORRUPT (what was read back differs) or the device's error.
 */
int slot_store_commit(struct slot_store *self, const struct slot_table *before, char *reason);

/* Orders versions like "1.10.2": numbers by value, the rest by characters; what has more behind
 * the same beginning is the later. <0, 0, >0. */
int slot_version_compare(const char *a, const char *b);

/*
 * The table of all slots as text for a person (docs/storage.md shows one): one line for each
 * slot of each service, columns aligned. running_service: index of what runs now, with its
 * slot, or -1. Returns the length, at most capacity - 1; always terminated.
 */
size_t slot_store_text(struct slot_store *self, int running_service, unsigned running_slot,
                       char *text, size_t capacity);
#define SLOT_TEXT_BYTES 3072 /* is enough */

#endif
