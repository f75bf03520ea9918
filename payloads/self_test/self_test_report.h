/*
 * self_test_report: what the checks found, as lines of text.
 *
 *     self-test 1.0.0, part 1 of 2, on Raspberry Pi 3 Model B
 *     timers = pass: the generic timer is 1 ppm fast against the system timer, over 500 ms
 *     sd-hosts = not applicable: no card answers
 *     end = 1 passed, 0 failed, 1 not applicable
 *
 * Who reads it counts the lines: without the last one, or with another number of lines than
 * that says, it is not whole. The same code reads it in `pilot selftest`.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef SELFTEST_REPORT_H
#define SELFTEST_REPORT_H

#include <stdbool.h>
#include <stddef.h>

#define SELFTEST_FILE         "self-test" /* on the board's TFTP server */
#define SELFTEST_REPORT_BYTES 8192
#define SELFTEST_LINE_BYTES   400 /* a line is cut there */

enum self_test_verdict { SELFTEST_PASS, SELFTEST_FAIL, SELFTEST_NOT_APPLICABLE };
#define SELFTEST_VERDICTS 3

struct self_test_report {
    char text[SELFTEST_REPORT_BYTES];
    size_t length;
    unsigned counts[SELFTEST_VERDICTS];
};

void self_test_report_begin(struct self_test_report *report, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Adds a check's line; one for which there is no room is counted all the same. Returns it,
 * terminated, without its line feed and cut to fit, until the next call. */
const char *self_test_report_add(struct self_test_report *report, enum self_test_verdict verdict,
                                 const char *name, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* Adds the last line. */
void self_test_report_end(struct self_test_report *report);

/* ---- reading --------------------------------------------------------------------- */

struct self_test_line {
    enum self_test_verdict verdict;
    const char *name, *text; /* they point into the report, and are not terminated */
    size_t name_length, text_length;
};

/* Takes the next line of a check out of [*at, end) and moves *at behind it; lines of other kinds
 * are passed over. Returns false when there is none. */
bool self_test_report_next(const char **at, const char *end, struct self_test_line *line);

/* True if the report is whole: it ends with a line that counts what stands before it. */
bool self_test_report_is_whole(const char *text, size_t length);

/* "pass", "fail", "not applicable". */
const char *self_test_verdict_name(enum self_test_verdict verdict);

#endif
