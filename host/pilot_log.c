/*
 * pilot log: the log of loader and service, what the board has kept of it and then live.
 *
 * A read of "live" asks for each further line as a datagram, for ten seconds; it is said
 * again every three. First that, then the read of the ring, so that nothing falls between
 * them; what came both ways is shown once. Datagrams may be lost, and each program
 * numbers its own: after a gap, and when another service runs, the ring is read again
 * and the rest of it shown. So the ring is the truth, and the datagrams are quick.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "error.h"
#include "pilot_board.h"
#include "pilot_syslog.h"

#define RING_BYTES_MAX (16u << 20)
#define FIRST_MS       3000 /* patience with a board that we have not heard of yet */
#define AGAIN_MS       1000 /* with one that we have */
#define RENEW_MS       3000
#define SILENT_MS      500  /* until a subscription that is not answered is asked for again */
#define ABSENT_MS      3000 /* until that is worth a word */
/* Of the lines that the first read shows, how many may also come live. */
#define UNTOLD_MAX 64

enum { TFTP_DATA = 3, TFTP_ERROR = 5 };

static struct {
    struct pilot_board board;
    int live;             /* socket */
    uint64_t renew_us;    /* when to subscribe again */
    uint64_t answered_us; /* when a request was answered last */
    bool is_subscribed;   /* the last request was answered */
    bool is_known_silent; /* the user knows that the board is */
    bool is_ring_due;     /* it could not be read when it had to be */
    bool is_unsure;       /* lines have come live since the ring was read */
    uint32_t expected;    /* sequence number; 0: any, and the ring is to be read first */
    uint64_t boot_id;     /* of who runs; 0: not known */
    struct pilot_log_shown shown;
    struct pilot_log_line *ring; /* as last read */
    size_t ring_count;
    size_t ring_next; /* of its lines, the first that no datagram has told yet */
} reading;

static void show(const struct pilot_log_line *line)
{
    if (line->centiseconds >= 0)
        printf("[%4lld.%02lld    ] %s\n", (long long)line->centiseconds / 100,
               (long long)line->centiseconds % 100, line->text);
    else
        printf("%s\n", line->text);
    pilot_log_shown_add(&reading.shown, line);
}

/* Shows a line of the ring, as it stands there: its time is finer than what we keep. */
static void show_bytes(const char *bytes, size_t length, const struct pilot_log_line *line)
{
    for (size_t i = 0; i < length && bytes[i] != '\r'; i++)
        putchar(bytes[i] >= ' ' && bytes[i] <= '~' ? bytes[i] : '.');
    putchar('\n');
    pilot_log_shown_add(&reading.shown, line);
}

static void flush(void)
{
    if (fflush(stdout) != 0)
        fail("cannot write the log: %s", strerror(errno));
}

/* The lines of the ring; starts[i] is where line i begins in the text. */
static void take_ring(const struct pilot_file *file, size_t **starts)
{
    const char *text = (const char *)file->bytes;
    size_t count = 0, at = 0;

    for (size_t i = 0; i < file->length; i++)
        count += text[i] == '\n';
    free(reading.ring);
    reading.ring = calloc(count + 1, sizeof *reading.ring);
    *starts = calloc(count + 2, sizeof **starts);
    if (!reading.ring || !*starts)
        fail("out of memory for a log of %zu bytes", file->length);
    reading.ring_count = 0;
    while (at < file->length) {
        const char *end = memchr(text + at, '\n', file->length - at);
        size_t length = end ? (size_t)(end - text) - at : file->length - at;

        (*starts)[reading.ring_count] = at;
        pilot_log_line_of_ring(text + at, length, &reading.ring[reading.ring_count++]);
        at += length + 1;
    }
    (*starts)[reading.ring_count] = at;
}

/* Reads the ring and shows what has not been shown. Returns 0 or the error, with a
 * sentence. */
static int read_ring(unsigned patience_ms, char *reason)
{
    struct pilot_transfer transfer = {
        .board = &reading.board, .file = "log", .patience_ms = patience_ms};
    struct pilot_file file;
    bool is_first = reading.shown.count == 0;
    size_t untold = reading.ring_count - reading.ring_next;
    size_t *starts, first;
    int status = pilot_tftp_read(&transfer, RING_BYTES_MAX, &file);

    if (status < 0) {
        snprintf(reason, PILOT_REASON_BYTES, "%s", transfer.reason);
        return status;
    }
    take_ring(&file, &starts);
    first = pilot_log_shown_in(&reading.shown, reading.ring, reading.ring_count);
    if (first == 0 && reading.shown.count > 0)
        fprintf(stderr, "pilot: lines may be missing here\n");
    for (size_t i = first; i < reading.ring_count; i++)
        show_bytes((const char *)file.bytes + starts[i], starts[i + 1] - 1 - starts[i],
                   &reading.ring[i]);
    /* Those shown before, but not told by a datagram yet, still wait for theirs. */
    if (untold > first)
        untold = first;
    reading.ring_next = first - untold;
    if (is_first && reading.ring_count > UNTOLD_MAX)
        reading.ring_next = reading.ring_count - UNTOLD_MAX;
    reading.is_unsure = false;
    free(starts);
    free(file.bytes);
    flush();
    return 0;
}

/* ---- live ------------------------------------------------------------------------ */

static void subscribe(void)
{
    static const char request[] = "\0\1live\0octet";
    ssize_t sent = send(reading.live, request, sizeof request, 0);

    /* What is lost is asked for again. */
    (void)sent;
    reading.is_subscribed = false;
    reading.renew_us = pilot_now_us() + SILENT_MS * 1000;
}

/* The answer to a subscription: an empty first block, to be acknowledged. */
static void take_answer(const uint8_t *packet, size_t length)
{
    static const char acknowledgement[] = {0, 4, 0, 1};
    ssize_t sent;

    if (length == 4 && packet[1] == TFTP_DATA && packet[2] == 0 && packet[3] == 1) {
        sent = send(reading.live, acknowledgement, sizeof acknowledgement, 0);
        (void)sent;
        reading.is_subscribed = true;
        reading.answered_us = pilot_now_us();
        reading.renew_us = pilot_now_us() + RENEW_MS * 1000;
    } else if (length > 4 && packet[1] == TFTP_ERROR && packet[3] == 1) {
        fail("%s has no live log", reading.board.name);
    }
}

/* True when the ring told this line already; the lines come in its order. */
static bool is_in_ring(const struct pilot_log_line *line)
{
    for (size_t i = reading.ring_next; i < reading.ring_count; i++) {
        if (pilot_log_lines_equal(&reading.ring[i], line)) {
            reading.ring_next = i + 1;
            return true;
        }
    }
    return false;
}

static void take_line(const struct pilot_log_line *line)
{
    char reason[PILOT_REASON_BYTES];
    bool has_gap = reading.expected == 0 || line->sequence != reading.expected;

    reading.expected = line->sequence + 1;
    reading.is_unsure = true;
    if (has_gap || reading.is_ring_due) {
        int status = read_ring(AGAIN_MS, reason);

        /* The line is in the ring, with those before it: shown now, it would come before
         * them. But these may be the last words of a board that is gone. */
        reading.is_ring_due = status < 0 && status != ERROR_TIMEOUT;
        if (reading.is_ring_due)
            return;
        if (status < 0)
            fprintf(stderr, "pilot: lines may be missing here\n");
    }
    if (is_in_ring(line))
        return;
    /* Younger than all we have read; none of those will be told any more. */
    reading.ring_next = reading.ring_count;
    show(line);
}

static void take_datagrams(void)
{
    char bytes[2048];
    struct pilot_log_line line;
    ssize_t length;

    while ((length = recv(reading.live, bytes, sizeof bytes, 0)) >= 0 || errno == ECONNREFUSED) {
        if (length >= 4 && bytes[0] == 0)
            take_answer((const uint8_t *)bytes, (size_t)length);
        else if (length > 0 && pilot_log_line_of_datagram(bytes, (size_t)length, &line))
            take_line(&line);
    }
}

/* What datagrams cannot tell: that another program runs, whose first lines came when we
 * were not subscribed to it, and that the last of them was lost. */
static void make_sure(void)
{
    char reason[PILOT_REASON_BYTES];
    struct pilot_status status;

    if (pilot_status_read(&reading.board, AGAIN_MS, 0, &status, reason) < 0 ||
        (reading.boot_id == status.boot_id && !reading.is_unsure))
        return;
    if (read_ring(AGAIN_MS, reason) < 0)
        return;
    /* The subscription to another program follows this: what is said in between would be told
     * by nobody, so the ring is read once more next time. */
    reading.is_unsure = reading.boot_id != status.boot_id;
    reading.boot_id = status.boot_id;
    reading.is_ring_due = false;
}

/* What is due: to subscribe, or to say that nobody answers. */
static void renew(void)
{
    if (pilot_now_us() < reading.renew_us)
        return;
    if (reading.is_subscribed) {
        if (reading.is_known_silent)
            fprintf(stderr, "pilot: %s answers again\n", reading.board.name);
        reading.is_known_silent = false;
        make_sure();
    } else if (!reading.is_known_silent &&
               pilot_now_us() - reading.answered_us > (RENEW_MS + ABSENT_MS) * 1000ull) {
        fprintf(stderr, "pilot: %s does not answer; waiting\n", reading.board.name);
        reading.is_known_silent = true;
    }
    subscribe();
}

static _Noreturn void follow(void)
{
    for (;;) {
        struct pollfd source = {.fd = reading.live, .events = POLLIN};
        uint64_t now_us = pilot_now_us();
        int wait_ms = now_us < reading.renew_us ? (int)((reading.renew_us - now_us) / 1000) + 1 : 0;

        if (poll(&source, 1, wait_ms) < 0 && errno != EINTR)
            fail("cannot wait for the log: %s", strerror(errno));
        take_datagrams();
        flush();
        renew();
    }
}

/* Subscribes before the ring is read, and waits until that has been answered. */
static void subscribe_first(void)
{
    uint64_t end_us = pilot_now_us() + FIRST_MS * 1000;

    reading.live = pilot_board_socket(&reading.board);
    subscribe();
    while (!reading.is_subscribed) {
        struct pollfd source = {.fd = reading.live, .events = POLLIN};
        uint8_t packet[2048];
        ssize_t length;

        if (pilot_now_us() > end_us)
            fail("no log of %s: it does not answer", reading.board.name);
        if (poll(&source, 1, 100) <= 0 || reading.renew_us < pilot_now_us())
            subscribe();
        /* Lines that come already are in the ring, or make a gap. */
        length = recv(reading.live, packet, sizeof packet, 0);
        if (length >= 4 && packet[0] == 0)
            take_answer(packet, (size_t)length);
    }
}

int pilot_log(int argc, char **argv)
{
    char reason[PILOT_REASON_BYTES];
    struct pilot_status status;
    const char *where = NULL;
    bool follows = true;

    for (int i = 0; i < argc; i++) {
        if (strcmp(argv[i], "--no-follow") == 0 || strcmp(argv[i], "-n") == 0)
            follows = false;
        else if (argv[i][0] == '-')
            fail("log has no option %s; pilot help lists them", argv[i]);
        else if (where)
            fail("log takes one board, not %s and %s", where, argv[i]);
        else
            where = argv[i];
    }
    pilot_board_find(where, &reading.board);
    if (follows) {
        subscribe_first();
        if (pilot_status_read(&reading.board, AGAIN_MS, 0, &status, reason) == 0)
            reading.boot_id = status.boot_id;
    }
    if (read_ring(FIRST_MS, reason) < 0)
        fail("no log of %s: %s", reading.board.name, reason);
    if (!follows)
        return 0;
    follow();
}
