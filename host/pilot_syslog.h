/*
 * pilot_syslog: lines of the board's log, in both forms they come in, and which of them
 * have been shown.
 *
 * The ring ("log") has "[   1.234567] subject: text" per line, the live datagrams are
 * RFC 5424 with the time in hundredths of a second, as sysUpTime counts. Both are the same
 * stream in the same order; a line is the same when text and time are, to a hundredth.
 * Pure, but for the memory of a line's text.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef PILOT_SYSLOG_H
#define PILOT_SYSLOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PILOT_LOG_TEXT_BYTES 512

struct pilot_log_line {
    int64_t centiseconds;            /* -1: the line has no time */
    uint32_t sequence;               /* of a live one; 0: not said */
    char text[PILOT_LOG_TEXT_BYTES]; /* "subject: text", clean, cut to fit */
};

/* Takes a line of the ring (length bytes, no line feed). Any content is a line. */
void pilot_log_line_of_ring(const char *bytes, size_t length, struct pilot_log_line *line);

/* Takes a datagram. Returns false when it is no syslog message of version 1. */
bool pilot_log_line_of_datagram(const char *bytes, size_t length, struct pilot_log_line *line);

bool pilot_log_lines_equal(const struct pilot_log_line *a, const struct pilot_log_line *b);

/* What has been shown: the last of it, oldest first. */
#define PILOT_LOG_SHOWN 64
struct pilot_log_shown {
    struct pilot_log_line lines[PILOT_LOG_SHOWN];
    unsigned count;
};

void pilot_log_shown_add(struct pilot_log_shown *shown, const struct pilot_log_line *line);

/* How many of the ring's count lines are over with what has been shown: the place behind the
 * last line shown, where the most lines before it agree too. 0: none of it is there any
 * more. */
size_t pilot_log_shown_in(const struct pilot_log_shown *shown, const struct pilot_log_line *ring,
                          size_t count);

#endif
