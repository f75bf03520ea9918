/*
 * partition_table: see the header. Format: the master boot record as in UEFI 2.10, 5.2.1.
 *
 * Not done: GUID partition tables, extended partitions: the Pi's own boot ROM needs a FAT volume
 * in one of the record's four entries anyway.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "partition_table.h"

#include <stdio.h>

#include "bytes.h"
#include "error.h"

#define SIGNATURE_AT    510
#define SIGNATURE       0xaa55
#define TABLE_AT        446
#define ENTRY_BYTES     16
#define TYPE_NONE       0x00
#define TYPE_PROTECTIVE 0xee

/* Fills in partition as entry number says, and returns its type. */
static uint8_t read_entry(const uint8_t *record, unsigned number, struct partition *partition)
{
    const uint8_t *entry = record + TABLE_AT + ENTRY_BYTES * (number - 1);

    partition->number = number;
    partition->first = bytes_le32(entry + 8);
    partition->count = bytes_le32(entry + 12);
    return entry[4];
}

int partition_table_find(const uint8_t *record, uint64_t card_blocks, unsigned after,
                         bool (*is_wanted)(uint8_t type), const char *what,
                         struct partition *partition, char *reason)
{
    const uint8_t *types = record + TABLE_AT + 4;

    if (bytes_le16(record + SIGNATURE_AT) != SIGNATURE) {
        snprintf(reason, PARTITION_REASON_BYTES,
                 "no partition table: block 0 ends in %04x, not aa55",
                 bytes_le16(record + SIGNATURE_AT));
        return ERROR_ABSENT;
    }
    for (unsigned number = after + 1; number <= PARTITION_TABLE_ENTRIES; number++) {
        uint8_t type = read_entry(record, number, partition);

        if (type == TYPE_PROTECTIVE) {
            snprintf(reason, PARTITION_REASON_BYTES,
                     "the card has a GUID partition table; an MBR is needed");
            return ERROR_UNSUPPORTED;
        }
        if (!is_wanted(type))
            continue;
        /* Two values of 32 bits each: their sum in 64 cannot wrap. */
        if (partition->first == 0 || partition->count == 0 ||
            partition->first + partition->count > card_blocks) {
            snprintf(reason, PARTITION_REASON_BYTES,
                     "partition %u: %u blocks from %u on, on a card of %u", number,
                     (unsigned)partition->count, (unsigned)partition->first, (unsigned)card_blocks);
            return ERROR_CORRUPT;
        }
        return 0;
    }
    snprintf(reason, PARTITION_REASON_BYTES, "no %s partition (types are %02x %02x %02x %02x)",
             what, types[0], types[ENTRY_BYTES], types[2 * ENTRY_BYTES], types[3 * ENTRY_BYTES]);
    return ERROR_ABSENT;
}

unsigned partition_table_overlap(const uint8_t *record, const struct partition *partition)
{
    for (unsigned number = 1; number <= PARTITION_TABLE_ENTRIES; number++) {
        struct partition other;

        if (read_entry(record, number, &other) == TYPE_NONE || number == partition->number)
            continue;
        if (other.count != 0 && other.first < partition->first + partition->count &&
            partition->first < other.first + other.count)
            return number;
    }
    return 0;
}
