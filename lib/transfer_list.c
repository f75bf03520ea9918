/*
 * transfer_list: building, checking and searching a Firmware Handoff transfer list.
 *
 * The 8-bit checksum: the specification of today and version 0.9 want all bytes to add
 * up to 0 modulo 256; its release 1.0 (May 2025) had an exclusive or, taken back in
 * November 2025 (pull request 81). We write the sum and accept either, because both
 * kinds of sender exist; what protects our own list is the CRC in its first entry.
 * Lacks: entries that want an alignment above 8, and adding to lists of others.
 * Reference: FirmwareHandoff/firmware_handoff, source/transfer_list.rst.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "transfer_list.h"

#include <stdbool.h>
#include <string.h>

#include "boot_tags.h"
#include "bytes.h"
#include "crc32c.h"
#include "error.h"

enum {
    FLAG_HAS_CHECKSUM = 1,
    ALIGNMENT_LOG2 = 3,
    ALIGNMENT_LOG2_MAX = 30,
};

struct header {
    uint32_t signature;
    uint8_t checksum;
    uint8_t version;
    uint8_t header_bytes;
    uint8_t alignment_log2;
    uint32_t used_bytes;
    uint32_t total_bytes;
    uint32_t flags;
    uint32_t reserved;
};

struct entry {
    uint32_t tag_and_header_bytes; /* tag in the lower 24 bits */
    uint32_t data_bytes;
};

static uint64_t align_up(uint64_t value)
{
    return (value + TRANSFER_LIST_ALIGNMENT - 1) & ~(uint64_t)(TRANSFER_LIST_ALIGNMENT - 1);
}

/*
 * Adds length bytes modulo 256 into *sum and combines them by exclusive or into *parity.
 * Eight bytes at a time, each lane on its own: the top bits are added without their
 * carry. A list holds a device tree, so byte by byte would cost 100,000 instructions.
 */
static void sum_bytes(const void *list, size_t length, uint8_t *sum, uint8_t *parity)
{
    const uint64_t top_bits = 0x8080808080808080u;
    const uint8_t *at = list;
    uint64_t lanes = 0;
    uint64_t odd = 0;

    for (size_t done = 0; done < length; done += 8) {
        uint64_t eight = 0;

        memcpy(&eight, at + done, length - done < 8 ? length - done : 8);
        lanes = ((lanes & ~top_bits) + (eight & ~top_bits)) ^ ((lanes ^ eight) & top_bits);
        odd ^= eight;
    }
    *sum = *parity = 0;
    for (unsigned shift = 0; shift < 64; shift += 8) {
        *sum = (uint8_t)(*sum + (lanes >> shift));
        *parity ^= (uint8_t)(odd >> shift);
    }
}

/* The CRC of the list as the integrity entry defines it: checksum byte and CRC field
 * count as 0. crc_at: offset of the CRC field. */
static uint32_t list_crc(const void *list, size_t used, size_t crc_at)
{
    static const uint8_t zeros[4];
    const uint8_t *bytes = list;
    uint32_t crc = crc32c(0, bytes, 4);

    crc = crc32c(crc, zeros, 1);
    crc = crc32c(crc, bytes + 5, crc_at - 5);
    crc = crc32c(crc, zeros, 4);
    return crc32c(crc, bytes + crc_at + 4, used - crc_at - 4);
}

int transfer_list_init(void *buffer, size_t capacity)
{
    struct header *header = buffer;

    if ((uintptr_t)buffer % TRANSFER_LIST_ALIGNMENT != 0)
        return ERROR_INVALID;
    if (capacity < sizeof *header)
        return ERROR_TOO_LARGE;
    if (capacity > UINT32_MAX)
        capacity = UINT32_MAX;
    *header = (struct header){
        .signature = TRANSFER_LIST_SIGNATURE,
        .version = TRANSFER_LIST_VERSION,
        .header_bytes = TRANSFER_LIST_HEADER_BYTES,
        .alignment_log2 = ALIGNMENT_LOG2,
        .used_bytes = TRANSFER_LIST_HEADER_BYTES,
        .total_bytes = (uint32_t)(capacity & ~(size_t)(TRANSFER_LIST_ALIGNMENT - 1)),
        .flags = FLAG_HAS_CHECKSUM,
    };
    if (transfer_list_append(buffer, BOOT_TAG_INTEGRITY, NULL, sizeof(struct boot_integrity)) ==
        NULL)
        return ERROR_TOO_LARGE;
    return 0;
}

void *transfer_list_append(void *list, uint32_t tag, const void *bytes, size_t length)
{
    struct header *header = list;
    uint32_t room = header->total_bytes - header->used_bytes;
    uint8_t *at = (uint8_t *)list + header->used_bytes;
    struct entry entry = {tag | (uint32_t)TRANSFER_LIST_ENTRY_BYTES << 24, (uint32_t)length};
    uint64_t padded;

    if (room < sizeof entry || length > room - sizeof entry)
        return NULL;
    /* total and used are multiples of 8, so the padding fits where the data does. */
    padded = align_up(length);
    memcpy(at, &entry, sizeof entry);
    at += sizeof entry;
    if (bytes != NULL) {
        memcpy(at, bytes, length);
        memset(at + length, 0, (size_t)padded - length);
    } else {
        memset(at, 0, (size_t)padded);
    }
    header->used_bytes += (uint32_t)(sizeof entry + padded);
    return at;
}

void transfer_list_shrink(void *list, void *data, size_t length)
{
    struct header *header = list;
    uint8_t *bytes = data;
    uint32_t padded = (uint32_t)align_up(length);

    memset(bytes + length, 0, padded - length);
    bytes_put_le32(bytes - sizeof(uint32_t), (uint32_t)length);
    header->used_bytes = (uint32_t)(bytes - (uint8_t *)list) + padded;
}

uint32_t transfer_list_seal(void *list)
{
    struct header *header = list;
    struct boot_integrity *integrity =
        (struct boot_integrity *)((uint8_t *)list + sizeof *header + sizeof(struct entry));
    size_t crc_at = (size_t)((uint8_t *)&integrity->crc32c - (uint8_t *)list);
    uint8_t sum;
    uint8_t parity;

    header->checksum = 0;
    integrity->used_bytes = header->used_bytes;
    integrity->crc32c = list_crc(list, header->used_bytes, crc_at);
    sum_bytes(list, header->used_bytes, &sum, &parity);
    header->checksum = (uint8_t)-sum;
    return header->used_bytes;
}

/* Reads the entry at offset; returns the offset of the next one, or 0 if it does not
 * lie inside the first used bytes. */
static uint64_t entry_at(const void *list, uint64_t used, uint64_t offset, uint32_t *tag,
                         const uint8_t **data, uint32_t *length)
{
    struct entry entry;
    uint32_t header_bytes;

    if (used - offset < sizeof entry)
        return 0;
    memcpy(&entry, (const uint8_t *)list + offset, sizeof entry);
    header_bytes = entry.tag_and_header_bytes >> 24;
    if (header_bytes < sizeof entry || (uint64_t)header_bytes + entry.data_bytes > used - offset)
        return 0;
    *tag = entry.tag_and_header_bytes & 0xffffff;
    *data = (const uint8_t *)list + offset + header_bytes;
    *length = entry.data_bytes;
    offset = align_up(offset + header_bytes + entry.data_bytes);
    return offset > used ? used : offset;
}

int64_t transfer_list_check(const void *list, size_t available)
{
    struct header header;
    uint64_t next;
    uint8_t sum;
    uint8_t parity;

    if (available < sizeof header)
        return ERROR_TOO_LARGE;
    memcpy(&header, list, sizeof header);
    if ((uintptr_t)list % TRANSFER_LIST_ALIGNMENT != 0 ||
        header.signature != TRANSFER_LIST_SIGNATURE || header.version == 0)
        return ERROR_INVALID;
    if (header.used_bytes > available)
        return ERROR_TOO_LARGE;
    if (header.header_bytes < sizeof header || header.header_bytes > header.used_bytes ||
        header.used_bytes > header.total_bytes || header.alignment_log2 < ALIGNMENT_LOG2 ||
        header.alignment_log2 > ALIGNMENT_LOG2_MAX)
        return ERROR_CORRUPT;
    if ((header.flags & FLAG_HAS_CHECKSUM) != 0) {
        sum_bytes(list, header.used_bytes, &sum, &parity);
        if (sum != 0 && parity != 0)
            return ERROR_CORRUPT;
    }
    next = align_up(header.header_bytes);
    while (next < header.used_bytes) {
        const uint8_t *data;
        uint32_t tag;
        uint32_t length;

        next = entry_at(list, header.used_bytes, next, &tag, &data, &length);
        if (next == 0)
            return ERROR_CORRUPT;
        if (tag == BOOT_TAG_INTEGRITY && length >= sizeof(struct boot_integrity)) {
            struct boot_integrity integrity;
            size_t crc_at =
                (size_t)(data - (const uint8_t *)list) + offsetof(struct boot_integrity, crc32c);

            memcpy(&integrity, data, sizeof integrity);
            if (integrity.used_bytes != header.used_bytes ||
                integrity.crc32c != list_crc(list, header.used_bytes, crc_at))
                return ERROR_CORRUPT;
        }
    }
    return header.used_bytes;
}

const void *transfer_list_find(const void *list, uint32_t tag, size_t minimum, size_t *length)
{
    const struct header *header = list;
    uint64_t next = align_up(header->header_bytes);

    while (next < header->used_bytes) {
        const uint8_t *data;
        uint32_t entry_tag;
        uint32_t bytes;

        next = entry_at(list, header->used_bytes, next, &entry_tag, &data, &bytes);
        if (next == 0)
            return NULL;
        if (entry_tag == tag) {
            *length = bytes;
            return bytes >= minimum ? data : NULL;
        }
    }
    return NULL;
}
