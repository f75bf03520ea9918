/*
 * log_split: a line of the log, taken apart again.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <string.h>

#include "log.h"

/* Reads digits up to the one that is not. Returns behind them, or null if there are none or
 * more than a number of them can hold. */
static const char *take_number(const char *from, const char *end, uint64_t *number)
{
    const char *at = from;

    *number = 0;
    while (at < end && *at >= '0' && *at <= '9' && at - from < 10)
        *number = *number * 10 + (uint64_t)(*at++ - '0');
    return at == from ? NULL : at;
}

static const char *take_word(const char *at, const char *end, const char *word)
{
    size_t length = strlen(word);

    if (at == NULL || (size_t)(end - at) < length || memcmp(at, word, length) != 0)
        return NULL;
    return at + length;
}

bool log_split(const char *line, size_t length, struct log_parts *parts)
{
    const char *end = line + length, *at;
    uint64_t seconds, microseconds;

    if (length > 0 && end[-1] == '\n')
        end--;
    at = take_word(line, end, "[");
    while (at != NULL && at < end && *at == ' ')
        at++;
    at = at == NULL ? NULL : take_number(at, end, &seconds);
    at = take_word(at, end, ".");
    at = at == NULL ? NULL : take_number(at, end, &microseconds);
    at = take_word(at, end, "] ");
    if (at == NULL)
        return false;
    parts->at_us = seconds * 1000000 + microseconds;
    parts->subject = at;
    while (at < end && *at != ':')
        at++;
    parts->subject_length = (size_t)(at - parts->subject);
    at = take_word(at, end, ": ");
    if (at == NULL)
        return false;
    parts->text = at;
    parts->text_length = (size_t)(end - at);
    return true;
}
