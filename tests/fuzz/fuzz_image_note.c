/*
 * fuzz_image_note: the first byte chooses the alignment, the rest are the notes.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "image_note.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    struct image_note note;

    if (length == 0)
        return 0;
    if (image_note_find(bytes + 1, length - 1, bytes[0] % 2 == 0 ? 4 : 8, &note) == 0 &&
        (memchr(note.name, '\0', sizeof note.name) == NULL || note.name[0] == '\0' ||
         memchr(note.version, '\0', sizeof note.version) == NULL))
        abort();
    return 0;
}
