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
        timestamps[used++] = (struct boot_timestamp){clock_now_us(), phase, 0};
}

void phases_begin_push(uint64_t begun_us, uint64_t ended_us)
{
    timestamps[0] = (struct boot_timestamp){begun_us, BOOT_PHASE_PUSH_BEGIN, 0};
    timestamps[1] = (struct boot_timestamp){ended_us, BOOT_PHASE_PUSH, 0};
    used = 2;
}

const struct boot_timestamp *phases(unsigned *count)
{
    *count = used;
    return timestamps;
}
