/*
 * self_test_report: see self_test_report.h.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "self_test_report.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define EQUALS " = "
#define COLON  ": "
#define END    "end" EQUALS
/* Kept free for the last line. */
#define END_BYTES 96

static const char *const names[SELFTEST_VERDICTS] = {"pass", "fail", "not applicable"};

const char *self_test_verdict_name(enum self_test_verdict verdict)
{
    return names[verdict];
}

void self_test_report_begin(struct self_test_report *report, const char *format, ...)
{
    va_list arguments;
    int length;

    memset(report, 0, sizeof *report);
    va_start(arguments, format);
    length = vsnprintf(report->text, SELFTEST_LINE_BYTES, format, arguments);
    va_end(arguments);
    if (length < 0)
        length = 0;
    report->length = length < SELFTEST_LINE_BYTES ? (size_t)length : SELFTEST_LINE_BYTES - 1;
    report->text[report->length++] = '\n';
}

const char *self_test_report_add(struct self_test_report *report, enum self_test_verdict verdict,
                                 const char *name, const char *format, ...)
{
    static char line[SELFTEST_LINE_BYTES];
    size_t head, length;
    va_list arguments;

    snprintf(line, sizeof line, "%s" EQUALS "%s" COLON, name, names[verdict]);
    head = strlen(line);
    va_start(arguments, format);
    vsnprintf(line + head, sizeof line - head, format, arguments);
    va_end(arguments);
    length = strlen(line);
    report->counts[verdict]++;
    if (length + 1 <= sizeof report->text - END_BYTES - report->length) {
        memcpy(report->text + report->length, line, length);
        report->length += length;
        report->text[report->length++] = '\n';
    }
    return line;
}

static int write_end(char *to, size_t capacity, const unsigned counts[SELFTEST_VERDICTS])
{
    return snprintf(to, capacity, END "%u passed, %u failed, %u not applicable\n",
                    counts[SELFTEST_PASS], counts[SELFTEST_FAIL], counts[SELFTEST_NOT_APPLICABLE]);
}

void self_test_report_end(struct self_test_report *report)
{
    report->length += (size_t)write_end(report->text + report->length,
                                        sizeof report->text - report->length, report->counts);
}

/* ---- reading --------------------------------------------------------------------- */

static const char *find(const char *text, size_t length, const char *what)
{
    size_t bytes = strlen(what);

    for (size_t at = 0; at + bytes <= length; at++)
        if (memcmp(text + at, what, bytes) == 0)
            return text + at;
    return NULL;
}

static bool take_apart(const char *text, size_t length, struct self_test_line *line)
{
    const char *equals = find(text, length, EQUALS);

    if (!equals || equals == text)
        return false;
    line->name = text;
    line->name_length = (size_t)(equals - text);
    for (int i = 0; i < SELFTEST_VERDICTS; i++) {
        const char *verdict = equals + strlen(EQUALS);
        size_t left = length - (size_t)(verdict - text), bytes = strlen(names[i]);

        if (left < bytes + strlen(COLON) || memcmp(verdict, names[i], bytes) != 0 ||
            memcmp(verdict + bytes, COLON, strlen(COLON)) != 0)
            continue;
        line->verdict = (enum self_test_verdict)i;
        line->text = verdict + bytes + strlen(COLON);
        line->text_length = left - bytes - strlen(COLON);
        return true;
    }
    return false;
}

bool self_test_report_next(const char **at, const char *end, struct self_test_line *line)
{
    while (*at < end) {
        const char *text = *at, *feed = memchr(text, '\n', (size_t)(end - text));
        const char *line_end = feed ? feed : end;

        *at = feed ? feed + 1 : end;
        if (take_apart(text, (size_t)(line_end - text), line))
            return true;
    }
    return false;
}

bool self_test_report_is_whole(const char *text, size_t length)
{
    unsigned counts[SELFTEST_VERDICTS] = {0};
    const char *at = text, *end = text + length;
    struct self_test_line line;
    char last[END_BYTES];
    size_t bytes;

    while (self_test_report_next(&at, end, &line))
        counts[line.verdict]++;
    bytes = (size_t)write_end(last, sizeof last, counts);
    return length > bytes && end[-(ptrdiff_t)bytes - 1] == '\n' &&
           memcmp(end - bytes, last, bytes) == 0;
}
