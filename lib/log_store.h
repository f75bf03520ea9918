/*
 * log_store: lines of log in a piece of memory that outlives the program.
 *
 * The loader keeps one in memory that no service can write and no start of the loader clears,
 * so it holds what was said before a hand-back, a crash or a reset of the machine. After a
 * reset nothing about RAM is certain: the head has a magic and a CRC, and each record has
 * its own, so what is read is what was written, or is not there.
 * Positions count bytes of text ever written, from 0, as one stream; the oldest are lost when
 * the room is full. Text is kept in records of whole lines, as they were given.
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

#define LOG_STORE_LINE_MAX 4096 /* bytes of one append */

struct log_store {
    void *memory;
    size_t bytes;
};

/* Uses memory (8-byte aligned, bytes a multiple of 8, 8 KiB or more) as a store. Whatever
 * is whole of what it holds already is kept: returns true if there was such a store; false: it was made anew,
 * and is empty. A record that is damaged, and those older than it, are lost. */
bool log_store_open(struct log_store *store, void *memory, size_t bytes);

/* Appends text (1 ... LOG_STORE_LINE_MAX bytes; longer is cut off). Never fails: the oldest
 * records make room. */
void log_store_append(struct log_store *store, const char *text, size_t length);

/* The positions of the oldest byte there is and behind the newest. */
uint64_t log_store_begin(const struct log_store *store);
uint64_t log_store_end(const struct log_store *store);

/* Copies bytes from *position on (one before the oldest is taken for the oldest) into buffer and moves
 * *position behind them. Returns how many, at most capacity; 0 at the end. */
size_t log_store_read(const struct log_store *store, uint64_t *position, char *buffer,
                      size_t capacity);

/* The position where the last count lines begin (or the oldest there is). */
uint64_t log_store_tail(const struct log_store *store, unsigned count);

#endif
