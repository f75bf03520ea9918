/*
 * log_store: two heads and a ring of records.
 *
 * An append writes the record behind the newest, then the head that is not in use, which
 * thereby comes into use. If that is cut short anywhere, the other head is still whole and
 * ends before the record. The head says only where the newest record ends; each record says
 * how long the one before it is. log_store_open therefore goes back from the newest until
 * a record does not hold: that is where the ring has been written over, so making room for
 * an append needs no write at all.
 *
 * Places count bytes of the ring ever used: place % room is the offset, and a place is
 * never used twice.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "log_store.h"

#include <string.h>

#include "check.h"
#include "crc32c.h"

#define MAGIC  0x6c676f6cu /* "logl" */
#define FORMAT 1

#define ALIGNMENT 8u

/* In a cache line of its own, so that writing one cannot take the other along. */
#define HEAD_BYTES  64
#define HEADS_BYTES (2 * HEAD_BYTES)

#define BYTES_MAX (1u << 30)

/* Beyond this a place or position is damage; up to it no sum of them overflows. */
#define COUNT_MAX (UINT64_C(1) << 62)

struct head {
    uint32_t crc; /* of what follows */
    uint32_t magic;
    uint32_t format;
    uint32_t bytes; /* of the whole store */
    uint32_t last_bytes;
    uint32_t reserved;
    uint64_t end_place;
    uint64_t end_position;
};

struct record {
    uint32_t crc;            /* of what follows, text included */
    uint16_t length;         /* of the text */
    uint16_t previous_bytes; /* of the record before; 0: this is the store's first */
    uint64_t position;
};

_Static_assert(sizeof(struct head) <= HEAD_BYTES, "a head fits its line");
_Static_assert(sizeof(struct record) % ALIGNMENT == 0, "text follows without a gap");

static uint64_t room_of(const struct log_store *store)
{
    return store->bytes - HEADS_BYTES;
}

static uint32_t record_bytes(size_t length)
{
    return (uint32_t)((sizeof(struct record) + length + ALIGNMENT - 1) & ~(ALIGNMENT - 1));
}

struct part {
    uint8_t *at;
    size_t bytes;
};

/* As much of length bytes of the ring, done of which are done with, as lies together. */
static struct part part_of(const struct log_store *store, uint64_t place, size_t length,
                           size_t done)
{
    uint64_t offset = (place + done) % room_of(store);
    size_t bytes = length - done;

    if (bytes > room_of(store) - offset)
        bytes = room_of(store) - offset;
    return (struct part){(uint8_t *)store->memory + HEADS_BYTES + offset, bytes};
}

static void clean(const struct log_store *store, const void *memory, size_t length)
{
    if (store->clean != NULL)
        store->clean(memory, length);
}

static void write_ring(const struct log_store *store, uint64_t place, const void *from,
                       size_t length)
{
    struct part part;

    for (size_t done = 0; done < length; done += part.bytes) {
        part = part_of(store, place, length, done);
        memcpy(part.at, (const uint8_t *)from + done, part.bytes);
        clean(store, part.at, part.bytes);
    }
}

static void read_ring(const struct log_store *store, uint64_t place, void *to, size_t length)
{
    struct part part;

    for (size_t done = 0; done < length; done += part.bytes) {
        part = part_of(store, place, length, done);
        memcpy((uint8_t *)to + done, part.at, part.bytes);
    }
}

static uint32_t ring_crc(const struct log_store *store, uint64_t place, size_t length)
{
    struct part part;
    uint32_t crc = 0;

    for (size_t done = 0; done < length; done += part.bytes) {
        part = part_of(store, place, length, done);
        crc = crc32c(crc, part.at, part.bytes);
    }
    return crc;
}

static uint32_t record_crc(const struct record *record, uint32_t text_crc)
{
    return crc32c(text_crc, &record->length, sizeof *record - offsetof(struct record, length));
}

static struct record record_at(const struct log_store *store, uint64_t place)
{
    struct record record;

    read_ring(store, place, &record, sizeof record);
    return record;
}

/* Whether the bytes before mark, so many, are a record, and its text ends where mark says. */
static bool record_holds(const struct log_store *store, struct log_store_mark mark, uint32_t bytes)
{
    if (bytes > mark.place || store->end.place - mark.place + bytes > room_of(store))
        return false;

    const uint64_t place = mark.place - bytes;
    const struct record record = record_at(store, place);

    return record.length != 0 && record.length <= LOG_STORE_LINE_MAX &&
           record_bytes(record.length) == bytes && record.length <= mark.position &&
           record.position == mark.position - record.length &&
           record.crc == record_crc(&record, ring_crc(store, place + sizeof record, record.length));
}

static uint8_t *head_memory(const struct log_store *store, unsigned which)
{
    return (uint8_t *)store->memory + which * HEAD_BYTES;
}

static uint32_t head_crc(const struct head *head)
{
    return crc32c(0, &head->magic, sizeof *head - offsetof(struct head, magic));
}

static bool head_holds(const struct log_store *store, const struct head *head)
{
    return head->crc == head_crc(head) && head->magic == MAGIC && head->format == FORMAT &&
           head->bytes == store->bytes && head->end_place % ALIGNMENT == 0 &&
           head->end_place <= COUNT_MAX && head->end_position <= COUNT_MAX;
}

static void write_head(struct log_store *store)
{
    struct head head = {.magic = MAGIC,
                        .format = FORMAT,
                        .bytes = (uint32_t)store->bytes,
                        .last_bytes = store->last_bytes,
                        .end_place = store->end.place,
                        .end_position = store->end.position};

    head.crc = head_crc(&head);
    store->head ^= 1;
    memcpy(head_memory(store, store->head), &head, sizeof head);
    clean(store, head_memory(store, store->head), sizeof head);
}

/* Takes over what a head says, as yet without records. Returns whether its newest is whole. */
static bool use_head(struct log_store *store, const struct head *heads, unsigned which)
{
    const struct head *head = &heads[which];

    store->head = which;
    store->last_bytes = head->last_bytes;
    store->end = (struct log_store_mark){head->end_place, head->end_position};
    store->begin = store->last_read = store->end;
    return head->last_bytes == 0 || record_holds(store, store->end, head->last_bytes);
}

/* Goes back from the end to the oldest record that can be reached. */
static void find_begin(struct log_store *store)
{
    uint32_t bytes = store->last_bytes;

    while (bytes != 0 && record_holds(store, store->begin, bytes)) {
        const uint64_t place = store->begin.place - bytes;
        const struct record record = record_at(store, place);

        store->begin = (struct log_store_mark){place, record.position};
        bytes = record.previous_bytes;
    }
}

bool log_store_open(struct log_store *store, void *memory, size_t bytes)
{
    struct head heads[2];
    bool holds[2];

    ASSERT((uintptr_t)memory % ALIGNMENT == 0 && bytes % ALIGNMENT == 0);
    ASSERT(bytes >= LOG_STORE_BYTES_MIN && bytes <= BYTES_MAX);
    *store = (struct log_store){.memory = memory, .bytes = bytes};
    for (unsigned i = 0; i < 2; i++) {
        memcpy(&heads[i], head_memory(store, i), sizeof heads[i]);
        holds[i] = head_holds(store, &heads[i]);
    }
    if (!holds[0] && !holds[1]) {
        write_head(store);
        return false;
    }
    const unsigned newer = holds[1] && (!holds[0] || heads[1].end_place > heads[0].end_place);

    /* A newer head without its record: that was on its way when the machine stopped. */
    if (!use_head(store, heads, newer) && holds[newer ^ 1] && !use_head(store, heads, newer ^ 1))
        use_head(store, heads, newer);
    find_begin(store);
    return true;
}

/* Moves mark behind its record. What stands in the ring was checked when it was opened, or
 * written since; should it be damaged all the same, returns false. */
static bool pass_record(const struct log_store *store, struct log_store_mark *mark)
{
    struct record record = record_at(store, mark->place);

    if (record.position != mark->position ||
        record_bytes(record.length) > store->end.place - mark->place ||
        record.length > store->end.position - mark->position)
        return false;
    mark->place += record_bytes(record.length);
    mark->position += record.length;
    return true;
}

void log_store_append(struct log_store *store, const char *text, size_t length)
{
    struct record record;
    uint32_t bytes;

    if (length == 0)
        return;
    if (length > LOG_STORE_LINE_MAX)
        length = LOG_STORE_LINE_MAX;
    bytes = record_bytes(length);
    while (store->end.place + bytes - store->begin.place > room_of(store))
        if (!pass_record(store, &store->begin))
            store->begin = store->end;

    record = (struct record){.length = (uint16_t)length,
                             .previous_bytes = (uint16_t)store->last_bytes,
                             .position = store->end.position};
    record.crc = record_crc(&record, crc32c(0, text, length));
    write_ring(store, store->end.place, &record, sizeof record);
    write_ring(store, store->end.place + sizeof record, text, length);

    store->end.place += bytes;
    store->end.position += length;
    store->last_bytes = bytes;
    write_head(store);
}

uint64_t log_store_begin(const struct log_store *store)
{
    return store->begin.position;
}

uint64_t log_store_end(const struct log_store *store)
{
    return store->end.position;
}

size_t log_store_read(struct log_store *store, uint64_t *position, char *buffer, size_t capacity)
{
    struct log_store_mark mark = store->begin;
    size_t done = 0;

    if (*position < store->begin.position)
        *position = store->begin.position;
    if (*position > store->end.position)
        *position = store->end.position;
    if (store->last_read.position >= mark.position && store->last_read.position <= *position)
        mark = store->last_read;
    while (done < capacity && mark.position < store->end.position) {
        struct log_store_mark text = {mark.place + sizeof(struct record), mark.position};

        store->last_read = mark;
        if (!pass_record(store, &mark)) {
            *position = store->end.position;
            break;
        }
        if (mark.position > *position) {
            size_t part = (size_t)(mark.position - *position);

            if (part > capacity - done)
                part = capacity - done;
            read_ring(store, text.place + (*position - text.position), buffer + done, part);
            done += part;
            *position += part;
        }
    }
    return done;
}

uint64_t log_store_tail(const struct log_store *store, unsigned count)
{
    struct log_store_mark mark = store->end;
    uint32_t bytes = store->last_bytes;

    if (count == 0)
        return store->end.position;
    while (mark.position > store->begin.position && bytes <= mark.place - store->begin.place) {
        const uint64_t place = mark.place - bytes;
        const struct record record = record_at(store, place);

        if (record_bytes(record.length) != bytes ||
            record.length > mark.position - store->begin.position)
            break;
        mark = (struct log_store_mark){place, mark.position - record.length};
        for (size_t i = record.length; i-- > 0;) {
            const uint64_t behind = mark.position + i + 1;
            char byte;

            read_ring(store, place + sizeof record + i, &byte, 1);
            /* The line feed at the very end is the last line's own. */
            if (byte == '\n' && behind != store->end.position && --count == 0)
                return behind;
        }
        bytes = record.previous_bytes;
    }
    return mark.position;
}
