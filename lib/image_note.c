/*
 * image_note: finds our note in an ELF's PT_NOTE range and copies it out.
 *
 * A note is {u32 name bytes, u32 descriptor bytes, u32 type}, the name, the descriptor,
 * the latter two each padded to the alignment of the program header. All sizes come from
 * outside: they are widened to 64 bits before they are rounded, so nothing wraps.
 * Reference: System V ABI, chapter 5 (note section); gABI of 64-bit notes for alignment 8.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "image_note.h"

#include <stdbool.h>
#include <string.h>

#include "bytes.h"
#include "error.h"

static bool name_is_allowed(const char *name, size_t capacity)
{
    size_t i;

    for (i = 0; i < capacity && name[i] != '\0'; i++)
        if (!((name[i] >= 'a' && name[i] <= 'z') || (name[i] >= '0' && name[i] <= '9') ||
              name[i] == '-'))
            return false;
    return i > 0 && i < capacity;
}

static bool version_is_allowed(const char *version, size_t capacity)
{
    size_t i;

    for (i = 0; i < capacity && version[i] != '\0'; i++)
        if (version[i] < 0x20 || version[i] > 0x7e)
            return false;
    return i < capacity;
}

int image_note_find(const void *notes, size_t length, size_t alignment, struct image_note *note)
{
    const uint8_t *at = notes;
    uint64_t mask = alignment - 1;

    if (alignment != 4 && alignment != 8)
        return ERROR_INVALID;
    while (length != 0) {
        uint64_t name_bytes;
        uint64_t descriptor_bytes;
        uint64_t descriptor_at;
        uint64_t end;

        if (length < 12)
            return ERROR_CORRUPT;
        name_bytes = bytes_le32(at);
        descriptor_bytes = bytes_le32(at + 4);
        descriptor_at = (12 + name_bytes + mask) & ~mask;
        end = descriptor_at + descriptor_bytes;
        if (end > length)
            return ERROR_CORRUPT;
        if (name_bytes == sizeof IMAGE_NOTE_NAME && bytes_le32(at + 8) == IMAGE_NOTE_TYPE &&
            memcmp(at + 12, IMAGE_NOTE_NAME, sizeof IMAGE_NOTE_NAME) == 0) {
            if (descriptor_bytes < IMAGE_NOTE_MIN_BYTES)
                return ERROR_CORRUPT;
            /* A note of before a field was added ends in zeros. */
            memset(note, 0, sizeof *note);
            memcpy(note, at + descriptor_at,
                   descriptor_bytes < sizeof *note ? (size_t)descriptor_bytes : sizeof *note);
            if (!name_is_allowed(note->name, sizeof note->name) ||
                !version_is_allowed(note->version, sizeof note->version))
                return ERROR_CORRUPT;
            return 0;
        }
        /* The padding after the last descriptor may be missing. */
        end = (end + mask) & ~mask;
        if (end > length)
            end = length;
        at += end;
        length -= (size_t)end;
    }
    return ERROR_ABSENT;
}
