/*
 * fuzz_log_store: a script of appends, reads and damage, some of it under a CRC that is
 * put right again, so that what lies behind the CRCs is reached.
 *
 * The store may lose text, but never leaves its memory or its own bounds, and what it was
 * given undamaged it gives back.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "crc32c.h"
#include "log_store.h"

#define BYTES        LOG_STORE_BYTES_MIN
#define LINE_BYTES   64
#define HEAD_BYTES   40
#define HEADS_BYTES  128
#define RECORD_BYTES 16
#define ROOM         (BYTES - HEADS_BYTES)
#define STEPS_MAX    500

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

struct script {
    const uint8_t *at;
    size_t left;
};

static uint64_t take(struct script *script, size_t bytes)
{
    uint64_t value = 0;

    for (size_t i = 0; i < bytes && script->left > 0; i++) {
        value |= (uint64_t)*script->at++ << 8 * i;
        script->left--;
    }
    return value;
}

static void check(int holds)
{
    if (!holds)
        abort();
}

static void check_bounds(const struct log_store *store)
{
    check(log_store_begin(store) <= log_store_end(store));
    check(log_store_end(store) - log_store_begin(store) <= ROOM);
}

static void change_head(uint8_t *memory, struct script *script)
{
    uint8_t *head = memory + (take(script, 1) & 1) * LINE_BYTES;
    size_t offset = 4 + take(script, 1) % (HEAD_BYTES - 4);
    size_t bytes = 1 + take(script, 1) % 8;
    uint64_t value = take(script, bytes);

    memcpy(head + offset, &value, bytes <= HEAD_BYTES - offset ? bytes : HEAD_BYTES - offset);
    uint32_t crc = crc32c(0, head + 4, HEAD_BYTES - 4);

    memcpy(head, &crc, sizeof crc);
}

/* Of the record at an offset of the ring, if it does not go over the ring's end. */
static void change_record(uint8_t *memory, uint64_t offset, struct script *script)
{
    uint8_t *record = memory + HEADS_BYTES + offset % ROOM;
    size_t field = 4 + take(script, 1) % (RECORD_BYTES - 4);
    uint8_t value = (uint8_t)take(script, 1);
    uint16_t length;

    if (offset % ROOM + RECORD_BYTES > ROOM)
        return;
    record[field] = value;
    memcpy(&length, record + 4, sizeof length);
    if (offset % ROOM + RECORD_BYTES + length > ROOM)
        return;
    uint32_t crc = crc32c(0, record + RECORD_BYTES, length);

    crc = crc32c(crc, record + 4, RECORD_BYTES - 4);
    memcpy(record, &crc, sizeof crc);
}

static void append(struct log_store *store, struct script *script, bool damaged)
{
    static char text[LOG_STORE_LINE_MAX + 100], back[sizeof text];
    size_t length = take(script, 2) % sizeof text;
    size_t kept = length < LOG_STORE_LINE_MAX ? length : LOG_STORE_LINE_MAX;
    uint64_t end = log_store_end(store), position = end;

    memset(text, (int)take(script, 1), sizeof text);
    log_store_append(store, text, length);
    check(log_store_end(store) == end + kept);
    size_t got = log_store_read(store, &position, back, sizeof back);

    /* The way to it leads over the records before it, and CRCs are looked at when opening. */
    check(damaged ? got <= kept : got == kept && memcmp(text, back, got) == 0);
}

static void read_some(struct log_store *store, struct script *script)
{
    static char back[BYTES];
    uint64_t position = log_store_begin(store) + (int16_t)take(script, 2), before = position;
    size_t capacity = take(script, 2) % sizeof back;
    size_t got = log_store_read(store, &position, back, capacity);

    check(got <= capacity);
    check(position >= log_store_begin(store) && position <= log_store_end(store));
    check(before < log_store_begin(store) || before > position || position - before >= got);
    uint64_t tail = log_store_tail(store, (unsigned)take(script, 1));

    check(tail >= log_store_begin(store) && tail <= log_store_end(store));
}

/* All that an opened store says it has can be read. */
static void reopen(struct log_store *store, uint8_t *memory)
{
    static char back[BYTES];
    uint64_t position = 0;

    log_store_open(store, memory, BYTES);
    check_bounds(store);
    check(log_store_read(store, &position, back, sizeof back) ==
          log_store_end(store) - log_store_begin(store));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    uint8_t *memory = aligned_alloc(LINE_BYTES, BYTES);
    struct script script = {bytes, length};
    struct log_store store;
    bool damaged = false; /* since it was opened */

    memset(memory, (int)take(&script, 1), BYTES);
    reopen(&store, memory);
    for (unsigned step = 0; step < STEPS_MAX && script.left > 0; step++) {
        uint8_t what = (uint8_t)take(&script, 1);

        switch (what % 7) {
        case 0:
            change_head(memory, &script);
            reopen(&store, memory);
            break;
        case 1:
            change_record(memory, store.end.place - store.last_bytes, &script);
            break;
        case 2:
            change_record(memory, store.begin.place + (take(&script, 1) & 0xf8), &script);
            break;
        case 3:
            memory[take(&script, 2) % BYTES] = (uint8_t)take(&script, 1);
            break;
        case 4:
            reopen(&store, memory);
            break;
        case 5:
            read_some(&store, &script);
            break;
        default:
            append(&store, &script, damaged);
            break;
        }
        damaged = what % 7 != 0 && what % 7 != 4 && (damaged || what % 7 < 4);
        check_bounds(&store);
    }
    free(memory);
    return 0;
}
