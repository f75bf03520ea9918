/*
 * slot_records: the two rings of records, of which the newest counts.
 *
 * A write goes to the ring that does not hold the newest, to the place behind that ring's own
 * newest, is flushed and read back; only then it counts. Whatever a cut during it does, to this
 * block or to its whole unit, the other ring has the record before. When both are to hold the
 * same again, the newest is copied (slot_records_mirror).
 *
 * A record is valid if magic, CRC and sequence (1 ... SLOT_SEQUENCE_MAX) are right, the format is
 * ours and the table sound (slot_table_is_sound). Records of every format, also those to come,
 * have magic, format, sequence and CRC where ours has them.
 * Two valid records with one sequence and different tables: nobody knows which one was acted
 * on, so neither counts, and a record before them does. A sequence is never used for a second
 * content: not after a write that failed either, and when something could not be read, or is
 * torn, those that may have stood there are passed over. So is the place of a torn record, until
 * what it may hold is old: all records begin alike, and the next tear there might complete it.
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
    uint64_t sequence;           /* the highest used, or that may have been; 0: none */
    int status;                  /* what open returned */
    int8_t newest_ring;          /* that has the record that counts; -1: neither */
    bool is_mirrored;            /* both have it */
    bool is_disputed;            /* there are higher sequences, which do not count */
    uint8_t next[2];             /* place of the next write in each */
    uint8_t foreign;             /* records of a format we do not know */
    struct slot_record newest;   /* the one that counts */
    _Alignas(8) uint8_t ring_bytes[SLOT_RING_RECORDS * SLOT_BLOCK_BYTES]; /* at work */
};

/*
 * Reads both rings and copies the table that counts to *table (only then it is written to).
 * Returns 0; ERROR_ABSENT (not one valid record: none was ever written, or all are lost);
 * ERROR_UNSUPPORTED (there are intact records of another format, not older than the newest of
 * ours that counts: the card belongs to another loader; nothing must be written); ERROR_IO,
 * ERROR_TIMEOUT, or another error of the device: there is no valid record in what could be read,
 * but not all could (the card is gone: ERROR_IO), or what is read is different each time.
 * A block that cannot be read costs only the record in it: then the ring is read block by block.
 * device: of blocks of SLOT_BLOCK_BYTES (asserted), both rings on it; it and self stay the
 * caller's, and in use until the next open.
 */
int slot_records_open(struct slot_records *self, struct block_device *device, uint64_t ring0,
                      uint64_t ring1, struct slot_table *table);

/*
 * Makes table durable as the newest. A block that does not take it is passed over for the next,
 * up to SLOT_RECORD_PLACES blocks.
 * Returns 0; ERROR_CORRUPT (what was read back is not what was written), or the device's error:
 * what was durable before still counts here, but either may be found at the next open. With
 * nothing written: what open returned, if that was neither 0 nor ERROR_ABSENT; ERROR_INVALID (the
 * table is not sound); ERROR_REFUSED (also: all sequences are used up).
 */
int slot_records_write(struct slot_records *self, const struct slot_table *table);
#define SLOT_RECORD_PLACES 3

/* Copies the newest into the ring that lacks it, if there is one and one does. When records that
 * do not count have higher sequences, it is written anew above them first: one of two in dispute
 * could else count one day, when the other one is gone. Returns 0 or as write; the newest counts
 * all the same. */
int slot_records_mirror(struct slot_records *self);

#endif
