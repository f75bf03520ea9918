/*
 * fuzz_elf: any bytes as an ELF file; what passes the check is placed and relocated.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "elf.h"
#include "place.h"

#define MEMORY_BYTES 0x100000u /* images that fit are placed for real */

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static void require(int condition)
{
    if (!condition)
        abort();
}

/* Every segment lies inside the image and inside the file, and none is W and X. */
static void require_segments(const struct elf_image *image, const uint8_t *bytes, size_t length)
{
    struct elf_segment segment;
    uint64_t end = image->first;
    unsigned next = 0;
    unsigned count = 0;

    while (elf_next_segment(image, bytes, &next, &segment)) {
        require(segment.address >= end);
        end = segment.address + segment.bytes;
        require(end <= image->first + image->bytes);
        require(segment.file_bytes <= segment.bytes);
        require(segment.file_offset + segment.file_bytes <= length);
        require((segment.flags & 3) != 3);
        count++;
    }
    require(count == image->segment_count && count > 0);
    require(image->entry >= image->first && image->entry < end);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    static const struct board_range memory = {0, 0x3c000000};
    static const struct place_taken taken = {0, 0x1000, "the spin table", 3};
    const struct place_map map = {&memory, 1, &taken, 1};
    char reason[ELF_REASON_BYTES];
    struct elf_image image;
    uint64_t displacement;

    memset(reason, 0xff, sizeof reason);
    if (elf_check(bytes, length, &image, reason) != 0) {
        require(memchr(reason, '\0', sizeof reason) != NULL && reason[0] != '\0');
        return 0;
    }
    require_segments(&image, bytes, length);
    if (place_image(&map, &image, bytes, &displacement, reason) == 0) {
        require(image.first + displacement >= 0x1000);
        require(image.first + displacement + image.bytes <= memory.bytes || !image.movable);
        if (image.bytes <= MEMORY_BYTES) {
            uint8_t *to = malloc(image.bytes);

            elf_place(&image, bytes, to, displacement);
            free(to);
        }
    }
    return 0;
}
