/*
 * pilot_selftest: what the two files of pilot selftest share.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef PILOT_SELFTEST_H
#define PILOT_SELFTEST_H

#include "pilot_board.h"
#include "self_test_report.h"

struct pilot_selftest {
    struct pilot_board board;
    char path[PATH_MAX]; /* of the test's program */
    struct pilot_file file;
    unsigned timeout_s; /* for each part */
    bool resets;
    const char *corrupt; /* a check, or "-" */
    uint64_t nonce;      /* the board makes its patterns of it; a reset does not forget it here */
    int socket;
    uint16_t port; /* of the socket: the test is told it by the name it is pushed under */
    struct sockaddr_in caller; /* the test, as its datagrams come; port 0: none has */
};

/* Opens the socket. Fails. */
void pilot_selftest_open(struct pilot_selftest *test);

/* Is the other end of a part: sends probes back, tells the time, until the test says that it is
 * done. Fails when it is not in time, or when the service of that boot_id has gone. */
void pilot_selftest_serve(struct pilot_selftest *test, unsigned part, uint64_t boot_id);

/* Sends the test a word. */
void pilot_selftest_say(const struct pilot_selftest *test, const char *word);

/* Adds a line about what was seen from here. */
void pilot_selftest_verdict(enum self_test_verdict verdict, const char *name, const char *format,
                            ...) __attribute__((format(printf, 3, 4)));

#endif
