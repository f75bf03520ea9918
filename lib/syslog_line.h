/*
 * syslog_line: one line of the log as a syslog message.
 *
 * RFC 5424: "<134>1 - HOST NAME - - [meta sequenceId="7" sysUpTime="1234"] subject: text".
 * The board has no calendar, so the timestamp is the NILVALUE, and sysUpTime (hundredths of
 * a second, modulo 2^32 as RFC 3418 counts them) says when. Facility local0, severity
 * informational: the log knows no severities.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef SYSLOG_LINE_H
#define SYSLOG_LINE_H

#include <stddef.h>
#include <stdint.h>

#define SYSLOG_PORT         514 /* RFC 5426 */
#define SYSLOG_LINE_MAX     400 /* bytes of a message; every receiver takes 480 (RFC 5426, 3.2) */
#define SYSLOG_SEQUENCE_MAX 2147483647 /* then comes 1 (RFC 5424, 7.3.1) */

struct syslog_line {
    const char *host, *name; /* HOSTNAME, APP-NAME; null or empty: not known */
    uint32_t sequence;       /* 1 ... SYSLOG_SEQUENCE_MAX */
    uint64_t at_us;          /* since the clock started */
    const char *subject;
    const char *text; /* length bytes, no NUL needed */
    size_t length;
};

/* Writes the message to to, SYSLOG_LINE_MAX + 1 bytes; what is too long is cut off. Returns
 * its length, without the NUL. Only printable ASCII, and only what the grammar allows in the
 * names: other bytes become '.'. */
size_t syslog_line_write(char *to, const struct syslog_line *line);

#endif
