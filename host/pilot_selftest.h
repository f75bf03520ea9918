/*
 * pilot_selftest: what the three files of pilot selftest share.
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
    struct sockaddr_in caller; /* the test, as its datagrams come; port 0: not known */
    bool has_called;           /* one has come in this part */
};

/* Opens the socket. Fails. */
void pilot_selftest_open(struct pilot_selftest *test);

/* Is the other end of a part: sends probes back, tells the time, until the test says that it is
 * done. Fails when it is not in time, or when the service of that boot_id has gone. */
void pilot_selftest_serve(struct pilot_selftest *test, unsigned part, uint64_t boot_id);

/* Sends the test a word. */
void pilot_selftest_say(const struct pilot_selftest *test, const char *word);

/* What the test logs last before the reset: of this run and no other. */
void pilot_selftest_mark(const struct pilot_selftest *test, char mark[32]);

/* What a log tells of the last start of the loader in it. Times are 0: it does not tell. */
struct pilot_selftest_boot {
    bool has_begun;          /* the start is in it */
    bool mark_came, is_kept; /* the mark has come; it came before the start */
    uint64_t adapter_us, link_us, address_us;
};
void pilot_selftest_read_boot(const char *log, size_t length, const char *mark,
                              struct pilot_selftest_boot *boot);

/* Fetches the log after the reset and adds the lines about it. Fails. */
void pilot_selftest_judge_boot(const struct pilot_selftest *test);

/* Adds a line about what was seen from here. */
void pilot_selftest_verdict(enum self_test_verdict verdict, const char *name, const char *format,
                            ...) __attribute__((format(printf, 3, 4)));

#endif
