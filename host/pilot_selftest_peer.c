/*
 * pilot_selftest_peer: what the test of a board wants at the other end of the wire.
 *
 * payloads/self_test/peer.c has the words. The test calls us; a firewall here that knows only
 * answers is opened by a word from our side, sent to the port it calls from, when the board is
 * not behind a forwarded port.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "error.h"
#include "pilot_selftest.h"
#include "self_test_peer.h"

#define DATAGRAM  2048
#define BUFFER    (1 << 20)
#define LOOK_MS   1000 /* silence after which the board is asked who runs there */
#define ANSWER_MS 2000
#define CALL_S    10 /* it calls within so long, or gives up */

/* So often without an answer, and it is gone: a check may keep it busy. */
#define GONE (SELFTEST_CHECK_MS / (LOOK_MS + ANSWER_MS) + 2)

void pilot_selftest_open(struct pilot_selftest *test)
{
    struct sockaddr_in ours = {.sin_family = AF_INET};
    socklen_t length = sizeof ours;
    int bytes = BUFFER;

    test->socket = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (test->socket < 0 || bind(test->socket, (const struct sockaddr *)&ours, sizeof ours) != 0 ||
        getsockname(test->socket, (struct sockaddr *)&ours, &length) != 0)
        fail("cannot open a UDP port: %s", strerror(errno));
    setsockopt(test->socket, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
    test->port = ntohs(ours.sin_port);
}

/* What cannot be sent is lost, as on the wire. */
static void answer(const struct pilot_selftest *test, const void *bytes, size_t length)
{
    ssize_t sent = sendto(test->socket, bytes, length, 0, (const struct sockaddr *)&test->caller,
                          sizeof test->caller);

    (void)sent;
}

void pilot_selftest_say(const struct pilot_selftest *test, const char *word)
{
    if (test->caller.sin_port != 0)
        answer(test, word, strlen(word));
}

void pilot_selftest_mark(const struct pilot_selftest *test, char mark[32])
{
    snprintf(mark, 32, "reset %" PRIx64, test->nonce);
}

static void open_firewall(struct pilot_selftest *test)
{
    if (test->board.address.sin_port != htons(PILOT_BOARD_PORT))
        return;
    test->caller = test->board.address;
    test->caller.sin_port = htons(SELFTEST_PORT);
    pilot_selftest_say(test, "here");
}

/* Takes one datagram. Returns true when the test says that it is done. */
static bool take(struct pilot_selftest *test, unsigned part, const char *bytes, size_t length)
{
    char text[96];
    unsigned number;

    if (length >= strlen(SELFTEST_PROBE_MAGIC) &&
        memcmp(bytes, SELFTEST_PROBE_MAGIC, strlen(SELFTEST_PROBE_MAGIC)) == 0) {
        answer(test, bytes, length);
    } else if (strcmp(bytes, "hello") == 0) {
        snprintf(text, sizeof text, "begin %u %" PRIx64 " %s", part, test->nonce, test->corrupt);
        answer(test, text, strlen(text));
    } else if (sscanf(bytes, "clock %u", &number) == 1) {
        snprintf(text, sizeof text, "clock %u %" PRIu64, number, pilot_now_us());
        answer(test, text, strlen(text));
    }
    return strcmp(bytes, "done") == 0;
}

/* Takes what there is of the board's address. From which port it comes is not known before: it may
 * be forwarded. */
static bool take_all(struct pilot_selftest *test, unsigned part)
{
    char bytes[DATAGRAM + 1];
    struct sockaddr_in from;
    socklen_t size = sizeof from;
    ssize_t length;
    bool is_done = false;

    while ((length = recvfrom(test->socket, bytes, DATAGRAM, 0, (struct sockaddr *)&from, &size)) >=
               0 ||
           errno == ECONNREFUSED) {
        if (length < 0)
            continue;
        if (from.sin_addr.s_addr != test->board.address.sin_addr.s_addr)
            continue;
        bytes[length] = '\0';
        test->caller = from;
        test->has_called = true;
        is_done |= take(test, part, bytes, (size_t)length);
    }
    return is_done;
}

/* Nothing has come for a while. Fails when what runs is not the test any more. */
static void look(const struct pilot_selftest *test, unsigned part, uint64_t boot_id,
                 unsigned *silent)
{
    char reason[PILOT_REASON_BYTES];
    struct pilot_status status;

    if (pilot_status_read(&test->board, ANSWER_MS, 0, &status, reason) < 0) {
        if (++*silent == GONE)
            fail("%s does not answer any more in part %u: %s", test->board.name, part, reason);
        return;
    }
    *silent = 0;
    if (status.boot_id != boot_id)
        fail("the test has ended in the middle of part %u: %s", part,
             status.crash[0]      ? status.crash
             : status.last_end[0] ? status.last_end
                                  : "pilot log may say why");
}

void pilot_selftest_serve(struct pilot_selftest *test, unsigned part, uint64_t boot_id)
{
    uint64_t begun_us = pilot_now_us(), end_us = begun_us + test->timeout_s * 1000000ull;
    struct pollfd source = {.fd = test->socket, .events = POLLIN};
    unsigned silent = 0;

    test->has_called = false;
    open_firewall(test);
    for (;;) {
        int ready = poll(&source, 1, LOOK_MS);

        if (ready > 0 && take_all(test, part))
            return;
        if (ready == 0)
            look(test, part, boot_id, &silent);
        if (!test->has_called && pilot_now_us() - begun_us > CALL_S * 1000000ull)
            fail("the test runs on %s, but nothing of it has come in %d s: it calls UDP port %u "
                 "here, "
                 "from its port %d; does a firewall stop that?",
                 test->board.name, CALL_S, test->port, SELFTEST_PORT);
        if (pilot_now_us() > end_us)
            fail("part %u of the test of %s is not done within %u s (--timeout); pilot log shows "
                 "how far it came",
                 part, test->board.name, test->timeout_s);
    }
}
