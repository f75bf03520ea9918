/*
 * service_publish: a few files of the service's own, in its own memory. See published.h.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <string.h>

#include "error.h"
#include "files.h"
#include "published.h"
#include "service.h"

static struct published files[SERVICE_PUBLISHED_MAX];

static bool is_name(const char *name)
{
    size_t length = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-");

    return length > 0 && length < sizeof files[0].name && name[length] == '\0' &&
           !files_is_taken(name);
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

const char *published_name(unsigned index)
{
    return files[index].name;
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
