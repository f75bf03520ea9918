/*
 * dns_records: owner names and their addresses, found in constant time.
 *
 * An open-addressed hash table whose slots hold the upper half of the name's hash and
 * where the record stands; records lie one after another in one block, names as they go
 * over the wire (length bytes and labels), lower case, padded with zeros to words of 8
 * bytes. So a look-up hashes 8 bytes at a time, looks at a slot or two, and compares
 * once. 10,000 records take about 450 KB.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef DNS_RECORDS_H
#define DNS_RECORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DNS_NAME_MAX   255 /* bytes of a name on the wire, the root's 0 included */
#define DNS_NAME_WORDS 32

/* A name made ready for look-up: lower case, zero padded, hashed. */
struct dns_key {
    _Alignas(16) uint64_t words[DNS_NAME_WORDS];
    unsigned length; /* bytes, 1 ... DNS_NAME_MAX */
    uint64_t hash;
};

struct dns_records {
    struct dns_slot *slots; /* slot_mask + 1 of them; a power of two */
    uint32_t slot_mask;
    uint64_t *store;                  /* records, in words */
    uint32_t store_used, store_words; /* in words of 8 bytes */
    uint32_t count;
};

/* Makes *key of the length bytes of a well-formed name on the wire, in one pass. */
void dns_key_make(struct dns_key *key, const uint8_t *name, unsigned length);

/* Calculates the hash anew after the name's bytes in key->words were changed; they must
 * be lower case, the length as it was. */
void dns_key_hash(struct dns_key *key);

/*
 * Takes memory (malloc) for up to count names (1 ... 10,000,000) with name_bytes bytes on
 * the wire in all. Returns 0 or ERROR_NO_MEMORY. dns_records_free gives it back.
 */
int dns_records_init(struct dns_records *records, uint32_t count, size_t name_bytes);
void dns_records_free(struct dns_records *records);

/* Adds a record. Returns 0, ERROR_INVALID (the name is there already) or ERROR_NO_MEMORY
 * (more than init was told). */
int dns_records_add(struct dns_records *records, const struct dns_key *key,
                    const uint8_t address[4]);

/* Returns the four bytes of the address, or null when there is no such name. */
const uint8_t *dns_records_find(const struct dns_records *records, const struct dns_key *key);

/* Bytes of memory the table takes. */
size_t dns_records_bytes(const struct dns_records *records);

#endif
