/*
 * phases: see phases.h.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "phases.h"

#include <string.h>

#include "clock.h"

static struct boot_timestamp timestamps[PHASES_MAX];
static unsigned used;

/* After 71 minutes of waiting for a server the moments are all the same, but in order. */
static uint32_t saturated(uint64_t us)
{
    return us < UINT32_MAX ? (uint32_t)us : UINT32_MAX;
}

void phases_end(enum boot_phase phase)
{
    for (unsigned i = 0; i < used; i++) {
        if (timestamps[i].phase == phase) {
            used--;
            memmove(timestamps + i, timestamps + i + 1, (used - i) * sizeof *timestamps);
            break;
        }
    }
    if (used < PHASES_MAX)
        timestamps[used++] = (struct boot_timestamp){phase, saturated(clock_now_us())};
}

void phases_begin_push(uint32_t begun_us, uint32_t ended_us)
{
    timestamps[0] = (struct boot_timestamp){BOOT_PHASE_PUSH_BEGIN, begun_us};
    timestamps[1] = (struct boot_timestamp){BOOT_PHASE_PUSH, ended_us};
    used = 2;
}

const struct boot_timestamp *phases(unsigned *count)
{
    *count = used;
    return timestamps;
}
