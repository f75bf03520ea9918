/*
 * slot_card: what the tests of the slot store share: a card of 76 MiB, of which only what is
 * written takes memory, with a FAT partition's entry and a store; images to install; and what
 * somebody with the card in hand could do to it.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef SLOT_CARD_H
#define SLOT_CARD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "bytes.h"
#include "crc32c.h"
#include "error.h"
#include "sim.h"
#include "sim_block.h"
#include "slot_store.h"
#include "sodium/crypto_hash_sha256.h"

#define STORE_FIRST SLOT_UNIT_BLOCKS /* behind a FAT partition of 4032 KiB */
#define CARD_BLOCKS (STORE_FIRST + SLOT_STORE_BLOCKS_MIN)
#define CARD_BYTES  (CARD_BLOCKS * SLOT_BLOCK_BYTES)
#define SLOT_BLOCKS SLOT_UNIT_BLOCKS
#define RING_0      STORE_FIRST
#define RING_1      (CARD_BLOCKS - SLOT_UNIT_BLOCKS)
#define TRIES       3
#define IMAGE_BYTES 1500
#define LARGE_BYTES 100001

static struct sim_block card;
static struct slot_store store;
static char reason[SLOT_REASON_BYTES];
static _Alignas(8) uint8_t file[SLOT_BLOCKS * SLOT_BLOCK_BYTES];
static uint8_t *cards[2]; /* a second one to swap with */

static inline void set_partition(uint8_t *record, unsigned number, uint8_t type, uint32_t first,
                                 uint32_t count)
{
    uint8_t *entry = record + 446 + 16 * (number - 1);

    memset(entry, 0, 16);
    entry[4] = type;
    bytes_put_le32(entry + 8, first);
    bytes_put_le32(entry + 12, count);
}

static inline uint8_t *make_card(void)
{
    uint8_t *storage = mmap(NULL, CARD_BYTES, PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    assert_ptr_not_equal(storage, MAP_FAILED);
    set_partition(storage, 1, 0x0c, 64, STORE_FIRST - 64);
    set_partition(storage, 2, SLOT_PARTITION_TYPE, STORE_FIRST, SLOT_STORE_BLOCKS_MIN);
    bytes_put_le16(storage + 510, 0xaa55);
    return storage;
}

/* ---- images ---- */

/* Bytes that no other image has at the same place. */
static inline struct slot_image make_image(const char *name, const char *version, size_t bytes)
{
    struct slot_image about = {.bytes = bytes, .security_counter = 1};
    uint32_t seed = crc32c(crc32c(0, name, strlen(name)), version, strlen(version));

    for (size_t i = 0; i < bytes; i++) {
        seed = seed * 1664525 + 1013904223;
        file[i] = (uint8_t)(seed >> 24);
    }
    strcpy(about.name, name);
    strcpy(about.version, version);
    strcpy(about.location, "push:192.0.2.1/x.elf");
    crypto_hash_sha256(about.digest, file, bytes);
    return about;
}

static inline bool is_same_image(const struct slot_image *a, const struct slot_image *b)
{
    return a->bytes == b->bytes && a->security_counter == b->security_counter &&
           memcmp(a->digest, b->digest, sizeof a->digest) == 0 && strcmp(a->name, b->name) == 0 &&
           strcmp(a->version, b->version) == 0 && strcmp(a->location, b->location) == 0;
}

/* ---- the store ---- */

static inline void open_store(void)
{
    assert_int_equal(slot_store_open(&store, &card.device, true, TRIES, reason), 0);
}

/* Installs and returns the slot. */
static inline unsigned install(const char *name, const char *version)
{
    struct slot_image about = make_image(name, version, IMAGE_BYTES);
    unsigned service, slot;
    int status = slot_store_install(&store, file, &about, TRIES, &service, &slot, reason);

    if (status < 0)
        fail_msg("install %s: %s", name, reason);
    assert_string_equal(reason, "");
    return slot;
}

static inline struct slot_entry *entry_of(const char *name, unsigned slot)
{
    int service = slot_table_find(&store.table, name);

    assert_true(service >= 0);
    return &store.table.services[service].slots[slot];
}

static inline void commit_start(const char *name, unsigned slot)
{
    struct slot_table before = store.table;

    slot_table_started(&store.table, (unsigned)slot_table_find(&store.table, name), slot);
    assert_int_equal(slot_store_commit(&store, &before, reason), 0);
}

/* Installs, starts and confirms. */
static inline unsigned install_confirmed(const char *name, const char *version)
{
    unsigned slot = install(name, version);
    struct slot_table before;

    commit_start(name, slot);
    before = store.table;
    slot_table_confirmed(&store.table, (unsigned)slot_table_find(&store.table, name), slot, 1);
    assert_int_equal(slot_store_commit(&store, &before, reason), 0);
    return slot;
}

static inline void refuse_install(const struct slot_image *about, int status, const char *sentence)
{
    struct slot_table before = store.table;
    uint64_t written = card.blocks_written;
    unsigned service, slot;

    assert_int_equal(slot_store_install(&store, file, about, TRIES, &service, &slot, reason),
                     status);
    assert_string_equal(reason, sentence);
    assert_memory_equal(&store.table, &before, sizeof before);
    assert_int_equal(card.blocks_written, written);
}

/* True if the slot's image can be read and is what make_image makes. */
static inline bool holds(const char *name, unsigned slot, const char *version)
{
    static _Alignas(8) uint8_t buffer[IMAGE_BYTES];
    struct slot_image wanted = make_image(name, version, IMAGE_BYTES), about;
    int service = slot_table_find(&store.table, name);

    return service >= 0 &&
           slot_store_read(&store, (unsigned)service, slot, buffer, sizeof buffer, &about,
                           reason) == IMAGE_BYTES &&
           memcmp(buffer, file, IMAGE_BYTES) == 0 && is_same_image(&about, &wanted);
}

/* ---- a card in somebody's hands ---- */

static inline struct slot_header *header_at(unsigned service, unsigned slot)
{
    uint64_t block = STORE_FIRST + SLOT_UNIT_BLOCKS + (service * 2 + slot) * SLOT_BLOCKS;

    return (struct slot_header *)(card.storage + block * SLOT_BLOCK_BYTES);
}

static inline uint8_t *bytes_at(unsigned service, unsigned slot)
{
    return (uint8_t *)header_at(service, slot) + SLOT_IMAGE_BLOCK * SLOT_BLOCK_BYTES;
}

static inline void seal_header(struct slot_header *header)
{
    header->crc32c = crc32c(0, header, offsetof(struct slot_header, crc32c));
}

static inline void lose_records(void)
{
    memset(card.storage + (uint64_t)RING_0 * SLOT_BLOCK_BYTES, 0xff, 32 * SLOT_BLOCK_BYTES);
    memset(card.storage + RING_1 * SLOT_BLOCK_BYTES, 0, 32 * SLOT_BLOCK_BYTES);
}

/* The other card in the reader. The device stays as it is: it noticed nothing. */
static inline void swap_cards(void)
{
    card.storage = card.storage == cards[0] ? cards[1] : cards[0];
}

/* ---- set-up ---- */

static inline int set_up(void **state)
{
    (void)state;
    sim_reset();
    cards[0] = make_card();
    cards[1] = make_card();
    sim_block_init(&card, cards[0], CARD_BLOCKS);
    memset(&store, 0x55, sizeof store);
    memset(reason, 'x', sizeof reason);
    return 0;
}

static inline int tear_down(void **state)
{
    (void)state;
    munmap(cards[0], CARD_BYTES);
    munmap(cards[1], CARD_BYTES);
    return 0;
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

#endif
