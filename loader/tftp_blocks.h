/*
 * tftp_blocks: where the blocks of a TFTP transfer go.
 *
 * The receive window of RFC 7440: which block a 16-bit number means, which blocks are
 * there already, and the bytes, written once and straight to their place. A block that
 * overtakes another costs one bit. Knows nothing of time, ports or packets.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef TFTP_BLOCKS_H
#define TFTP_BLOCKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct boot_sink;

#define TFTP_WINDOW_MAX 64 /* one bit each */

struct tftp_blocks {
    uint8_t *buffer; /* nothing outside [buffer, buffer + capacity) is written */
    size_t capacity;
    struct boot_sink *sink; /* sees the bytes in order; or null */
    uint32_t block_bytes;
    uint32_t window;     /* blocks the server may send ahead, 1 ... TFTP_WINDOW_MAX */
    uint64_t file_bytes; /* as announced, 0 = not known */

    uint64_t next;       /* first block not yet there: everything before it is */
    uint64_t ahead;      /* bit n: block next + n is there */
    uint64_t last;       /* number of the short block once seen, else UINT64_MAX */
    uint32_t last_bytes; /* in it */
    size_t length;       /* bytes before block next: the file's when it is complete */
    size_t shown;        /* of them, what the sink has seen */
    unsigned wrap_hints;
    bool wraps_to_one; /* the server follows 65535 with 1, not 0 */
};

enum tftp_block {
    TFTP_BLOCK_NEW,      /* it is in its place */
    TFTP_BLOCK_REPEATED, /* it was there already; nothing changed */
    TFTP_BLOCK_STRAY,    /* it can not belong here; nothing changed */
    TFTP_BLOCK_TOO_LONG, /* more than block_bytes; nothing changed */
    TFTP_BLOCK_NO_ROOM,  /* it would end after capacity; nothing changed */
    TFTP_BLOCK_PAST_END, /* it would end after file_bytes; nothing changed */
};

/* Shows the sink what has come in order since the last time. */
void tftp_blocks_show(struct tftp_blocks *blocks);

/* Begins a file (anew): no block is there. Buffer, capacity and sink stay as they are;
 * blocks are RFC 1350's until the caller sets block_bytes, window and file_bytes. */
void tftp_blocks_start(struct tftp_blocks *blocks);

/* Takes the block with this number on the wire. *block becomes its true number unless it
 * is a stray. */
enum tftp_block tftp_blocks_take(struct tftp_blocks *blocks, uint16_t number, const uint8_t *bytes,
                                 size_t length, uint64_t *block);

/* The number on the wire of a block. */
uint16_t tftp_blocks_number(const struct tftp_blocks *blocks, uint64_t block);

/* True once the last block and all before it are there. */
bool tftp_blocks_complete(const struct tftp_blocks *blocks);

#endif
