/*
 * verdict: see the header.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "verdict.h"

#include <stdarg.h>
#include <stdio.h>

static char sentence[VERDICT_BYTES];

void verdict_clear(void)
{
    sentence[0] = '\0';
}

bool verdict_fail(const char *format, ...)
{
    va_list arguments;

    if (!verdict_is_good())
        return false;
    va_start(arguments, format);
    vsnprintf(sentence, sizeof(sentence), format, arguments);
    va_end(arguments);
    return false;
}

bool verdict_is_good(void)
{
    return sentence[0] == '\0';
}

const char *verdict_sentence(void)
{
    return sentence;
}
