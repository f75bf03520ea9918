/*
 * boot_source: anything that can fill a buffer with a boot image.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef BOOT_SOURCE_H
#define BOOT_SOURCE_H

#include <stddef.h>
#include <stdint.h>

/*
 * Sees every byte of the image once, in order, while it arrives (the loader hashes
 * here, so that a slow network hides the cost). bytes is valid during the call.
 * restart is called when a source begins the file anew.
 */
struct boot_sink {
    void (*restart)(struct boot_sink *self);
    void (*update)(struct boot_sink *self, const void *bytes, size_t length);
};

struct boot_source {
    const char *name; /* for the log: "network", "sd" */

    /*
     * Fetches one whole image. deadline_us is absolute (clock_now_us). For a card it is the
     * end, whatever was read by then. For the network what is left until then is a patience:
     * so long it waits for an address, so long again for an answer to each of the two names
     * it may ask for, and for each next block; a name takes ten times as long at most.
     * Returns its length in bytes (1 ... capacity), ERROR_ABSENT if there is nothing to
     * fetch now, ERROR_TOO_LARGE (over capacity), ERROR_TIMEOUT, ERROR_REFUSED (the
     * server said no), ERROR_CORRUPT, ERROR_UNSUPPORTED or ERROR_INVALID (what holds the
     * file, its format, or its name cannot be used) or ERROR_IO. Has logged one line that
     * says what was wrong.
     * Nothing outside [buffer, buffer + capacity) is written.
     * The bytes are NOT verified: that is the loader's work, for every source alike.
     */
    int64_t (*fetch)(struct boot_source *self, void *buffer, size_t capacity,
                     struct boot_sink *sink, uint64_t deadline_us);

    /* What the last successful fetch got, for the log and the boot-info block:
     * "tftp://192.0.2.1/dns.elf", "sd:dns.elf". Valid until the next fetch. */
    const char *(*location)(struct boot_source *self);
};

#endif
