/*
 * sim_cpu: see sim_cpu.h.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "sim_cpu.h"

#include "cpu.h"
#include "memory.h"
#include "sim.h"

struct sim_cpu sim_cpu;

void sim_cpu_reset(void)
{
    sim_cpu = (struct sim_cpu){0};
}

static void map_blocks(uint64_t first, uint64_t last)
{
    if (first >= last)
        return;
    if (sim_cpu.mapped_count == SIM_CPU_RANGES)
        sim_stop("sim_cpu: more ranges are mapped than it can remember");
    sim_cpu.mapped[sim_cpu.mapped_count++] =
        (struct sim_cpu_range){first * MEMORY_BLOCK_BYTES, (last - first) * MEMORY_BLOCK_BYTES};
}

void memory_map_ram(uint64_t base, uint64_t bytes)
{
    map_blocks((base + MEMORY_BLOCK_BYTES - 1) / MEMORY_BLOCK_BYTES,
               (base + bytes) / MEMORY_BLOCK_BYTES);
}

bool memory_map_block(uint64_t address, uint64_t bytes)
{
    unsigned before = sim_cpu.mapped_count;

    map_blocks(address / MEMORY_BLOCK_BYTES,
               (address + bytes + MEMORY_BLOCK_BYTES - 1) / MEMORY_BLOCK_BYTES);
    return sim_cpu.mapped_count != before;
}

static bool block_is_mapped(uint64_t address)
{
    for (unsigned i = 0; i < sim_cpu.mapped_count; i++)
        if (address - sim_cpu.mapped[i].base < sim_cpu.mapped[i].bytes)
            return true;
    return false;
}

bool sim_cpu_is_mapped(uint64_t base, uint64_t bytes)
{
    for (uint64_t at = base & ~(uint64_t)(MEMORY_BLOCK_BYTES - 1); at < base + bytes;
         at += MEMORY_BLOCK_BYTES)
        if (!block_is_mapped(at))
            return false;
    return true;
}

void cpu_publish(const void *code, size_t length)
{
    if (sim_cpu.published_count == SIM_CPU_RANGES)
        sim_stop("sim_cpu: more ranges are published than it can remember");
    sim_cpu.published[sim_cpu.published_count++] =
        (struct sim_cpu_range){(uint64_t)(uintptr_t)code, length};
}

bool sim_cpu_is_published(uint64_t base, uint64_t bytes)
{
    for (unsigned i = 0; i < sim_cpu.published_count; i++)
        if (base >= sim_cpu.published[i].base &&
            base + bytes <= sim_cpu.published[i].base + sim_cpu.published[i].bytes)
            return true;
    return false;
}

void cpu_enter_service(uint64_t entry, uint64_t fdt, uint64_t list)
{
    sim_cpu.entry = entry;
    sim_cpu.fdt = fdt;
    sim_cpu.list = list;
    if (sim_cpu.entering != NULL)
        sim_cpu.entering();
    sim_stop("service entered");
}

void cpu_leave(uint64_t entry, uint64_t fdt)
{
    sim_cpu.entry = entry;
    sim_cpu.fdt = fdt;
    if (sim_cpu.entering != NULL)
        sim_cpu.entering();
    sim_stop("left");
}

void cpu_park_secondary(uint64_t release)
{
    sim_stop("core parked at 0x%llx: the simulated machine has one core",
             (unsigned long long)release);
}
