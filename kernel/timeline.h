/*
 * timeline: where the time of a boot went, the loader's part and ours.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef TIMELINE_H
#define TIMELINE_H

#include <stdint.h>

#include "boot_tags.h"

/* Takes over the moments the loader noted; those that go backwards are left out. */
void timeline_take(const struct boot_timestamp *timestamps, unsigned count);

/* Notes that a phase ends now. */
void timeline_mark(enum boot_phase phase);

/* Logs one line: each phase with its duration in milliseconds. */
void timeline_log(void);

#endif
