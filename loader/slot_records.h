/*
 * slot_records: the two rings of records, of which the newest counts.
 *
 * A write goes to the ring that does not hold the newest, to the place behind that ring's own
 * newest, is flushed and read back; only then it counts. Whatever a cut during it does, to this
 * block or to its whole unit, the other ring has the record before. When both are to hold the
 * same again, the newest is copied (slot_records_mirror).
 *
 * Two valid records with one sequence and different contents: nobody knows which one was acted
 * on, so neither counts, and a record before them does. A sequence is never used for a second
 * content: not after a write that failed either.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef SLOT_RECORDS_H
#define SLOT_RECORDS_H

#include <stdbool.h>
#include <stdint.h>

#include "block_device.h"
#include "slot_format.h"

struct slot_records {
    struct block_device *device; /* the whole card */
    uint64_t ring[2];            /* first block of each, on the device */
    uint64_t sequence;           /* the highest used; 0: none */
    int8_t newest_ring;          /* that has the record that counts; -1: neither */
    bool is_mirrored;            /* both have it */
    uint8_t next[2];             /* place of the next write in each */
    uint8_t foreign;             /* valid records of a format we do not know, up to 255 */
    _Alignas(8) uint8_t ring_bytes[SLOT_RING_RECORDS * SLOT_BLOCK_BYTES]; /* at work */
};

/*
 * Reads both rings and copies the table that counts to *table.
 * Returns 0; ERROR_ABSENT (not one valid record: none was ever written, or all are lost);
 * ERROR_UNSUPPORTED (there are intact records of another format, newer than all of ours: the
 * card belongs to another loader; nothing must be written); ERROR_IO, ERROR_TIMEOUT.
 * A block that cannot be read, in one ring, costs only that ring: it counts as without records
 * if the other has some.
 */
int slot_records_open(struct slot_records *self, struct block_device *device, uint64_t ring0,
                      uint64_t ring1, struct slot_table *table);

/* Makes table durable as the newest. Returns 0, ERROR_CORRUPT (what was read back is not what
 * was written), or the device's error: what was durable before still counts here, but either
 * may be found at the next open. */
int slot_records_write(struct slot_records *self, const struct slot_table *table);

/* Copies the newest into the ring that lacks it, if one does. Returns 0 or as write. */
int slot_records_mirror(struct slot_records *self);

#endif
