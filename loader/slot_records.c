/*
 * slot_records: the two rings. See slot_records.h.
 *
 * There is room for one ring in memory, so records with the same sequence are compared as they
 * pass by. When the highest turns out to be in dispute, both rings are read once more for what
 * is below it: slow, but then something has gone very wrong already.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "slot_records.h"

#include <stddef.h>
#include <string.h>

#include "check.h"
#include "crc32c.h"
#include "error.h"
#include "slot_table.h"

#define TIMEOUTS_MAX 3 /* in a ring: a card that does not answer is not asked 64 times */

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "records are used as they are stored");

/* What looking through the rings has shown. */
struct search {
    uint64_t limit;    /* sequences above it do not count */
    uint64_t foreign;  /* highest sequence of another format */
    uint64_t last[2];  /* highest sequence of ours in each ring */
    unsigned holders;  /* bit n: ring n has the newest */
    bool in_dispute;   /* there are two different newest ones */
    bool some_is_torn; /* a block that may have been a record */
    int status;        /* why not everything could be read; 0: it could */
};

static uint32_t crc_of(const struct slot_record *record)
{
    return crc32c(0, record, offsetof(struct slot_record, crc32c));
}

static bool is_whole(const struct slot_record *record)
{
    return record->magic == SLOT_RECORD_MAGIC && record->crc32c == crc_of(record);
}

static bool is_intact(const struct slot_record *record)
{
    return is_whole(record) && record->sequence >= 1 && record->sequence <= SLOT_SEQUENCE_MAX;
}

/* Neither a record nor as the card came, 00 or ff all over: it may have been one. */
static bool is_torn(const struct slot_record *record)
{
    const uint8_t *block = (const uint8_t *)record;
    bool is_blank =
        (block[0] == 0 || block[0] == 0xff) && memcmp(block, block + 1, SLOT_BLOCK_BYTES - 1) == 0;

    return !is_blank && !is_whole(record);
}

/* Fills ring_bytes; blocks that can not be read are zeros there, and no records. Returns 0 or the
 * error of one of them. */
static int read_ring(struct slot_records *self, unsigned ring)
{
    struct block_device *device = self->device;
    unsigned timeouts = 0;
    int status = device->read(device, self->ring[ring], SLOT_RING_RECORDS, self->ring_bytes);
    int worst = 0;

    if (status == 0)
        return 0;
    memset(self->ring_bytes, 0, sizeof self->ring_bytes);
    for (unsigned i = 0; i < SLOT_RING_RECORDS; i++) {
        uint8_t *block = self->ring_bytes + (size_t)i * SLOT_BLOCK_BYTES;

        status = device->read(device, self->ring[ring] + i, 1, block);
        if (status == 0)
            continue;
        worst = status;
        memset(block, 0, SLOT_BLOCK_BYTES);
        timeouts += status == ERROR_TIMEOUT;
        if (status == ERROR_ABSENT || timeouts == TIMEOUTS_MAX)
            break;
    }
    return worst;
}

static void consider(struct slot_records *self, struct search *search, unsigned ring,
                     const struct slot_record *record)
{
    if (record->sequence > search->limit || !slot_table_is_sound(&record->table))
        return;
    if (self->newest_ring < 0 || record->sequence > self->newest.sequence) {
        self->newest = *record;
        self->newest_ring = (int8_t)ring;
        search->holders = 1u << ring;
        search->in_dispute = false;
    } else if (record->sequence == self->newest.sequence) {
        search->holders |= 1u << ring;
        if (memcmp(&record->table, &self->newest.table, sizeof record->table) != 0)
            search->in_dispute = true;
    }
}

static const struct slot_record *record_at(const struct slot_records *self, unsigned place)
{
    return (const void *)(self->ring_bytes + (size_t)place * SLOT_BLOCK_BYTES);
}

/* The beginning of all records is the same: a write that is cut after it can make a torn record
 * behind it whole again. So the next one goes elsewhere; when that place has its turn, all that
 * it may hold is old. */
static void pass_over_torn(struct slot_records *self, unsigned ring)
{
    for (unsigned i = 0; i < SLOT_RING_RECORDS && is_torn(record_at(self, self->next[ring])); i++)
        self->next[ring] = (uint8_t)((self->next[ring] + 1) % SLOT_RING_RECORDS);
}

static void look_through_ring(struct slot_records *self, struct search *search, unsigned ring)
{
    for (unsigned place = 0; place < SLOT_RING_RECORDS; place++) {
        const struct slot_record *record = record_at(self, place);

        if (!is_intact(record)) {
            search->some_is_torn = search->some_is_torn || is_torn(record);
            continue;
        }
        if (record->format != SLOT_FORMAT) {
            self->foreign++;
            if (record->sequence > search->foreign)
                search->foreign = record->sequence;
            continue;
        }
        if (record->sequence > self->sequence)
            self->sequence = record->sequence;
        if (record->sequence >= search->last[ring]) {
            search->last[ring] = record->sequence;
            self->next[ring] = (uint8_t)((place + 1) % SLOT_RING_RECORDS);
        }
        consider(self, search, ring, record);
    }
    pass_over_torn(self, ring);
}

static void look_through(struct slot_records *self, struct search *search)
{
    self->newest_ring = -1;
    self->foreign = 0;
    search->holders = 0;
    search->in_dispute = false;
    for (unsigned ring = 0; ring < 2; ring++) {
        int status = read_ring(self, ring);

        if (status < 0)
            search->status = status;
        look_through_ring(self, search, ring);
    }
}

static int verdict(const struct slot_records *self, const struct search *search)
{
    bool found = self->newest_ring >= 0;

    if (search->in_dispute)
        return ERROR_IO;
    if (search->foreign > 0 && (!found || search->foreign >= self->newest.sequence))
        return ERROR_UNSUPPORTED;
    if (found)
        return 0;
    /* A card that is gone is not one without records. */
    if (search->status == ERROR_ABSENT)
        return ERROR_IO;
    return search->status < 0 ? search->status : ERROR_ABSENT;
}

int slot_records_open(struct slot_records *self, struct block_device *device, uint64_t ring0,
                      uint64_t ring1, struct slot_table *table)
{
    struct search search = {.limit = SLOT_SEQUENCE_MAX};

    ASSERT(device->block_bytes == SLOT_BLOCK_BYTES);
    memset(self, 0, sizeof *self);
    self->device = device;
    self->ring[0] = ring0;
    self->ring[1] = ring1;
    look_through(self, &search);
    /* More disputes than this there is no room for: it reads differently every time. */
    for (unsigned i = 0; i < SLOT_RING_RECORDS && search.in_dispute; i++) {
        search.limit = self->newest.sequence - 1;
        look_through(self, &search);
    }
    self->is_mirrored = search.holders == 3;
    self->is_disputed = self->newest_ring >= 0 && self->sequence > self->newest.sequence;
    /* What could not be read, or is torn, may be newer, and whole the next time. */
    if (search.status < 0 || search.some_is_torn)
        self->sequence += SLOT_RING_RECORDS;
    self->status = verdict(self, &search);
    if (self->status == 0)
        *table = self->newest.table;
    return self->status;
}

/* Writes the record to the place that is next in the ring. */
static int write_next(struct slot_records *self, unsigned ring, const struct slot_record *record)
{
    struct block_device *device = self->device;
    uint64_t block = self->ring[ring] + self->next[ring];
    int status = device->write(device, block, 1, record);

    self->next[ring] = (uint8_t)((self->next[ring] + 1) % SLOT_RING_RECORDS);
    if (status == 0)
        status = device->flush(device);
    if (status == 0)
        status = device->read(device, block, 1, self->ring_bytes);
    if (status == 0 && memcmp(self->ring_bytes, record, sizeof *record) != 0)
        status = ERROR_CORRUPT;
    return status;
}

static bool another_place_may_do(int status)
{
    return status == ERROR_IO || status == ERROR_CORRUPT;
}

static unsigned ring_to_write(const struct slot_records *self)
{
    return self->newest_ring == 0;
}

int slot_records_write(struct slot_records *self, const struct slot_table *table)
{
    struct slot_record record = {
        .magic = SLOT_RECORD_MAGIC, .format = SLOT_FORMAT, .table = *table};
    unsigned ring = ring_to_write(self);
    int status = ERROR_REFUSED;

    if (self->status < 0 && self->status != ERROR_ABSENT)
        return self->status;
    if (!slot_table_is_sound(table))
        return ERROR_INVALID;
    /* Each place gets a sequence of its own: a block that was passed over may hold something
     * older that was never seen. */
    for (unsigned i = 0; i < SLOT_RECORD_PLACES && self->sequence < SLOT_SEQUENCE_MAX; i++) {
        record.sequence = ++self->sequence;
        record.crc32c = crc_of(&record);
        status = write_next(self, ring, &record);
        if (!another_place_may_do(status))
            break;
    }
    if (status < 0) {
        self->is_disputed = self->newest_ring >= 0 && self->sequence > self->newest.sequence;
        return status;
    }
    self->newest = record;
    self->newest_ring = (int8_t)ring;
    self->is_mirrored = self->is_disputed = false;
    self->status = 0;
    return 0;
}

int slot_records_mirror(struct slot_records *self)
{
    int status = self->status;

    if (self->newest_ring < 0)
        return status == ERROR_ABSENT ? 0 : status;
    if (status == 0 && self->is_disputed)
        status = slot_records_write(self, &self->newest.table);
    if (status < 0 || self->is_mirrored)
        return status;
    status = ERROR_IO;
    for (unsigned i = 0; i < SLOT_RECORD_PLACES && another_place_may_do(status); i++)
        status = write_next(self, ring_to_write(self), &self->newest);
    self->is_mirrored = status == 0;
    return status;
}
