/*
 * sim_stage2: see sim_stage2.h.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "sim_stage2.h"

#include "clock.h"
#include "sim.h"

struct sim_stage2 sim_stage2 = {.timer_us = CLOCK_NEVER};

void sim_stage2_reset(void)
{
    sim_stage2 = (struct sim_stage2){.timer_us = CLOCK_NEVER};
}

void guard_map(const struct board *board, const struct board_range *hidden, unsigned count)
{
    (void)board;
    if (count > SIM_STAGE2_RANGES)
        sim_stop("sim_stage2: %u ranges are hidden, it remembers %u", count, SIM_STAGE2_RANGES);
    sim_stage2.hidden_count = count;
    for (unsigned i = 0; i < count; i++)
        sim_stage2.hidden[i] = hidden[i];
}

bool guard_is_services(uint64_t address, uint64_t bytes)
{
    sim_advance_us(sim_stage2.question_us);
    for (unsigned i = 0; i < sim_stage2.service_count; i++) {
        const struct board_range *range = &sim_stage2.services[i];

        if (address >= range->base && bytes <= range->bytes &&
            address - range->base <= range->bytes - bytes)
            return true;
    }
    return false;
}

void guard_timer(uint64_t deadline_us)
{
    sim_stage2.timer_us = deadline_us;
}

int guard_park_cores(void)
{
    sim_stage2.parks++;
    return sim_stage2.park_status;
}

uint32_t guard_own_crc32c(void)
{
    return sim_stage2.own_crc;
}

void guard_restart(const void *fdt)
{
    sim_stage2.restart_fdt = fdt;
    sim_stop("loader restarted");
}
