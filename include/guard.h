/*
 * guard: what holds a service at EL1 in its place, and brings the processor back from it.
 * Loader only.
 *
 * Two halves. The machine's (board/aarch64/el2) hides the loader's memory from the service by
 * a stage-2 map, interrupts it by a timer it cannot mask, and catches what it does wrong. The
 * loader's (guard_called, guard_expired, guard_stopped) decides; those three are called on the
 * loader's empty stack while the service stands still, with the data of the run that started
 * it. What they do not return from ends in guard_restart.
 *
 * Reference: Arm ARM DDI 0487, D5.4 (stage 2), D1.14 (routing to EL2), D13.2.46 (HCR_EL2).
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef GUARD_H
#define GUARD_H

#include <stdbool.h>
#include <stdint.h>

#include "board.h"

/* A service's processor state when it came to EL2. vectors.S knows the offsets. */
struct guard_registers {
    uint64_t x[31];
    uint64_t sp; /* SP_EL1 */
    uint64_t pc, pstate;
    uint64_t syndrome, address, page; /* ESR, FAR, HPFAR of EL2 */
    uint64_t thread;                  /* TPIDR_EL0 */
    uint64_t fpsr, fpcr;
    uint8_t vectors[32][16];
};

/*
 * Sets up the stage-2 map for the next service: the RAM of board, in blocks of 2 MiB, less
 * the blocks that touch one of the hidden ranges; and the devices. What is neither (the GPU's
 * memory) is not mapped. Takes effect at cpu_enter_service.
 */
void guard_map(const struct board *board, const struct board_range *hidden, unsigned count);

/* True if [address, address + bytes) lies wholly in memory that the map shows to the service,
 * is RAM, and is mapped for us as well. bytes may be 0. */
bool guard_is_services(uint64_t address, uint64_t bytes);

/* Calls guard_expired, whatever the service is doing, when deadline_us has come.
 * CLOCK_NEVER: not. Set anew it counts from the new deadline. irq_route_guard_timer(true) was
 * called. */
void guard_timer(uint64_t deadline_us);

/* Sends every other core into the park of its own accord or not: after it only this core runs.
 * Waits up to 100 ms. Returns 0 or ERROR_TIMEOUT: a core did not come (it is stopped by a reset
 * only). */
int guard_park_cores(void);

/*
 * CRC-32C of the loader as it lies in memory and does not change: code, constants, and the
 * bytes its data begins with at each start.
 */
uint32_t guard_own_crc32c(void);

/*
 * Starts the loader anew from its own image, as after power-on but at home, with data and
 * stack as they were at the beginning. fdt goes to loader_main as it is. The caller has
 * stored what is to be known then outside the image.
 */
_Noreturn void guard_restart(const void *fdt);

/* ---- the loader's half ---- */

/* The service (core 0) made a call by HVC or SMC other than PSCI's: x0 and so on in *registers.
 * Returns what it gets in x0; may set registers->x[1]. */
int64_t guard_called(struct guard_registers *registers);

/* The service asked for the machine's end by PSCI (SYSTEM_OFF, SYSTEM_RESET). */
_Noreturn void guard_powered(bool off);

/* The deadline of guard_timer has come. Returns to let the service go on. */
void guard_expired(const struct guard_registers *registers);

/* The service did something that ends it, on any core: BRK, an access its map does not allow, an
 * exception its own vectors cannot take. */
_Noreturn void guard_stopped(const struct guard_registers *registers);

#endif
