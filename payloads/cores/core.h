/*
 * core: what the service shares with a core it has switched on.
 *
 * Such a core runs core_entry with its MMU and caches off, so it sees memory, not the caches.
 * Each of the two halves, a cache line, has one writer only; core.c does the maintenance.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef CORE_H
#define CORE_H

#include <stdbool.h>
#include <stdint.h>

#define CORE_LINE_BYTES 64

enum core_command {
    CORE_COUNT,
    CORE_CALL,  /* HVC with the arguments as x0-x3 */
    CORE_SPIN,  /* for ever, without looking */
    CORE_STORE, /* to the address in the first argument */
};

/* entry.S knows the offsets. */
struct core {
    /* Written by the core. */
    _Alignas(CORE_LINE_BYTES) uint64_t count;
    uint64_t affinity, level, masks, control; /* MPIDR, CurrentEL, DAIF, SCTLR at its entry */
    uint64_t answer;                          /* x0 after CORE_CALL */
    uint64_t done;                            /* the last order that was followed */

    /* Written by the service. */
    _Alignas(CORE_LINE_BYTES) uint64_t order; /* number << 8 | enum core_command */
    uint64_t arguments[4];
};

/* The first instruction of a core; x0 = its struct core. */
void core_entry(void);

/* A PSCI or guard call by HVC. */
int64_t core_hvc(uint64_t function, uint64_t a1, uint64_t a2, uint64_t a3);
int64_t core_smc(uint64_t function, uint64_t a1, uint64_t a2, uint64_t a3);

/* Makes *core as it was before its first use, in memory. */
void core_forget(struct core *core);

/* Has the core follow a command. Does not wait. */
void core_order(struct core *core, enum core_command command, const uint64_t arguments[4]);

/* What the core wrote last. */
struct core core_look(struct core *core);

/* Waits up to 1 s for the core to count on, or to have followed the last order. */
bool core_counts(struct core *core);
bool core_follows(struct core *core);

#endif
