/*
 * seal: writes size and CRC-32C of a service's read-only area into its note.
 *
 *   seal FILE.elf
 *
 * The area runs from __read_only_start to __read_only_end over segments that are not
 * writable, with zeros where the file has nothing between them; the kernel checks it at
 * start and again when idle. Relocations must not touch it, or the CRC would depend on where the
 * image is placed: seal refuses such a file. The note itself must stand outside the
 * area, for a CRC cannot cover itself. The file is patched in place, after all checks; of
 * the note only the two fields, so it may be older or newer than this program.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <elf.h>
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crc32c.h"
#include "image_note.h"

struct file {
    const char *path;
    unsigned char *bytes;
    size_t length;
};

static struct file file;

/* The two fields of the note, as they lie in it. */
struct sealed {
    uint32_t bytes, crc32c;
};

#define SEALED_AT offsetof(struct image_note, read_only_bytes)

_Static_assert(offsetof(struct image_note, read_only_crc32c) ==
                       SEALED_AT + offsetof(struct sealed, crc32c) &&
                   SEALED_AT + sizeof(struct sealed) <= IMAGE_NOTE_MIN_BYTES,
               "every note has both, side by side");

static _Noreturn void fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

static _Noreturn void fail(const char *format, ...)
{
    va_list arguments;

    fprintf(stderr, "seal: %s: ", file.path);
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
    exit(1);
}

static void read_file(void)
{
    FILE *stream = fopen(file.path, "rb");
    long length;

    if (!stream)
        fail("cannot open it: %s", strerror(errno));
    if (fseek(stream, 0, SEEK_END) != 0 || (length = ftell(stream)) < 0 ||
        fseek(stream, 0, SEEK_SET) != 0)
        fail("cannot tell its length: %s", strerror(errno));
    file.length = (size_t)length;
    file.bytes = malloc(file.length + 1);
    if (!file.bytes)
        fail("out of memory for its %zu bytes", file.length);
    if (fread(file.bytes, 1, file.length, stream) != file.length)
        fail("cannot read all of it");
    fclose(stream);
}

/* Returns where count elements of size bytes stand at offset; fails when they do not. */
static void *part(const char *what, uint64_t offset, uint64_t count, uint64_t size)
{
    uint64_t bytes, end;

    if (__builtin_mul_overflow(count, size, &bytes) ||
        __builtin_add_overflow(offset, bytes, &end) || end > file.length)
        fail("%s at offset %llu runs past the file's end", what, (unsigned long long)offset);
    if (offset % 8 != 0 && size % 8 == 0)
        fail("%s at offset %llu is not aligned to 8 bytes", what, (unsigned long long)offset);
    return file.bytes + offset;
}

static Elf64_Ehdr *check_header(void)
{
    Elf64_Ehdr *header = part("the ELF header", 0, 1, sizeof *header);

    if (memcmp(header->e_ident, ELFMAG, SELFMAG) != 0)
        fail("it does not begin with the ELF magic number");
    if (header->e_ident[EI_CLASS] != ELFCLASS64 || header->e_ident[EI_DATA] != ELFDATA2LSB ||
        header->e_machine != EM_AARCH64)
        fail("it is no little-endian 64-bit ELF for AArch64");
    if (header->e_phentsize != sizeof(Elf64_Phdr) || header->e_shentsize != sizeof(Elf64_Shdr))
        fail("its headers have sizes %u and %u instead of %zu and %zu", header->e_phentsize,
             header->e_shentsize, sizeof(Elf64_Phdr), sizeof(Elf64_Shdr));
    if (header->e_shstrndx >= header->e_shnum)
        fail("it has no section names");
    return header;
}

static const char *text_in(const Elf64_Shdr *strings, uint64_t offset)
{
    const char *text = part("a string table", strings->sh_offset, strings->sh_size, 1);

    if (offset >= strings->sh_size || !memchr(text + offset, '\0', strings->sh_size - offset))
        fail("a name at %llu lies outside its string table", (unsigned long long)offset);
    return text + offset;
}

static Elf64_Shdr *find_section(const Elf64_Ehdr *header, const char *name)
{
    Elf64_Shdr *sections =
        part("the section headers", header->e_shoff, header->e_shnum, sizeof *sections);
    Elf64_Shdr *found = NULL;

    for (unsigned i = 0; i < header->e_shnum; i++) {
        if (strcmp(text_in(&sections[header->e_shstrndx], sections[i].sh_name), name) != 0)
            continue;
        if (found)
            fail("it has two sections %s", name);
        found = &sections[i];
    }
    if (!found)
        fail("it has no section %s", name);
    return found;
}

static uint64_t find_symbol(const Elf64_Ehdr *header, const char *name)
{
    const Elf64_Shdr *sections =
        part("the section headers", header->e_shoff, header->e_shnum, sizeof *sections);
    const Elf64_Shdr *table = find_section(header, ".symtab");
    const Elf64_Sym *symbols;
    uint64_t count = table->sh_size / sizeof *symbols;
    const Elf64_Sym *found = NULL;

    if (table->sh_entsize != sizeof *symbols || table->sh_link >= header->e_shnum)
        fail("its symbol table is malformed");
    symbols = part("the symbol table", table->sh_offset, count, sizeof *symbols);
    for (uint64_t i = 0; i < count; i++) {
        if (symbols[i].st_shndx == SHN_UNDEF ||
            strcmp(text_in(&sections[table->sh_link], symbols[i].st_name), name) != 0)
            continue;
        if (found)
            fail("it defines %s twice", name);
        found = &symbols[i];
    }
    if (!found)
        fail("it has no symbol %s", name);
    return found->st_value;
}

/* Returns the loadable segment whose file bytes hold address, or a null pointer. */
static const Elf64_Phdr *segment_at(const Elf64_Ehdr *header, uint64_t address)
{
    const Elf64_Phdr *segments =
        part("the program headers", header->e_phoff, header->e_phnum, sizeof *segments);

    for (unsigned i = 0; i < header->e_phnum; i++)
        if (segments[i].p_type == PT_LOAD && address >= segments[i].p_vaddr &&
            address - segments[i].p_vaddr < segments[i].p_filesz)
            return &segments[i];
    return NULL;
}

/* Returns the CRC of [start, end) as it will be in memory: the segments' bytes, and zeros
 * between them. */
static uint32_t area_crc(const Elf64_Ehdr *header, uint64_t start, uint64_t end)
{
    static const unsigned char zero;
    uint32_t crc = 0;

    if (start >= end || end - start > UINT32_MAX || !segment_at(header, start) ||
        !segment_at(header, end - 1))
        fail("__read_only_start 0x%llx and __read_only_end 0x%llx enclose nothing",
             (unsigned long long)start, (unsigned long long)end);
    while (start < end) {
        const Elf64_Phdr *segment = segment_at(header, start);
        uint64_t count = 1;
        const unsigned char *bytes = &zero;

        if (segment) {
            if (segment->p_flags & PF_W)
                fail("the read-only area holds a writable segment");
            count = segment->p_filesz - (start - segment->p_vaddr);
            if (count > end - start)
                count = end - start;
            bytes = part("a segment", segment->p_offset + (start - segment->p_vaddr), count, 1);
        }
        crc = crc32c(crc, bytes, count);
        start += count;
    }
    return crc;
}

static void check_relocations(const Elf64_Ehdr *header, uint64_t start, uint64_t end)
{
    const Elf64_Shdr *sections =
        part("the section headers", header->e_shoff, header->e_shnum, sizeof *sections);

    for (unsigned i = 0; i < header->e_shnum; i++) {
        const Elf64_Rela *relocations;
        uint64_t count = sections[i].sh_size / sizeof *relocations;

        if (sections[i].sh_type != SHT_RELA || !(sections[i].sh_flags & SHF_ALLOC))
            continue;
        relocations = part("the relocations", sections[i].sh_offset, count, sizeof *relocations);
        for (uint64_t j = 0; j < count; j++) {
            if (relocations[j].r_offset + 8 > start && relocations[j].r_offset < end)
                fail("a relocation changes 0x%llx in the read-only area",
                     (unsigned long long)relocations[j].r_offset);
        }
    }
}

/* Returns the note's descriptor in the file: IMAGE_NOTE_MIN_BYTES or more. */
static unsigned char *find_note(const Elf64_Ehdr *header, uint64_t start, uint64_t end)
{
    const Elf64_Shdr *section = find_section(header, ".note.pilotlight");
    uint64_t owner_bytes = (sizeof IMAGE_NOTE_NAME + 3) & ~3ull;
    uint64_t head_bytes = sizeof(Elf64_Nhdr) + owner_bytes;
    const Elf64_Nhdr *note;
    const char *owner;

    if (section->sh_type != SHT_NOTE || section->sh_offset % 4 != 0 ||
        section->sh_size < head_bytes + IMAGE_NOTE_MIN_BYTES)
        fail("the section .note.pilotlight is not a note of %d bytes or more",
             IMAGE_NOTE_MIN_BYTES);
    note = part("the note", section->sh_offset, section->sh_size, 1);
    owner = (const char *)(note + 1);
    if (note->n_namesz != sizeof IMAGE_NOTE_NAME || note->n_type != IMAGE_NOTE_TYPE ||
        memcmp(owner, IMAGE_NOTE_NAME, sizeof IMAGE_NOTE_NAME) != 0)
        fail("the note in .note.pilotlight is not Pilotlight's");
    if (note->n_descsz < IMAGE_NOTE_MIN_BYTES || note->n_descsz > section->sh_size - head_bytes)
        fail("the note says it has %u bytes, its section has %llu", note->n_descsz,
             (unsigned long long)(section->sh_size - head_bytes));
    if (section->sh_addr < end && section->sh_addr + section->sh_size > start)
        fail("the note stands inside the read-only area that its CRC is to cover");
    return file.bytes + section->sh_offset + head_bytes;
}

static void write_fields(const unsigned char *note, const struct sealed *sealed)
{
    FILE *stream = fopen(file.path, "r+b");

    if (!stream)
        fail("cannot open it for writing: %s", strerror(errno));
    if (fseek(stream, note + SEALED_AT - file.bytes, SEEK_SET) != 0 ||
        fwrite(sealed, sizeof *sealed, 1, stream) != 1 || fclose(stream) != 0)
        fail("cannot write the note: %s", strerror(errno));
}

int main(int argc, char **argv)
{
    const Elf64_Ehdr *header;
    const unsigned char *note;
    struct sealed sealed;
    uint64_t start, end;

    if (argc != 2) {
        fputs("seal: usage: seal FILE.elf\n", stderr);
        return 1;
    }
    file.path = argv[1];
    read_file();
    header = check_header();
    start = find_symbol(header, "__read_only_start");
    end = find_symbol(header, "__read_only_end");
    check_relocations(header, start, end);
    note = find_note(header, start, end);
    sealed = (struct sealed){(uint32_t)(end - start), area_crc(header, start, end)};
    write_fields(note, &sealed);
    free(file.bytes);
    return 0;
}
