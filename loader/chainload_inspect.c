/*
 * chainload_inspect: what kind of image a file is, and where in memory it belongs.
 *
 * Pure functions over bytes and ranges. An image without a header cannot be told from any
 * other bytes, so what is known to be something else is refused by name first.
 * Facts: Linux Documentation/arch/arm64/booting.rst, section 4 (header; what an image_size of 0
 * means); System V ABI, chapters 4 and 5; Cortex-A53 TRM 4.3.32 (granules of 4 and 64 KiB).
 * Lacks: unpacking; moving an ELF (U-Boot's bootelf does not either).
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "chainload.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "bytes.h"
#include "elf_format.h"
#include "error.h"

enum {
    RAW_ADDRESS = 0x80000,

    TEXT_OFFSET = 8,
    IMAGE_SIZE = 16,
    FLAGS = 24,
    MAGIC = 56, /* "ARM\x64" */
    HEADER = 64,

    FLAG_BIG_ENDIAN = 1,
    FLAG_PAGES = 3 << 1, /* not said, 4, 16, 64 KiB */
    PAGES_16_KIB = 2 << 1,

    /* Of kernels before 3.17, which do not say. */
    OLD_TEXT_OFFSET = 0x80000,
    OLD_BSS_ROOM = 16 << 20,
};

#define SPAN_MAX ((uint64_t)1 << 32) /* no board has more; keeps sums far from wrapping */

__attribute__((format(printf, 3, 4))) static int refuse(char *reason, enum error error,
                                                        const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(reason, ELF_REASON_BYTES, format, arguments);
    va_end(arguments);
    return error;
}

const char *chainload_kind_name(enum chainload_kind kind)
{
    return kind == CHAINLOAD_IMAGE ? "arm64 Image" : kind == CHAINLOAD_RAW ? "raw image" : "ELF";
}

/* ---- arm64 Image ---- */

static int inspect_header(const uint8_t *file, size_t length, struct chainload_image *image,
                          char *reason)
{
    uint64_t text_offset = bytes_le64(file + TEXT_OFFSET);
    uint64_t bytes = bytes_le64(file + IMAGE_SIZE);
    uint64_t flags = bytes_le64(file + FLAGS);

    if (bytes == 0) {
        text_offset = OLD_TEXT_OFFSET;
        bytes = (uint64_t)length + OLD_BSS_ROOM;
        flags = 0;
    }
    if (flags & FLAG_BIG_ENDIAN)
        return refuse(reason, ERROR_UNSUPPORTED, "it is a big-endian kernel");
    if ((flags & FLAG_PAGES) == PAGES_16_KIB)
        return refuse(reason, ERROR_UNSUPPORTED,
                      "its pages are of 16 KiB, which this processor does not have");
    if (text_offset >= SPAN_MAX || bytes >= SPAN_MAX)
        return refuse(reason, ERROR_CORRUPT,
                      "Image header: text_offset 0x%" PRIx64 ", image_size 0x%" PRIx64, text_offset,
                      bytes);
    if (text_offset % 4 != 0)
        return refuse(reason, ERROR_CORRUPT,
                      "Image header: text_offset 0x%" PRIx64 " is no multiple of 4", text_offset);
    *image = (struct chainload_image){.kind = CHAINLOAD_IMAGE,
                                      .text_offset = text_offset,
                                      .bytes = bytes > length ? bytes : length,
                                      .file_bytes = length};
    return 0;
}

/* ---- ELF ---- */

static void read_segment(const uint8_t *file, const struct chainload_image *image, unsigned index,
                         struct elf_program_header *segment)
{
    memcpy(segment, file + image->segments + index * sizeof *segment, sizeof *segment);
    if (segment->type != ELF_SEGMENT_LOAD)
        segment->memory_bytes = 0;
}

/* Takes one segment into the image's span, and notes the entry if it lies in it. */
static int add_segment(const struct elf_program_header *segment, unsigned index, size_t length,
                       uint64_t entry, struct chainload_image *image, char *reason)
{
    uint64_t from = segment->physical_address, bytes = segment->memory_bytes;
    uint64_t end = image->first + image->bytes;

    if (segment->offset > length || segment->file_bytes > length - segment->offset ||
        segment->file_bytes > bytes)
        return refuse(reason, ERROR_CORRUPT,
                      "segment %u: 0x%" PRIx64 " bytes at 0x%" PRIx64 " for 0x%" PRIx64
                      ", the file ends at 0x%zx",
                      index, segment->file_bytes, segment->offset, bytes, length);
    if (from >= SPAN_MAX || bytes > SPAN_MAX - from)
        return refuse(reason, ERROR_UNSUPPORTED,
                      "segment %u: 0x%" PRIx64 " bytes at address 0x%" PRIx64
                      " are more than any memory",
                      index, bytes, from);
    if (entry - segment->virtual_address < bytes)
        image->entry = from + (entry - segment->virtual_address);
    if (image->bytes == 0 || end < from + bytes)
        end = from + bytes;
    if (image->bytes == 0 || from < image->first)
        image->first = from;
    image->bytes = end - image->first;
    return 0;
}

/* By the name of its note alone: a service that is damaged somewhere, so that elf_check refuses
 * it, or of another time, is no plain ELF for that. */
static bool is_service(const uint8_t *file, size_t length, const struct chainload_image *image)
{
    struct elf_program_header segment;

    for (unsigned i = 0; i < image->segment_count; i++) {
        read_segment(file, image, i, &segment);
        if (segment.type != ELF_SEGMENT_NOTE || segment.offset > length ||
            segment.file_bytes > length - segment.offset)
            continue;
        for (uint64_t at = 0; at + sizeof IMAGE_NOTE_NAME <= segment.file_bytes; at += 4)
            if (memcmp(file + segment.offset + at, IMAGE_NOTE_NAME, sizeof IMAGE_NOTE_NAME) == 0)
                return true;
    }
    return false;
}

static int inspect_elf(const uint8_t *file, size_t length, struct chainload_image *image,
                       char *reason)
{
    const uint64_t nowhere = UINT64_MAX;
    struct elf_program_header segment;
    struct elf_header header;
    int status = 0;

    if (length < sizeof header)
        return refuse(reason, ERROR_CORRUPT, "%zu bytes are too few for an ELF header", length);
    memcpy(&header, file, sizeof header);
    if (header.class_bits != ELF_CLASS_64 || header.byte_order != ELF_LITTLE_ENDIAN ||
        header.machine != ELF_MACHINE_AARCH64)
        return refuse(reason, ERROR_UNSUPPORTED,
                      "it is an ELF for another processor (class %u, byte order %u, machine %u)",
                      header.class_bits, header.byte_order, header.machine);
    if (header.type != ELF_TYPE_EXECUTABLE && header.type != ELF_TYPE_DYNAMIC)
        return refuse(reason, ERROR_UNSUPPORTED, "it is an ELF of type %u, not a linked program",
                      header.type);
    if (header.program_header_bytes != sizeof segment || header.program_headers > length ||
        header.program_header_count > (length - header.program_headers) / sizeof segment)
        return refuse(reason, ERROR_CORRUPT,
                      "%u program headers of %u bytes at 0x%" PRIx64 ", the file ends at 0x%zx",
                      header.program_header_count, header.program_header_bytes,
                      header.program_headers, length);
    *image = (struct chainload_image){.kind = CHAINLOAD_ELF,
                                      .entry = nowhere,
                                      .segments = header.program_headers,
                                      .segment_count = header.program_header_count};
    if (is_service(file, length, image))
        return refuse(reason, ERROR_UNSUPPORTED,
                      "it is a pilotlight service: for source = sd, not image");
    for (unsigned i = 0; status == 0 && i < image->segment_count; i++) {
        read_segment(file, image, i, &segment);
        if (segment.memory_bytes != 0)
            status = add_segment(&segment, i, length, header.entry, image, reason);
    }
    if (status == 0 && image->entry == nowhere)
        return refuse(reason, ERROR_CORRUPT, "its entry 0x%" PRIx64 " lies in none of its segments",
                      header.entry);
    image->entry -= image->first;
    return status;
}

/* ---- what is neither ---- */

/* Arrays, not pointers: each would cost a relocation. */
static const struct other {
    uint8_t offset, length; /* of the bytes that show what it is */
    char bytes[8];
    char what[46];
} others[] = {
    {0, 2, "\x1f\x8b", "packed with gzip: unpack it first"},
    {0, 4, "\x28\xb5\x2f\xfd", "packed with zstd: unpack it first"},
    {0, 6, {'\xfd', '7', 'z', 'X', 'Z', 0}, "packed with xz: unpack it first"},
    {0, 3, "BZh", "packed with bzip2: unpack it first"},
    {0, 4, "\x04\x22\x4d\x18", "packed with lz4: unpack it first"},
    {0, 4, "\x02\x21\x4c\x18", "packed with lz4: unpack it first"},
    {4, 4, "zimg", "an EFI zboot image: take the Image in it"},
    {0, 2, "MZ", "an EFI program: start it from U-Boot"},
    {0, 4, "\x27\x05\x19\x56", "a uImage: take the file that was put into it"},
    {0, 4, "\xd0\x0d\xfe\xed", "a device tree or FIT: take the kernel in it"},
    {36, 4, "\x18\x28\x6f\x01", "a zImage for 32-bit ARM, not for AArch64"},
    {0, 6, "070701", "an initial RAM disk: it goes to initrd"},
    {0,
     8,
     {'A', 'N', 'D', 'R', 'O', 'I', 'D', '!'},
     "an Android boot image: take the kernel in it"},
};

static const char *name_of_other(const uint8_t *file, size_t length)
{
    for (const struct other *other = others; other < others + sizeof others / sizeof *others;
         other++)
        if ((size_t)other->offset + other->length <= length &&
            memcmp(file + other->offset, other->bytes, other->length) == 0)
            return other->what;
    return NULL;
}

static bool is_text(const uint8_t *file, size_t length)
{
    for (size_t i = 0; i < 16 && i < length; i++)
        if ((file[i] < 0x20 || file[i] > 0x7e) && file[i] != '\n' && file[i] != '\r')
            return false;
    return true;
}

int chainload_inspect(const void *file, size_t length, struct chainload_image *image, char *reason)
{
    const uint8_t *bytes = file;
    const char *other;

    if (length >= HEADER && memcmp(bytes + MAGIC, "ARM\x64", 4) == 0)
        return inspect_header(bytes, length, image, reason);
    if (length >= 4 && memcmp(bytes, "\177ELF", 4) == 0)
        return inspect_elf(bytes, length, image, reason);
    other = name_of_other(bytes, length);
    if (other == NULL && is_text(bytes, length))
        other = "text";
    if (other != NULL)
        return refuse(reason, ERROR_UNSUPPORTED, "it is %s", other);
    /* No instruction is all zeros or all ones: nothing would run. */
    if (length < 4 || bytes_le32(bytes) == 0 || bytes_le32(bytes) == UINT32_MAX)
        return refuse(reason, ERROR_CORRUPT, "it does not begin with an instruction");
    *image = (struct chainload_image){
        .kind = CHAINLOAD_RAW, .first = RAW_ADDRESS, .bytes = length, .file_bytes = length};
    return 0;
}

void chainload_copy(const struct chainload_image *image, const void *file, void *memory)
{
    struct elf_program_header segment;

    if (image->kind != CHAINLOAD_ELF) {
        memcpy(memory, file, image->file_bytes);
        return;
    }
    memset(memory, 0, image->bytes);
    for (unsigned i = 0; i < image->segment_count; i++) {
        read_segment(file, image, i, &segment);
        if (segment.memory_bytes != 0)
            memcpy((uint8_t *)memory + (segment.physical_address - image->first),
                   (const uint8_t *)file + segment.offset, segment.file_bytes);
    }
}

/* ---- where it goes ---- */

/* What is in the way at address: the first thing that is taken there, or no memory. */
static const char *obstacle(const struct place_map *map, uint64_t address)
{
    for (unsigned i = 0; i < map->taken_count; i++)
        if (address - map->taken[i].base < map->taken[i].bytes)
            return map->taken[i].what;
    return "no memory";
}

/* At a multiple of 2 MiB + text_offset, which may be more than 2 MiB. */
static int place_header(const struct place_map *map, const struct chainload_image *image,
                        uint64_t *base, char *reason)
{
    uint64_t cursor = image->text_offset;
    struct board_range range;

    while ((cursor = place_next_free(map, cursor, &range)) != 0) {
        uint64_t skipped = (image->text_offset - range.base) & (ELF_PLACE_ALIGNMENT - 1);

        if (skipped < range.bytes && image->bytes <= range.bytes - skipped) {
            *base = range.base + skipped;
            return 0;
        }
    }
    return refuse(reason, ERROR_NO_MEMORY,
                  "no 0x%" PRIx64 " bytes are free in one piece for it and its zeros",
                  image->bytes);
}

int chainload_place(const struct place_map *map, const struct chainload_image *image,
                    uint64_t *base, char *reason)
{
    struct board_range range;
    uint64_t taken_at = image->first;

    if (image->kind == CHAINLOAD_IMAGE)
        return place_header(map, image, base, reason);
    if (place_next_free(map, image->first, &range) != 0 && range.base == image->first) {
        *base = image->first;
        if (image->bytes <= range.bytes)
            return 0;
        taken_at += range.bytes;
    }
    return refuse(reason, ERROR_REFUSED,
                  "it belongs to 0x%" PRIx64 "-0x%" PRIx64 ", but at 0x%" PRIx64 " there is %s",
                  image->first, image->first + image->bytes, taken_at, obstacle(map, taken_at));
}
