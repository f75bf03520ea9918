/*
 * guard_files: see guard_files.h.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "guard_files.h"

#include <string.h>

#include "card_files.h"
#include "slots.h"
#include "status.h"

#define STATUS_BYTES 1536

static char status[STATUS_BYTES];
static size_t status_bytes;
static const char *slots = "";
static size_t slots_bytes;

enum guard_file guard_file_named(const char *name)
{
    if (strcmp(name, "log") == 0)
        return GUARD_FILE_LOG;
    if (strcmp(name, "status") == 0)
        return GUARD_FILE_STATUS;
    if (strcmp(name, "core") == 0)
        return GUARD_FILE_CORE;
    if (strcmp(name, CARD_FILES_SLOTS) == 0)
        return GUARD_FILE_SLOTS;
    return 0;
}

static size_t copy(const void *from, uint64_t bytes, uint64_t *position, void *buffer,
                   size_t capacity)
{
    uint64_t left = *position < bytes ? bytes - *position : 0;
    size_t length = left < capacity ? (size_t)left : capacity;

    memcpy(buffer, (const uint8_t *)from + *position * (left != 0), length);
    *position += length;
    return length;
}

bool guard_file_exists(struct loader *loader, enum guard_file file, uint64_t position)
{
    switch (file) {
    case GUARD_FILE_LOG:
    case GUARD_FILE_STATUS:
        return true;
    case GUARD_FILE_CORE:
        return loader->keep->crash.core_bytes != 0;
    case GUARD_FILE_SLOTS:
        if (position == 0)
            slots_bytes = slots_text(loader, &slots);
        return slots_bytes != 0;
    default:
        return false;
    }
}

size_t guard_file_read(struct loader *loader, enum guard_file file, uint64_t *position,
                       void *buffer, size_t capacity)
{
    switch (file) {
    case GUARD_FILE_LOG:
        return log_store_read(&loader->log_store, position, buffer, capacity);
    case GUARD_FILE_STATUS:
        if (*position == 0)
            status_bytes = status_text(loader, status, sizeof status);
        return copy(status, status_bytes, position, buffer, capacity);
    case GUARD_FILE_CORE:
        return copy((const void *)keep_core_area(loader).base, loader->keep->crash.core_bytes,
                    position, buffer, capacity);
    case GUARD_FILE_SLOTS:
        return copy(slots, slots_bytes, position, buffer, capacity);
    default:
        return 0;
    }
}
