/*
 * sim_cpu: implements cpu.h and memory.h and remembers what was asked of them.
 *
 * On the host all memory is there, so nothing faults; tests ask afterwards whether what
 * was written had been mapped, and whether what was started had been published.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef SIM_CPU_H
#define SIM_CPU_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SIM_CPU_RANGES 32

struct sim_cpu_range {
    uint64_t base, bytes;
};

struct sim_cpu {
    struct sim_cpu_range mapped[SIM_CPU_RANGES]; /* whole 2 MiB blocks */
    unsigned mapped_count;
    struct sim_cpu_range published[SIM_CPU_RANGES];
    unsigned published_count;
    uint64_t entry, fdt, list; /* of cpu_enter_service; cpu_leave has no list */
    void (*entering)(void);    /* called on the way in, at the depth of the call; or null */
};

extern struct sim_cpu sim_cpu;

/* Nothing is mapped, published or started. */
void sim_cpu_reset(void);

/* True if every block of [base, base + bytes) is mapped. */
bool sim_cpu_is_mapped(uint64_t base, uint64_t bytes);

/* True if one call of cpu_publish covered [base, base + bytes). */
bool sim_cpu_is_published(uint64_t base, uint64_t bytes);

/* cpu_enter_service ends in sim_stop with the message "service entered", cpu_leave with "left". */

#endif
