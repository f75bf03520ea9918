/*
 * log_store: lines of log in a piece of memory that outlives the program.
 *
 * The loader keeps one in memory that no service can write and no start of the loader
 * clears, so it holds what was said before a hand-back, a crash or a reset of the machine.
 * After a reset nothing about RAM is certain: the head has a magic and a CRC, and each
 * record has its own, so what is read is what was written, or is not there.
 * Positions count bytes of text ever written, from 0, as one stream; the oldest are lost
 * when the room is full. Text is kept in records of whole lines, as they were given.
 *
 * Caches: on a machine whose reset empties the caches, set store.clean (to dma_clean) after
 * log_store_open. An append then calls it for what it wrote, in the order that counts: the
 * record first, the head last. A reset at any moment costs no more than the line that was
 * being appended.
 *
 * Pure: no clock, no allocation. Not for interrupt handlers.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef LOG_STORE_H
#define LOG_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LOG_STORE_LINE_MAX  4096 /* bytes of one append */
#define LOG_STORE_BYTES_MIN 8192

/* A record in the ring: where, in bytes of ring ever used, and the position of its text. */
struct log_store_mark {
    uint64_t place, position;
};

struct log_store {
    void *memory;
    size_t bytes;

    /* Makes what was written to [memory, memory + length) outlive a reset; null: nothing to
     * do. log_store_open sets it to null: nothing that it writes itself has to outlive one. */
    void (*clean)(const void *memory, size_t length);

    /* The rest is log_store.c's own. */
    struct log_store_mark begin, end, last_read;
    uint32_t last_bytes; /* of the newest record; 0: there is none */
    unsigned head;       /* which of the two heads is the newer */
};

/* Uses memory (8-byte aligned; 64 where cache lines can be lost; bytes a multiple of 8,
 * LOG_STORE_BYTES_MIN ... 1 GiB: asserted) as a store. It may hold anything. Whatever is
 * whole of a store there is kept: returns true if there was one; false: it was made anew,
 * and is empty. A record that is damaged, and those older than it, are lost. Reads all of
 * the text, once. */
bool log_store_open(struct log_store *store, void *memory, size_t bytes);

/* Appends text (1 ... LOG_STORE_LINE_MAX bytes; longer is cut off; none is nothing). Never
 * fails: the oldest records make room. Costs no more than the text's own copy and CRC. */
void log_store_append(struct log_store *store, const char *text, size_t length);

/* The positions of the oldest byte there is and behind the newest. */
uint64_t log_store_begin(const struct log_store *store);
uint64_t log_store_end(const struct log_store *store);

/* Copies bytes from *position on (one before the oldest is taken for the oldest, one behind the
 * end for the end) into buffer and moves *position behind them. Returns how many, at most
 * capacity; 0 at the end. Going on where the last read ended is quick. */
size_t log_store_read(struct log_store *store, uint64_t *position, char *buffer, size_t capacity);

/* The position where the last count lines begin (or the oldest there is). What stands behind the
 * last line feed counts as a line. */
uint64_t log_store_tail(const struct log_store *store, unsigned count);

#endif
