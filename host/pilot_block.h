/*
 * pilot_block: a block_device over a card image, for the loader's own slot store code.
 *
 * Who writes holds a lock on the whole file, in the way QEMU locks its images: a machine that
 * runs from it and we never write at once. Who only reads takes none: a table is one block.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef PILOT_BLOCK_H
#define PILOT_BLOCK_H

#include <stdbool.h>

#include "block_device.h"

struct pilot_block {
    struct block_device device; /* first: hand &block.device to who wants blocks */
    int descriptor;
    bool is_writable;
    bool defers_flush; /* set while an image is made: durable is the last flush only */
};

/* Opens an image file or, only for reading, a block device. Fails with a sentence: not there,
 * no such kind of file, in use by another. */
void pilot_block_open(struct pilot_block *block, const char *path, bool is_writable);

/* Fails if somebody has the file open for writing, a machine or another pilot. */
void pilot_block_check_unused(const char *path);

void pilot_block_close(struct pilot_block *block);

#endif
