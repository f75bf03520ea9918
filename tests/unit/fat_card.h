/*
 * fat_card: what the tests of fat_volume share: a card with a FAT volume, and a read that
 * compares. Buffers are exactly as large as they are said to be, so that the sanitizer
 * sees a byte too many.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef FAT_CARD_H
#define FAT_CARD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "boot_source.h"
#include "bytes.h"
#include "clock.h"
#include "error.h"
#include "fat_volume.h"
#include "sim.h"
#include "sim_block.h"
#include "sim_fat.h"

#define CONTENT_BYTES 20001
#define SECOND        1000000

static uint8_t content[CONTENT_BYTES];
static struct sim_fat fat;
static struct sim_block card;
static struct fat_volume volume;

/* A sink that keeps what it saw. */
static struct {
    struct boot_sink sink;
    uint8_t bytes[CONTENT_BYTES];
    size_t length;
    unsigned restarts;
} seen;

static inline void restart(struct boot_sink *self)
{
    (void)self;
    seen.restarts++;
    seen.length = 0;
}

static inline void update(struct boot_sink *self, const void *bytes, size_t length)
{
    (void)self;
    assert_true(length <= sizeof(seen.bytes) - seen.length);
    memcpy(seen.bytes + seen.length, bytes, length);
    seen.length += length;
}

static inline void format(unsigned bits, unsigned cluster_blocks)
{
    free(fat.storage);
    sim_fat_format(&fat, bits, cluster_blocks);
    sim_block_init(&card, fat.storage, fat.block_count);
}

static inline int set_up(void **state)
{
    (void)state;
    sim_reset();
    for (size_t i = 0; i < sizeof(content); i++)
        content[i] = (uint8_t)(i * 11 + i / 256);
    memset(&seen, 0, sizeof(seen));
    seen.sink = (struct boot_sink){restart, update};
    format(16, 1);
    return 0;
}

static inline int tear_down(void **state)
{
    (void)state;
    free(fat.storage);
    fat.storage = NULL;
    return 0;
}

static inline int mount(void)
{
    return fat_volume_mount(&volume, &card.device, clock_now_us() + 10 * SECOND);
}

/* Reads into exactly capacity bytes and compares what came with content. */
static inline int64_t read_file(const char *path, size_t capacity)
{
    uint8_t *buffer = malloc(capacity + 1);
    int64_t length = fat_volume_read_file(&volume, path, buffer, capacity, &seen.sink,
                                          clock_now_us() + 10 * SECOND);

    if (length > 0) {
        assert_memory_equal(buffer, content, (size_t)length);
        assert_int_equal(seen.length, length);
        assert_memory_equal(seen.bytes, content, (size_t)length);
    }
    free(buffer);
    return length;
}

static inline void assert_logged(const char *part)
{
    if (strstr(sim_log(), part) == NULL)
        fail_msg("\"%s\" is not in: %s", part, sim_log());
}

#endif
