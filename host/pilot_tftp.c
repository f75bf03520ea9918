/*
 * pilot_tftp: a TFTP client: reading a file, and writing one, in windows of blocks.
 *
 * The receiver acknowledges the last block of a window, or says how far it is when it sees
 * a gap; the sender goes on from there. What comes twice or from elsewhere is passed over.
 *
 * RFC 1350, 7440 (windowsize). Lacks: netascii.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "error.h"
#include "pilot_exchange.h"

static int finish(struct pilot_exchange *x, int status)
{
    /* A request said twice may have begun a second transfer when the first was over, and what we
     * give up may go on over there: the board is not to wait for us. */
    if (x->socket >= 0 && (x->has_asked_again || status == ERROR_TIMEOUT))
        pilot_exchange_send_error(x, CODE_OTHER, "nothing more is wanted");
    if (x->socket >= 0)
        close(x->socket);
    x->transfer->ended_us = pilot_now_us();
    return status == ERROR_BUSY ? ERROR_REFUSED : status;
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

static void acknowledge(struct pilot_exchange *x, struct reader *reader)
{
    pilot_exchange_send_short(x, ACK, (unsigned)((reader->next - 1) & 0xffff));
    reader->in_window = 0;
}

static int append(struct pilot_exchange *x, struct reader *reader, size_t limit,
                  struct pilot_file *file)
{
    size_t length = x->length - HEAD_BYTES;

    if (length > limit - file->length) {
        pilot_exchange_send_error(x, CODE_FULL, "more than was expected");
        return pilot_exchange_give_up(x, ERROR_TOO_LARGE, "%s sends more than %zu bytes of %s",
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
static int take_block(struct pilot_exchange *x, struct reader *reader, size_t limit,
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
    pilot_exchange_progress(x);
    reader->next++;
    reader->in_window++;
    reader->gap_told = false;
    if (reader->in_window >= x->window || length < x->block_bytes)
        acknowledge(x, reader);
    return length < x->block_bytes;
}

int pilot_tftp_read(struct pilot_transfer *transfer, size_t limit, struct pilot_file *file)
{
    struct pilot_exchange x = {.transfer = transfer, .socket = -1};
    struct reader reader = {.next = 1};
    int status = pilot_exchange_ask(&x, RRQ, DATA, 0, limit);

    *file = (struct pilot_file){0};
    if (status < 0)
        return finish(&x, status);
    if (get16(x.packet) == OACK)
        acknowledge(&x, &reader);
    else
        status = take_block(&x, &reader, limit, file) == 1 ? 2 : 1;
    while (status == 0 || status == 1) {
        status = pilot_exchange_wait(&x);
        if (status == 0) {
            acknowledge(&x, &reader);
            pilot_exchange_schedule(&x, x.repeat_ms * 2);
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

static void send_window(struct pilot_exchange *x, struct writer *writer)
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
        pilot_exchange_send(x, packet, HEAD_BYTES + length);
    }
    if (writer->sent == writer->blocks && x->transfer->sent_us == 0)
        x->transfer->sent_us = pilot_now_us();
}

/* Takes an ACK; an OACK that comes again is one of block 0. */
static void take_acknowledgement(struct pilot_exchange *x, struct writer *writer)
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
        pilot_exchange_progress(x);
    } else if (ahead == 0 && x->window > 1 && !writer->has_begun_again) {
        /* The first block of the window was lost. With a window of one, an ACK that comes
         * twice must not be answered twice (RFC 1123, 4.2.3.1). */
        writer->sent = writer->acknowledged;
        writer->has_begun_again = true;
    }
}

int pilot_tftp_write(struct pilot_transfer *transfer, const void *bytes, size_t length)
{
    struct pilot_exchange x = {.transfer = transfer, .socket = -1};
    struct writer writer = {.bytes = bytes, .length = length};
    int status = pilot_exchange_ask(&x, WRQ, ACK, length, SIZE_MAX);

    if (status < 0)
        return finish(&x, status);
    writer.blocks = length / x.block_bytes + 1;
    while (writer.acknowledged < writer.blocks) {
        send_window(&x, &writer);
        status = pilot_exchange_wait(&x);
        if (status < 0)
            return finish(&x, status);
        if (status > 0) {
            take_acknowledgement(&x, &writer);
        } else {
            writer.sent = writer.acknowledged;
            writer.has_begun_again = false;
            pilot_exchange_schedule(&x, x.repeat_ms * 2);
        }
    }
    return finish(&x, 0);
}
