/*
 * ipi: one core interrupts another, and tells it something that needs no memory.
 *
 * For whoever stands above a service (EL2). Two things per core, kept in a device, so that
 * cores see the same whether their caches are on or off:
 * - a call: raises a FIQ on the core, and ends its WFI, until it is taken;
 * - a mark: interrupts nobody. A core sets its own while it is still running, and clears it
 *   with its MMU and caches off: then, and not before, memory can be taken from under it.
 *
 * A service can reach the same device; what it turns off there, ipi_enable turns on again.
 * core is 0 ... IPI_CORES - 1 everywhere. Nothing here waits or fails.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef IPI_H
#define IPI_H

#include <stdbool.h>
#include <stdint.h>

#define IPI_CORES 4

/* Lets calls reach the core, as FIQs. What else the device interrupts it for stays. */
void ipi_enable(unsigned core);

/* No mailbox interrupts the core any more, not even one that a service uses; all that was sent
 * and not taken is forgotten, its mark too. A core that sleeps is not woken then. */
void ipi_disable(unsigned core);

/* Calls the core. Everything written to memory before is seen by it. */
void ipi_send(unsigned core);

/* Forgets the call, so that the FIQ ends. Everything read afterwards is newer than it. */
void ipi_take(unsigned core);

/* Sets the core's mark; clears it. */
void ipi_mark(unsigned core);
void ipi_unmark(unsigned core);

bool ipi_is_marked(unsigned core);

/* The address of the 32-bit register that clears the mark when UINT32_MAX is written to it:
 * for a core that cannot call a function any more. */
uintptr_t ipi_unmark_register(unsigned core);

#endif
