/*
 * slot_format: what the card's slot store looks like. docs/storage.md says it byte by byte.
 *
 * The store is an MBR partition of type SLOT_PARTITION_TYPE. Its geometry follows from its
 * length alone, so that nothing that could be lost is needed to find anything:
 *
 *   unit 0           ring 0: SLOT_RING_RECORDS blocks, one struct slot_record each; rest unused
 *   units 1 ...      16 slots of equal length, whole units: service 0 A, 0 B, 1 A, 1 B, ...
 *   the next unit    ring 1, like ring 0
 *
 * A unit is 4 MiB: what a card erases at once, so that a write cut short harms nothing beyond
 * what is being rewritten. A slot's first block is its struct slot_header; the image's bytes
 * begin SLOT_IMAGE_BLOCK blocks behind it.
 *
 * All integers little-endian, no padding; what is reserved is 0 and not looked at.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef SLOT_FORMAT_H
#define SLOT_FORMAT_H

#include <stdint.h>

#define SLOT_PARTITION_TYPE   0x7f /* set aside for individual use */
#define SLOT_BLOCK_BYTES      512u
#define SLOT_UNIT_BLOCKS      8192u
#define SLOT_SERVICES_MAX     8u
#define SLOT_SLOTS            2u /* of a service: 0 = A, 1 = B */
#define SLOT_RING_RECORDS     32u
#define SLOT_IMAGE_BLOCK      8u
#define SLOT_STORE_BLOCKS_MIN ((2 + SLOT_SERVICES_MAX * SLOT_SLOTS) * (uint64_t)SLOT_UNIT_BLOCKS)

#define SLOT_FORMAT       1           /* of record and header */
#define SLOT_RECORD_MAGIC 0x72736c70u /* "plsr" */
#define SLOT_HEADER_MAGIC 0x69736c70u /* "plsi" */

#define SLOT_NOBODY 0xff /* no service: for the indices in a record */

/* Newest record wins. More cannot be reached by counting: it is damage. */
#define SLOT_SEQUENCE_MAX (UINT64_MAX >> 1)

enum slot_state {
    SLOT_EMPTY = 0,
    SLOT_WRITING = 1,   /* an install was begun and not ended */
    SLOT_PENDING = 2,   /* installed, not started yet */
    SLOT_TRIAL = 3,     /* started, has not confirmed itself */
    SLOT_CONFIRMED = 4, /* has */
    SLOT_BAD = 5,       /* tried and failed */
};

struct slot_entry {
    uint8_t state;    /* enum slot_state */
    uint8_t tries;    /* PENDING, TRIAL: starts left; else 0 */
    uint8_t failures; /* CONFIRMED: crashes and hangs in a row; else 0 */
    uint8_t reserved;
    uint32_t install; /* number of the install that filled it; its header has the same */
};

struct slot_service {
    char name[32];  /* terminated, padded with NUL; "": the row is free */
    uint32_t floor; /* of the security counter: less is not started */
    struct slot_entry slots[SLOT_SLOTS];
};

/* Everything that changes, whole in each record. */
struct slot_table {
    uint8_t standard;     /* index of the service started when nothing else is said; SLOT_NOBODY */
    uint8_t once;         /* ... of the service to start next, once; SLOT_NOBODY */
    uint8_t last_service; /* what was started last; SLOT_NOBODY */
    uint8_t last_slot;
    uint32_t installs; /* number of the last install; 0: none yet */
    struct slot_service services[SLOT_SERVICES_MAX];
};

struct slot_record {
    uint32_t magic;  /* SLOT_RECORD_MAGIC */
    uint16_t format; /* SLOT_FORMAT */
    uint16_t reserved;
    uint64_t sequence; /* 1 ... SLOT_SEQUENCE_MAX */
    struct slot_table table;
    uint8_t padding[68];
    uint32_t crc32c; /* over all before it */
};

/* Written last of an install, when the image's bytes are durable. */
struct slot_header {
    uint32_t magic;  /* SLOT_HEADER_MAGIC */
    uint16_t format; /* SLOT_FORMAT */
    uint16_t reserved;
    uint64_t bytes;   /* of the file, its signature included */
    uint32_t install; /* as in the record */
    uint32_t security_counter;
    uint8_t digest[32]; /* SHA-256 of the file */
    char name[32];      /* these three as the image's note and the push said; terminated */
    char version[16];
    char location[64]; /* where it came from: "push:192.0.2.1/dns.elf"; "push": to a service */
    uint8_t padding[340];
    uint32_t crc32c; /* over all before it */
};

_Static_assert(sizeof(struct slot_service) == 52, "no padding");
_Static_assert(sizeof(struct slot_table) == 424, "no padding");
_Static_assert(sizeof(struct slot_record) == SLOT_BLOCK_BYTES, "one block");
_Static_assert(sizeof(struct slot_header) == SLOT_BLOCK_BYTES, "one block");

#endif
