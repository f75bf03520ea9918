/*
 * slot_records_bench: a card with nothing but two rings that may be touched, whose every block can
 * be made to fail. For test_slot_records*.c.
 *
 * Tables are told apart by their number of installs.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef SLOT_RECORDS_BENCH_H
#define SLOT_RECORDS_BENCH_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "crc32c.h"
#include "error.h"
#include "sim.h"
#include "sim_block.h"
#include "slot_records.h"
#include "slot_table.h"

#define BLOCKS (3 * SLOT_UNIT_BLOCKS)
#define LOST   1 /* a write fault: says 0, and nothing changes */

static const uint64_t rings[2] = {SLOT_UNIT_BLOCKS, 2 * SLOT_UNIT_BLOCKS};
static _Alignas(8) uint8_t storage[(size_t)BLOCKS * SLOT_BLOCK_BYTES];

static struct {
    struct block_device device;
    struct sim_block sim;
    int read_fault[2][SLOT_RING_RECORDS];  /* the error that reading gives; 0: none */
    int write_fault[2][SLOT_RING_RECORDS]; /* ... that writing gives, or LOST */
    bool fails_many;                       /* reading more than one block gives ERROR_IO */
    void (*before_read)(void);             /* null: nothing happens */
    unsigned reads, writes;                /* calls */
} card;

static struct slot_records records;
static struct slot_table found;

/* The place of a block in its ring; nothing but the rings may be touched. */
static inline int *fault_of(int faults[2][SLOT_RING_RECORDS], uint64_t block)
{
    unsigned ring = block >= rings[1];

    assert_in_range(block, rings[ring], rings[ring] + SLOT_RING_RECORDS - 1);
    return &faults[ring][block - rings[ring]];
}

static inline int card_read(struct block_device *device, uint64_t first, uint32_t count,
                            void *buffer)
{
    int status = 0;

    (void)device;
    card.reads++;
    if (card.before_read != NULL)
        card.before_read();
    for (uint64_t block = first; block < first + count; block++) {
        int fault = *fault_of(card.read_fault, block);

        if (fault < 0 || (card.fails_many && count > 1))
            status = fault < 0 ? fault : ERROR_IO;
    }
    if (status == 0)
        return card.sim.device.read(&card.sim.device, first, count, buffer);
    /* Nothing useful, but it may look like it. */
    memcpy(buffer, storage + first * SLOT_BLOCK_BYTES, (size_t)count * SLOT_BLOCK_BYTES);
    return status;
}

static inline int card_write(struct block_device *device, uint64_t first, uint32_t count,
                             const void *buffer)
{
    int fault = *fault_of(card.write_fault, first);

    (void)device;
    card.writes++;
    assert_int_equal(count, 1);
    if (fault != 0)
        return fault == LOST ? 0 : fault;
    return card.sim.device.write(&card.sim.device, first, count, buffer);
}

static inline int card_flush(struct block_device *device)
{
    (void)device;
    return card.sim.device.flush(&card.sim.device);
}

static inline struct slot_record *record_at(unsigned ring, unsigned place)
{
    assert_true(place < SLOT_RING_RECORDS);
    return (void *)(storage + (rings[ring] + place) * SLOT_BLOCK_BYTES);
}

static inline int setup(void **state)
{
    (void)state;
    sim_reset();
    memset(&card, 0, sizeof card);
    sim_block_init(&card.sim, storage, BLOCKS);
    card.device =
        (struct block_device){SLOT_BLOCK_BYTES, BLOCKS, card_read, card_write, card_flush};
    for (unsigned ring = 0; ring < 2; ring++)
        memset(record_at(ring, 0), 0, SLOT_RING_RECORDS * SLOT_BLOCK_BYTES);
    return 0;
}

static inline void seal(struct slot_record *record)
{
    record->crc32c = crc32c(0, record, offsetof(struct slot_record, crc32c));
}

static inline struct slot_table table_with(uint32_t installs)
{
    struct slot_table table;

    slot_table_init(&table);
    table.installs = installs;
    return table;
}

/* Puts a record onto the card by hand. */
static inline struct slot_record *put(unsigned ring, unsigned place, uint64_t sequence,
                                      uint32_t installs)
{
    struct slot_record *record = record_at(ring, place);

    *record = (struct slot_record){.magic = SLOT_RECORD_MAGIC,
                                   .format = SLOT_FORMAT,
                                   .sequence = sequence,
                                   .table = table_with(installs)};
    seal(record);
    return record;
}

static inline struct slot_record *put_foreign(unsigned ring, unsigned place, uint64_t sequence)
{
    struct slot_record *record = put(ring, place, sequence, 77);

    record->format = SLOT_FORMAT + 1;
    memset(&record->table, 0xee, sizeof record->table);
    seal(record);
    return record;
}

static inline int open_records(void)
{
    memset(&records, 0xa5, sizeof records);
    memset(&found, 0x5a, sizeof found);
    return slot_records_open(&records, &card.device, rings[0], rings[1], &found);
}

/* A fresh look at the card finds that table. */
static inline void assert_found(uint32_t installs)
{
    struct slot_table expected = table_with(installs);

    assert_int_equal(open_records(), 0);
    assert_int_equal(found.installs, installs);
    assert_memory_equal(&found, &expected, sizeof found);
}

static inline int try_to_write(uint32_t installs)
{
    struct slot_table table = table_with(installs);

    return slot_records_write(&records, &table);
}

static inline void write_table(uint32_t installs)
{
    assert_int_equal(try_to_write(installs), 0);
}

static inline void mirror(void)
{
    assert_int_equal(slot_records_mirror(&records), 0);
}

/* Rings as they are after some use: tables 1 ... last, the last one in both. */
static inline void use_until(uint32_t last)
{
    assert_int_equal(open_records(), ERROR_ABSENT);
    for (uint32_t i = 1; i <= last; i++) {
        write_table(i);
        mirror();
    }
}

/* Whatever was found, the rings go on from there: a write, a mirror, and a cut of nothing. */
static inline void assert_goes_on(void)
{
    write_table(1000);
    assert_found(1000);
    mirror();
    assert_found(1000);
    assert_true(records.is_mirrored);
    for (unsigned ring = 0; ring < 2; ring++) {
        struct slot_record kept[SLOT_RING_RECORDS];

        memcpy(kept, record_at(ring, 0), sizeof kept);
        memset(record_at(ring, 0), 0, sizeof kept);
        assert_found(1000);
        memcpy(record_at(ring, 0), kept, sizeof kept);
    }
}

/* A sequence of numbers that is the same each time. */
static inline uint32_t dice(uint32_t below)
{
    static uint32_t seed = 12345;

    seed = seed * 1664525 + 1013904223;
    return (uint32_t)((uint64_t)seed * below >> 32);
}

#endif
