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
    add(phase, (uint32_t)clock_now_us());
}

static const char *phase_name(uint32_t phase)
{
    static const char *const names[] = {
        [BOOT_PHASE_START] = "loader start",
        [BOOT_PHASE_CARD] = "card",
        [BOOT_PHASE_USB] = "usb",
        [BOOT_PHASE_ADDRESS] = "address",
        [BOOT_PHASE_FETCH] = "fetch",
        [BOOT_PHASE_VERIFY] = "verify",
        [BOOT_PHASE_PLACE] = "place",
        [BOOT_PHASE_SERVICE_ENTRY] = "entry",
        [BOOT_PHASE_SERVICE_START] = "service start",
        [BOOT_PHASE_SERVICE_NETWORK] = "network",
        [BOOT_PHASE_SERVICE_MAIN] = "main",
    };

    if (phase >= sizeof names / sizeof names[0] || !names[phase])
        return "other";
    return names[phase];
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
