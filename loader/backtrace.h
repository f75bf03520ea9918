/*
 * backtrace: who called whom in a service that was stopped, from its chain of frame pointers.
 *
 * For reports of what the service could not report itself: a hang, BRK, a fault of the
 * guard's map. x29 points to a record of two words, the caller's x29 and the address to
 * return to (AAPCS64, 6.4.6); all our code is built with it, but functions that call nothing
 * keep no record. So when the innermost function is such a one, its caller is in x30 alone;
 * when it is not, x30 may hold anything. The report shows x30 as it is, beside this.
 * Pure, but for reading the service's memory where the caller says that it may.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef BACKTRACE_H
#define BACKTRACE_H

#include <stdbool.h>
#include <stdint.h>

/* Whether all bytes of [address, address + bytes) are memory of the service that can be read
 * without a fault, and the sum does not wrap. */
typedef bool backtrace_readable(uint64_t address, uint64_t bytes);

/* Writes the addresses of the calls that are under way to calls, the innermost first, at
 * most capacity. frame_pointer: x29 as it was; it may be anything. Ends where the chain does: at an
 * address that is 0, not aligned, not readable, or not above the one before. Returns how many. */
unsigned backtrace_follow(uint64_t frame_pointer, backtrace_readable *readable, uint64_t *calls,
                          unsigned capacity);

#endif
