/*
 * across_reset: what a reset leaves of the memory, and what it says of itself.
 *
 * The pattern lies in the heap, in pieces 16 MiB apart: nobody else's memory by then, and far
 * from what a service that runs in between takes, which is the heap's bottom. Each piece is a
 * function of its address and of a number that pilot made up, and it is pilot that remembers the
 * number; so nothing of an earlier run can pass for it. How many pieces there are is in it too: if
 * after the reset others are looked at than were left, none is what it should be.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <stdlib.h>
#include <string.h>

#include "self_test.h"

#include "dma.h"
#include "memory_map.h"
#include "mmio.h"
#include "power.h"
#include "power_bcm2835.h"
#include "self_test_pattern.h"

#define PIECE_BYTES    65536u
#define STEP           (16u << 20)
#define OFFSET         (8u << 20) /* QEMU writes its device tree to a multiple of STEP */
#define LEFT_TO_OTHERS (2u << 20)

static struct {
    uintptr_t base, end;
} room;

/* The heap beyond what anybody has taken of it: it is mapped, and only its bottom is used. Not by
 * malloc, which would fill it with zeros. Returns false without any. */
static bool find_room(void)
{
    struct service_statistics statistics;
    void *bottom;

    if (room.base != 0)
        return true;
    bottom = malloc(1);
    service_statistics(&statistics);
    if (!bottom || statistics.heap_bytes < statistics.heap_used_bytes + 2 * LEFT_TO_OTHERS)
        return false;
    room.base = (uintptr_t)bottom + LEFT_TO_OTHERS;
    room.end = (uintptr_t)bottom + statistics.heap_bytes - statistics.heap_used_bytes;
    return true;
}

/* The first piece at or behind address, whole in the room; 0: there is none. */
static uintptr_t piece_from(uintptr_t address)
{
    uintptr_t piece = ((address - OFFSET + STEP - 1) & ~(uintptr_t)(STEP - 1)) + OFFSET;

    return piece + PIECE_BYTES <= room.end ? piece : 0;
}

static uintptr_t first_piece(void)
{
    return find_room() ? piece_from(room.base + STEP) : 0;
}

static unsigned count_pieces(void)
{
    unsigned count = 0;

    for (uintptr_t piece = first_piece(); piece != 0; piece = piece_from(piece + STEP))
        count++;
    return count;
}

_Noreturn void reset_machine(void)
{
    unsigned count = count_pieces();
    uint64_t seed = self_test_mix(self_test.nonce, count);

    for (uintptr_t piece = first_piece(); piece != 0; piece = piece_from(piece + STEP)) {
        self_test_pattern_fill((void *)piece, PIECE_BYTES, seed, piece);
        dma_clean((void *)piece, PIECE_BYTES); /* a reset empties the caches */
    }
    /* pilot looks for these words. */
    service_log("%u pieces of %u KB are left in memory; reset %lx", count, PIECE_BYTES / 1024,
                self_test.nonce);
    service_reset();
}

/* RAM that is not refreshed for a moment loses bits here and there, which is nothing that anybody
 * has promised. Of memory that somebody else has written half the bits are wrong. */
#define GONE_BITS (PIECE_BYTES * 8 / 8) /* one in eight */

void check_ram_across_reset(void)
{
    unsigned pieces = count_pieces(), gone = 0;
    uint64_t seed = self_test_mix(self_test.nonce, pieces);
    size_t flipped = 0;
    uintptr_t first_gone = 0;

    if (is_corrupted("ram-across-reset") && pieces > 0)
        memset((void *)first_piece(), 0, PIECE_BYTES);
    for (uintptr_t piece = first_piece(); piece != 0; piece = piece_from(piece + STEP)) {
        size_t bits = self_test_pattern_flipped((void *)piece, PIECE_BYTES, seed, piece);

        if (bits < GONE_BITS)
            flipped += bits;
        else if (gone++ == 0)
            first_gone = piece;
    }
    if (pieces == 0)
        verdict(SELFTEST_NOT_APPLICABLE, "ram-across-reset", "the heap is too small");
    else if (gone > 0)
        verdict(SELFTEST_FAIL, "ram-across-reset",
                "%u of %u pieces of %u KB are not what was left there, the first at 0x%lx", gone,
                pieces, PIECE_BYTES / 1024, first_gone);
    else
        verdict(SELFTEST_PASS, "ram-across-reset",
                "%u pieces of %u KB, %u MB apart, are there after the reset, with %lu flipped bits "
                "in a MB",
                pieces, PIECE_BYTES / 1024, STEP >> 20, flipped * (1048576 / PIECE_BYTES) / pieces);
    check_done();
}

/* The firmware reads RSTS at the start, which may empty it, and tells in the device tree what it
 * read. Without that the loader knows nothing; the register then says so. */
void check_reset_reason(void)
{
    uint32_t reason = self_test.info->reset_reason, now = mmio_read32(RESET_STATUS);
    bool is_told = reason == POWER_RESET_WATCHDOG_OR_SOFTWARE;
    bool is_empty =
        reason == POWER_RESET_UNKNOWN && power_bcm2835_reason_of(now) == POWER_RESET_UNKNOWN;

    if (!is_told && self_test.is_qemu)
        verdict(SELFTEST_NOT_APPLICABLE, "reset-reason",
                "told is %u after a reset by software, and RSTS reads 0x%x: QEMU's has the value "
                "of power-on always (DWC2 id 0x%x)",
                (unsigned)reason, (unsigned)now, (unsigned)self_test.usb_core_id);
    else if (is_empty)
        verdict(SELFTEST_NOT_APPLICABLE, "reset-reason",
                "the firmware does not pass it on: told is nothing, and RSTS reads 0x%x",
                (unsigned)now);
    else
        verdict(is_told ? SELFTEST_PASS : SELFTEST_FAIL, "reset-reason",
                "told is %u after a reset by software (2: watchdog or software), RSTS reads 0x%x",
                (unsigned)reason, (unsigned)now);
    check_done();
}
