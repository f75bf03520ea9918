/*
 * crash: the end of a service that did not end by itself.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef CRASH_H
#define CRASH_H

#include "guard.h"
#include "loader.h"

/*
 * Puts the end of a service on record - log, keep->crash, its core file - and takes the
 * machine back. registers: as they came to EL2. guard_crash: address of the struct guard_crash
 * that the service reported by itself, checked to be its memory; 0: it did not. what: one
 * sentence, or null: it is made from the registers.
 */
_Noreturn void crash_end(struct loader *loader, enum policy_reason reason,
                         const struct guard_registers *registers, uint64_t guard_crash,
                         const char *what);

/* Starts the loader anew, every other core being parked and the loader's own memory found
 * unchanged; else the machine is reset. keep->reason and what belongs to it are set. */
_Noreturn void take_back(struct loader *loader);

#endif
