/*
 * timeline: phases and the moments they ended.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "timeline.h"

#include <stdio.h>

#include "clock.h"
#include "error.h"
#include "log.h"
#include "words.h"

#define PHASES_MAX 16

static struct boot_timestamp phases[PHASES_MAX];
static unsigned phase_count;

static void add(uint32_t phase, uint64_t at_us)
{
    if (phase_count < PHASES_MAX && (phase_count == 0 || at_us >= phases[phase_count - 1].at_us))
        phases[phase_count++] = (struct boot_timestamp){at_us, phase, 0};
}

void timeline_take(const struct boot_timestamp *timestamps, unsigned count)
{
    phase_count = 0;
    for (unsigned i = 0; i < count; i++)
        add(timestamps[i].phase, timestamps[i].at_us);
}

void timeline_mark(enum boot_phase phase)
{
    add(phase, clock_now_us());
}

static const char *phase_name(uint32_t phase)
{
    /* In the order of enum boot_phase. */
    static const char names[] = "loader start\0card\0usb\0address\0fetch\0verify\0place\0entry\0"
                                "service start\0network\0main\0push begin\0push\0hand-back";
    _Static_assert(BOOT_PHASE_HAND_BACK - BOOT_PHASE_START == 13, "one name for each phase");

    if (phase - BOOT_PHASE_START > BOOT_PHASE_HAND_BACK - BOOT_PHASE_START)
        return "other";
    return words_at(names, phase - BOOT_PHASE_START);
}

size_t timeline_text(char *text, size_t capacity)
{
    size_t length = 0;

    text[0] = '\0';
    if (phase_count < 2)
        return 0;
    for (unsigned i = 1; i < phase_count && length < capacity; i++) {
        uint64_t us = phases[i].at_us - phases[i - 1].at_us;

        length += (size_t)snprintf(text + length, capacity - length, "%s %u.%u, ",
                                   phase_name(phases[i].phase), (unsigned)(us / 1000),
                                   (unsigned)(us / 100 % 10));
    }
    if (length < capacity)
        length +=
            (size_t)snprintf(text + length, capacity - length, "in all %u ms",
                             (unsigned)((phases[phase_count - 1].at_us - phases[0].at_us) / 1000));
    return length < capacity ? length : capacity - 1;
}

static const struct boot_timestamp *find(enum boot_phase phase)
{
    for (unsigned i = 0; i < phase_count; i++)
        if (phases[i].phase == (uint32_t)phase)
            return &phases[i];
    return NULL;
}

int64_t timeline_between_us(enum boot_phase from, enum boot_phase to)
{
    const struct boot_timestamp *first = find(from), *last = find(to);

    return first && last && first <= last ? (int64_t)(last->at_us - first->at_us) : ERROR_ABSENT;
}

void timeline_log(void)
{
    char text[LOG_LINE_MAX];

    if (timeline_text(text, sizeof text) > 0)
        log_line("boot", "%s", text);
}
