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

#endif
