/*
 * syslog_line: see syslog_line.h.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "syslog_line.h"

#include <stdio.h>
#include <string.h>

#define PRIORITY    134 /* local0 (16) * 8 + informational (6) */
#define NAME_MAX_48 48  /* of APP-NAME; HOSTNAME may be longer, but here it is not */

/* A name as the header's fields want it: printable, no space, not empty. */
static void copy_name(char to[NAME_MAX_48 + 1], const char *name)
{
    size_t i = 0;

    for (; name && i < NAME_MAX_48 && name[i] != '\0'; i++)
        to[i] = name[i] > 0x20 && name[i] <= 0x7e ? name[i] : '.';
    if (i == 0)
        to[i++] = '-';
    to[i] = '\0';
}

size_t syslog_line_write(char *to, const struct syslog_line *line)
{
    char host[NAME_MAX_48 + 1], name[NAME_MAX_48 + 1];

    copy_name(host, line->host);
    copy_name(name, line->name);

    int length =
        snprintf(to, SYSLOG_LINE_MAX + 1,
                 "<%u>1 - %s %s - - [meta sequenceId=\"%u\" sysUpTime=\"%u\"] %s: ", PRIORITY, host,
                 name, (unsigned)line->sequence, (unsigned)(line->at_us / 10000), line->subject);

    if (length < 0)
        length = 0;
    if (length > SYSLOG_LINE_MAX)
        length = SYSLOG_LINE_MAX;

    size_t room = (size_t)(SYSLOG_LINE_MAX - length);
    size_t part = line->length < room ? line->length : room;

    /* Not by snprintf: the loader's knows no precision. */
    memcpy(to + length, line->text, part);
    length += (int)part;
    to[length] = '\0';
    for (int i = 0; i < length; i++)
        if (to[i] < 0x20 || to[i] > 0x7e)
            to[i] = '.';
    return (size_t)length;
}
