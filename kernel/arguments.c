/*
 * arguments: strings to argv.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "arguments.h"

#include <stdbool.h>
#include <string.h>

#include "error.h"

int arguments_from_list(const char **argv, const char *bytes, size_t length)
{
    int argc = 1;

    argv[1] = NULL;
    if (length > 0 && bytes[length - 1] != '\0')
        return ERROR_CORRUPT;
    for (size_t i = 0; i < length; i += strlen(bytes + i) + 1) {
        if (argc == ARGUMENTS_MAX) {
            argv[1] = NULL;
            return ERROR_TOO_LARGE;
        }
        argv[argc++] = bytes + i;
    }
    argv[argc] = NULL;
    return argc;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* Takes the next word out of *text, its double quotes removed in place, and ends it with
 * a NUL. Returns null when there is none; an open quote ends with the text. */
static char *take_word(char **text)
{
    char *from = *text, *word, *to;
    bool quoted = false;

    while (is_blank(*from))
        from++;
    if (*from == '\0')
        return NULL;
    word = to = from;
    for (; *from != '\0' && (quoted || !is_blank(*from)); from++) {
        if (*from == '"')
            quoted = !quoted;
        else
            *to++ = *from;
    }
    *text = *from == '\0' ? from : from + 1;
    *to = '\0';
    return word;
}

int arguments_from_bootargs(const char **argv, char *text)
{
    bool ours = false;
    int argc = 1;
    char *word;

    argv[1] = NULL;
    while ((word = take_word(&text)) != NULL) {
        if (!ours) {
            ours = strcmp(word, "--") == 0;
            continue;
        }
        if (argc == ARGUMENTS_MAX) {
            argv[1] = NULL;
            return ERROR_TOO_LARGE;
        }
        argv[argc++] = word;
    }
    argv[argc] = NULL;
    return argc;
}
