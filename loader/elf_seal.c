/*
 * elf_seal: whether code and constants of an ELF file are what its note was sealed with.
 *
 * What is sealed begins with the image's first page and is taken as it will be in memory: the
 * segments' bytes, zeros between them (host/seal.c). A file on its way through caches, cards
 * and networks that check little is found damaged here, before it costs the service that runs.
 * Data and headers are not covered.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <inttypes.h>
#include <stdio.h>

#include "crc32c.h"
#include "elf.h"
#include "elf_format.h"
#include "error.h"

static uint32_t crc_zeros(uint32_t crc, uint64_t count)
{
    static const uint8_t zeros[16];

    for (; count > sizeof zeros; count -= sizeof zeros)
        crc = crc32c(crc, zeros, sizeof zeros);
    return crc32c(crc, zeros, (size_t)count);
}

int elf_check_seal(const struct elf_image *image, const void *file, size_t length, char *reason)
{
    const struct image_note *note = &image->note; /* zeros when there is none */
    uint64_t at = image->first, end = at + note->read_only_bytes;
    struct elf_segment segment;
    unsigned next = 0;
    uint32_t crc = 0;

    /* No more than the file has: nobody seals holes, and we would count long. */
    if (note->read_only_bytes > image->bytes || note->read_only_bytes > length) {
        snprintf(reason, ELF_REASON_BYTES,
                 "its note seals %" PRIu32 " bytes, the image has %" PRIu64 ", the file %zu",
                 note->read_only_bytes, image->bytes, length);
        return ERROR_CORRUPT;
    }
    while (elf_next_segment(image, file, &next, &segment) && segment.address < end) {
        uint64_t bytes = end - segment.address;

        if ((segment.flags & ELF_WRITE) != 0) {
            snprintf(reason, ELF_REASON_BYTES,
                     "its note seals %" PRIu32 " bytes, the writable segment at 0x%" PRIx64
                     " among them",
                     note->read_only_bytes, segment.address);
            return ERROR_CORRUPT;
        }
        if (bytes > segment.file_bytes)
            bytes = segment.file_bytes;
        crc = crc_zeros(crc, segment.address - at);
        crc = crc32c(crc, (const uint8_t *)file + segment.file_offset, (size_t)bytes);
        at = segment.address + bytes;
    }
    crc = crc_zeros(crc, end - at);
    if (crc == note->read_only_crc32c)
        return 0;
    snprintf(reason, ELF_REASON_BYTES,
             "damaged: CRC-32C of %" PRIu32 " bytes of code and constants is 0x%08" PRIx32
             ", its note says 0x%08" PRIx32,
             note->read_only_bytes, crc, note->read_only_crc32c);
    return ERROR_CORRUPT;
}
