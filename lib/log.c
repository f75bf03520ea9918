/*
 * log: see log.h. The ring is written by position, never wrapped in the counters; each
 * console has a position of its own, so a slow line does not hold up a fast one.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "log.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "console.h"

#define RING_BYTES   16384 /* a power of two */
#define CONSOLES_MAX 2

static char ring[RING_BYTES];
static uint32_t written; /* bytes ever written, modulo 2^32 */
static uint32_t drained; /* written, when every console had everything */
static uint32_t held;    /* of them in the ring: all until it is full */
static struct reader {
    struct console *console;
    uint32_t position; /* bytes it was given, of those written */
    uint32_t notice;   /* bytes of lost[] that it is still to be given */
} readers[CONSOLES_MAX];
static void (*recorder)(const char *text, size_t length);

void log_add_console(struct console *console)
{
    for (int i = 0; i < CONSOLES_MAX; i++) {
        if (readers[i].console == NULL) {
            readers[i].console = console;
            readers[i].position = written - held;
            drained = ~written; /* this one has not */
            log_drain();
            return;
        }
    }
}

static void append(const char *bytes, size_t length)
{
    while (length > 0) {
        uint32_t at = written & (RING_BYTES - 1);
        uint32_t room = RING_BYTES - at;
        uint32_t part = length < room ? (uint32_t)length : room;

        memcpy(ring + at, bytes, part);
        written += part;
        held = held + part < RING_BYTES ? held + part : RING_BYTES;
        bytes += part;
        length -= part;
    }
}

/* Gives one console what it takes. Returns true when it has everything. */
static bool drain(struct reader *reader)
{
    static const char lost[] = "\n[... log lost ...]\n";

    if (written - reader->position > RING_BYTES) {
        reader->position = written - RING_BYTES;
        /* A notice that is on its way already is not begun anew. */
        if (reader->notice == 0)
            reader->notice = sizeof lost - 1;
    }
    if (reader->notice > 0)
        reader->notice -= (uint32_t)reader->console->write(
            reader->console, lost + sizeof lost - 1 - reader->notice, reader->notice);
    if (reader->notice > 0)
        return false;
    while (reader->position != written) {
        uint32_t at = reader->position & (RING_BYTES - 1);
        uint32_t part = written - reader->position;

        if (part > RING_BYTES - at)
            part = RING_BYTES - at;
        size_t taken = reader->console->write(reader->console, ring + at, part);

        reader->position += (uint32_t)taken;
        if (taken < part)
            return false;
    }
    return true;
}

static __attribute__((noinline)) bool drain_all(void)
{
    bool empty = true;

    for (int i = 0; i < CONSOLES_MAX; i++)
        if (readers[i].console != NULL && !drain(&readers[i]))
            empty = false;
    if (empty)
        drained = written;
    return empty;
}

/* Asked after every packet: the usual answer is short, as long as it needs no stack frame
 * for the other one. */
bool log_drain(void)
{
    return drained == written || drain_all();
}

void log_flush(unsigned timeout_us)
{
    uint64_t deadline_us = clock_now_us() + timeout_us;

    while (!log_drain() && !clock_passed(deadline_us))
        ;
}

void log_set_recorder(void (*new_recorder)(const char *text, size_t length))
{
    recorder = new_recorder;
}

static void record(const char *bytes, size_t length)
{
    void (*to)(const char *text, size_t length) = recorder;

    if (to == NULL)
        return;
    recorder = NULL; /* a recorder that logs would never end */
    to(bytes, length);
    recorder = to;
}

void log_bytes(const char *bytes, size_t length)
{
    append(bytes, length);
    record(bytes, length);
    log_drain();
}

void log_preload(const char *text, size_t length)
{
    append(text, length);
}

size_t log_undrained(void)
{
    uint32_t least = held;

    for (int i = 0; i < CONSOLES_MAX; i++)
        if (readers[i].console != NULL && written - readers[i].position < least)
            least = written - readers[i].position;
    return least;
}

size_t log_hand_over(void)
{
    size_t undrained = log_undrained();

    for (int i = 0; i < CONSOLES_MAX; i++)
        readers[i].position = written;
    drained = written;
    return undrained;
}

void log_vline(const char *subject, const char *format, va_list arguments)
{
    char line[LOG_LINE_MAX + 1];
    uint64_t now_us = clock_now_us();
    int length = snprintf(line, sizeof line, "[%4u.%06u] %s: ", (unsigned)(now_us / 1000000),
                          (unsigned)(now_us % 1000000), subject);

    if (length < 0 || length > LOG_LINE_MAX - 1)
        length = LOG_LINE_MAX - 1;
    int text = vsnprintf(line + length, (size_t)(LOG_LINE_MAX - length), format, arguments);

    if (text > 0)
        length += text < LOG_LINE_MAX - length ? text : LOG_LINE_MAX - length - 1;
    for (int i = 0; i < length; i++)
        if (line[i] < 0x20 || line[i] > 0x7e)
            line[i] = '.';
    line[length++] = '\n';
    log_bytes(line, (size_t)length);
}

void log_line(const char *subject, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    log_vline(subject, format, arguments);
    va_end(arguments);
}
