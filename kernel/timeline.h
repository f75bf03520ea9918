/*
 * timeline: where the time of a boot went, the loader's part and ours.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef TIMELINE_H
#define TIMELINE_H

#include <stddef.h>
#include <stdint.h>

#include "boot_tags.h"

/* Takes over the moments the loader noted; those that go backwards are left out. */
void timeline_take(const struct boot_timestamp *timestamps, unsigned count);

/* Notes that a phase ends now. */
void timeline_mark(enum boot_phase phase);

/* Writes each phase with its duration in milliseconds, and the sum: "usb 40.1, fetch 2.9, in all
 * 43 ms". Cut to capacity (1 or more), terminated. Returns its length; 0: there is no phase. */
size_t timeline_text(char *text, size_t capacity);

/* Microseconds from the end of one phase to the end of a later one, or ERROR_ABSENT. */
int64_t timeline_between_us(enum boot_phase from, enum boot_phase to);

/* Logs it as one line. */
void timeline_log(void);

#endif
