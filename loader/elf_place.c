/*
 * elf_place: copies and relocates an image that elf_check accepted.
 *
 * Nothing is checked here: all of it was, on the same bytes, before the first was
 * written. The relocation table is read from the file, not from the copy, so that its
 * own place in memory does not matter.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "elf.h"

#include <string.h>

#include "elf_format.h"

static void relocate(const struct elf_image *image, const void *file, uint8_t *memory,
                     uint64_t displacement)
{
    const uint8_t *at = (const uint8_t *)file + image->rela;

    for (uint64_t i = 0; i < image->rela_count; i++, at += sizeof(struct elf_rela)) {
        struct elf_rela rela;
        uint64_t value;

        memcpy(&rela, at, sizeof rela);
        if (rela.info != ELF_RELOCATION_RELATIVE)
            continue; /* R_AARCH64_NONE: nothing else passed */
        value = (uint64_t)rela.addend + displacement;
        memcpy(memory + (rela.offset - image->first), &value, sizeof value);
    }
}

void elf_place(const struct elf_image *image, const void *file, void *memory, uint64_t displacement)
{
    const uint8_t *bytes = file;
    uint8_t *to = memory;
    uint64_t filled = 0;
    struct elf_segment segment;
    unsigned next = 0;

    while (elf_next_segment(image, file, &next, &segment)) {
        uint64_t start = segment.address - image->first;

        memset(to + filled, 0, start - filled);
        memcpy(to + start, bytes + segment.file_offset, segment.file_bytes);
        filled = start + segment.file_bytes;
    }
    memset(to + filled, 0, image->bytes - filled);
    relocate(image, file, to, displacement);
}
