/*
 * power_card: see the header.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "power_card.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"

#define BYTES SLOT_BLOCK_BYTES

enum {
    IS_UNREADABLE = 1,
    WAS_USED = 2, /* never taken back: it only says where to look */
};

/* Room for one more at the end of a list. */
static struct power_block *extend(struct power_block **list, size_t *count, size_t *room)
{
    if (*count == *room) {
        *room = *room == 0 ? 256 : *room * 2;
        *list = realloc(*list, *room * sizeof(**list));
        if (*list == NULL) {
            fprintf(stderr, "powerloss: no memory\n");
            abort();
        }
    }
    return &(*list)[(*count)++];
}

static void set(struct power_card *self, uint32_t block, bool is_unreadable, const uint8_t *bytes)
{
    memcpy(self->storage + (size_t)block * BYTES, bytes, BYTES);
    self->flags[block] = WAS_USED | (is_unreadable ? IS_UNREADABLE : 0);
}

void power_card_put(struct power_card *self, uint32_t block, const uint8_t *bytes)
{
    static const uint8_t nothing[BYTES];
    struct power_block *before = extend(&self->undo, &self->undo_count, &self->undo_room);

    before->block = block;
    before->is_unreadable = self->flags[block] & IS_UNREADABLE;
    memcpy(before->bytes, self->storage + (size_t)block * BYTES, BYTES);
    set(self, block, bytes == NULL, bytes == NULL ? nothing : bytes);
}

size_t power_card_mark(const struct power_card *self)
{
    return self->undo_count;
}

void power_card_rewind(struct power_card *self, size_t mark)
{
    while (self->undo_count > mark) {
        const struct power_block *before = &self->undo[--self->undo_count];

        set(self, before->block, before->is_unreadable, before->bytes);
    }
}

const uint8_t *power_card_at(const struct power_card *self, uint32_t block, bool *is_unreadable)
{
    if (is_unreadable != NULL)
        *is_unreadable = self->flags[block] & IS_UNREADABLE;
    return self->storage + (size_t)block * BYTES;
}

const uint8_t *power_card_was(const struct power_card *self, uint32_t block, size_t mark,
                              bool *is_unreadable)
{
    for (size_t i = mark; i < self->undo_count; i++) {
        if (self->undo[i].block == block) {
            if (is_unreadable != NULL)
                *is_unreadable = self->undo[i].is_unreadable;
            return self->undo[i].bytes;
        }
    }
    return power_card_at(self, block, is_unreadable);
}

bool power_card_was_used(const struct power_card *self, uint32_t block)
{
    return self->flags[block] & WAS_USED;
}

/* ---- as a block device --------------------------------------------------------------- */

static int check(const struct power_card *self, uint64_t first, uint32_t count, const void *buffer)
{
    if (count == 0 || first >= self->device.block_count ||
        count > self->device.block_count - first || (uintptr_t)buffer % 4 != 0)
        return ERROR_INVALID;
    return 0;
}

static uint32_t real_place(const struct power_card *self, uint64_t block)
{
    return self->bend.place == NULL ? (uint32_t)block : self->bend.place((uint32_t)block);
}

static const uint8_t *read_one(const struct power_card *self, uint32_t block)
{
    bool is_unreadable;
    const uint8_t *bytes = power_card_at(self, block, &is_unreadable);

    for (size_t i = self->pending_count; i-- > 0;) {
        if (self->pending[i].block == block)
            return self->pending[i].bytes;
    }
    return is_unreadable ? NULL : bytes;
}

static int read_blocks(struct block_device *device, uint64_t first, uint32_t count, void *buffer)
{
    struct power_card *self = (struct power_card *)device;
    int status = check(self, first, count, buffer);

    for (uint32_t i = 0; status == 0 && i < count; i++) {
        const uint8_t *bytes = read_one(self, real_place(self, first + i));

        if (bytes == NULL) {
            memset(buffer, 0xdd, (size_t)count * BYTES); /* nothing useful */
            return ERROR_IO;
        }
        memcpy((uint8_t *)buffer + (size_t)i * BYTES, bytes, BYTES);
    }
    return status;
}

static void lose_power(struct power_card *self)
{
    self->cut_at = 0;
    longjmp(*self->power_gone, 1);
}

static void write_one(struct power_card *self, uint32_t block, const uint8_t *bytes)
{
    struct power_block *write;

    self->events++;
    if (self->watch != NULL)
        self->watch->wrote(self->watch, self->events, block, bytes);
    if (self->events == self->cut_at) {
        write = &self->in_flight;
    } else {
        write = extend(&self->pending, &self->pending_count, &self->pending_room);
    }
    write->block = real_place(self, block);
    write->is_unreadable = false;
    memcpy(write->bytes, bytes, BYTES);
    if (self->events == self->cut_at)
        lose_power(self);
}

static int write_blocks(struct block_device *device, uint64_t first, uint32_t count,
                        const void *buffer)
{
    struct power_card *self = (struct power_card *)device;
    int status = check(self, first, count, buffer);

    for (uint32_t i = 0; status == 0 && i < count; i++)
        write_one(self, (uint32_t)first + i, (const uint8_t *)buffer + (size_t)i * BYTES);
    return status;
}

static int flush(struct block_device *device)
{
    struct power_card *self = (struct power_card *)device;

    self->events++;
    if (self->watch != NULL)
        self->watch->flushed(self->watch, self->events);
    if (self->events == self->cut_at) {
        self->in_flight.block = POWER_CARD_NONE;
        lose_power(self);
    }
    if (self->bend.no_flush)
        return 0;
    for (size_t i = 0; i < self->pending_count; i++)
        power_card_put(self, self->pending[i].block, self->pending[i].bytes);
    self->pending_count = 0;
    return 0;
}

void power_card_power_on(struct power_card *self, unsigned cut_at, jmp_buf *gone)
{
    self->events = 0;
    self->pending_count = 0;
    self->in_flight.block = POWER_CARD_NONE;
    self->cut_at = cut_at;
    self->power_gone = gone;
}

void power_card_init(struct power_card *self)
{
    memset(self, 0, sizeof(*self));
    self->device =
        (struct block_device){BYTES, POWER_CARD_BLOCKS, read_blocks, write_blocks, flush};
    self->storage = calloc(POWER_CARD_BLOCKS, BYTES);
    self->flags = calloc(POWER_CARD_BLOCKS, 1);
    if (self->storage == NULL || self->flags == NULL) {
        fprintf(stderr, "powerloss: no memory for a card of %u MiB\n", POWER_CARD_BLOCKS / 2048);
        abort();
    }
    power_card_power_on(self, 0, NULL);
}

void power_card_free(struct power_card *self)
{
    free(self->storage);
    free(self->flags);
    free(self->undo);
    free(self->pending);
}
