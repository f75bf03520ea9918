/*
 * check: ASSERT, for bugs of our own.
 *
 * The outside world wrong: return an error. We are wrong: ASSERT, which stops with
 * file and line (on the target with registers and a backtrace).
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef CHECK_H
#define CHECK_H

/* Stops the program with a report. Implemented by the board (and by the simulator). */
_Noreturn void check_failed(const char *condition, const char *file, int line);

#define ASSERT(condition)                                                                          \
    ((condition) ? (void)0 : check_failed(#condition, __FILE_NAME__, __LINE__))

#endif
