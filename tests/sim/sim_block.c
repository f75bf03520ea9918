/*
 * sim_block: see the header.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "sim_block.h"

#include <string.h>

#include "error.h"
#include "sim.h"

static int check(struct sim_block *self, uint64_t first, uint32_t count, const void *buffer)
{
    sim_advance_us(self->access_us);
    if (self->gone || self->device.block_count == 0)
        return ERROR_ABSENT;
    if (count == 0 || first >= self->device.block_count ||
        count > self->device.block_count - first || (uintptr_t)buffer % 4 != 0)
        return ERROR_INVALID;
    return self->slow ? ERROR_TIMEOUT : 0;
}

static int read_blocks(struct block_device *device, uint64_t first, uint32_t count, void *buffer)
{
    struct sim_block *self = (struct sim_block *)device;

    if (self->reads_to_gone != 0 && --self->reads_to_gone == 0)
        device->block_count = 0; /* as a driver that notices */
    int status = check(self, first, count, buffer);

    if (status < 0)
        return status;
    self->reads++;
    self->blocks_read += count;
    if (self->bad_block >= first && self->bad_block - first < count) {
        memset(buffer, 0xdd, (size_t)count * SIM_BLOCK_BYTES); /* nothing useful */
        return ERROR_IO;
    }
    memcpy(buffer, self->storage + first * SIM_BLOCK_BYTES, (size_t)count * SIM_BLOCK_BYTES);
    for (unsigned i = 0; i < self->pending_count; i++) {
        uint64_t block = self->pending[i].block;

        if (block >= first && block - first < count)
            memcpy((uint8_t *)buffer + (block - first) * SIM_BLOCK_BYTES, self->pending[i].bytes,
                   SIM_BLOCK_BYTES);
    }
    return 0;
}

static void make_durable(struct sim_block *self, uint64_t survivors)
{
    for (unsigned i = 0; i < self->pending_count; i++) {
        if (survivors >> i % 64 & 1)
            memcpy(self->storage + self->pending[i].block * SIM_BLOCK_BYTES, self->pending[i].bytes,
                   SIM_BLOCK_BYTES);
    }
    self->pending_count = 0;
}

void sim_block_cut(struct sim_block *self)
{
    make_durable(self, self->survivors);
}

static void write_block(struct sim_block *self, uint64_t block, const uint8_t *bytes)
{
    if (self->blocks_to_cut != 0 && --self->blocks_to_cut == 0) {
        uint8_t *torn = self->storage + block * SIM_BLOCK_BYTES;

        sim_block_cut(self);
        if (self->torn_bytes != 0) {
            memcpy(torn, bytes, self->torn_bytes);
            memset(torn + self->torn_bytes, self->torn_fill, SIM_BLOCK_BYTES - self->torn_bytes);
        }
        sim_stop("power cut");
    }
    if (self->pending_count == SIM_BLOCK_PENDING_MAX)
        make_durable(self, ~0ull); /* no device can hold back everything */
    self->pending[self->pending_count].block = block;
    memcpy(self->pending[self->pending_count].bytes, bytes, SIM_BLOCK_BYTES);
    self->pending_count++;
    self->blocks_written++;
}

static int write_blocks(struct block_device *device, uint64_t first, uint32_t count,
                        const void *buffer)
{
    struct sim_block *self = (struct sim_block *)device;
    const uint8_t *bytes = buffer;
    int status = check(self, first, count, buffer);

    if (status < 0)
        return status;
    if (self->read_only)
        return ERROR_REFUSED;
    for (uint32_t i = 0; i < count; i++) {
        if (first + i == self->stuck_block)
            return ERROR_IO;
        write_block(self, first + i, bytes + (size_t)i * SIM_BLOCK_BYTES);
    }
    return 0;
}

static int flush(struct block_device *device)
{
    struct sim_block *self = (struct sim_block *)device;

    sim_advance_us(self->access_us);
    if (self->gone)
        return ERROR_ABSENT;
    if (self->slow)
        return ERROR_TIMEOUT;
    self->flushes++;
    make_durable(self, ~0ull);
    return 0;
}

void sim_block_init(struct sim_block *self, uint8_t *storage, uint64_t block_count)
{
    memset(self, 0, sizeof(*self));
    self->device =
        (struct block_device){SIM_BLOCK_BYTES, block_count, read_blocks, write_blocks, flush};
    self->storage = storage;
    self->bad_block = SIM_BLOCK_NEVER;
    self->stuck_block = SIM_BLOCK_NEVER;
    self->survivors = ~0ull;
    self->access_us = 10;
}
