/*
 * fault: the registers at an exception, as the vectors leave them.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef FAULT_H
#define FAULT_H

#include <stdint.h>

/* vectors.inc knows the offsets. */
struct fault_frame {
    uint64_t x[31]; /* x29 frame pointer, x30 link register */
    uint64_t sp;
    uint64_t pc, pstate;
    uint64_t syndrome, address; /* ESR, FAR */
};

extern struct fault_frame fault_frame;

/* Writes the report to the log, out to the consoles, and ends the program as level.h's
 * level_stop says. vector: 0-15, the entry of the vector table that was taken. */
_Noreturn void fault_report(const struct fault_frame *frame, unsigned vector);

#endif
