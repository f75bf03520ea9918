/*
 * slot_image: see the header. The arithmetic of SHA-256 is libsodium's.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "slot_image.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "crc32c.h"
#include "error.h"

#include "sodium/crypto_hash_sha256.h"

int slot_image_refuse(char *reason, int status, const char *format, ...)
{
    size_t used = strnlen(reason, SLOT_REASON_BYTES - 1);
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(reason + used, SLOT_REASON_BYTES - used, format, arguments);
    va_end(arguments);
    return status;
}

static int read_blocks(const struct slot_place *place, uint64_t block, uint32_t count, void *buffer,
                       char *reason)
{
    int status = place->device->read(place->device, place->first + block, count, buffer);

    if (status < 0)
        slot_image_refuse(reason, status, "reading block %lu: %s",
                          (unsigned long)(place->first + block), error_name(status));
    return status;
}

static int write_blocks(const struct slot_place *place, uint64_t block, uint32_t count,
                        const void *bytes, char *reason)
{
    int status = place->device->write(place->device, place->first + block, count, bytes);

    if (status < 0)
        slot_image_refuse(reason, status, "writing block %lu: %s",
                          (unsigned long)(place->first + block), error_name(status));
    return status;
}

static int flush(const struct slot_place *place, char *reason)
{
    int status = place->device->flush(place->device);

    if (status < 0)
        slot_image_refuse(reason, status, "what was written is not durable: %s",
                          error_name(status));
    return status;
}

/* ---- the header ---- */

/* Terminated, and fit for a terminal. */
static bool is_text(const char *text, size_t size)
{
    size_t length = strnlen(text, size);

    for (size_t i = 0; i < length; i++) {
        if (text[i] < ' ' || text[i] > '~')
            return false;
    }
    return length < size;
}

static int check_header(const struct slot_place *place, const struct slot_header *header,
                        char *reason)
{
    if (header->magic != SLOT_HEADER_MAGIC)
        return slot_image_refuse(reason, ERROR_CORRUPT, "no header: block %lu begins with %08x",
                                 (unsigned long)place->first, header->magic);
    if (header->crc32c != crc32c(0, header, offsetof(struct slot_header, crc32c)))
        return slot_image_refuse(reason, ERROR_CORRUPT,
                                 "its header is damaged: the CRC is not %08x", header->crc32c);
    if (header->format != SLOT_FORMAT)
        return slot_image_refuse(reason, ERROR_UNSUPPORTED, "its header is of format %u, not %u",
                                 header->format, SLOT_FORMAT);
    if (header->bytes == 0 || header->bytes > place->bytes_max)
        return slot_image_refuse(reason, ERROR_CORRUPT,
                                 "its header says %lu bytes, the slot takes 1 to %lu",
                                 (unsigned long)header->bytes, (unsigned long)place->bytes_max);
    if (header->install == 0)
        return slot_image_refuse(reason, ERROR_CORRUPT, "its header says install 0");
    if (header->name[0] == '\0' || !is_text(header->name, sizeof header->name))
        return slot_image_refuse(reason, ERROR_CORRUPT, "the name in its header is not text");
    if (!is_text(header->version, sizeof header->version))
        return slot_image_refuse(reason, ERROR_CORRUPT, "the version in its header is not text");
    if (!is_text(header->location, sizeof header->location))
        return slot_image_refuse(reason, ERROR_CORRUPT, "the location in its header is not text");
    return 0;
}

int slot_image_header(const struct slot_place *place, struct slot_image *about, uint32_t *install,
                      char *reason)
{
    const struct slot_header *header = (const void *)place->work;
    int status = read_blocks(place, 0, 1, place->work, reason);

    if (status == 0)
        status = check_header(place, header, reason);
    if (status < 0)
        return status;
    about->bytes = header->bytes;
    about->security_counter = header->security_counter;
    memcpy(about->digest, header->digest, sizeof about->digest);
    memcpy(about->name, header->name, sizeof about->name);
    memcpy(about->version, header->version, sizeof about->version);
    memcpy(about->location, header->location, sizeof about->location);
    *install = header->install;
    return 0;
}

/* Where an image came from may have been said by anybody; a header is made of text. */
static void copy_text(char *to, const char *from, size_t size)
{
    for (size_t i = 0; i + 1 < size && from[i] != '\0'; i++)
        to[i] = from[i] >= ' ' && from[i] <= '~' ? from[i] : '.';
}

static int write_header(const struct slot_place *place, const struct slot_image *about,
                        uint32_t install, char *reason)
{
    struct slot_header *header = (void *)place->work;

    memset(header, 0, sizeof *header);
    header->magic = SLOT_HEADER_MAGIC;
    header->format = SLOT_FORMAT;
    header->bytes = about->bytes;
    header->install = install;
    header->security_counter = about->security_counter;
    memcpy(header->digest, about->digest, sizeof header->digest);
    copy_text(header->name, about->name, sizeof header->name);
    copy_text(header->version, about->version, sizeof header->version);
    copy_text(header->location, about->location, sizeof header->location);
    header->crc32c = crc32c(0, header, offsetof(struct slot_header, crc32c));
    return write_blocks(place, 0, 1, header, reason);
}

/* ---- the image ---- */

int slot_image_write(const struct slot_place *place, const void *file,
                     const struct slot_image *about, uint32_t install, char *reason)
{
    uint32_t whole = (uint32_t)(about->bytes / SLOT_BLOCK_BYTES);
    size_t rest = about->bytes % SLOT_BLOCK_BYTES;
    int status = 0;

    if (whole != 0)
        status = write_blocks(place, SLOT_IMAGE_BLOCK, whole, file, reason);
    if (status == 0 && rest != 0) {
        memcpy(place->work, (const uint8_t *)file + (size_t)whole * SLOT_BLOCK_BYTES, rest);
        memset(place->work + rest, 0, SLOT_BLOCK_BYTES - rest);
        status = write_blocks(place, SLOT_IMAGE_BLOCK + whole, 1, place->work, reason);
    }
    if (status == 0)
        status = flush(place, reason);
    if (status == 0)
        status = write_header(place, about, install, reason);
    if (status == 0)
        status = flush(place, reason);
    return status;
}

static int compare_digest(crypto_hash_sha256_state *state, const struct slot_image *about,
                          char *reason)
{
    uint8_t digest[sizeof about->digest];

    crypto_hash_sha256_final(state, digest);
    if (memcmp(digest, about->digest, sizeof digest) == 0)
        return 0;
    return slot_image_refuse(reason, ERROR_CORRUPT,
                             "the SHA-256 of its bytes is %02x%02x..., its header says %02x%02x...",
                             digest[0], digest[1], about->digest[0], about->digest[1]);
}

int slot_image_verify(const struct slot_place *place, const struct slot_image *about, char *reason)
{
    crypto_hash_sha256_state state;
    uint64_t left = about->bytes;
    uint64_t block = SLOT_IMAGE_BLOCK;

    crypto_hash_sha256_init(&state);
    while (left != 0) {
        size_t length = left < SLOT_WORK_BYTES ? (size_t)left : SLOT_WORK_BYTES;
        uint32_t count = (uint32_t)((length - 1) / SLOT_BLOCK_BYTES + 1);
        int status = read_blocks(place, block, count, place->work, reason);

        if (status < 0)
            return status;
        crypto_hash_sha256_update(&state, place->work, length);
        block += count;
        left -= length;
    }
    return compare_digest(&state, about, reason);
}

int slot_image_read(const struct slot_place *place, const struct slot_image *about, void *buffer,
                    char *reason)
{
    crypto_hash_sha256_state state;
    uint32_t whole = (uint32_t)(about->bytes / SLOT_BLOCK_BYTES);
    size_t rest = about->bytes % SLOT_BLOCK_BYTES;
    int status = 0;

    if (whole != 0)
        status = read_blocks(place, SLOT_IMAGE_BLOCK, whole, buffer, reason);
    if (status == 0 && rest != 0) {
        status = read_blocks(place, SLOT_IMAGE_BLOCK + whole, 1, place->work, reason);
        if (status == 0)
            memcpy((uint8_t *)buffer + (size_t)whole * SLOT_BLOCK_BYTES, place->work, rest);
    }
    if (status < 0)
        return status;
    crypto_hash_sha256_init(&state);
    crypto_hash_sha256_update(&state, buffer, about->bytes);
    return compare_digest(&state, about, reason);
}
