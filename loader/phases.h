/*
 * phases: where the time of a boot goes.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef PHASES_H
#define PHASES_H

#include "boot_tags.h"

#define PHASES_MAX 16

/* Notes that phase (enum boot_phase) has ended now. A phase that is ended again is moved
 * to the end: what counts is the round that led to a service. */
void phases_end(enum boot_phase phase);

/* Forgets all and begins with a push (clock_now_us of its first and its last packet). */
void phases_begin_push(uint64_t begun_us, uint64_t ended_us);

/* The timestamps so far, in order of time; sets *count. Valid until the next phases_end. */
const struct boot_timestamp *phases(unsigned *count);

#endif
