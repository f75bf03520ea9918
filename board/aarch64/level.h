/*
 * level: what differs between EL2 (the loader) and EL1 (a service). Implemented in el2/
 * and el1/, chosen by what a program is linked from.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef LEVEL_H
#define LEVEL_H

#include <stdint.h>

/* The timer's line in the BCM2836's core timer control register (0x40000040). */
extern const unsigned level_timer_line;

/* Makes the level's own physical timer assert its interrupt when the counter reaches
 * ticks (at once if it has), or never. */
void level_timer_arm(uint64_t ticks);
void level_timer_disarm(void);

/* What the counter reads at a moment of clock_now_us, up to 2^56: for level_timer_arm (clock.c). */
uint64_t clock_ticks_at(uint64_t moment_us);

/* Makes a change of the translation tables take effect. */
void level_forget_translations(void);

/* "EL2" or "EL1", for reports. */
extern const char level_name[];

struct fault_frame;

/* Before a report: a guard's watchdog, which the program may have made short, is put off. */
void level_begin_report(void);

/* The last line of a report: who goes on after the end of the program. Then waits until the
 * log is out: up to 2 s, or 0.25 s when the loader has it, too, and counts the time. */
void level_end_report(void);

/* The end of the program after an exception: resets the machine; a service that is guarded
 * leaves frame and the sentence what to the loader. */
_Noreturn void level_stop(const struct fault_frame *frame, const char *what);

/* The same where the program itself has found that it cannot go on: what the loader gets are
 * the registers right here. The caller is not to be optimised away. */
_Noreturn void level_break(const char *what);

#endif
