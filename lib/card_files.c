/*
 * card_files: see card_files.h.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "card_files.h"

#include <string.h>

#include "error.h"

bool card_files_is_install(const char *name)
{
    return strncmp(name, CARD_FILES_INSTALL, sizeof CARD_FILES_INSTALL - 1) == 0;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Cuts the next word off the front of what is left; returns its length. */
static size_t next_word(const char **text, size_t *left, const char **word)
{
    size_t length = 0;

    while (*left > 0 && is_blank(**text)) {
        (*text)++;
        (*left)--;
    }
    *word = *text;
    while (length < *left && !is_blank((*text)[length]))
        length++;
    *text += length;
    *left -= length;
    return length;
}

static int refuse(struct guard_select *select, const char *why)
{
    strncpy(select->reason, why, sizeof select->reason - 1);
    return ERROR_INVALID;
}

/* Returns the number of the word in words, which end in NUL each, or -1. */
static int find_word(const char *words, const char *word, size_t length)
{
    for (int number = 0; *words != '\0'; number++, words += strlen(words) + 1)
        if (strlen(words) == length && memcmp(words, word, length) == 0)
            return number;
    return -1;
}

int card_files_read_select(const char *text, size_t length, struct guard_select *select)
{
    static const char whens[] = "now\0once\0always\0"; /* in the order of enum guard_when */
    const char *word;
    int when = GUARD_NOW;

    memset(select, 0, sizeof *select);
    size_t name_length = next_word(&text, &length, &word);

    if (name_length == 0)
        return refuse(select, "a select says SERVICE now, once or always: it is empty");
    if (name_length >= sizeof select->name)
        return refuse(select, "a select names a service of up to 31 characters");
    memcpy(select->name, word, name_length);
    size_t when_length = next_word(&text, &length, &word);

    if (when_length != 0)
        when = find_word(whens, word, when_length);
    if (when < 0)
        return refuse(select, "a select says now, once or always behind the service");
    if (next_word(&text, &length, &word) != 0)
        return refuse(select, "a select has two words, SERVICE and now, once or always");
    select->when = (uint32_t)when;
    return 0;
}
