/*
 * dns_records: hash table and record store.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "dns_records.h"

#include <service.h>
#include <stdlib.h>
#include <string.h>

/* A record in the store: a head of one word - four bytes of address, one of the name's
 * length, three of 0 - and the words of the name. */
#define HEAD_NAME_BYTES 4

struct dns_slot {
    uint32_t tag;   /* the hash's upper half: tells nearly all other names apart */
    uint32_t place; /* of the record in the store, plus 1; 0: the slot is empty */
};

#define WORD_BYTES 8u

/* An odd number with no pattern: 2^64 divided by the golden ratio. */
#define MIX 0x9e3779b97f4a7c15u

/* 16 bytes on which the compiler calculates at once. */
typedef uint8_t dns_block __attribute__((vector_size(16), may_alias));

static unsigned words_for(unsigned bytes)
{
    return (bytes + WORD_BYTES - 1) / WORD_BYTES;
}

/* Turns each byte 'A' ... 'Z' to lower case. Length bytes are below 64, so they are not
 * taken for letters. */
static dns_block fold_case(dns_block block)
{
    dns_block is_upper = (dns_block)(block - 'A' < 26);

    return block | (is_upper & 0x20);
}

static uint64_t mix(uint64_t hash, uint64_t word)
{
    hash = (hash ^ word) * MIX;
    return hash ^ hash >> 32;
}

void dns_key_hash(struct dns_key *key)
{
    const uint64_t *end = key->words + words_for(key->length);
    uint64_t hash = key->length;

    for (const uint64_t *word = key->words; word < end; word++)
        hash = mix(hash, *word);
    key->hash = hash;
}

void dns_key_make(struct dns_key *key, const uint8_t *name, unsigned length)
{
    dns_block *block = (dns_block *)key->words;
    dns_block *last = block + (length - 1) / sizeof *block;

    *last = (dns_block){0};
    memcpy(key->words, name, length);
    for (; block <= last; block++)
        *block = fold_case(*block);
    key->length = length;
    dns_key_hash(key);
}

int dns_records_init(struct dns_records *records, uint32_t count, size_t name_bytes)
{
    size_t slots = 16;
    /* Each record's first word, its name, and up to a word of padding. */
    size_t words = 2 * (size_t)count + name_bytes / WORD_BYTES + 1;

    /* At most two thirds full: a search then looks at two slots on average. */
    while (slots < count + (size_t)count / 2)
        slots *= 2;
    *records =
        (struct dns_records){.slot_mask = (uint32_t)(slots - 1), .store_words = (uint32_t)words};
    records->slots = calloc(slots, sizeof *records->slots);
    records->store = malloc(words * sizeof *records->store);
    if (records->slots && records->store)
        return 0;
    dns_records_free(records);
    return ERROR_NO_MEMORY;
}

void dns_records_free(struct dns_records *records)
{
    free(records->slots);
    free(records->store);
    *records = (struct dns_records){0};
}

size_t dns_records_bytes(const struct dns_records *records)
{
    return ((size_t)records->slot_mask + 1) * sizeof *records->slots +
           (size_t)records->store_words * sizeof *records->store;
}

static bool is_same_name(const uint64_t *stored, const struct dns_key *key)
{
    unsigned words = words_for(key->length);

    if (((const uint8_t *)stored)[HEAD_NAME_BYTES] != key->length)
        return false;
    for (unsigned i = 0; i < words; i++) {
        if (stored[1 + i] != key->words[i])
            return false;
    }
    return true;
}

/* Returns the slot that holds the name, or the empty one where it belongs. The table is
 * never full, so there is one. */
static struct dns_slot *find_slot(const struct dns_records *records, const struct dns_key *key)
{
    uint32_t tag = (uint32_t)(key->hash >> 32);
    uint32_t i = (uint32_t)key->hash & records->slot_mask;

    for (;; i = (i + 1) & records->slot_mask) {
        struct dns_slot *slot = &records->slots[i];

        if (slot->place == 0 ||
            (slot->tag == tag && is_same_name(records->store + slot->place - 1, key)))
            return slot;
    }
}

int dns_records_add(struct dns_records *records, const struct dns_key *key,
                    const uint8_t address[4])
{
    unsigned words = words_for(key->length);
    struct dns_slot *slot = find_slot(records, key);
    uint64_t *place = records->store + records->store_used;

    if (slot->place != 0)
        return ERROR_INVALID;
    if (records->store_words - records->store_used < 1 + words ||
        records->count >= records->slot_mask)
        return ERROR_NO_MEMORY;
    place[0] = 0;
    memcpy(place, address, 4);
    ((uint8_t *)place)[HEAD_NAME_BYTES] = (uint8_t)key->length;
    for (unsigned i = 0; i < words; i++)
        place[1 + i] = key->words[i];
    slot->tag = (uint32_t)(key->hash >> 32);
    slot->place = records->store_used + 1;
    records->store_used += 1 + words;
    records->count++;
    return 0;
}

const uint8_t *dns_records_find(const struct dns_records *records, const struct dns_key *key)
{
    const struct dns_slot *slot = find_slot(records, key);

    if (slot->place == 0)
        return NULL;
    return (const uint8_t *)(records->store + slot->place - 1);
}
