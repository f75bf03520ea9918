/*
 * log_bench: a log store in memory of its own, and everything ever appended to it, to
 * compare with. For test_log_store*.c.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef LOG_BENCH_H
#define LOG_BENCH_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "log_store.h"

#define BYTES       LOG_STORE_BYTES_MIN
#define LINE_BYTES  64 /* of a cache */
#define HEADS_BYTES 128

static _Alignas(64) uint8_t memory[BYTES + 8]; /* the 8 for a test of another size */
static struct log_store store;

/* Everything ever appended, to compare with. */
static char written[1u << 20];
static size_t written_bytes;

/* Not rand(): the same everywhere. */
static uint32_t dice_state;

static inline uint32_t dice(uint32_t sides)
{
    dice_state = dice_state * 1664525u + 1013904223u;
    return (dice_state >> 8) % sides;
}

static inline int setup(void **state)
{
    (void)state;
    memset(memory, 0xa5, sizeof memory);
    written_bytes = 0;
    dice_state = 1;
    assert_false(log_store_open(&store, memory, BYTES));
    return 0;
}

static inline void append(const char *text, size_t length)
{
    size_t kept = length < LOG_STORE_LINE_MAX ? length : LOG_STORE_LINE_MAX;

    assert_true(kept <= sizeof written - written_bytes);
    memcpy(written + written_bytes, text, kept);
    written_bytes += kept;
    log_store_append(&store, text, length);
}

static inline void append_line(const char *text)
{
    append(text, strlen(text));
}

/* A line that says which it is, of length bytes with its line feed. */
static inline void append_numbered(unsigned number, size_t length)
{
    static char line[LOG_STORE_LINE_MAX + 1000];
    int head = snprintf(line, sizeof line, "%u ", number);

    memset(line + head, 'a' + (int)(number % 26), length);
    line[length - 1] = '\n';
    append(line, length);
}

/* So many lines of different lengths: 40 nearly fill the store, 100 go over its end. */
static inline void fill(unsigned lines)
{
    for (unsigned i = 0; i < lines; i++)
        append_numbered(i, 8 + dice(300));
}

/* All that the store has is the end of what was written. Returns how much. */
static inline size_t check_text(void)
{
    static char buffer[BYTES];
    uint64_t begin = log_store_begin(&store), end = log_store_end(&store), position = 0;
    size_t length;

    assert_true(begin <= end && end - begin <= sizeof buffer);
    assert_int_equal(end, written_bytes);
    length = log_store_read(&store, &position, buffer, sizeof buffer);
    assert_int_equal(length, end - begin);
    assert_int_equal(position, end);
    assert_memory_equal(buffer, written + begin, length);
    return length;
}

static inline void reopen(void)
{
    assert_true(log_store_open(&store, memory, BYTES));
}

#endif
