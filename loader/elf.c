/*
 * elf: every check on a service's ELF file. See elf.h for what is accepted.
 *
 * No number of the file is used before it was compared with the file's length or with
 * the image's span; sums are made by __builtin_add_overflow. The segment table is
 * not copied, it is walked in the file: any number of segments costs no memory.
 * Ascending order of PT_LOAD, which the ABI promises, makes "no two overlap" one
 * comparison per segment.
 * Reference: System V ABI, chapters 4 and 5; aaelf64 for relocation types.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "elf.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "elf_format.h"
#include "error.h"

/* No machine we know has more memory; keeps sums of spans far from wrapping. */
#define SPAN_MAX ((uint64_t)1 << 32)

struct checker {
    const uint8_t *file;
    size_t length;
    struct elf_image *image;
    char *reason;
};

__attribute__((format(printf, 3, 4))) static int refuse(const struct checker *c, enum error error,
                                                        const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(c->reason, ELF_REASON_BYTES, format, arguments);
    va_end(arguments);
    return error;
}

static bool is_within(uint64_t offset, uint64_t bytes, uint64_t length)
{
    return offset <= length && bytes <= length - offset;
}

static void read_program_header(const struct elf_image *image, const void *file, unsigned index,
                                struct elf_program_header *header)
{
    memcpy(header, (const uint8_t *)file + image->program_headers + index * sizeof *header,
           sizeof *header);
}

bool elf_next_segment(const struct elf_image *image, const void *file, unsigned *next,
                      struct elf_segment *segment)
{
    struct elf_program_header header;

    while (*next < image->program_header_count) {
        read_program_header(image, file, (*next)++, &header);
        if (header.type != ELF_SEGMENT_LOAD || header.memory_bytes == 0)
            continue;
        *segment = (struct elf_segment){header.virtual_address, header.memory_bytes, header.offset,
                                        header.file_bytes,
                                        header.flags & (ELF_READ | ELF_WRITE | ELF_EXECUTE)};
        return true;
    }
    return false;
}

/* ---- header ---- */

static int check_kind(const struct checker *c, const struct elf_header *header)
{
    if (header->class_bits != ELF_CLASS_64)
        return refuse(c, ERROR_UNSUPPORTED, "ELF class is %u, not 2 (64 bits)", header->class_bits);
    if (header->byte_order != ELF_LITTLE_ENDIAN)
        return refuse(c, ERROR_UNSUPPORTED, "byte order is %u, not 1 (little-endian)",
                      header->byte_order);
    if (header->ident_version != ELF_VERSION || header->version != ELF_VERSION)
        return refuse(c, ERROR_UNSUPPORTED, "ELF version is %u/%" PRIu32 ", not 1",
                      header->ident_version, header->version);
    if (header->os_abi != 0 || header->abi_version != 0)
        return refuse(c, ERROR_UNSUPPORTED, "OS ABI is %u.%u, not 0.0", header->os_abi,
                      header->abi_version);
    if (header->machine != ELF_MACHINE_AARCH64)
        return refuse(c, ERROR_UNSUPPORTED, "machine is %u, not 183 (AArch64)", header->machine);
    if (header->type != ELF_TYPE_DYNAMIC && header->type != ELF_TYPE_EXECUTABLE)
        return refuse(c, ERROR_UNSUPPORTED,
                      "file type is %u, not 3 (static PIE) or 2 (fixed address)", header->type);
    return 0;
}

static int check_header(const struct checker *c)
{
    struct elf_header header;
    int status;

    if (c->length < sizeof header)
        return refuse(c, ERROR_CORRUPT, "%zu bytes are too few for an ELF header of 64", c->length);
    memcpy(&header, c->file, sizeof header);
    if (memcmp(header.magic, "\177ELF", 4) != 0)
        return refuse(c, ERROR_CORRUPT, "not an ELF file: begins with %02x %02x %02x %02x",
                      header.magic[0], header.magic[1], header.magic[2], header.magic[3]);
    status = check_kind(c, &header);
    if (status < 0)
        return status;
    if (header.header_bytes != sizeof header)
        return refuse(c, ERROR_CORRUPT, "ELF header size is %u, not 64", header.header_bytes);
    if (header.program_header_bytes != sizeof(struct elf_program_header))
        return refuse(c, ERROR_CORRUPT, "program header size is %u, not 56",
                      header.program_header_bytes);
    if (header.program_header_count == 0)
        return refuse(c, ERROR_CORRUPT, "there are 0 program headers");
    if (header.program_header_count == ELF_COUNT_ELSEWHERE)
        return refuse(c, ERROR_UNSUPPORTED, "program header count 65535 (extended numbering)");
    if (!is_within(header.program_headers,
                   (uint64_t)header.program_header_count * sizeof(struct elf_program_header),
                   c->length))
        return refuse(c, ERROR_CORRUPT, "%u program headers at 0x%" PRIx64 ", the file ends at %zu",
                      header.program_header_count, header.program_headers, c->length);
    /* Not needed to run, but they stand last: when they are missing, the end is. */
    if (header.section_headers != 0 &&
        !is_within(header.section_headers,
                   (uint64_t)header.section_header_count * header.section_header_bytes, c->length))
        return refuse(c, ERROR_CORRUPT,
                      "cut off: section headers at 0x%" PRIx64 ", the file ends at %zu",
                      header.section_headers, c->length);
    c->image->movable = header.type == ELF_TYPE_DYNAMIC;
    c->image->entry = header.entry;
    c->image->program_headers = header.program_headers;
    c->image->program_header_count = header.program_header_count;
    return 0;
}

/* ---- segments ---- */

static int check_extent(const struct checker *c, unsigned i,
                        const struct elf_program_header *header)
{
    uint64_t end;

    if (!is_within(header->offset, header->file_bytes, c->length))
        return refuse(c, ERROR_CORRUPT,
                      "cut off: segment %u wants 0x%" PRIx64 " bytes at 0x%" PRIx64
                      ", the file ends at 0x%zx",
                      i, header->file_bytes, header->offset, c->length);
    if (header->type != ELF_SEGMENT_LOAD)
        return 0;
    if (header->file_bytes > header->memory_bytes)
        return refuse(c, ERROR_CORRUPT,
                      "segment %u has 0x%" PRIx64 " bytes in the file, 0x%" PRIx64 " in memory", i,
                      header->file_bytes, header->memory_bytes);
    if (header->memory_bytes > SPAN_MAX || header->virtual_address > UINT64_MAX - 2 * SPAN_MAX ||
        __builtin_add_overflow(header->virtual_address, header->memory_bytes, &end))
        return refuse(c, ERROR_CORRUPT,
                      "segment %u: 0x%" PRIx64 " bytes at 0x%" PRIx64 " are beyond any memory", i,
                      header->memory_bytes, header->virtual_address);
    if ((header->alignment & (header->alignment - 1)) != 0 && header->alignment != 0)
        return refuse(c, ERROR_CORRUPT, "segment %u: alignment 0x%" PRIx64 " is no power of two", i,
                      header->alignment);
    if (header->alignment > ELF_PLACE_ALIGNMENT)
        return refuse(c, ERROR_UNSUPPORTED, "segment %u: alignment 0x%" PRIx64 " is over 2 MiB", i,
                      header->alignment);
    if (header->alignment > 1 &&
        ((header->virtual_address - header->offset) & (header->alignment - 1)) != 0)
        return refuse(c, ERROR_CORRUPT,
                      "segment %u: address 0x%" PRIx64 " and offset 0x%" PRIx64
                      " differ modulo 0x%" PRIx64,
                      i, header->virtual_address, header->offset, header->alignment);
    return 0;
}

/* One PT_LOAD after the other; *end is where the pages of the one before end. */
static int check_load(const struct checker *c, unsigned i, const struct elf_program_header *header,
                      uint64_t *end, bool *entry_found)
{
    struct elf_image *image = c->image;
    uint64_t page = header->virtual_address & ~(uint64_t)(ELF_PAGE - 1);

    if ((header->flags & ELF_WRITE) != 0 && (header->flags & ELF_EXECUTE) != 0)
        return refuse(c, ERROR_UNSUPPORTED,
                      "segment %u at 0x%" PRIx64 " is writable and executable", i,
                      header->virtual_address);
    if (header->memory_bytes == 0)
        return 0;
    if (image->segment_count == 0)
        image->first = page;
    else if (page < *end)
        return refuse(c, ERROR_CORRUPT,
                      "segment %u at 0x%" PRIx64 " begins on a page of the one before,"
                      " which ends at 0x%" PRIx64,
                      i, header->virtual_address, *end);
    *end =
        (header->virtual_address + header->memory_bytes + ELF_PAGE - 1) & ~(uint64_t)(ELF_PAGE - 1);
    image->bytes = *end - image->first;
    if (image->bytes > SPAN_MAX)
        return refuse(c, ERROR_CORRUPT, "the image spans 0x%" PRIx64 " bytes, more than any memory",
                      image->bytes);
    image->segment_count++;
    /* Within the bytes of the file: what is zeroed is no code. */
    if ((header->flags & ELF_EXECUTE) != 0 && image->entry >= header->virtual_address &&
        is_within(image->entry - header->virtual_address, 4, header->file_bytes))
        *entry_found = true;
    return 0;
}

/* ---- relocations ---- */

/* Finds the segment that holds [address, address + bytes). *segment is looked at first:
 * neighbours in a table mostly lie in the same one. */
static bool find_segment(const struct checker *c, uint64_t address, uint64_t bytes,
                         struct elf_segment *segment)
{
    unsigned next = 0;

    do {
        if (address >= segment->address &&
            is_within(address - segment->address, bytes, segment->bytes))
            return true;
    } while (elf_next_segment(c->image, c->file, &next, segment));
    segment->bytes = 0;
    return false;
}

static int check_relocations(const struct checker *c)
{
    struct elf_segment segment = {0};

    for (uint64_t i = 0; i < c->image->rela_count; i++) {
        struct elf_rela rela;

        memcpy(&rela, c->file + c->image->rela + i * sizeof rela, sizeof rela);
        if (rela.info == ELF_RELOCATION_NONE)
            continue;
        if (rela.info != ELF_RELOCATION_RELATIVE)
            return refuse(c, ERROR_UNSUPPORTED,
                          "relocation %" PRIu64 " has type %" PRIu32 ", symbol %" PRIu32
                          "; only 1027 (relative) can be done",
                          i, (uint32_t)rela.info, (uint32_t)(rela.info >> 32));
        if (!find_segment(c, rela.offset, sizeof(uint64_t), &segment))
            return refuse(c, ERROR_CORRUPT,
                          "relocation %" PRIu64 " at 0x%" PRIx64 " is outside every segment", i,
                          rela.offset);
        if (rela.offset % sizeof(uint64_t) != 0 || (segment.flags & ELF_EXECUTE) != 0 ||
            rela.offset - c->image->first < c->image->note.read_only_bytes)
            return refuse(c, ERROR_UNSUPPORTED,
                          "relocation %" PRIu64 " at 0x%" PRIx64 " is unaligned, code or sealed", i,
                          rela.offset);
    }
    return 0;
}

/* Turns the table's linked address into an offset in the file, where all of it must be. */
static int check_rela_table(const struct checker *c, uint64_t address, uint64_t bytes)
{
    struct elf_segment segment = {0};

    if (bytes % sizeof(struct elf_rela) != 0)
        return refuse(c, ERROR_CORRUPT, "DT_RELASZ is %" PRIu64 ", no multiple of 24", bytes);
    if (bytes == 0)
        return 0;
    if (!find_segment(c, address, bytes, &segment) ||
        !is_within(address - segment.address, bytes, segment.file_bytes))
        return refuse(c, ERROR_CORRUPT,
                      "DT_RELA: 0x%" PRIx64 " bytes at 0x%" PRIx64 " are not in the file", bytes,
                      address);
    c->image->rela = segment.file_offset + (address - segment.address);
    c->image->rela_count = bytes / sizeof(struct elf_rela);
    return check_relocations(c);
}

static int check_dynamic(const struct checker *c, unsigned index)
{
    struct elf_program_header header;
    uint64_t address = 0, bytes = 0;

    read_program_header(c->image, c->file, index, &header);
    for (uint64_t at = 0; is_within(at, sizeof(struct elf_dynamic), header.file_bytes);
         at += sizeof(struct elf_dynamic)) {
        struct elf_dynamic dynamic;

        memcpy(&dynamic, c->file + header.offset + at, sizeof dynamic);
        switch (dynamic.tag) {
        case ELF_DYNAMIC_END:
            return check_rela_table(c, address, bytes);
        case ELF_DYNAMIC_RELA:
            address = dynamic.value;
            break;
        case ELF_DYNAMIC_FLAGS_1:
            /* The linker calls a PIE with a base of its own ET_EXEC, and U-Boot's bootelf
             * takes nothing else; this flag says what it is. */
            if (dynamic.value & ELF_FLAGS_1_PIE)
                c->image->movable = true;
            break;
        case ELF_DYNAMIC_RELA_BYTES:
            bytes = dynamic.value;
            break;
        case ELF_DYNAMIC_RELA_ENTRY_BYTES:
            if (dynamic.value != sizeof(struct elf_rela))
                return refuse(c, ERROR_CORRUPT, "DT_RELAENT is %" PRIu64 ", not 24", dynamic.value);
            break;
        case ELF_DYNAMIC_PLT_BYTES:
        case ELF_DYNAMIC_RELR_BYTES:
            if (dynamic.value == 0)
                break;
            /* fall through */
        case ELF_DYNAMIC_NEEDED:
        case ELF_DYNAMIC_REL:
        case ELF_DYNAMIC_TEXT_RELOCATIONS:
            return refuse(c, ERROR_UNSUPPORTED,
                          "dynamic entry %" PRIu64 " (value 0x%" PRIx64
                          ") asks for a dynamic linker",
                          dynamic.tag, dynamic.value);
        default:
            break;
        }
    }
    return refuse(c, ERROR_CORRUPT, "PT_DYNAMIC of 0x%" PRIx64 " bytes has no end entry",
                  header.file_bytes);
}

/* ---- notes ---- */

static int check_notes(const struct checker *c, unsigned i, const struct elf_program_header *header)
{
    /* 0 and 1 mean "no alignment"; every tool then pads notes to 4. */
    int status = image_note_find(c->file + header->offset, header->file_bytes,
                                 header->alignment < 4 ? 4 : header->alignment, &c->image->note);

    if (status == 0) {
        if (c->image->has_note)
            return refuse(c, ERROR_CORRUPT, "program header %u is a second pilotlight note", i);
        c->image->has_note = true;
    } else if (status != ERROR_ABSENT) {
        return refuse(c, ERROR_CORRUPT,
                      "the note at 0x%" PRIx64 ", 0x%" PRIx64 " bytes aligned to %" PRIu64
                      ", is damaged",
                      header->offset, header->file_bytes, header->alignment);
    }
    return 0;
}

/* ---- all of it ---- */

/* Everything about one program header but relocations, which want all segments known. */
static int check_program_header(const struct checker *c, unsigned i,
                                const struct elf_program_header *header, unsigned *dynamic)
{
    switch (header->type) {
    case ELF_SEGMENT_INTERPRETER:
        return refuse(c, ERROR_UNSUPPORTED, "program header %u asks for an interpreter", i);
    case ELF_SEGMENT_TLS:
        return refuse(c, ERROR_UNSUPPORTED, "program header %u asks for thread-local storage", i);
    case ELF_SEGMENT_DYNAMIC:
        if (*dynamic != ELF_COUNT_ELSEWHERE)
            return refuse(c, ERROR_CORRUPT, "program headers %u and %u are both PT_DYNAMIC",
                          *dynamic, i);
        *dynamic = i;
        return check_extent(c, i, header);
    case ELF_SEGMENT_LOAD:
    case ELF_SEGMENT_NOTE:
        return check_extent(c, i, header);
    default:
        return 0; /* PT_PHDR, PT_GNU_*: nothing that we would use */
    }
}

int elf_check(const void *file, size_t length, struct elf_image *image, char *reason)
{
    struct checker c = {file, length, image, reason};
    struct elf_program_header header;
    unsigned dynamic = ELF_COUNT_ELSEWHERE;
    bool entry_found = false;
    uint64_t end = 0;
    int status;

    memset(image, 0, sizeof *image);
    status = check_header(&c);
    for (unsigned i = 0; status == 0 && i < image->program_header_count; i++) {
        read_program_header(image, file, i, &header);
        status = check_program_header(&c, i, &header, &dynamic);
        if (status == 0 && header.type == ELF_SEGMENT_LOAD)
            status = check_load(&c, i, &header, &end, &entry_found);
        if (status == 0 && header.type == ELF_SEGMENT_NOTE)
            status = check_notes(&c, i, &header);
    }
    if (status < 0)
        return status;
    if (image->segment_count == 0)
        return refuse(&c, ERROR_CORRUPT, "no segment takes memory");
    if (!entry_found || image->entry % 4 != 0)
        return refuse(&c, ERROR_CORRUPT,
                      "entry 0x%" PRIx64 " is unaligned or in no executable segment", image->entry);
    status = dynamic == ELF_COUNT_ELSEWHERE ? 0 : check_dynamic(&c, dynamic);
    return status < 0 ? status : elf_check_seal(image, file, length, reason);
}
