/*
 * duties: what the kernel does of its own accord, a few times a second: a slice of the memory
 * check, the watchdog's feeding, the confirmation; and of a network that is gone the next try.
 *
 * They share one deadline, so that a packet on its way pays for one comparison, not for each.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef DUTIES_H
#define DUTIES_H

#include <stdint.h>

/* When duties_run is due; read by the event loop, set by the two below. */
extern uint64_t duties_due_us;

/* A duty is due at at_us, earlier perhaps than what was known. */
void duties_at(uint64_t at_us);

/* Does what is due. A damaged read-only area stops the program (memory_check.h). */
void duties_run(uint64_t now_us);

#endif
