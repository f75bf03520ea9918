/*
 * slot_store: see the header.
 *
 * The order of writes is the whole of its safety; docs/storage.md goes through what a cut at
 * each of them leaves.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "slot_store.h"

#include <string.h>

#include "error.h"
#include "partition_table.h"
#include "slot_recovery.h"

#define SLOTS (SLOT_SERVICES_MAX * SLOT_SLOTS)

_Static_assert(PARTITION_REASON_BYTES <= SLOT_REASON_BYTES, "the reason fits");
_Static_assert(SLOT_WORK_BYTES / SLOT_BLOCK_BYTES >= SLOT_RING_RECORDS, "a ring fits");

/* ---- finding it ---- */

static bool is_slot_type(uint8_t type)
{
    return type == SLOT_PARTITION_TYPE;
}

/* record: block 0. A partition that is written to must be beyond doubt. */
static int find_partition(const struct slot_store *self, const uint8_t *record,
                          struct partition *partition, char *reason)
{
    uint64_t blocks = self->device->block_count;
    struct partition second;
    unsigned overlap;
    int status =
        partition_table_find(record, blocks, 0, is_slot_type, "slot (7f)", partition, reason);

    if (status < 0)
        return status;
    status = partition_table_find(record, blocks, partition->number, is_slot_type, "other", &second,
                                  reason);
    if (status < 0 && status != ERROR_ABSENT)
        return status;
    reason[0] = '\0';
    if (status == 0)
        return slot_image_refuse(reason, ERROR_CORRUPT,
                                 "partitions %u and %u are both of type 7f; one is needed",
                                 partition->number, second.number);
    overlap = partition_table_overlap(record, partition);
    if (overlap != 0)
        return slot_image_refuse(reason, ERROR_CORRUPT, "partition %u overlaps partition %u",
                                 partition->number, overlap);
    if (partition->count < SLOT_STORE_BLOCKS_MIN)
        return slot_image_refuse(reason, ERROR_CORRUPT,
                                 "partition %u has %lu blocks, slots need %lu at least",
                                 partition->number, (unsigned long)partition->count,
                                 (unsigned long)SLOT_STORE_BLOCKS_MIN);
    return 0;
}

static int find_store(struct slot_store *self, char *reason)
{
    struct partition partition;
    int status;

    if (self->device->block_count == 0)
        return slot_image_refuse(reason, ERROR_ABSENT, "no card");
    if (self->device->block_bytes != SLOT_BLOCK_BYTES)
        return slot_image_refuse(reason, ERROR_UNSUPPORTED, "blocks of %u bytes, %u are needed",
                                 self->device->block_bytes, SLOT_BLOCK_BYTES);
    status = self->device->read(self->device, 0, 1, self->work);
    if (status < 0)
        return slot_image_refuse(reason, status, "reading the partition table: %s",
                                 error_name(status));
    status = find_partition(self, self->work, &partition, reason);
    if (status < 0)
        return status;
    self->first = partition.first;
    self->slot_blocks = (partition.count / SLOT_UNIT_BLOCKS - 2) / SLOTS * SLOT_UNIT_BLOCKS;
    return 0;
}

uint64_t slot_store_capacity(const struct slot_store *self)
{
    return (self->slot_blocks - SLOT_IMAGE_BLOCK) * SLOT_BLOCK_BYTES;
}

struct slot_place slot_store_place(struct slot_store *self, unsigned service, unsigned slot)
{
    return (struct slot_place){
        .device = self->device,
        .first = self->first + SLOT_UNIT_BLOCKS + (service * SLOT_SLOTS + slot) * self->slot_blocks,
        .bytes_max = slot_store_capacity(self),
        .work = self->work,
    };
}

/* ---- opening ---- */

static bool can_read_ring(struct slot_store *self, unsigned ring)
{
    return self->device->read(self->device, self->records.ring[ring], SLOT_RING_RECORDS,
                              self->work) == 0;
}

/*
 * A block that was being written when the power went may be unreadable until it is written again.
 * When there is no record beside it - it was the first, or the others were lost before - it is one
 * more that is lost, and no reason to give up the card for ever. But only if the other ring can be
 * read whole: a card that reads nothing has not lost anything yet.
 */
static int open_records(struct slot_store *self, struct slot_table *table)
{
    struct slot_records *records = &self->records;
    int status =
        slot_records_open(records, self->device, self->first,
                          self->first + SLOT_UNIT_BLOCKS + SLOTS * self->slot_blocks, table);

    if (status == ERROR_IO && records->newest_ring < 0 &&
        (can_read_ring(self, 0) || can_read_ring(self, 1)))
        records->status = status = ERROR_ABSENT; /* so that it can be written to */
    return status;
}

static int open_table(struct slot_store *self, unsigned tries, char *reason)
{
    int status = open_records(self, &self->table);

    if (status == ERROR_UNSUPPORTED)
        return slot_image_refuse(reason, status,
                                 "the slot records are of another format: of another loader");
    /* Not the device's: a card that was gone has block_count 0 from then on. */
    if (status == ERROR_ABSENT && self->device->block_count != 0) {
        status = slot_recovery_table(self, tries, reason);
        self->was_lost = status > 0;
        return status < 0 ? status : 0;
    }
    if (status < 0)
        slot_image_refuse(reason, status, "reading the slot records: %s", error_name(status));
    return status;
}

int slot_store_open(struct slot_store *self, struct block_device *device, bool clean,
                    unsigned tries, char *reason)
{
    struct slot_table before;
    int status;

    reason[0] = '\0';
    self->device = device;
    self->is_read_only = self->was_lost = false;
    status = find_store(self, reason);
    if (status == 0)
        status = open_table(self, tries, reason);
    if (status < 0)
        return status;
    /* In a new store, and in one that was found again, there is nothing to clean or to mirror: as
     * long as nobody starts or installs anything, the card stays as it is. */
    before = self->table;
    if (clean && slot_table_clean(&self->table) && slot_store_commit(self, &before, reason) < 0)
        return 0;
    status = slot_records_mirror(&self->records);
    if (status < 0) {
        self->is_read_only = true;
        slot_image_refuse(reason, status, "the slot records cannot be written: %s",
                          error_name(status));
    }
    return 0;
}

/* ---- records ---- */

/* The table in memory is this card's only if its newest record is still the newest there. Both
 * rings are read for it: a card that was made by the same steps has the same records, up to
 * where they part. */
static int check_card(struct slot_store *self, char *reason)
{
    struct slot_records *records = &self->records;
    const struct slot_record known = records->newest;
    struct slot_table table;
    int status = open_records(self, &table);

    /* In a new store there is none, here and there. */
    if ((status == 0 || status == ERROR_ABSENT) && self->device->block_count != 0 &&
        memcmp(&records->newest, &known, sizeof known) == 0)
        return 0;
    if (status < 0 && (status != ERROR_ABSENT || self->device->block_count == 0))
        return slot_image_refuse(reason, status, "reading the slot records: %s",
                                 error_name(status));
    return slot_image_refuse(reason, ERROR_ABSENT, "this is not the card that was read before");
}

int slot_store_commit(struct slot_store *self, const struct slot_table *before, char *reason)
{
    int status;

    reason[0] = '\0';
    if (self->is_read_only) {
        status = slot_image_refuse(reason, ERROR_REFUSED, "the card is read-only");
    } else {
        status = check_card(self, reason);
        if (status == 0) {
            status = slot_records_write(&self->records, &self->table);
            if (status < 0)
                slot_image_refuse(reason, status, "the slot records cannot be written: %s",
                                  error_name(status));
        }
    }
    if (status < 0) {
        self->table = *before;
        self->is_read_only = true;
    }
    return status;
}

/* ---- installing ---- */

/* Begins a sentence about a slot. */
static void name_slot(const struct slot_store *self, unsigned service, unsigned slot, char *reason)
{
    reason[0] = '\0';
    slot_image_refuse(reason, 0, "%s %s: ", self->table.services[service].name, slot ? "B" : "A");
}

/* What was written must be on the card, not only have been sent to it. */
static int verify(struct slot_place *place, const struct slot_image *about, uint32_t install,
                  char *reason)
{
    struct slot_image found;
    uint32_t found_install;
    int status = slot_image_header(place, &found, &found_install, reason);

    if (status < 0)
        return status;
    if (found_install != install || memcmp(found.digest, about->digest, sizeof found.digest) != 0)
        return slot_image_refuse(reason, ERROR_CORRUPT, "its header is not what was written");
    return slot_image_verify(place, &found, reason);
}

static int fill_slot(struct slot_store *self, const void *file, const struct slot_image *about,
                     unsigned service, unsigned slot, char *reason)
{
    uint32_t install = self->table.services[service].slots[slot].install;
    struct slot_place place = slot_store_place(self, service, slot);
    int status;

    name_slot(self, service, slot, reason);
    status = slot_image_write(&place, file, about, install, reason);
    if (status < 0) {
        self->is_read_only = true;
        return status;
    }
    return verify(&place, about, install, reason);
}

int slot_store_install(struct slot_store *self, const void *file, const struct slot_image *about,
                       unsigned tries, unsigned *service, unsigned *slot, char *reason)
{
    struct slot_table before = self->table;
    int status;

    reason[0] = '\0';
    if (about->bytes == 0)
        return slot_image_refuse(reason, ERROR_INVALID, "the image has 0 bytes");
    if (about->bytes > slot_store_capacity(self))
        return slot_image_refuse(reason, ERROR_TOO_LARGE, "the image has %lu bytes, a slot %lu",
                                 (unsigned long)about->bytes,
                                 (unsigned long)slot_store_capacity(self));
    status = slot_table_begin_install(&self->table, about->name, service, slot);
    if (status == ERROR_NO_MEMORY && self->table.installs == UINT32_MAX)
        return slot_image_refuse(reason, status, "no room for %s: all install numbers are used up",
                                 about->name);
    if (status == ERROR_NO_MEMORY)
        return slot_image_refuse(reason, status, "no room for %s: the card has %u services",
                                 about->name, SLOT_SERVICES_MAX);
    if (status < 0)
        return slot_image_refuse(reason, status, "%s is not a service's name", about->name);
    status = slot_store_commit(self, &before, reason);
    if (status == 0)
        status = fill_slot(self, file, about, *service, *slot, reason);
    if (status < 0)
        return status;
    before = self->table;
    slot_table_end_install(&self->table, *service, *slot, tries);
    return slot_store_commit(self, &before, reason);
}

/* ---- reading ---- */

int slot_store_header(struct slot_store *self, unsigned service, unsigned slot,
                      struct slot_image *about, char *reason)
{
    const struct slot_service *row = &self->table.services[service];
    const struct slot_entry *entry = &row->slots[slot];
    struct slot_place place = slot_store_place(self, service, slot);
    uint32_t install;
    int status;

    name_slot(self, service, slot, reason);
    if (entry->state == SLOT_EMPTY || entry->state == SLOT_WRITING)
        return slot_image_refuse(reason, ERROR_ABSENT, "it holds no image: %s",
                                 slot_state_name(entry->state));
    status = slot_image_header(&place, about, &install, reason);
    if (status < 0)
        return status;
    if (install != entry->install)
        return slot_image_refuse(reason, ERROR_CORRUPT,
                                 "its header is of install %u, the record says %u", install,
                                 entry->install);
    if (strcmp(about->name, row->name) != 0)
        return slot_image_refuse(reason, ERROR_CORRUPT, "its header names %s", about->name);
    reason[0] = '\0';
    return 0;
}

int64_t slot_store_read(struct slot_store *self, unsigned service, unsigned slot, void *buffer,
                        size_t capacity, struct slot_image *about, char *reason)
{
    struct slot_place place = slot_store_place(self, service, slot);
    int status = slot_store_header(self, service, slot, about, reason);

    if (status < 0)
        return status;
    name_slot(self, service, slot, reason);
    if (about->bytes > capacity)
        return slot_image_refuse(reason, ERROR_TOO_LARGE, "%lu bytes, there is room for %lu",
                                 (unsigned long)about->bytes, (unsigned long)capacity);
    status = slot_image_read(&place, about, buffer, reason);
    if (status < 0)
        return status;
    reason[0] = '\0';
    return (int64_t)about->bytes;
}
