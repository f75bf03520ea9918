/*
 * elf: reads and checks a service's ELF file before a byte of it is placed.
 *
 * Two steps with nothing between them. elf_check looks at every header, relocation and
 * note that placing or starting will use, and refuses the file with one sentence; it
 * reads only the file and writes only its results. elf_place, for a file that passed,
 * copies, zeroes and relocates without a further question. So a bad file never costs
 * anything that was in memory.
 *
 * Accepted: ELF64, little-endian, AArch64, static PIE (ET_DYN, or ET_EXEC with DF_1_PIE:
 * linkers call a PIE with a base so) or fixed address, any number of
 * PT_LOAD segments in ascending order, none writable and executable, no two on one 4 KiB
 * page; relocations of type R_AARCH64_RELATIVE only, none in code nor in what
 * the note seals; code and constants with the note's CRC-32C, if it has one. The host's
 * `pilot info` calls the same functions.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef ELF_H
#define ELF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "image_note.h"

#define ELF_PAGE            4096u     /* what permissions are given by */
#define ELF_PLACE_ALIGNMENT 0x200000u /* an image moves by multiples of this: 2 MiB */
#define ELF_REASON_BYTES    120       /* room for the longest sentence, NUL included */

struct elf_image {
    bool movable; /* static PIE: goes where there is room */
    bool has_note;
    uint16_t segment_count; /* PT_LOAD that take memory: 1 or more */
    uint16_t program_header_count;
    uint64_t program_headers; /* offset in the file */
    uint64_t first;           /* linked address of the lowest page in use */
    uint64_t bytes;           /* from there to the end of the highest page in use */
    uint64_t entry;           /* linked address */
    uint64_t rela;            /* offset of the relocations in the file */
    uint64_t rela_count;
    struct image_note note; /* if has_note */
};

struct elf_segment {
    uint64_t address; /* linked */
    uint64_t bytes;   /* in memory; never 0 */
    uint64_t file_offset;
    uint64_t file_bytes; /* the rest is zero */
    uint32_t flags;      /* ELF_READ, ELF_WRITE, ELF_EXECUTE */
};

/*
 * Checks the ELF file in [file, file + length), any alignment, and fills in *image.
 * Returns 0; ERROR_UNSUPPORTED (well formed, but another machine, kind of file or
 * relocation than ours) or ERROR_CORRUPT (not an ELF file, cut off, or contradicting
 * itself). After an error reason holds one sentence with the value that is wrong,
 * without a full stop ("segment 1 wants 8192 bytes at 4096, the file has 6000"), and
 * *image nothing useful. reason: ELF_REASON_BYTES, the caller's. Reads nothing outside
 * the file.
 */
int elf_check(const void *file, size_t length, struct elf_image *image, char *reason);

/*
 * The last part of elf_check, in a file of its own: whether the CRC-32C of code and constants
 * is the one in the note, if it was filled in. image as elf_check has it by then. Returns 0 or
 * ERROR_CORRUPT, with a sentence in reason.
 */
int elf_check_seal(const struct elf_image *image, const void *file, size_t length, char *reason);

/*
 * Steps through the segments that take memory, lowest address first. *next is 0 before
 * the first call and belongs to the iteration. Returns false when there are no more.
 * file and image: as elf_check accepted them.
 */
bool elf_next_segment(const struct elf_image *image, const void *file, unsigned *next,
                      struct elf_segment *segment);

/*
 * Where an image lies that is moved to base, a multiple of ELF_PLACE_ALIGNMENT: returns
 * what to add to its linked addresses. The offset within 2 MiB is kept, so every
 * alignment of the file holds. 0 for an image that is not movable.
 */
static inline uint64_t elf_displacement(const struct elf_image *image, uint64_t base)
{
    return image->movable ? base - (image->first & ~(uint64_t)(ELF_PLACE_ALIGNMENT - 1)) : 0;
}

/*
 * Copies the segments, zeroes what the file does not hold, gaps between segments
 * included, and relocates. memory: where the image's first page is to lie, writable for
 * image->bytes and apart from file. displacement: from elf_displacement; the addresses
 * the code will see, which on the target is where memory lies. Running it twice gives
 * the same. Instruction and data caches are the caller's business.
 */
void elf_place(const struct elf_image *image, const void *file, void *memory,
               uint64_t displacement);

#endif
