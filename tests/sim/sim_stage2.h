/*
 * sim_stage2: the machine's half of guard.h on the host: what a loader asks of it is kept, and a
 * range is the service's when a test says so.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef SIM_STAGE2_H
#define SIM_STAGE2_H

#include <stdbool.h>
#include <stdint.h>

#include "guard.h"

#define SIM_STAGE2_RANGES 8

struct sim_stage2 {
    /* What a test sets. */
    struct board_range services[SIM_STAGE2_RANGES]; /* memory of the service */
    unsigned service_count;
    uint32_t question_us; /* what each guard_is_services takes */
    int park_status;      /* what guard_park_cores answers */
    uint32_t own_crc;     /* what guard_own_crc32c answers */

    /* What happened. */
    struct board_range hidden[SIM_STAGE2_RANGES];
    unsigned hidden_count;
    uint64_t timer_us; /* of guard_timer, as given */
    unsigned parks;
    const void *restart_fdt;
};

extern struct sim_stage2 sim_stage2;

/* No service, no timer. */
void sim_stage2_reset(void);

/* guard_restart ends in sim_stop with the message "loader restarted". */

#endif
