/*
 * elf_format: the parts of ELF64 that a loader reads, and their numbers.
 *
 * Little-endian, as AArch64 has it and every host we build on. Fields keep the
 * specification's order; their names are ours. Reference: System V ABI, chapters 4 and
 * 5; ELF for the Arm 64-bit Architecture (aaelf64).
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef ELF_FORMAT_H
#define ELF_FORMAT_H

#include <stdint.h>

struct elf_header {
    uint8_t magic[4];
    uint8_t class_bits; /* 2: 64 bits */
    uint8_t byte_order; /* 1: little-endian */
    uint8_t ident_version;
    uint8_t os_abi;
    uint8_t abi_version;
    uint8_t padding[7];
    uint16_t type;
    uint16_t machine;
    uint32_t version;
    uint64_t entry;
    uint64_t program_headers; /* offset in the file */
    uint64_t section_headers;
    uint32_t flags;
    uint16_t header_bytes;
    uint16_t program_header_bytes; /* of one */
    uint16_t program_header_count;
    uint16_t section_header_bytes;
    uint16_t section_header_count;
    uint16_t section_names;
};

struct elf_program_header {
    uint32_t type;
    uint32_t flags;
    uint64_t offset;
    uint64_t virtual_address;
    uint64_t physical_address;
    uint64_t file_bytes;
    uint64_t memory_bytes;
    uint64_t alignment;
};

struct elf_dynamic {
    uint64_t tag;
    uint64_t value;
};

struct elf_rela {
    uint64_t offset;
    uint64_t info; /* symbol << 32 | type */
    int64_t addend;
};

enum {
    ELF_CLASS_64 = 2,
    ELF_LITTLE_ENDIAN = 1,
    ELF_VERSION = 1,
    ELF_TYPE_EXECUTABLE = 2,
    ELF_TYPE_DYNAMIC = 3, /* position independent */
    ELF_MACHINE_AARCH64 = 183,
    ELF_COUNT_ELSEWHERE = 0xffff, /* the count stands in section header 0 */

    ELF_SEGMENT_LOAD = 1,
    ELF_SEGMENT_DYNAMIC = 2,
    ELF_SEGMENT_INTERPRETER = 3,
    ELF_SEGMENT_NOTE = 4,
    ELF_SEGMENT_TLS = 7,

    ELF_EXECUTE = 1,
    ELF_WRITE = 2,
    ELF_READ = 4,

    ELF_DYNAMIC_END = 0,
    ELF_DYNAMIC_NEEDED = 1,
    ELF_DYNAMIC_PLT_BYTES = 2,
    ELF_DYNAMIC_RELA = 7,
    ELF_DYNAMIC_RELA_BYTES = 8,
    ELF_DYNAMIC_RELA_ENTRY_BYTES = 9,
    ELF_DYNAMIC_REL = 17,
    ELF_DYNAMIC_TEXT_RELOCATIONS = 22,
    ELF_DYNAMIC_RELR_BYTES = 35,
    ELF_DYNAMIC_RELR = 36,
    ELF_DYNAMIC_FLAGS_1 = 0x6ffffffb,

    ELF_RELOCATION_NONE = 0,
    ELF_RELOCATION_RELATIVE = 1027,
};

#define ELF_FLAGS_1_PIE 0x08000000u /* position independent, whatever the file's type says */

#endif
