/*
 * configuration_text: pilot.conf, line by line, and how to say what is wrong with it. See
 * configuration.h; what a key takes is configuration.c's.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <stdio.h>
#include <string.h>

#include "configuration.h"
#include "configuration_values.h"
#include "error.h"

void configuration_complain(struct configuration_errors *errors, const char *where,
                            const char *what, size_t length, const char *why)
{
    char shown[40], sentence[160];
    size_t i;

    if (errors->count++ >= CONFIGURATION_ERRORS_MAX || errors->report == NULL)
        return;
    for (i = 0; i < length && i + 1 < sizeof shown; i++)
        shown[i] = what[i] >= 0x20 && what[i] <= 0x7e ? what[i] : '.';
    shown[i] = '\0';
    snprintf(sentence, sizeof sentence, "%s: \"%s\" %s", where, shown, why);
    errors->report(errors->context, sentence);
}

struct reader {
    const char *name;
    struct configuration_errors errors;
};

static void complain(struct reader *reader, unsigned line, size_t column, struct span what,
                     const char *why)
{
    char where[48];

    snprintf(where, sizeof where, "%s:%u:%u", reader->name, line, (unsigned)column);
    configuration_complain(&reader->errors, where, what.at, what.length, why);
}

static struct span trim(const char *from, const char *to)
{
    while (from < to && is_blank(*from))
        from++;
    while (to > from && is_blank(to[-1]))
        to--;
    return (struct span){from, (size_t)(to - from)};
}

static void read_line(struct reader *reader, struct configuration *configuration, unsigned number,
                      const char *line, const char *end)
{
    const char *comment = line, *equals, *why;
    struct span key, value;

    /* A # begins a comment at the start of a line or after a blank, so that a file name
     * may have one. */
    while (comment < end && !(*comment == '#' && (comment == line || is_blank(comment[-1]))))
        comment++;
    end = comment;
    key = trim(line, end);
    if (key.length == 0)
        return;
    equals = memchr(line, '=', (size_t)(end - line));
    if (equals == NULL) {
        complain(reader, number, (size_t)(key.at - line) + 1, key, "has no = value");
        return;
    }
    key = trim(line, equals);
    value = trim(equals + 1, end);
    switch (configuration_set(configuration, key.at, key.length, value.at, value.length, &why)) {
    case 0:
        return;
    case ERROR_ABSENT:
        complain(reader, number, (size_t)(key.at - line) + 1, key, why);
        return;
    default:
        if (value.length == 0)
            complain(reader, number, (size_t)(key.at - line) + 1, key, why);
        else
            complain(reader, number, (size_t)(value.at - line) + 1, value, why);
    }
}

unsigned configuration_read(struct configuration *configuration, const char *name, const char *text,
                            size_t length, configuration_report *report, void *context)
{
    struct reader reader = {.name = name, .errors = {report, context, 0}};
    const char *end = text + length;
    unsigned number = 0;

    if (length >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
        text += 3;
    while (text < end) {
        const char *stop = memchr(text, '\n', (size_t)(end - text));

        if (stop == NULL)
            stop = end;
        read_line(&reader, configuration, ++number, text, stop);
        text = stop < end ? stop + 1 : end;
    }
    if (reader.errors.count > CONFIGURATION_ERRORS_MAX && report != NULL) {
        char sentence[96];

        snprintf(sentence, sizeof sentence, "%s: %u more errors", name,
                 reader.errors.count - CONFIGURATION_ERRORS_MAX);
        report(context, sentence);
    }
    return reader.errors.count;
}
