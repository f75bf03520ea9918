/*
 * service_publish: a few files of the service's own, in its own memory. See published.h.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <string.h>

#include "card_files.h"
#include "error.h"
#include "published.h"
#include "service.h"

static struct published files[SERVICE_PUBLISHED_MAX];

/* What files.c and net_files.c answer for. */
static const char *const taken[] = {"log", "status", "core", CARD_FILES_SLOTS, CARD_FILES_SELECT,
                                    "live"};

static bool is_name(const char *name)
{
    size_t length = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-");

    if (length == 0 || length >= sizeof files[0].name || name[length] != '\0')
        return false;
    for (size_t i = 0; i < sizeof taken / sizeof taken[0]; i++)
        if (strcmp(name, taken[i]) == 0)
            return false;
    return true;
}

static struct published *find(const char *name)
{
    for (size_t i = 0; i < SERVICE_PUBLISHED_MAX; i++)
        if (strcmp(files[i].name, name) == 0)
            return &files[i];
    return NULL;
}

const struct published *published_find(const char *name)
{
    return name[0] != '\0' ? find(name) : NULL;
}

int service_publish(const char *name, const void *bytes, size_t length)
{
    struct published *file;

    if (!is_name(name))
        return ERROR_INVALID;
    file = find(name);
    if (!file && !bytes)
        return 0;
    if (!file)
        file = find(""); /* a free place */
    if (!file)
        return ERROR_NO_MEMORY;
    *file = (struct published){.bytes = bytes, .length = length, .edition = file->edition + 1};
    if (bytes)
        strcpy(file->name, name);
    return 0;
}
