/*
 * stage2: see stage2.h and guard_map in include/guard.h.
 *
 * Identity, in two tables: level 1 covers 4 GiB with four entries, level 2 its first GiB in
 * blocks of 2 MiB. The second GiB is the BCM2836's local peripherals. Built anew for each
 * service while none runs; cpu_enter_service drops the TLB entries of the one before.
 * A block is seen whole or not at all, so what shares one with RAM of the service (the
 * firmware's spin table in the first) is not protected.
 * Reference: Arm ARM DDI 0487, D5.4 and D13.2.151 (VTCR_EL2).
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "stage2.h"

#include "early_map.h"
#include "guard.h"
#include "memory.h"

#define BLOCKS         512
#define FIRST_DEVICE   (MEMORY_RAM_END / MEMORY_BLOCK_BYTES)
#define STAGE2_NORMAL  (0xfu << 2 | 3u << 8) /* write-back as stage 1 says; inner shareable */
#define STAGE2_DEVICE  (1u << 2)             /* Device-nGnRE at the most */
#define STAGE2_WRITES  (3u << 6)             /* S2AP: reads and writes */
#define STAGE2_NO_CODE ((uint64_t)1 << 54)

/* 4 GiB from level 1 on, 4 KiB granule; walks are cacheable, as the tables are written. */
#define CONTROL                                                                                    \
    (1u << 31 | 0u << 16 /* 32 bits */ | 3u << 12 | 1u << 10 | 1u << 8 | 1u << 6 | (64 - 32))

static _Alignas(PAGE_BYTES) uint64_t level2[BLOCKS];
static _Alignas(64) uint64_t level1[4];

uint64_t stage2_table(void)
{
    return (uint64_t)level1;
}

uint64_t stage2_control(void)
{
    return CONTROL;
}

static bool touches(uint64_t block, const struct board_range *range)
{
    return range->bytes != 0 && range->base < block + MEMORY_BLOCK_BYTES &&
           block < range->base + range->bytes;
}

static bool touches_any(uint64_t block, const struct board_range *ranges, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        if (touches(block, &ranges[i]))
            return true;
    return false;
}

void guard_map(const struct board *board, const struct board_range *hidden, unsigned count)
{
    const uint64_t device = STAGE2_DEVICE | STAGE2_WRITES | STAGE2_NO_CODE | ACCESSED | IS_BLOCK;

    for (uint64_t i = 0; i < BLOCKS; i++) {
        uint64_t block = i * MEMORY_BLOCK_BYTES;

        if (i >= FIRST_DEVICE)
            level2[i] = block | device;
        else if (touches_any(block, board->memory, board->memory_count) &&
                 !touches_any(block, hidden, count))
            level2[i] = block | STAGE2_NORMAL | STAGE2_WRITES | ACCESSED | IS_BLOCK;
        else
            level2[i] = 0;
    }
    level1[0] = (uint64_t)level2 | IS_TABLE;
    level1[1] = (uint64_t)1 << 30 | device;
    asm volatile("dsb ish" ::: "memory");
}

bool guard_is_services(uint64_t address, uint64_t bytes)
{
    uint64_t end;

    /* The first block holds the spin table, and null pointers: no service lies there. */
    if (__builtin_add_overflow(address, bytes, &end) || address < MEMORY_BLOCK_BYTES ||
        end > MEMORY_RAM_END)
        return false;
    for (uint64_t i = address / MEMORY_BLOCK_BYTES; i * MEMORY_BLOCK_BYTES < end; i++)
        if (level2[i] == 0)
            return false;
    memory_map_block(address, bytes);
    return true;
}
