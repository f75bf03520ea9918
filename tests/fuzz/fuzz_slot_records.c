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
    HOW_STUCK = 8,      /* writing it gives ERROR_IO */
    HOW_LOSES = 16,     /* writing it changes nothing */
};

static struct slot_record *blocks; /* BLOCKS */
static bool is_unreadable[BLOCKS], is_stuck[BLOCKS], loses[BLOCKS];

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
    if (is_stuck[index] || loses[index])
        return is_stuck[index] ? ERROR_IO : 0;
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
        is_stuck[where] = how & HOW_STUCK;
        loses[where] = how & HOW_LOSES;
    }
}

static bool is_intact(const struct slot_record *record)
{
    return record->magic == SLOT_RECORD_MAGIC && record->sequence != 0 &&
           record->sequence < 1ull << 63 &&
           record->crc32c == crc32c(0, record, offsetof(struct slot_record, crc32c));
}

/* What a cut may have left of a record: neither one, of whatever sequence, nor blank. */
static bool is_torn(unsigned i)
{
    const struct slot_record *record = &blocks[i];
    const uint8_t *bytes = (const uint8_t *)record;
    unsigned same = 0;

    for (unsigned j = 0; j < SLOT_BLOCK_BYTES; j++)
        same += bytes[j] == bytes[0];
    if (is_unreadable[i] || (same == SLOT_BLOCK_BYTES && (bytes[0] == 0 || bytes[0] == 0xff)))
        return false;
    return record->magic != SLOT_RECORD_MAGIC ||
           record->crc32c != crc32c(0, record, offsetof(struct slot_record, crc32c));
}

enum kind { NONE, FOREIGN, UNSOUND, OURS };

static enum kind kind_of(unsigned i)
{
    if (is_unreadable[i] || !is_intact(&blocks[i]))
        return NONE;
    if (blocks[i].format != SLOT_FORMAT)
        return FOREIGN;
    return slot_table_is_sound(&blocks[i].table) ? OURS : UNSOUND;
}

/* Does it count if no newer one does? */
static bool is_undisputed(const enum kind *kinds, unsigned i)
{
    if (kinds[i] != OURS)
        return false;
    for (unsigned j = 0; j < BLOCKS; j++) {
        if (kinds[j] == OURS && blocks[j].sequence == blocks[i].sequence &&
            memcmp(&blocks[i].table, &blocks[j].table, sizeof blocks[i].table) != 0)
            return false;
    }
    return true;
}

/* What opening must give. */
struct expected {
    int status;
    struct slot_table table;
    bool is_mirrored, all_read, some_torn;
    unsigned foreign;
    uint64_t used; /* the highest sequence of ours, sound or not */
};

static struct expected expect(void)
{
    struct expected expected = {.all_read = true};
    uint64_t newest = 0, foreign = 0;
    bool has[2] = {false, false};
    enum kind kinds[BLOCKS];

    for (unsigned i = 0; i < BLOCKS; i++)
        kinds[i] = kind_of(i);
    for (unsigned i = 0; i < BLOCKS; i++) {
        expected.all_read = expected.all_read && !is_unreadable[i];
        expected.some_torn = expected.some_torn || is_torn(i);
        expected.foreign += kinds[i] == FOREIGN;
        if (kinds[i] >= UNSOUND && blocks[i].sequence > expected.used)
            expected.used = blocks[i].sequence;
        if (kinds[i] == FOREIGN && blocks[i].sequence > foreign)
            foreign = blocks[i].sequence;
        if (is_undisputed(kinds, i) && blocks[i].sequence > newest) {
            newest = blocks[i].sequence;
            expected.table = blocks[i].table;
        }
    }
    for (unsigned i = 0; i < BLOCKS; i++) {
        if (is_undisputed(kinds, i) && blocks[i].sequence == newest)
            has[i / SLOT_RING_RECORDS] = true;
    }
    expected.is_mirrored = has[0] && has[1];
    if (foreign != 0 && foreign >= newest)
        expected.status = ERROR_UNSUPPORTED;
    else if (newest == 0)
        expected.status = expected.all_read ? ERROR_ABSENT : ERROR_IO;
    return expected;
}

static void open_and_check(struct slot_records *records, const struct slot_table *table)
{
    struct expected expected = expect();
    struct slot_table found, untouched;

    memset(&found, 0xa5, sizeof found);
    untouched = found;
    check(slot_records_open(records, &device, RING0, RING1, &found) == expected.status);
    check(memcmp(&found, expected.status == 0 ? &expected.table : &untouched, sizeof found) == 0);
    check(records->is_mirrored == expected.is_mirrored);
    check(records->foreign == expected.foreign);
    check(records->sequence ==
          expected.used + (expected.all_read && !expected.some_torn ? 0 : SLOT_RING_RECORDS));
    if (expected.status == 0)
        check(slot_table_is_sound(&found));
    if (table != NULL)
        check(expected.status == 0 && memcmp(&found, table, sizeof found) == 0);
}

/* Whichever ring is lost, the other has it; without a ring. */
static void check_without(unsigned ring, struct slot_records *records,
                          const struct slot_table *table)
{
    struct slot_record kept[BLOCKS];

    memcpy(kept, blocks, sizeof kept);
    memset(&blocks[ring * SLOT_RING_RECORDS], 0, sizeof kept / 2);
    open_and_check(records, table);
    memcpy(blocks, kept, sizeof kept);
}

static void mirror(struct slot_records *records)
{
    struct slot_table table = records->newest.table;
    bool is_last = records->sequence >= SLOT_SEQUENCE_MAX;
    int status = slot_records_mirror(records);

    check(status == 0 || status == ERROR_IO || status == ERROR_CORRUPT ||
          (status == ERROR_REFUSED && is_last));
    check(status == 0 || !records->is_mirrored);
    if (status == 0) {
        check_without(0, records, &table);
        check_without(1, records, &table);
    }
    open_and_check(records, &table);
    check(status < 0 || records->is_mirrored);
}

static void write_table(struct slot_records *records)
{
    struct expected before = expect();
    /* Of two in dispute one could count if the other's ring is lost. */
    bool is_safe = before.status == 0 && !records->is_disputed;
    uint64_t used = records->sequence;
    struct slot_table table;
    unsigned service, slot;

    slot_table_init(&table);
    check(slot_table_begin_install(&table, "written", &service, &slot) == 0);
    int status = slot_records_write(records, &table);

    check((status == ERROR_REFUSED) == (used >= SLOT_SEQUENCE_MAX));
    if (status == 0) {
        check(records->newest.sequence > used && !records->is_mirrored);
        if (is_safe)
            check_without((unsigned)records->newest_ring, records, &before.table);
        open_and_check(records, &table);
        mirror(records);
    } else {
        check(status == ERROR_IO || status == ERROR_CORRUPT || status == ERROR_REFUSED);
        open_and_check(records, before.status == 0 ? &before.table : NULL);
    }
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

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    struct slot_records *records = aligned_alloc(8, sizeof *records);

    blocks = calloc(BLOCKS, sizeof *blocks);
    check(records != NULL && blocks != NULL);
    memset(is_unreadable, 0, sizeof is_unreadable);
    memset(is_stuck, 0, sizeof is_stuck);
    memset(loses, 0, sizeof loses);
    fill(bytes, length);
    open_and_check(records, NULL);
    if (records->status == 0)
        mirror(records);
    if (records->status == 0 || records->status == ERROR_ABSENT)
        write_table(records);
    else
        check_that_nothing_is_written(records, records->status);
    free(blocks);
    free(records);
    return 0;
}
