/*
 * sim_guard: the loader at EL2 as a service sees it: cpu_guard_call on the host.
 *
 * It keeps what a test wants to know and answers what a test has set. A call while nobody
 * stands guard stops the test, as does a watchdog that is not fed; so do the calls that do not
 * return, with "handed back" and "crashed".
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef SIM_GUARD_H
#define SIM_GUARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "guard_call.h"
#include "hand_over.h"

#define SIM_GUARD_FUNCTIONS (GUARD_SELECT - GUARD_VERSION + 1)
#define SIM_GUARD_LOG_BYTES 32768

struct sim_guard_file {
    const void *bytes; /* null: there is no such file */
    size_t length;
};

struct sim_guard {
    /* What a test sets. */
    bool is_there;
    int64_t version;                      /* answer of GUARD_VERSION */
    int64_t answers[SIM_GUARD_FUNCTIONS]; /* of the others, by function - GUARD_VERSION; an
                                             error: the call is refused and has no effect */
    char reason[GUARD_REASON_BYTES];      /* of a refused image */
    struct sim_guard_file status, core, slots;
    size_t read_at_once; /* most bytes one GUARD_READ gives; 0: any number */

    /* What happened. */
    unsigned calls[SIM_GUARD_FUNCTIONS];
    bool is_used; /* cpu_use_guard */
    uint32_t watchdog_ms;
    uint64_t fed_us;
    const struct guard_memory *memory;
    struct guard_select selected; /* GUARD_SELECT's */
    uint64_t checked_bytes;       /* of the image checked last */
    struct hand_over handed_back; /* as the loader reads it */
    struct guard_crash crash;

    char log[SIM_GUARD_LOG_BYTES + 1]; /* the lines it keeps, terminated */
    size_t log_length;
};

extern struct sim_guard sim_guard;

/* Nobody stands guard. */
void sim_guard_reset(void);

/* A guard of our version, with nothing in its log, that says yes to everything. */
void sim_guard_begin(void);

unsigned sim_guard_calls(enum guard_function function);

/* Sets the answer of a call. */
void sim_guard_answer(enum guard_function function, int64_t answer);

/* Puts text into the log, as the loader and services before would. */
void sim_guard_put_log(const char *text, size_t length);

#endif
