/*
 * pilot_exchange: see pilot_exchange.h.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "pilot_exchange.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "error.h"

int pilot_exchange_give_up(struct pilot_exchange *x, int status, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(x->transfer->reason, sizeof x->transfer->reason, format, arguments);
    va_end(arguments);
    pilot_clean(x->transfer->reason);
    return status;
}

void pilot_exchange_send(struct pilot_exchange *x, const void *packet, size_t length)
{
    if (send(x->socket, packet, length, 0) < 0 && errno == ECONNREFUSED)
        x->nobody_listens = true;
}

void pilot_exchange_send_short(struct pilot_exchange *x, unsigned operation, unsigned number)
{
    uint8_t packet[HEAD_BYTES];

    put16(packet, operation);
    put16(packet + 2, number);
    pilot_exchange_send(x, packet, sizeof packet);
}

void pilot_exchange_send_error(struct pilot_exchange *x, unsigned code, const char *text)
{
    uint8_t packet[128] = {0};

    put16(packet, ERROR);
    put16(packet + 2, code);
    snprintf((char *)packet + HEAD_BYTES, sizeof packet - HEAD_BYTES, "%s", text);
    pilot_exchange_send(x, packet, HEAD_BYTES + strlen(text) + 1);
}

void pilot_exchange_schedule(struct pilot_exchange *x, unsigned milliseconds)
{
    x->repeat_ms = milliseconds < REPEAT_MAX_MS ? milliseconds : REPEAT_MAX_MS;
    x->repeat_at_us = pilot_now_us() + x->repeat_ms * 1000ull;
}

void pilot_exchange_progress(struct pilot_exchange *x)
{
    x->deadline_us = pilot_now_us() + x->transfer->patience_ms * 1000ull;
    pilot_exchange_schedule(x, REPEAT_MS);
}

/* The ERROR in packet, as our error and its sentence. */
static int take_error(struct pilot_exchange *x)
{
    unsigned code = get16(x->packet + 2);
    const char *text = (const char *)x->packet + HEAD_BYTES;
    int length = (int)strnlen(text, x->length - HEAD_BYTES);
    int status = code == CODE_ABSENT    ? ERROR_ABSENT
                 : code == CODE_OPTIONS ? ERROR_UNSUPPORTED
                                        : ERROR_REFUSED;

    /* The board's words when another client is served. */
    if (code == CODE_OTHER && length > 6 && memcmp(text, "busy: ", 6) == 0)
        status = ERROR_BUSY;
    if (length == 0)
        return pilot_exchange_give_up(x, status, "TFTP error %u, without a word", code);
    return pilot_exchange_give_up(x, status, "%.*s", length, text);
}

static int fall_silent(struct pilot_exchange *x)
{
    if (x->is_busy)
        return ERROR_REFUSED; /* the reason is the board's, still */
    if (x->nobody_listens)
        return pilot_exchange_give_up(x, ERROR_TIMEOUT, "nothing listens on UDP port %u of %s",
                                      ntohs(x->transfer->board->address.sin_port),
                                      x->transfer->board->name);
    return pilot_exchange_give_up(x, ERROR_TIMEOUT, "%s is silent for %u ms",
                                  x->transfer->board->name, x->transfer->patience_ms);
}

int pilot_exchange_wait(struct pilot_exchange *x)
{
    for (;;) {
        uint64_t now_us = pilot_now_us();
        uint64_t until_us = x->repeat_at_us < x->deadline_us ? x->repeat_at_us : x->deadline_us;
        struct pollfd source = {.fd = x->socket, .events = POLLIN};
        struct timespec timeout;
        ssize_t length;

        if (now_us >= x->deadline_us)
            return fall_silent(x);
        if (now_us >= until_us)
            return 0;
        timeout.tv_sec = (time_t)((until_us - now_us) / 1000000);
        timeout.tv_nsec = (long)((until_us - now_us) % 1000000 * 1000);
        if (ppoll(&source, 1, &timeout, NULL) <= 0)
            continue;
        length = recv(x->socket, x->packet, sizeof x->packet, 0);
        if (length < 0 && errno == ECONNREFUSED)
            x->nobody_listens = true;
        if (length < HEAD_BYTES - 2)
            continue;
        x->nobody_listens = x->is_busy = false;
        x->length = (size_t)length;
        if (x->length < HEAD_BYTES && get16(x->packet) != OACK)
            continue;
        if (get16(x->packet) == ERROR)
            return take_error(x);
        return 1;
    }
}

/* ---- the request and its answer -------------------------------------------------- */

static size_t make_request(const struct pilot_exchange *x, unsigned operation, bool with_options,
                           uint64_t size, uint8_t packet[512])
{
    char *text = (char *)packet + 2;
    int length = snprintf(text, 500, "%s%coctet%c", x->transfer->file, 0, 0);

    if (with_options)
        length += snprintf(text + length, 500 - (size_t)length,
                           "blksize%c%d%cwindowsize%c%d%ctsize%c%llu%c", 0, BLOCK_BYTES, 0, 0,
                           WINDOW, 0, 0, (unsigned long long)size, 0);
    put16(packet, operation);
    return 2 + (size_t)length;
}

/* The value of an option, decimal and nothing else, or -1. */
static int64_t option_value(const char *text)
{
    char *end;
    unsigned long long value;

    if (text[0] < '0' || text[0] > '9')
        return -1;
    errno = 0;
    value = strtoull(text, &end, 10);
    return *end != '\0' || errno != 0 || value > INT64_MAX ? -1 : (int64_t)value;
}

/* Takes over what the OACK in packet grants. */
static int take_options(struct pilot_exchange *x, size_t limit)
{
    const char *at = (const char *)x->packet + 2;
    size_t left = x->length - 2;

    x->block_bytes = BLOCK_BYTES_PLAIN;
    x->window = 1;
    while (left > 0) {
        const char *name = at, *value;
        size_t name_bytes = strnlen(at, left) + 1, value_bytes;
        int64_t number;

        value_bytes = name_bytes < left ? strnlen(at + name_bytes, left - name_bytes) + 1 : 1;
        if (name_bytes + value_bytes > left)
            return pilot_exchange_give_up(x, ERROR_CORRUPT, "the OACK is cut off");
        value = at + name_bytes;
        number = option_value(value);
        if (strcasecmp(name, "blksize") == 0 && number >= 8 && number <= BLOCK_BYTES)
            x->block_bytes = (size_t)number;
        else if (strcasecmp(name, "windowsize") == 0 && number >= 1 && number <= WINDOW)
            x->window = (unsigned)number;
        else if (strcasecmp(name, "tsize") == 0 && number >= 0 && (uint64_t)number > limit)
            return pilot_exchange_give_up(x, ERROR_TOO_LARGE, "%s has %lld bytes, more than %zu",
                                          x->transfer->file, (long long)number, limit);
        else if (strcasecmp(name, "tsize") != 0 || number < 0)
            return pilot_exchange_give_up(x, ERROR_CORRUPT, "the OACK grants %.40s = %.40s", name,
                                          value);
        at += name_bytes + value_bytes;
        left -= name_bytes + value_bytes;
    }
    return 0;
}

/* Asks, until the first answer has come: an OACK, taken over, or what first stands for
 * one without options. limit: see take_options. Returns 1 and the answer in packet. */
static int ask_once(struct pilot_exchange *x, unsigned operation, unsigned first, bool with_options,
                    uint64_t size, size_t limit)
{
    uint8_t request[512];
    size_t length = make_request(x, operation, with_options, size, request);
    int status;

    x->block_bytes = BLOCK_BYTES_PLAIN;
    x->window = 1;
    x->deadline_us = pilot_now_us() + x->transfer->patience_ms * 1000ull;
    pilot_exchange_schedule(x, x->transfer->repeat_ms ? x->transfer->repeat_ms : REPEAT_MS);
    pilot_exchange_send(x, request, length);
    for (;;) {
        unsigned kind;

        status = pilot_exchange_wait(x);
        /* Reads are short, and after a push there is still something to read; but nobody
         * wants to replace what another is just putting there. */
        if (status == ERROR_BUSY &&
            (operation == RRQ || !strstr(x->transfer->reason, " writing "))) {
            x->is_busy = true;
            pilot_exchange_schedule(x, BUSY_MS);
            continue;
        }
        if (status < 0)
            return status;
        if (status == 0) {
            pilot_exchange_send(x, request, length);
            x->has_asked_again = true;
            pilot_exchange_schedule(x, x->transfer->repeat_ms ? x->repeat_ms : x->repeat_ms * 2);
            continue;
        }
        kind = get16(x->packet);
        if (kind == OACK && with_options) {
            status = take_options(x, limit);
            if (status < 0)
                pilot_exchange_send_error(x, CODE_OPTIONS, "not what was asked for");
            return status < 0 ? status : 1;
        }
        /* The first block, or that it may be sent. */
        if (kind == first && get16(x->packet + 2) == (first == DATA ? 1u : 0u))
            return 1;
    }
}

int pilot_exchange_ask(struct pilot_exchange *x, unsigned operation, unsigned first, uint64_t size,
                       size_t limit)
{
    int status;

    x->transfer->reason[0] = '\0';
    x->transfer->sent_us = 0;
    if (strlen(x->transfer->file) > 300)
        return pilot_exchange_give_up(x, ERROR_INVALID, "the name %.40s... is too long",
                                      x->transfer->file);
    x->socket = pilot_board_socket(x->transfer->board);
    status = ask_once(x, operation, first, true, size, limit);
    if (status == ERROR_UNSUPPORTED) {
        /* Another port: what is left of the refusal must not be met again. */
        close(x->socket);
        x->socket = pilot_board_socket(x->transfer->board);
        status = ask_once(x, operation, first, false, size, limit);
    }
    if (status > 0) {
        x->transfer->begun_us = pilot_now_us();
        pilot_exchange_progress(x);
    }
    return status;
}
