/*
 * alignment: accesses that are not aligned, before the MMU is on and after.
 *
 * Without the MMU all memory is Device-nGnRnE: there an access that is not aligned, and dc zva,
 * must fault on a board. That is tried on core 1, switched on for the purpose, with vectors of its
 * own (alignment_core.S). That its handler works at all is shown by the same access with
 * SCTLR_EL1.A set, which every machine must refuse.
 * Reference: Arm ARM DDI 0487, B2.5.2 and D5.2.9.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <stdlib.h>
#include <string.h>

#include "self_test.h"

#include "clock.h"
#include "cpu.h"
#include "dma.h"
#include "self_test_pattern.h"

#define CORE        1
#define PSCI_CPU_ON 0xc4000003u
#define WAIT_US     3000000 /* an emulator gives a core its turn when it can */

/* ESR_EL1: class and, for a data abort, its status code. */
#define CLASS(syndrome)   ((syndrome) >> 26)
#define DATA_ABORT        0x25
#define CODE(syndrome)    ((syndrome)&0x3f)
#define ALIGNMENT_FAULT   0x21
#define IS_ALIGNMENT(esr) (CLASS(esr) == DATA_ABORT && CODE(esr) == ALIGNMENT_FAULT)

/* alignment_core.S knows the offsets. */
static struct {
    /* Written by the core: 0, or the syndrome. */
    DMA_ALIGNED uint64_t control;
    uint64_t checked, unchecked, zeroed, level, done;
    DMA_ALIGNED uint64_t words[2]; /* read by it */
    DMA_ALIGNED uint8_t line[64];  /* zeroed by it */
} core;

void alignment_core_entry(void);

/* Returns false if the core does not get to its end. */
static bool run_core(int64_t *answer)
{
    uint64_t end_us = clock_now_us() + WAIT_US;

    memset(&core, 0, sizeof core);
    dma_clean(&core, sizeof core);
    *answer = cpu_guard_call(PSCI_CPU_ON, CORE, (uintptr_t)alignment_core_entry, (uintptr_t)&core,
                             0, NULL);
    while (*answer == 0 && !clock_passed(end_us)) {
        dma_invalidate(&core, DMA_ALIGNMENT); /* it writes past the caches */
        if (core.done)
            return true;
        clock_delay_us(100);
    }
    return false;
}

#define WITHOUT "unaligned-without-mmu"

static void judge_core(void)
{
    bool has_faulted = IS_ALIGNMENT(core.unchecked), has_zeroed = !IS_ALIGNMENT(core.zeroed);

    if (!IS_ALIGNMENT(core.checked))
        verdict(
            SELFTEST_FAIL, WITHOUT,
            "with SCTLR_EL1.A set it did not fault either (syndrome 0x%lx): the test cannot see "
            "faults",
            core.checked);
    else
        verdict(
            has_faulted && !has_zeroed                                     ? SELFTEST_PASS
            : self_test.is_qemu && core.unchecked == 0 && core.zeroed == 0 ? SELFTEST_NOT_APPLICABLE
                                                                           : SELFTEST_FAIL,
            WITHOUT,
            "core %d, SCTLR_EL1 0x%lx: a load from an odd address %s (syndrome 0x%lx), dc zva %s "
            "(0x%lx)%s",
            CORE, core.control, has_faulted ? "faults" : "works", core.unchecked,
            has_zeroed ? "works" : "faults", core.zeroed,
            !has_faulted && self_test.is_qemu ? ": this QEMU has no Device memory" : "");
}

void check_alignment_without(void)
{
    int64_t answer;

    if (!self_test.info->guarded)
        verdict(SELFTEST_NOT_APPLICABLE, WITHOUT, "no loader here switches another core on");
    else if (!run_core(&answer))
        verdict(SELFTEST_FAIL, WITHOUT, "core %d does not run: PSCI CPU_ON answers %ld", CORE,
                answer);
    else
        judge_core();
    check_done();
}

/* ---- with the MMU on ------------------------------------------------------------- */

#define WITH       "unaligned-with-mmu"
#define PAGE       4096
#define AREA_BYTES (3 * PAGE)
#define BESIDE     8
#define AROUND     24 /* from so many bytes before a boundary to as many behind it */

static uint64_t load(const uint8_t *at, unsigned bytes)
{
    uint64_t value, high;

    switch (bytes) {
    case 2:
        asm volatile("ldrh %w0, [%1]" : "=r"(value) : "r"(at) : "memory");
        return value;
    case 4:
        asm volatile("ldr %w0, [%1]" : "=r"(value) : "r"(at) : "memory");
        return value;
    case 8:
        asm volatile("ldr %0, [%1]" : "=r"(value) : "r"(at) : "memory");
        return value;
    default:
        asm volatile("ldr q0, [%2]; umov %0, v0.d[0]; umov %1, v0.d[1]"
                     : "=r"(value), "=r"(high)
                     : "r"(at)
                     : "memory", "v0");
        return value ^ high;
    }
}

static void store(uint8_t *at, unsigned bytes, uint64_t value)
{
    switch (bytes) {
    case 2:
        asm volatile("strh %w0, [%1]" ::"r"(value), "r"(at) : "memory");
        break;
    case 4:
        asm volatile("str %w0, [%1]" ::"r"(value), "r"(at) : "memory");
        break;
    case 8:
        asm volatile("str %0, [%1]" ::"r"(value), "r"(at) : "memory");
        break;
    default: /* the upper half is its complement */
        asm volatile("mov v0.d[0], %0; mov v0.d[1], %1; str q0, [%2]" ::"r"(value), "r"(~value),
                     "r"(at)
                     : "memory", "v0");
    }
}

/* True if so many bytes of value have been stored at at, and none beside them; before: what was
 * there from at - BESIDE on. */
static bool is_stored(const uint8_t *at, unsigned bytes, uint64_t value, const uint8_t *before)
{
    uint8_t expected[2 * BESIDE + 16];
    uint64_t words[2] = {value, ~value};

    memcpy(expected, before, sizeof expected);
    memcpy(expected + BESIDE, words, bytes);
    return memcmp(at - BESIDE, expected, sizeof expected) == 0;
}

static uint64_t expect(const uint8_t *at, unsigned bytes)
{
    uint64_t halves[2] = {0, 0};

    for (unsigned i = 0; i < bytes; i++)
        halves[i / 8] |= (uint64_t)at[i] << i % 8 * 8;
    return halves[0] ^ halves[1];
}

/* Accesses of all sizes at all addresses round a boundary. Returns how many were wrong. */
static unsigned try_boundary(uint8_t *boundary, unsigned *tried)
{
    static const unsigned sizes[] = {2, 4, 8, 16};
    unsigned wrong = 0;

    for (unsigned i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        for (uint8_t *at = boundary - AROUND; at < boundary + AROUND; at++) {
            uint64_t written = self_test_mix(expect(at, 8), i);
            uint8_t before[2 * BESIDE + 16];

            wrong += load(at, sizes[i]) != expect(at, sizes[i]);
            memcpy(before, at - BESIDE, sizeof before);
            store(at, sizes[i], written);
            wrong += !is_stored(at, sizes[i], written, before);
            *tried += 2;
        }
    }
    return wrong;
}

void check_alignment_with(void)
{
    uint8_t *area = malloc(AREA_BYTES), *page;
    unsigned tried = 0, wrong = 0;

    if (!area) {
        verdict(SELFTEST_FAIL, WITH, "no memory");
        check_done();
        return;
    }
    page = (uint8_t *)(((uintptr_t)area + 2 * PAGE - 1) & ~(uintptr_t)(PAGE - 1));
    self_test_pattern_fill(area, AREA_BYTES, self_test.nonce, 0);
    wrong += try_boundary(page, &tried);                                    /* of a page */
    wrong += try_boundary(page + DMA_ALIGNMENT, &tried);                    /* of a cache line */
    wrong += try_boundary(page + DMA_ALIGNMENT + sizeof(uint64_t), &tried); /* of a word */
    verdict(wrong == 0 ? SELFTEST_PASS : SELFTEST_FAIL, WITH,
            "%u loads and stores of 2 to 16 bytes round the ends of a word, a line and a page: %u "
            "wrong",
            tried, wrong);
    free(area);
    check_done();
}
