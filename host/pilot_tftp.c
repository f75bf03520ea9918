/*
 * pilot_tftp: a TFTP client for one transfer at a time.
 *
 * Each transfer has a socket of its own, connected to the board: a late packet of an
 * earlier one comes to a port that is closed. The board answers from the port it was
 * asked at (net/tftp_server.h), which RFC 1350 does not want but forwarded ports do.
 * Packets that make no sense are passed over, as strays are; what ends a transfer is an
 * ERROR, an OACK that grants what was not asked for, or the deadline: patience_ms without
 * a byte more. A server that knows no options answers with the first block at once and is
 * taken at that; one that refuses them with code 8 is asked again without.
 *
 * RFC 1350, 2347, 2348 (blksize), 2349 (tsize), 7440 (windowsize). Octet only, IPv4 only.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
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
#include "pilot_board.h"

enum { RRQ = 1, WRQ = 2, DATA = 3, ACK = 4, ERROR = 5, OACK = 6 };
enum { CODE_OTHER = 0, CODE_ABSENT = 1, CODE_FULL = 3, CODE_OPTIONS = 8 };

#define HEAD_BYTES        4
#define BLOCK_BYTES       1468 /* asked for: one Ethernet frame */
#define BLOCK_BYTES_PLAIN 512  /* without options */
#define WINDOW            16
#define REPEAT_MS         200
#define REPEAT_MAX_MS     1000

struct exchange {
    struct pilot_transfer *transfer;
    int socket;
    uint64_t deadline_us;  /* of patience */
    uint64_t repeat_at_us; /* when nothing has come by then, we say it again */
    unsigned repeat_ms;
    bool nobody_listens; /* the last we heard was that the port is closed */
    size_t block_bytes;  /* as agreed */
    unsigned window;
    size_t length; /* of packet, as received */
    uint8_t packet[HEAD_BYTES + BLOCK_BYTES + 1];
};

static unsigned get16(const uint8_t *bytes)
{
    return (unsigned)bytes[0] << 8 | bytes[1];
}

static void put16(uint8_t *bytes, unsigned value)
{
    bytes[0] = (uint8_t)(value >> 8);
    bytes[1] = (uint8_t)value;
}

static int __attribute__((format(printf, 3, 4)))
give_up(struct exchange *x, int status, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(x->transfer->reason, sizeof x->transfer->reason, format, arguments);
    va_end(arguments);
    pilot_clean(x->transfer->reason);
    return status;
}

/* What does not go out is lost, as on the wire. */
static void send_packet(struct exchange *x, const void *packet, size_t length)
{
    if (send(x->socket, packet, length, 0) < 0 && errno == ECONNREFUSED)
        x->nobody_listens = true;
}

static void send_short(struct exchange *x, unsigned operation, unsigned number)
{
    uint8_t packet[HEAD_BYTES];

    put16(packet, operation);
    put16(packet + 2, number);
    send_packet(x, packet, sizeof packet);
}

/* Tells the board that we have lost interest, so that it does not wait for us. */
static void send_error(struct exchange *x, unsigned code, const char *text)
{
    uint8_t packet[128] = {0};

    put16(packet, ERROR);
    put16(packet + 2, code);
    snprintf((char *)packet + HEAD_BYTES, sizeof packet - HEAD_BYTES, "%s", text);
    send_packet(x, packet, HEAD_BYTES + strlen(text) + 1);
}

static void schedule_repeat(struct exchange *x, unsigned milliseconds)
{
    x->repeat_ms = milliseconds < REPEAT_MAX_MS ? milliseconds : REPEAT_MAX_MS;
    x->repeat_at_us = pilot_now_us() + x->repeat_ms * 1000ull;
}

/* Something new has come: patience begins again. */
static void note_progress(struct exchange *x)
{
    x->deadline_us = pilot_now_us() + x->transfer->patience_ms * 1000ull;
    schedule_repeat(x, REPEAT_MS);
}

/* The ERROR in packet, as our error and its sentence. */
static int take_error(struct exchange *x)
{
    unsigned code = get16(x->packet + 2);
    const char *text = (const char *)x->packet + HEAD_BYTES;
    int length = (int)strnlen(text, x->length - HEAD_BYTES);
    int status = code == CODE_ABSENT    ? ERROR_ABSENT
                 : code == CODE_OPTIONS ? ERROR_UNSUPPORTED
                                        : ERROR_REFUSED;

    if (length == 0)
        return give_up(x, status, "TFTP error %u, without a word", code);
    return give_up(x, status, "%.*s", length, text);
}

static int fall_silent(struct exchange *x)
{
    if (x->nobody_listens)
        return give_up(x, ERROR_TIMEOUT, "nothing listens on UDP port %u of %s",
                       ntohs(x->transfer->board->address.sin_port), x->transfer->board->name);
    return give_up(x, ERROR_TIMEOUT, "%s is silent for %u ms", x->transfer->board->name,
                   x->transfer->patience_ms);
}

/* Waits for a datagram that could be TFTP. Returns 1: there is one; 0: it is time to
 * repeat; or an error: patience is at its end, or the board sent one. */
static int wait_for_packet(struct exchange *x)
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
        x->nobody_listens = false;
        x->length = (size_t)length;
        if (x->length < HEAD_BYTES && get16(x->packet) != OACK)
            continue;
        if (get16(x->packet) == ERROR)
            return take_error(x);
        return 1;
    }
}

/* ---- the request and its answer -------------------------------------------------- */

static size_t make_request(const struct exchange *x, unsigned operation, bool with_options,
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
static int take_options(struct exchange *x, size_t limit)
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
            return give_up(x, ERROR_CORRUPT, "the OACK is cut off");
        value = at + name_bytes;
        number = option_value(value);
        if (strcasecmp(name, "blksize") == 0 && number >= 8 && number <= BLOCK_BYTES)
            x->block_bytes = (size_t)number;
        else if (strcasecmp(name, "windowsize") == 0 && number >= 1 && number <= WINDOW)
            x->window = (unsigned)number;
        else if (strcasecmp(name, "tsize") == 0 && number >= 0 && (uint64_t)number > limit)
            return give_up(x, ERROR_TOO_LARGE, "%s has %lld bytes, more than %zu",
                           x->transfer->file, (long long)number, limit);
        else if (strcasecmp(name, "tsize") != 0 || number < 0)
            return give_up(x, ERROR_CORRUPT, "the OACK grants %.40s = %.40s", name, value);
        at += name_bytes + value_bytes;
        left -= name_bytes + value_bytes;
    }
    return 0;
}

/* Asks, until the first answer has come: an OACK, taken over, or what first stands for
 * one without options. limit: see take_options. Returns 1 and the answer in packet. */
static int ask_once(struct exchange *x, unsigned operation, unsigned first, bool with_options,
                    uint64_t size, size_t limit)
{
    uint8_t request[512];
    size_t length = make_request(x, operation, with_options, size, request);
    int status;

    x->block_bytes = BLOCK_BYTES_PLAIN;
    x->window = 1;
    x->deadline_us = pilot_now_us() + x->transfer->patience_ms * 1000ull;
    schedule_repeat(x, x->transfer->repeat_ms ? x->transfer->repeat_ms : REPEAT_MS);
    send_packet(x, request, length);
    for (;;) {
        unsigned kind;

        status = wait_for_packet(x);
        if (status < 0)
            return status;
        if (status == 0) {
            send_packet(x, request, length);
            schedule_repeat(x, x->transfer->repeat_ms ? x->repeat_ms : x->repeat_ms * 2);
            continue;
        }
        kind = get16(x->packet);
        if (kind == OACK && with_options) {
            status = take_options(x, limit);
            if (status < 0)
                send_error(x, CODE_OPTIONS, "not what was asked for");
            return status < 0 ? status : 1;
        }
        /* The first block, or that it may be sent. */
        if (kind == first && get16(x->packet + 2) == (first == DATA ? 1u : 0u))
            return 1;
    }
}

static int ask(struct exchange *x, unsigned operation, unsigned first, uint64_t size, size_t limit)
{
    int status;

    x->transfer->reason[0] = '\0';
    x->transfer->sent_us = 0;
    if (strlen(x->transfer->file) > 300)
        return give_up(x, ERROR_INVALID, "the name %.40s... is too long", x->transfer->file);
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
        note_progress(x);
    }
    return status;
}

static int finish(struct exchange *x, int status)
{
    if (x->socket >= 0)
        close(x->socket);
    x->transfer->ended_us = pilot_now_us();
    return status;
}

/* How far number (16 bits of a block's number) is from the block meant, either way. */
static int distance(unsigned number, uint64_t block)
{
    return (int16_t)(uint16_t)(number - (uint16_t)block);
}

/* ---- reading --------------------------------------------------------------------- */

struct reader {
    uint64_t next;      /* block expected */
    unsigned in_window; /* blocks since the last ACK */
    bool gap_told;      /* since next was last expected anew */
    size_t capacity;
};

static void acknowledge(struct exchange *x, struct reader *reader)
{
    send_short(x, ACK, (unsigned)((reader->next - 1) & 0xffff));
    reader->in_window = 0;
}

static int append(struct exchange *x, struct reader *reader, size_t limit, struct pilot_file *file)
{
    size_t length = x->length - HEAD_BYTES;

    if (length > limit - file->length) {
        send_error(x, CODE_FULL, "more than was expected");
        return give_up(x, ERROR_TOO_LARGE, "%s sends more than %zu bytes of %s",
                       x->transfer->board->name, limit, x->transfer->file);
    }
    if (file->length + length > reader->capacity) {
        reader->capacity = 2 * reader->capacity + 16384;
        file->bytes = realloc(file->bytes, reader->capacity);
        if (!file->bytes)
            fail("out of memory for the %zu bytes of %s", reader->capacity, x->transfer->file);
    }
    if (length > 0)
        memcpy(file->bytes + file->length, x->packet + HEAD_BYTES, length);
    file->length += length;
    return 0;
}

/* Takes the packet. Returns 1 when it was the last of the file, 0 if not, or an error. */
static int take_block(struct exchange *x, struct reader *reader, size_t limit,
                      struct pilot_file *file)
{
    size_t length = x->length - HEAD_BYTES;
    int ahead, status;

    if (get16(x->packet) == OACK && reader->next == 1)
        acknowledge(x, reader); /* our ACK of it was lost */
    if (get16(x->packet) != DATA || length > x->block_bytes)
        return 0;
    ahead = distance(get16(x->packet + 2), reader->next);
    if (ahead == -1 && reader->next > 1) {
        acknowledge(x, reader); /* as above */
        return 0;
    }
    if (ahead > 0 && ahead < WINDOW && !reader->gap_told) {
        acknowledge(x, reader);
        reader->gap_told = true;
    }
    if (ahead != 0)
        return 0;
    status = append(x, reader, limit, file);
    if (status < 0)
        return status;
    note_progress(x);
    reader->next++;
    reader->in_window++;
    reader->gap_told = false;
    if (reader->in_window >= x->window || length < x->block_bytes)
        acknowledge(x, reader);
    return length < x->block_bytes;
}

int pilot_tftp_read(struct pilot_transfer *transfer, size_t limit, struct pilot_file *file)
{
    struct exchange x = {.transfer = transfer, .socket = -1};
    struct reader reader = {.next = 1};
    int status = ask(&x, RRQ, DATA, 0, limit);

    *file = (struct pilot_file){0};
    if (status < 0)
        return finish(&x, status);
    if (get16(x.packet) == OACK)
        acknowledge(&x, &reader);
    else
        status = take_block(&x, &reader, limit, file) == 1 ? 2 : 1;
    while (status == 0 || status == 1) {
        status = wait_for_packet(&x);
        if (status == 0) {
            acknowledge(&x, &reader);
            schedule_repeat(&x, x.repeat_ms * 2);
        } else if (status == 1) {
            status = take_block(&x, &reader, limit, file);
            status = status == 1 ? 2 : status;
        }
    }
    if (status < 0) {
        free(file->bytes);
        *file = (struct pilot_file){0};
    }
    return finish(&x, status < 0 ? status : 0);
}

/* ---- writing --------------------------------------------------------------------- */

struct writer {
    const uint8_t *bytes;
    size_t length;
    uint64_t blocks;       /* in all; the last is short, and may be empty */
    uint64_t acknowledged; /* of them */
    uint64_t sent;         /* of them, since the last time we began again */
    bool has_begun_again;  /* for what is acknowledged: a second request to do so is an echo */
};

static void send_window(struct exchange *x, struct writer *writer)
{
    while (writer->sent < writer->blocks && writer->sent < writer->acknowledged + x->window) {
        size_t offset = (size_t)writer->sent * x->block_bytes;
        size_t length = writer->length - offset;
        uint8_t packet[HEAD_BYTES + BLOCK_BYTES];

        if (length > x->block_bytes)
            length = x->block_bytes;
        writer->sent++;
        put16(packet, DATA);
        put16(packet + 2, (unsigned)(writer->sent & 0xffff));
        memcpy(packet + HEAD_BYTES, writer->bytes + offset, length);
        send_packet(x, packet, HEAD_BYTES + length);
    }
    if (writer->sent == writer->blocks && x->transfer->sent_us == 0)
        x->transfer->sent_us = pilot_now_us();
}

/* Takes an ACK; an OACK that comes again is one of block 0. */
static void take_acknowledgement(struct exchange *x, struct writer *writer)
{
    unsigned kind = get16(x->packet);
    int ahead;

    if (kind != ACK && kind != OACK)
        return;
    ahead = distance(kind == ACK ? get16(x->packet + 2) : 0, writer->acknowledged);
    if (ahead > 0 && writer->acknowledged + (unsigned)ahead <= writer->sent) {
        /* Less than all that was sent: the board missed what comes then. */
        writer->acknowledged += (unsigned)ahead;
        writer->sent = writer->acknowledged;
        writer->has_begun_again = false;
        note_progress(x);
    } else if (ahead == 0 && x->window > 1 && !writer->has_begun_again) {
        /* The first block of the window was lost. With a window of one, an ACK that comes
         * twice must not be answered twice (RFC 1123, 4.2.3.1). */
        writer->sent = writer->acknowledged;
        writer->has_begun_again = true;
    }
}

int pilot_tftp_write(struct pilot_transfer *transfer, const void *bytes, size_t length)
{
    struct exchange x = {.transfer = transfer, .socket = -1};
    struct writer writer = {.bytes = bytes, .length = length};
    int status = ask(&x, WRQ, ACK, length, SIZE_MAX);

    if (status < 0)
        return finish(&x, status);
    writer.blocks = length / x.block_bytes + 1;
    while (writer.acknowledged < writer.blocks) {
        send_window(&x, &writer);
        status = wait_for_packet(&x);
        if (status < 0)
            return finish(&x, status);
        if (status > 0) {
            take_acknowledgement(&x, &writer);
        } else {
            writer.sent = writer.acknowledged;
            writer.has_begun_again = false;
            schedule_repeat(&x, x.repeat_ms * 2);
        }
    }
    return finish(&x, 0);
}
