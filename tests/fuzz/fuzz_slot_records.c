/*
 * fuzz_slot_records: two rings made from the input, block by block: where (ring and place), how
 * (see enum), length, bytes; what is not there is blank.
 *
 * Only the rings are touched; what comes out is what a slow and simple reading of the rules
 * gives, and sound; what must not be written is not; and else the next write makes all well.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "crc32c.h"
#include "error.h"
#include "slot_records.h"
#include "slot_table.h"

#define BLOCKS (2 * SLOT_RING_RECORDS)
#define RING0  1000
#define RING1  2000

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

enum {
    HOW_SEALED = 1,     /* its CRC is put right */
    HOW_UNREADABLE = 2, /* reading it gives ERROR_IO */
    HOW_HEADED = 4,     /* magic and format are put right, too */
};

static struct slot_record *blocks; /* BLOCKS */
static bool is_unreadable[BLOCKS];

static void check(int holds)
{
    if (!holds)
        abort();
}

static unsigned index_of(uint64_t block, uint32_t count)
{
    unsigned ring = block >= RING1;
    uint64_t place = block - (ring ? RING1 : RING0);

    check(count > 0 && place < SLOT_RING_RECORDS && count <= SLOT_RING_RECORDS - place);
    return ring * SLOT_RING_RECORDS + (unsigned)place;
}

static int read_blocks(struct block_device *device, uint64_t first, uint32_t count, void *buffer)
{
    unsigned index = index_of(first, count);

    (void)device;
    memcpy(buffer, &blocks[index], (size_t)count * SLOT_BLOCK_BYTES);
    for (unsigned i = index; i < index + count; i++) {
        if (is_unreadable[i])
            return ERROR_IO;
    }
    return 0;
}

static int write_blocks(struct block_device *device, uint64_t first, uint32_t count,
                        const void *buffer)
{
    unsigned index = index_of(first, count);

    (void)device;
    check(count == 1);
    is_unreadable[index] = false; /* as on a card, where it then stands elsewhere */
    memcpy(&blocks[index], buffer, SLOT_BLOCK_BYTES);
    return 0;
}

static int flush(struct block_device *device)
{
    (void)device;
    return 0;
}

static struct block_device device = {SLOT_BLOCK_BYTES, 3000, read_blocks, write_blocks, flush};

static void fill(const uint8_t *bytes, size_t length)
{
    while (length >= 4) {
        unsigned where = bytes[0] % BLOCKS, how = bytes[1];
        size_t count = (bytes[2] | (size_t)bytes[3] << 8) % (SLOT_BLOCK_BYTES + 1);
        struct slot_record *record = &blocks[where];

        bytes += 4;
        length -= 4;
        count = count <= length ? count : length;
        memset(record, 0, sizeof *record);
        memcpy(record, bytes, count);
        bytes += count;
        length -= count;
        if (how & HOW_HEADED) {
            record->magic = SLOT_RECORD_MAGIC;
            record->format = SLOT_FORMAT;
        }
        if (how & (HOW_SEALED | HOW_HEADED))
            record->crc32c = crc32c(0, record, offsetof(struct slot_record, crc32c));
        is_unreadable[where] = how & HOW_UNREADABLE;
    }
}

static bool is_intact(unsigned i, bool of_ours)
{
    const struct slot_record *record = &blocks[i];

    return !is_unreadable[i] && record->magic == SLOT_RECORD_MAGIC && record->sequence != 0 &&
           record->sequence < 1ull << 63 &&
           record->crc32c == crc32c(0, record, offsetof(struct slot_record, crc32c)) &&
           (record->format == SLOT_FORMAT) == of_ours;
}

/* Looks at each record alone: does it count if no newer one does? */
static bool is_undisputed(unsigned i)
{
    if (!is_intact(i, true) || !slot_table_is_sound(&blocks[i].table))
        return false;
    for (unsigned j = 0; j < BLOCKS; j++) {
        if (is_intact(j, true) && blocks[j].sequence == blocks[i].sequence &&
            slot_table_is_sound(&blocks[j].table) &&
            memcmp(&blocks[i].table, &blocks[j].table, sizeof blocks[i].table) != 0)
            return false;
    }
    return true;
}

static int expect(struct slot_table *table)
{
    uint64_t newest = 0, foreign = 0;
    bool all_read = true;

    for (unsigned i = 0; i < BLOCKS; i++) {
        all_read = all_read && !is_unreadable[i];
        if (is_intact(i, false) && blocks[i].sequence > foreign)
            foreign = blocks[i].sequence;
        if (is_undisputed(i) && blocks[i].sequence > newest) {
            newest = blocks[i].sequence;
            *table = blocks[i].table;
        }
    }
    if (foreign != 0 && foreign >= newest)
        return ERROR_UNSUPPORTED;
    if (newest != 0)
        return 0;
    return all_read ? ERROR_ABSENT : ERROR_IO;
}

static void check_that_nothing_is_written(struct slot_records *records, int status)
{
    struct slot_record before[BLOCKS];
    struct slot_table table;

    slot_table_init(&table);
    memcpy(before, blocks, sizeof before);
    check(slot_records_write(records, &table) == status);
    check(slot_records_mirror(records) == status);
    check(memcmp(before, blocks, sizeof before) == 0);
}

static void check_found(struct slot_records *records, const struct slot_table *expected)
{
    struct slot_table found;

    check(slot_records_open(records, &device, RING0, RING1, &found) == 0);
    check(memcmp(&found, expected, sizeof found) == 0);
}

static void write_and_mirror(struct slot_records *records)
{
    struct slot_table table;
    unsigned service, slot;

    slot_table_init(&table);
    check(slot_table_begin_install(&table, "written", &service, &slot) == 0);
    if (records->sequence >= SLOT_SEQUENCE_MAX) {
        check(slot_records_write(records, &table) == ERROR_REFUSED);
        return;
    }
    uint64_t used = records->sequence;

    check(slot_records_write(records, &table) == 0);
    check(records->sequence == used + 1);
    check_found(records, &table);
    check(slot_records_mirror(records) == 0);
    check_found(records, &table);
    check(records->is_mirrored);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    struct slot_records *records = aligned_alloc(8, sizeof *records);
    struct slot_table found, expected;

    blocks = calloc(BLOCKS, sizeof *blocks);
    check(records != NULL && blocks != NULL);
    memset(is_unreadable, 0, sizeof is_unreadable);
    fill(bytes, length);
    int status = slot_records_open(records, &device, RING0, RING1, &found);

    check(status == expect(&expected));
    if (status == 0) {
        check(slot_table_is_sound(&found));
        check(memcmp(&found, &expected, sizeof found) == 0);
        /* It is found again after mirroring, which may end a dispute; the last sequence may not. */
        if (slot_records_mirror(records) == 0)
            check_found(records, &expected);
        else
            check(records->sequence >= SLOT_SEQUENCE_MAX);
    }
    if (status == 0 || status == ERROR_ABSENT)
        write_and_mirror(records);
    else
        check_that_nothing_is_written(records, status);
    free(blocks);
    free(records);
    return 0;
}
