/*
 * instructions: what C has no words for. A service has no business here.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef INSTRUCTIONS_H
#define INSTRUCTIONS_H

#include <stdint.h>

/* HVC #0 and SMC #0 with x0-x4 from registers, which then has them as they came back. */
void call_hvc(uint64_t registers[5]);
void call_smc(uint64_t registers[5]);

/* Masks all four kinds, the loader's own among them if it were the service's to mask. */
void mask_interrupts(void);

/* Writes a word with the MMU off: only the loader's map is in the way. */
void write_without_map(uintptr_t address);

/* BRK as a failed assertion of the kernel's makes it, with any pointer for a reason. */
void break_with(const char *reason);

#endif
