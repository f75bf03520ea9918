/*
 * partition_table: the four entries of a master boot record, read strictly.
 *
 * Pure functions over block 0 of a card. The types are what tells partitions apart; an extended
 * partition is one type among others and never followed.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef PARTITION_TABLE_H
#define PARTITION_TABLE_H

#include <stdbool.h>
#include <stdint.h>

#define PARTITION_TABLE_ENTRIES 4
#define PARTITION_REASON_BYTES  120 /* as ELF_REASON_BYTES */

struct partition {
    unsigned number;       /* 1 ... PARTITION_TABLE_ENTRIES */
    uint64_t first, count; /* blocks; count is not 0, all lie on the card behind block 0 */
};

/*
 * Finds the first partition behind number after (0: the first of all) whose type is wanted, in
 * record (512 bytes) of a card of card_blocks. what: its name, for the sentence ("FAT").
 * Returns 0; or with one sentence in reason ERROR_ABSENT (no table, or no such partition),
 * ERROR_UNSUPPORTED (a GUID partition table stands in front of it), ERROR_CORRUPT (the
 * partition is empty, contains block 0 or does not lie on the card).
 */
int partition_table_find(const uint8_t *record, uint64_t card_blocks, unsigned after,
                         bool (*is_wanted)(uint8_t type), const char *what,
                         struct partition *partition, char *reason);

/* Number of an entry other than partition's own, of any type but 0, that shares a block with it;
 * 0: none. Who writes to a partition asks first. */
unsigned partition_table_overlap(const uint8_t *record, const struct partition *partition);

#endif
