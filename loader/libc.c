/*
 * libc: what the loader has in place of picolibc's own, which would bring tables along.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <stdio.h>
#include <strings.h>

#include "format.h"

int vsnprintf(char *out, size_t capacity, const char *format, va_list arguments)
{
    return format_text(out, capacity, format, arguments);
}

int snprintf(char *out, size_t capacity, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    int length = format_text(out, capacity, format, arguments);

    va_end(arguments);
    return length;
}

static int lower_case(char character)
{
    return character >= 'A' && character <= 'Z' ? character | 0x20 : (unsigned char)character;
}

/* ASCII's letters only, which is what every locale we have knows. */
int strcasecmp(const char *a, const char *b)
{
    while (*a != '\0' && lower_case(*a) == lower_case(*b))
        a++, b++;
    return lower_case(*a) - lower_case(*b);
}
