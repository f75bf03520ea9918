/*
 * sim_block: a block device in memory that can lose power.
 *
 * Keeps block_device.h's promise and nothing more: a write stays pending until a flush.
 * When power fails - after a planned number of written blocks - any of the pending blocks
 * may have reached the storage, in any order, as the test chooses, and the one being
 * written may be torn; the run then ends in sim_stop("power cut").
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef SIM_BLOCK_H
#define SIM_BLOCK_H

#include <stdbool.h>
#include <stddef.h>

#include "block_device.h"

#define SIM_BLOCK_BYTES       512
#define SIM_BLOCK_PENDING_MAX 256
#define SIM_BLOCK_NEVER       UINT64_MAX

struct sim_block {
    struct block_device device;
    uint8_t *storage; /* what survives; the caller's */

    /* Faults. */
    uint64_t bad_block;     /* reading it gives ERROR_IO; SIM_BLOCK_NEVER = none */
    uint64_t stuck_block;   /* writing it gives ERROR_IO */
    bool gone;              /* all gives ERROR_ABSENT */
    unsigned reads_to_gone; /* it is taken out before this read (1 = the next); 0 = never */
    bool slow;              /* all gives ERROR_TIMEOUT */
    bool read_only;
    uint32_t access_us;     /* virtual time a call takes */
    uint64_t blocks_to_cut; /* power fails while this block (1 = the next) is written;
                                   0 = never */
    uint64_t survivors;     /* bit n: the nth pending block survives (n mod 64) */
    size_t torn_bytes;      /* so much of the block being written arrives ... */
    uint8_t torn_fill;      /* ... and the rest of it holds this */

    /* What happened. */
    uint64_t reads, blocks_read, blocks_written, flushes;

    /* The model's own. */
    struct {
        uint64_t block;
        uint8_t bytes[SIM_BLOCK_BYTES];
    } pending[SIM_BLOCK_PENDING_MAX];
    unsigned pending_count;
};

/* A healthy device over storage of block_count blocks. */
void sim_block_init(struct sim_block *self, uint8_t *storage, uint64_t block_count);

/* Power fails now: pending blocks not among survivors are lost. Does not stop the test. */
void sim_block_cut(struct sim_block *self);

#endif
