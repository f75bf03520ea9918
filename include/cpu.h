/*
 * cpu: what a program asks of the processor itself.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef CPU_H
#define CPU_H

#include <stddef.h>
#include <stdint.h>

/* Makes code that was written to [code, code + length) fit to run, on this core with
 * caches on or by a program that starts with caches off: cleans and invalidates the
 * data caches to the point of coherency, then the instruction cache. */
void cpu_publish(const void *code, size_t length);

/*
 * Starts a service at EL1h as docs/boot.md fixes it: core 0, DAIF masked, MMU off,
 * x0 = fdt, x1 = TRANSFER_LIST_X1, x2 = 0, x3 = list. EL2 keeps its map and vectors.
 * The caller has published image, FDT and list, and quiesced the devices. Loader only.
 */
_Noreturn void cpu_enter_service(uint64_t entry, uint64_t fdt, uint64_t list);

/* A guard call (guard_call.h): HVC with function and arguments. *x1, unless null, is set to the
 * second register of the answer. Service only, and only when a loader stands guard. */
int64_t cpu_guard_call(uint64_t function, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4,
                       uint64_t *x1);

/* Tells the processor's side that a loader stands guard: what ends the program from now on - an
 * exception, a failed assertion - is reported and then left to the loader (GUARD_CRASH,
 * GUARD_BREAK), where it would reset the machine without one. Service only. */
void cpu_use_guard(void);

/* Sends the core that waits at a spin table's release address into our own WFI park.
 * release: where the firmware's stub polls (FDT cpu-release-addr), mapped. */
void cpu_park_secondary(uint64_t release);

#define CPU_CORES 4

/*
 * The other cores leave the loader for good, as the next system finds them: each waits at EL2,
 * MMU and caches off, in a stub at memory (CPU_SPIN_TABLE_BYTES, 16-byte aligned, mapped), until
 * its word is an address, and goes there. release_words: where those are, for cores 1-3 (mapped);
 * they are set to 0. From then on the stub is all they need. All are parked (guard_park_cores).
 * Waits up to half a second. Returns 0, or ERROR_TIMEOUT: a core did not come, it was not in
 * our park. Loader only.
 * Reference: Devicetree Specification 0.4, 3.8.1, "spin-table".
 */
int cpu_release_secondary(void *memory, const uint64_t release_words[CPU_CORES]);

#define CPU_SPIN_TABLE_BYTES 176

/*
 * The end of the loader: to entry at EL2, MMU and caches off, DAIF masked, no timer running,
 * x0 = fdt, all other registers 0. What is to be found in memory has been published; all else that
 * the caches hold is written back. Loader only.
 */
_Noreturn void cpu_leave(uint64_t entry, uint64_t fdt);

#endif
