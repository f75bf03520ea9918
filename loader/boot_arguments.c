/*
 * boot_arguments: what /chosen/bootargs says. See boot_arguments.h.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "boot_arguments.h"

#include <string.h>

#include "error.h"

#define PREFIX "pilot."

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/*
 * Copies the next word of [*at, end) to word without its quotes, and moves *at behind it.
 * Returns its length (0 is a word too: ""), ERROR_ABSENT (no more words), ERROR_TOO_LARGE
 * (over capacity: the word is passed over) or ERROR_INVALID (the quote is not closed; the
 * word is there all the same, and *length tells how long).
 */
static int next_word(const char **at, const char *end, char *word, size_t capacity, size_t *length)
{
    const char *from = *at;
    bool quoted = false;

    *length = 0;
    while (from < end && is_blank(*from))
        from++;
    *at = from;
    if (from == end)
        return ERROR_ABSENT;
    for (; from < end && (quoted || !is_blank(*from)); from++) {
        if (*from == '"') {
            quoted = !quoted;
            continue;
        }
        if (*length < capacity)
            word[*length] = *from;
        ++*length;
    }
    *at = from;
    if (*length > capacity)
        return ERROR_TOO_LARGE;
    return quoted ? ERROR_INVALID : 0;
}

int boot_arguments_split(struct boot_arguments *arguments, const char *line, size_t length)
{
    const char *end = line + strnlen(line, length);
    int result = 0;

    for (;;) {
        size_t room = sizeof arguments->bytes - arguments->length, size;
        char *to = arguments->bytes + arguments->length;
        int status;

        /* One byte of the room is for the NUL. */
        status = next_word(&line, end, to, room > 0 ? room - 1 : 0, &size);
        if (status == ERROR_ABSENT)
            return result;
        if (status == ERROR_TOO_LARGE || room == 0 || arguments->count == BOOT_ARGUMENTS_MAX)
            return ERROR_TOO_LARGE;
        if (status == ERROR_INVALID)
            result = ERROR_INVALID;
        to[size] = '\0';
        arguments->length += size + 1;
        arguments->count++;
    }
}

static void complain(struct configuration_errors *errors, const char *what, const char *why)
{
    configuration_complain(errors, "bootargs", what, strlen(what), why);
}

static void set_key(struct configuration_errors *errors, struct configuration *configuration,
                    const char *word)
{
    const char *key = word + strlen(PREFIX), *equals = strchr(key, '='), *why;

    if (equals == NULL)
        complain(errors, word, "has no =value");
    else if (configuration_set(configuration, key, (size_t)(equals - key), equals + 1,
                               strlen(equals + 1), &why))
        complain(errors, word, why);
}

static void split(struct configuration_errors *errors, struct boot_arguments *arguments,
                  const char *line, size_t length)
{
    switch (boot_arguments_split(arguments, line, length)) {
    case ERROR_TOO_LARGE:
        complain(errors, "arguments", "are too many or too long; the rest is left out");
        break;
    case ERROR_INVALID:
        complain(errors, "arguments", "have a quote that is not closed");
        break;
    default:
        break;
    }
}

unsigned boot_arguments_read(const char *bootargs, size_t length,
                             struct configuration *configuration, struct boot_arguments *arguments,
                             configuration_report *report, void *context)
{
    struct configuration_errors errors = {report, context, 0};
    const char *at = bootargs, *end = bootargs + strnlen(bootargs, length);
    char word[CONFIGURATION_BOOTARGS_MAX + 32];
    bool service = false;
    size_t size;

    memset(arguments, 0, sizeof *arguments);
    while (!service) {
        int status = next_word(&at, end, word, sizeof word - 1, &size);

        if (status == ERROR_ABSENT)
            break;
        word[size < sizeof word ? size : sizeof word - 1] = '\0';
        if (strcmp(word, "--") == 0)
            service = true;
        else if (strncmp(word, PREFIX, strlen(PREFIX)) != 0)
            continue;
        else if (status != 0)
            complain(&errors, word,
                     status == ERROR_TOO_LARGE ? "is too long" : "has a quote that is not closed");
        else
            set_key(&errors, configuration, word);
    }
    split(&errors, arguments, at, (size_t)(end - at));
    /* Who set them has judged them. */
    if (!service)
        boot_arguments_split(arguments, configuration->arguments, strlen(configuration->arguments));
    return errors.count;
}
