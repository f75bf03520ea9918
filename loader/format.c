/*
 * format: see format.h.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "format.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define DIGITS_MAX 20 /* of 2^64 - 1, and of the most negative number with its sign */

struct output {
    char *at;
    size_t room; /* bytes left, the NUL's not counted */
    size_t length;
};

__attribute__((noinline)) static void put(struct output *out, char character)
{
    out->length++;
    if (out->room > 0) {
        out->room--;
        *out->at++ = character;
    }
}

__attribute__((noinline)) static void pad(struct output *out, char with, int count)
{
    while (count-- > 0)
        put(out, with);
}

/* Reads a number of the format; returns 0 if there is none. */
static int read_number(const char **format)
{
    int number = 0;

    while (**format >= '0' && **format <= '9')
        number = number * 10 + *(*format)++ - '0';
    return number;
}

/* Writes the digits in front of end; returns the first. */
static char *write_digits(char *end, uint64_t value, unsigned base)
{
    do {
        *--end = "0123456789abcdef"[value % base];
        value /= base;
    } while (value > 0);
    return end;
}

/* A conversion; *format stands behind its %. */
static void convert(struct output *out, const char **format, va_list *arguments)
{
    const char *start = *format;
    char digits[DIGITS_MAX];
    const char *text;
    bool left = *start == '-', zeros = *start == '0', is_long = false;

    *format += left || zeros;
    int width = read_number(format), precision = INT32_MAX;

    if (**format == '.') {
        ++*format;
        precision = read_number(format);
    }
    if (**format == 'l' || **format == 'z') {
        ++*format;
        is_long = true;
    }
    char conversion = *(*format)++;

    if (conversion != 's' && conversion != 'd' && conversion != 'u' && conversion != 'x') {
        put(out, '%');
        if (conversion != '%')
            *format = start; /* unknown: as it stands */
        return;
    }
    /* Any argument takes 8 bytes, by the calling conventions of AArch64 and x86-64 alike;
     * the upper half of a narrower one is undefined. */
    uint64_t value = va_arg(*arguments, uint64_t);
    int length;

    if (conversion == 's') {
        text = (const char *)(uintptr_t)value;
        length = (int)strnlen(text, (size_t)precision);
    } else {
        if (!is_long)
            value = conversion == 'd' ? (uint64_t)(int32_t)value : (uint32_t)value;
        bool negative = conversion == 'd' && (int64_t)value < 0;
        char *first = write_digits(digits + DIGITS_MAX, negative ? -value : value,
                                   conversion == 'x' ? 16 : 10);

        if (negative)
            *--first = '-';
        text = first;
        length = (int)(digits + DIGITS_MAX - first);
    }
    if (!left)
        pad(out, zeros ? '0' : ' ', width - length);
    for (int i = 0; i < length; i++)
        put(out, text[i]);
    if (left)
        pad(out, ' ', width - length);
}

int format_text(char *out, size_t capacity, const char *format, va_list arguments)
{
    struct output output = {out, capacity > 0 ? capacity - 1 : 0, 0};
    va_list rest; /* va_list may be an array: only a copy has a known address type */

    va_copy(rest, arguments);
    while (*format != '\0') {
        char character = *format++;

        if (character == '%')
            convert(&output, &format, &rest);
        else
            put(&output, character);
    }
    va_end(rest);
    if (capacity > 0)
        *output.at = '\0';
    return (int)output.length;
}
