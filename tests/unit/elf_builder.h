/*
 * elf_builder: a small, right ELF file in memory, for tests to spoil.
 *
 * The file is what the project's linker script makes, in small: static PIE linked at
 * 0x200000, text R-X, constants R-- (with relocations, dynamic table and note), data
 * RW- with memory beyond its file bytes, and one section header at the end. Tests change
 * fields through the pointers and give the file to the code under test from a heap block
 * of exactly its length, so that the address sanitizer sees every byte read too far.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef ELF_BUILDER_H
#define ELF_BUILDER_H

#include <stdint.h>
#include <string.h>

#include "crc32c.h"
#include "elf_format.h"
#include "image_note.h"

enum {
    BUILDER_TEXT, /* index of the program headers */
    BUILDER_CONSTANTS,
    BUILDER_DATA,
    BUILDER_DYNAMIC,
    BUILDER_NOTE,
    BUILDER_HEADERS, /* how many; room for 11 more behind them */
    BUILDER_HEADERS_MAX = 16,

    BUILDER_LINK = 0x200000,
    BUILDER_TEXT_AT = 0x1000, /* offsets in the file; addresses are BUILDER_LINK more */
    BUILDER_CONSTANTS_AT = 0x2000,
    BUILDER_RELA_AT = 0x2100,
    BUILDER_DYNAMIC_AT = 0x2200,
    BUILDER_NOTE_AT = 0x2300,
    BUILDER_DATA_AT = 0x3000,
    BUILDER_DATA_BYTES = 0x200,
    BUILDER_BSS_BYTES = 0x1e00,
    BUILDER_SECTIONS_AT = 0x3200,
    BUILDER_LENGTH = 0x3240,
    BUILDER_RELOCATIONS = 3,
    BUILDER_SPAN = 0x4000,   /* pages from the lowest to the highest byte in memory */
    BUILDER_SEALED = 0x1200, /* text, zeros up to the constants, and 0x200 of those */
};

struct elf_builder {
    uint8_t bytes[0x8000];
    size_t length;
    struct elf_header *header;
    struct elf_program_header *segment; /* [BUILDER_HEADERS_MAX] */
    struct elf_rela *rela;              /* [BUILDER_RELOCATIONS] */
    struct elf_dynamic *dynamic;        /* RELA, RELASZ, RELAENT, NULL */
    uint8_t *note;                      /* 12 bytes of header, 12 of name, note */
};

/* A segment whose bytes in the file are all it has, and lie where they are linked. */
static inline struct elf_program_header builder_segment(uint32_t type, uint32_t flags,
                                                        uint64_t offset, uint64_t bytes,
                                                        uint64_t alignment)
{
    return (struct elf_program_header){
        type, flags, offset, BUILDER_LINK + offset, BUILDER_LINK + offset, bytes, bytes, alignment};
}

static inline void elf_builder_init(struct elf_builder *b)
{
    static const struct image_note note = {
        .abi = IMAGE_NOTE_ABI, .stack_bytes = 65536, .name = "hello", .version = "1.0.0"};
    const uint32_t note_header[3] = {sizeof IMAGE_NOTE_NAME, sizeof note, IMAGE_NOTE_TYPE};

    memset(b, 0, sizeof *b);
    b->length = BUILDER_LENGTH;
    b->header = (struct elf_header *)b->bytes;
    b->segment = (struct elf_program_header *)(b->bytes + sizeof *b->header);
    b->rela = (struct elf_rela *)(b->bytes + BUILDER_RELA_AT);
    b->dynamic = (struct elf_dynamic *)(b->bytes + BUILDER_DYNAMIC_AT);
    b->note = b->bytes + BUILDER_NOTE_AT;

    *b->header = (struct elf_header){
        .magic = {0x7f, 'E', 'L', 'F'},
        .class_bits = ELF_CLASS_64,
        .byte_order = ELF_LITTLE_ENDIAN,
        .ident_version = ELF_VERSION,
        .type = ELF_TYPE_DYNAMIC,
        .machine = ELF_MACHINE_AARCH64,
        .version = ELF_VERSION,
        .entry = BUILDER_LINK + BUILDER_TEXT_AT,
        .program_headers = sizeof *b->header,
        .section_headers = BUILDER_SECTIONS_AT,
        .header_bytes = sizeof *b->header,
        .program_header_bytes = sizeof *b->segment,
        .program_header_count = BUILDER_HEADERS,
        .section_header_bytes = 64,
        .section_header_count = 1,
    };
    b->segment[BUILDER_TEXT] =
        builder_segment(ELF_SEGMENT_LOAD, ELF_READ | ELF_EXECUTE, BUILDER_TEXT_AT, 0x800, 0x1000);
    b->segment[BUILDER_CONSTANTS] =
        builder_segment(ELF_SEGMENT_LOAD, ELF_READ, BUILDER_CONSTANTS_AT, 0x400, 0x1000);
    b->segment[BUILDER_DATA] = builder_segment(ELF_SEGMENT_LOAD, ELF_READ | ELF_WRITE,
                                               BUILDER_DATA_AT, BUILDER_DATA_BYTES, 0x1000);
    b->segment[BUILDER_DATA].memory_bytes += BUILDER_BSS_BYTES;
    b->segment[BUILDER_DYNAMIC] =
        builder_segment(ELF_SEGMENT_DYNAMIC, ELF_READ, BUILDER_DYNAMIC_AT, 64, 8);
    b->segment[BUILDER_NOTE] =
        builder_segment(ELF_SEGMENT_NOTE, ELF_READ, BUILDER_NOTE_AT, 24 + sizeof note, 8);

    b->dynamic[0] = (struct elf_dynamic){ELF_DYNAMIC_RELA, BUILDER_LINK + BUILDER_RELA_AT};
    b->dynamic[1] =
        (struct elf_dynamic){ELF_DYNAMIC_RELA_BYTES, BUILDER_RELOCATIONS * sizeof(struct elf_rela)};
    b->dynamic[2] = (struct elf_dynamic){ELF_DYNAMIC_RELA_ENTRY_BYTES, sizeof(struct elf_rela)};
    for (int i = 0; i < BUILDER_RELOCATIONS; i++)
        b->rela[i] =
            (struct elf_rela){BUILDER_LINK + BUILDER_DATA_AT + 0x10u + 8u * (unsigned)i,
                              ELF_RELOCATION_RELATIVE, BUILDER_LINK + BUILDER_TEXT_AT + 0x100 * i};

    memcpy(b->note, note_header, sizeof note_header);
    memcpy(b->note + 12, IMAGE_NOTE_NAME, sizeof IMAGE_NOTE_NAME);
    memcpy(b->note + 24, &note, sizeof note);
    for (unsigned i = 0; i < 0x800; i++)
        b->bytes[BUILDER_TEXT_AT + i] = (uint8_t)(i * 7 + 1);
    memset(b->bytes + BUILDER_DATA_AT, 0xda, BUILDER_DATA_BYTES);
}

/* Fills in the note's two fields as the build does. The file has zeros where memory has. */
static inline struct image_note *elf_builder_seal(struct elf_builder *b)
{
    struct image_note *note = (struct image_note *)(b->note + 24);

    note->read_only_bytes = BUILDER_SEALED;
    note->read_only_crc32c = crc32c(0, b->bytes + BUILDER_TEXT_AT, BUILDER_SEALED);
    return note;
}

#endif
