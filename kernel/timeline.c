/*
 * timeline: phases and the moments they ended.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "timeline.h"

#include <stddef.h>
#include <stdio.h>

#include "clock.h"
#include "log.h"
#include "words.h"

#define PHASES_MAX 16

static struct boot_timestamp phases[PHASES_MAX];
static unsigned phase_count;

static void add(uint32_t phase, uint32_t at_us)
{
    if (phase_count < PHASES_MAX && (phase_count == 0 || at_us >= phases[phase_count - 1].at_us))
        phases[phase_count++] = (struct boot_timestamp){phase, at_us};
}

void timeline_take(const struct boot_timestamp *timestamps, unsigned count)
{
    phase_count = 0;
    for (unsigned i = 0; i < count; i++)
        add(timestamps[i].phase, timestamps[i].at_us);
}

void timeline_mark(enum boot_phase phase)
{
    uint64_t now_us = clock_now_us();

    add(phase, now_us < UINT32_MAX ? (uint32_t)now_us : UINT32_MAX);
}

static const char *phase_name(uint32_t phase)
{
    /* In the order of enum boot_phase. */
    static const char names[] = "loader start\0card\0usb\0address\0fetch\0verify\0place\0entry\0"
                                "service start\0network\0main";
    _Static_assert(BOOT_PHASE_SERVICE_MAIN - BOOT_PHASE_START == 10, "one name for each phase");

    if (phase - BOOT_PHASE_START > BOOT_PHASE_SERVICE_MAIN - BOOT_PHASE_START)
        return "other";
    return words_at(names, phase - BOOT_PHASE_START);
}

void timeline_log(void)
{
    char text[LOG_LINE_MAX];
    size_t length = 0;

    text[0] = '\0';
    for (unsigned i = 1; i < phase_count && length < sizeof text; i++) {
        uint32_t us = phases[i].at_us - phases[i - 1].at_us;

        length += (size_t)snprintf(text + length, sizeof text - length, "%s %u.%u, ",
                                   phase_name(phases[i].phase), (unsigned)(us / 1000),
                                   (unsigned)(us / 100 % 10));
    }
    if (phase_count > 1)
        log_line("boot", "%sin all %u ms", text,
                 (unsigned)(phases[phase_count - 1].at_us - phases[0].at_us) / 1000);
}
