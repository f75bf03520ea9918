/*
 * pilot_block: see pilot_block.h.
 *
 * It keeps the contract of block_device.h to the letter, alignment included: what would fail on
 * a board is not to work here.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "pilot_block.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "error.h"
#include "pilot.h"

#define BLOCK_BYTES 512u

static bool is_valid(const struct block_device *self, uint64_t first, uint32_t count,
                     const void *buffer)
{
    return count > 0 && (uintptr_t)buffer % 4 == 0 && count <= self->block_count &&
           first <= self->block_count - count;
}

static int read_blocks(struct block_device *self, uint64_t first, uint32_t count, void *buffer)
{
    const struct pilot_block *block = (const struct pilot_block *)self;
    size_t length = (size_t)count * BLOCK_BYTES, done = 0;

    if (!is_valid(self, first, count, buffer))
        return ERROR_INVALID;
    while (done < length) {
        ssize_t got = pread(block->descriptor, (char *)buffer + done, length - done,
                            (off_t)(first * BLOCK_BYTES + done));

        if (got <= 0 && !(got < 0 && errno == EINTR))
            return ERROR_IO;
        if (got > 0)
            done += (size_t)got;
    }
    return 0;
}

static int write_blocks(struct block_device *self, uint64_t first, uint32_t count,
                        const void *buffer)
{
    const struct pilot_block *block = (const struct pilot_block *)self;
    size_t length = (size_t)count * BLOCK_BYTES, done = 0;

    if (!is_valid(self, first, count, buffer))
        return ERROR_INVALID;
    if (!block->is_writable)
        return ERROR_REFUSED;
    while (done < length) {
        ssize_t put = pwrite(block->descriptor, (const char *)buffer + done, length - done,
                             (off_t)(first * BLOCK_BYTES + done));

        if (put < 0 && errno != EINTR)
            return ERROR_IO;
        if (put > 0)
            done += (size_t)put;
    }
    return 0;
}

static int flush_blocks(struct block_device *self)
{
    const struct pilot_block *block = (const struct pilot_block *)self;

    if (!block->is_writable || block->defers_flush)
        return 0;
    return fdatasync(block->descriptor) == 0 ? 0 : ERROR_IO;
}

void pilot_block_open(struct pilot_block *block, const char *path, bool is_writable)
{
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    struct stat status;
    off_t bytes;

    /* Looked at before it is opened: what is a terminal or a pipe would answer to that. */
    if (stat(path, &status) != 0)
        fail("cannot open the card image %s: %s", path, strerror(errno));
    if (is_writable && !S_ISREG(status.st_mode))
        fail("%s is not an image file; only those are written to", path);
    if (!S_ISREG(status.st_mode) && !S_ISBLK(status.st_mode))
        fail("%s is neither an image file nor a card", path);
    block->descriptor = open(path, (is_writable ? O_RDWR : O_RDONLY) | O_CLOEXEC);
    if (block->descriptor < 0)
        fail("cannot open the card image %s: %s", path, strerror(errno));
    if (is_writable && fcntl(block->descriptor, F_OFD_SETLK, &whole) != 0)
        fail(errno == EAGAIN || errno == EACCES
                 ? "%s is in use (a machine runs from it?); end that first"
                 : "cannot lock the card image %s",
             path);
    bytes = lseek(block->descriptor, 0, SEEK_END); /* of a block device, too */
    if (bytes < 0)
        fail("cannot tell the size of %s: %s", path, strerror(errno));
    block->is_writable = is_writable;
    block->defers_flush = false;
    block->device = (struct block_device){
        .block_bytes = BLOCK_BYTES,
        .block_count = (uint64_t)bytes / BLOCK_BYTES,
        .read = read_blocks,
        .write = write_blocks,
        .flush = flush_blocks,
    };
}

void pilot_block_check_unused(const char *path)
{
    struct pilot_block block;

    pilot_block_open(&block, path, true);
    pilot_block_close(&block);
}

void pilot_block_close(struct pilot_block *block)
{
    if (close(block->descriptor) != 0)
        fail("cannot write the card image: %s", strerror(errno));
    block->descriptor = -1;
}
