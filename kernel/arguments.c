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

static char *end_of_word(char *text)
{
    while (*text != '\0' && *text != ' ' && *text != '\n')
        text++;
    return text;
}

int arguments_from_bootargs(const char **argv, char *text)
{
    bool ours = false;
    int argc = 1;

    argv[1] = NULL;
    while (*text != '\0') {
        char *word = text, *end = end_of_word(text);

        text = *end == '\0' ? end : end + 1;
        *end = '\0';
        if (word == end)
            continue;
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
