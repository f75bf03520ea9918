/*
 * core: see core.h.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "core.h"

#include <service.h>
#include <string.h>

#define WAIT_US 1000000

/* Cleans the line at address to memory and drops it. */
static void publish(const void *line)
{
    asm volatile("dc civac, %0; dsb sy" ::"r"(line) : "memory");
}

int64_t core_hvc(uint64_t function, uint64_t a1, uint64_t a2, uint64_t a3)
{
    register uint64_t x0 asm("x0") = function;
    register uint64_t x1 asm("x1") = a1;
    register uint64_t x2 asm("x2") = a2;
    register uint64_t x3 asm("x3") = a3;

    asm volatile("hvc #0" : "+r"(x0) : "r"(x1), "r"(x2), "r"(x3) : "memory");
    return (int64_t)x0;
}

int64_t core_smc(uint64_t function, uint64_t a1, uint64_t a2, uint64_t a3)
{
    register uint64_t x0 asm("x0") = function;
    register uint64_t x1 asm("x1") = a1;
    register uint64_t x2 asm("x2") = a2;
    register uint64_t x3 asm("x3") = a3;

    asm volatile("smc #0" : "+r"(x0) : "r"(x1), "r"(x2), "r"(x3) : "memory");
    return (int64_t)x0;
}

void core_forget(struct core *core)
{
    memset(core, 0, sizeof *core);
    publish(&core->count);
    publish(&core->order);
}

void core_order(struct core *core, enum core_command command, const uint64_t arguments[4])
{
    memcpy(core->arguments, arguments, sizeof core->arguments);
    /* The core looks for the order: what it needs for it has to be there first. */
    publish(&core->order);
    core->order = ((core->order >> 8) + 1) << 8 | command;
    publish(&core->order);
}

struct core core_look(struct core *core)
{
    /* The line is clean, so this drops it, and nothing of it goes over what the core wrote. */
    publish(&core->count);
    return *core;
}

bool core_counts(struct core *core)
{
    uint64_t until_us = service_clock_us() + WAIT_US, first = core_look(core).count;

    while (service_clock_us() < until_us) {
        if (core_look(core).count > first + 1)
            return true;
        asm volatile("yield");
    }
    return false;
}

bool core_follows(struct core *core)
{
    uint64_t until_us = service_clock_us() + WAIT_US;

    while (service_clock_us() < until_us) {
        if (core_look(core).done == core->order)
            return true;
        asm volatile("yield");
    }
    return false;
}
