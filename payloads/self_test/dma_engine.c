/*
 * dma_engine: copies in memory by the board's DMA engine while the CPU writes the lines beside.
 *
 * First two experiments without the maintenance that dma.h asks for. If the engine then reads
 * what the CPU wrote last, and the CPU what the engine did, there is nothing between them: an
 * emulator without caches, where the real check cannot fail. Otherwise the same copies with the
 * maintenance must be right, whatever is written beside them meanwhile.
 *
 * Only a channel that the firmware leaves to the ARM, and that is at rest, is used.
 * Reference: BCM2835 ARM Peripherals, chapter 4.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <string.h>

#include "self_test.h"

#include "clock.h"
#include "dma.h"
#include "memory_map.h"
#include "mmio.h"
#include "properties.h"
#include "self_test_pattern.h"

#define NAME            "dma-engine"
#define CHANNEL_BYTES   0x100
#define FULL_CHANNELS   7 /* those behind are of another kind */
#define CONTROL         0x00
#define CONTROL_ACTIVE  (1u << 0)
#define CONTROL_CLEAR   (1u << 1 | 1u << 2) /* END, INT: write 1 */
#define CONTROL_ERROR   (1u << 8)
#define CONTROL_WAIT    (1u << 28) /* END comes when what was written has arrived */
#define CONTROL_RESET   (1u << 31)
#define BLOCK           0x04
#define ENABLE          (DMA_ENGINE + 0xff0)
#define DEBUG           0x20
#define DEBUG_CLEAR     7u /* what went wrong: write 1 */
#define INFO_WAIT       (1u << 3)
#define INFO_TO_STEPS   (1u << 4)
#define INFO_FROM_STEPS (1u << 8)
#define COPY_US         100000

#define ARENA_LINES 512 /* 32 KB: as much as the first-level cache */
#define LINE        DMA_ALIGNMENT
#define COPIES      512
#define COPY_LINES  64
#define TRIES       16

/* What the engine is told. */
struct block {
    DMA_ALIGNED uint32_t info;
    uint32_t from, to, length, stride, next, reserved[2];
};

static struct block block;
static DMA_ALIGNED uint8_t source[ARENA_LINES * LINE], target[ARENA_LINES * LINE];
static uintptr_t channel; /* its registers */
static unsigned channel_number;
static uint32_t enabled; /* the channels that were, before us */

/* An error of whoever had it before stays until it is cleared where it stands. */
static void reset_channel(void)
{
    mmio_write32(channel + CONTROL, CONTROL_RESET);
    mmio_write32(channel + DEBUG, DEBUG_CLEAR);
}

/* Returns false when there is no channel for us. */
static bool find_channel(void)
{
    uint32_t mask[2] = {0, 0};

    if (property_ask(PROPERTY_DMA_CHANNELS, mask) < 0)
        return false;
    enabled = mmio_read32(ENABLE);
    for (channel_number = FULL_CHANNELS; channel_number-- > 0;) {
        channel = DMA_ENGINE + channel_number * CHANNEL_BYTES;
        if (!(mask[0] & 1u << channel_number))
            continue;
        mmio_write32(ENABLE, enabled | 1u << channel_number);
        if (!(mmio_read32(channel + CONTROL) & CONTROL_ACTIVE)) {
            reset_channel();
            return true;
        }
    }
    mmio_write32(ENABLE, enabled);
    return false;
}

/* Copies while meanwhile is called. No maintenance of from and to. Returns 0, ERROR_IO or
 * ERROR_TIMEOUT: then the channel has been reset. */
static int copy(void *to, const void *from, size_t length, void (*meanwhile)(void *), void *context)
{
    uint64_t end_us = clock_now_us() + COPY_US;
    uint32_t control;

    block = (struct block){.info = INFO_WAIT | INFO_TO_STEPS | INFO_FROM_STEPS,
                           .from = dma_bus_address(from),
                           .to = dma_bus_address(to),
                           .length = (uint32_t)length};
    dma_clean(&block, sizeof block);
    mmio_write32(channel + BLOCK, dma_bus_address(&block));
    mmio_write32(channel + CONTROL, CONTROL_ACTIVE | CONTROL_WAIT | CONTROL_CLEAR);
    do {
        if (meanwhile)
            meanwhile(context);
        control = mmio_read32(channel + CONTROL);
    } while (control & CONTROL_ACTIVE && !clock_passed(end_us));
    if (!(control & (CONTROL_ACTIVE | CONTROL_ERROR))) {
        mmio_write32(channel + CONTROL, CONTROL_CLEAR);
        return 0;
    }
    reset_channel();
    return control & CONTROL_ERROR ? ERROR_IO : ERROR_TIMEOUT;
}

/* ---- are there caches? ----------------------------------------------------------- */

/* How many of TRIES copies showed what only memory had, and not what the CPU has written or the
 * engine has. */
static int count_stale(void)
{
    int stale = 0, status;

    for (unsigned i = 0; i < TRIES; i++) {
        uint8_t *from = source + 4 * i * LINE, *to = target + 4 * i * LINE;

        memset(from, 0x11, LINE);
        memset(to, 0x22, LINE);
        dma_clean(from, LINE);
        dma_clean(to, LINE);
        stale += to[0] != 0x22; /* and the line is in the cache */
        memset(from, 0x33, LINE);
        status = copy(to, from, LINE, NULL, NULL);
        if (status < 0)
            return status;
        asm volatile("" ::: "memory");
        bool reads_old = to[0] == 0x22;

        dma_invalidate(to, LINE);
        stale += reads_old || to[0] == 0x11;
        dma_clean(from, LINE);
    }
    return stale;
}

/* ---- copies under load ----------------------------------------------------------- */

struct load {
    size_t at, lines; /* the copy in target; its neighbours are one line before and behind */
    uint8_t value;
};

/* Dirties the lines beside the target's, and then so many others that these are written back. */
static void write_beside(void *context)
{
    struct load *load = context;

    load->value++;
    memset(target + (load->at - 1) * LINE, load->value, LINE);
    memset(target + (load->at + load->lines) * LINE, (uint8_t)~load->value, LINE);
    load_all();
}

static unsigned count_beside(const struct load *load)
{
    const uint8_t *before = target + (load->at - 1) * LINE;
    const uint8_t *behind = target + (load->at + load->lines) * LINE;
    uint8_t other = (uint8_t)~load->value;
    unsigned wrong = 0;

    for (size_t i = 0; i < LINE; i++)
        wrong += (before[i] != load->value) + (behind[i] != other);
    return wrong;
}

struct sums {
    uint64_t bytes;
    uint32_t damaged, beside; /* bytes */
};

static int copy_under_load(unsigned number, struct sums *sums)
{
    uint64_t seed = self_test_mix(self_test.nonce, number);
    struct load load = {.lines = 1 + seed % COPY_LINES};
    size_t first, length = load.lines * LINE, room = ARENA_LINES - load.lines - 2;
    uint8_t *from = source + (seed >> 16) % room * LINE, *to;

    load.at = 1 + (seed >> 32) % room;
    to = target + load.at * LINE;
    self_test_pattern_fill(from, length, seed, 0);
    dma_clean(from, length);
    memset(to, 0x55, length); /* dirty, as a buffer is that was used for something else */
    write_beside(&load);
    dma_invalidate(to, length);
    int status = copy(to, from, length, write_beside, &load);

    if (status < 0)
        return status;
    load_all(); /* a line of the target that is still dirty now is written over it */
    dma_invalidate(to, length);
    if (number == 0 && is_corrupted(NAME))
        to[length / 2] ^= 1;
    sums->bytes += length;
    sums->damaged += (uint32_t)self_test_pattern_check(to, length, seed, 0, &first);
    sums->beside += count_beside(&load);
    return 0;
}

void check_dma_engine(void)
{
    struct sums sums = {0};
    int stale = 0, status = 0;

    if (!find_channel()) {
        verdict(pass_or_qemu(false), NAME, "the firmware leaves no channel of it to the ARM");
        check_done();
        return;
    }
    stale = count_stale();
    if (stale < 0)
        status = stale;
    else
        self_test.caches = stale > 0 ? CACHES_SEEN : CACHES_NONE;
    for (unsigned i = 0; status == 0 && i < COPIES; i++)
        status = copy_under_load(i, &sums);
    mmio_write32(ENABLE, enabled);
    if (status < 0)
        verdict(SELFTEST_FAIL, NAME, "channel %u: %s", channel_number,
                status == ERROR_TIMEOUT ? "a copy does not end" : "the engine reports an error");
    else
        verdict(sums.damaged + sums.beside > 0 ? SELFTEST_FAIL : judge_caches(), NAME,
                "channel %u, %u copies, %u KB, with the lines beside them written meanwhile: %u "
                "bytes damaged, %u beside them; without maintenance %d of %d showed old data%s",
                channel_number, COPIES, (unsigned)(sums.bytes / 1024), (unsigned)sums.damaged,
                (unsigned)sums.beside, stale, TRIES, caches_text());
    check_done();
}
