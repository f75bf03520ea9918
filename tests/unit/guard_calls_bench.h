/*
 * guard_calls_bench: a service runs, and calls the guard.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef GUARD_CALLS_BENCH_H
#define GUARD_CALLS_BENCH_H

#include <string.h>

#include "start_machine.h"

#include "guard.h"
#include "guard_call.h"

#define SERVICES_PAGE (IMAGE_AT + 0x10000) /* memory of the service that no segment uses */

static struct guard_registers registers;
static uint8_t log_memory[LOG_STORE_BYTES_MIN] __attribute__((aligned(64)));

static inline int64_t call(uint64_t function, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4)
{
    registers.x[0] = function;
    registers.x[1] = a1;
    registers.x[2] = a2;
    registers.x[3] = a3;
    registers.x[4] = a4;
    return guard_called(&registers);
}

/* A service runs: its memory is all below the boot-info block. */
static inline int service_setup(void **state)
{
    if (setup(state) < 0)
        return -1;
    loader.fdt_copy = log_memory; /* anything */
    keep.fdt_bytes = 1;
    memset(log_memory, 0, sizeof log_memory); /* else it goes on with the last test's lines */
    log_store_open(&loader.log_store, log_memory, sizeof log_memory);
    expect_start();
    sim_stage2.services[0] =
        (struct board_range){RAM + 2 * MIB, loader.list.base + 2 * MIB - (RAM + 2 * MIB)};
    sim_stage2.service_count = 1;
    return 0;
}

#endif
