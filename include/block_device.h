/*
 * block_device: fixed-size blocks that survive power-off.
 *
 * A write is durable once flush has returned 0. If power fails earlier, each block
 * written since the last flush holds its old or its new contents; the one block
 * being written at that moment may hold anything.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef BLOCK_DEVICE_H
#define BLOCK_DEVICE_H

#include <stdint.h>

struct block_device {
    uint32_t block_bytes; /* bytes in one block: a power of two, 512 on SD */
    uint64_t block_count; /* blocks on the device; 0 when there is none */

    /*
     * Copies count blocks (1 or more), from block first on, into buffer.
     * buffer: count * block_bytes bytes, 4-byte aligned; stays the caller's.
     * Returns 0, or ERROR_INVALID (range, count 0, alignment), ERROR_TIMEOUT,
     * ERROR_IO, ERROR_ABSENT (card gone); after an error buffer holds nothing
     * useful. A device that is not there says so whatever the arguments. Waits. Not for
     * interrupt handlers.
     */
    int (*read)(struct block_device *self, uint64_t first, uint32_t count, void *buffer);

    /* Writes count blocks. Same rules, and ERROR_REFUSED if the device is read-only;
     * after another error than ERROR_INVALID or ERROR_REFUSED any of the blocks may
     * have changed. */
    int (*write)(struct block_device *self, uint64_t first, uint32_t count, const void *buffer);

    /* Makes all earlier writes durable. Returns 0, ERROR_TIMEOUT, ERROR_IO or
     * ERROR_ABSENT. Waits. */
    int (*flush)(struct block_device *self);
};

#endif
