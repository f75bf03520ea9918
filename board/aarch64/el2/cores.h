/*
 * cores: the other cores under the guard. The loader parks them; a service may have them by PSCI.
 * All but guard_park_cores (include/guard.h) may be called on any core at EL2.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef CORES_H
#define CORES_H

#include <stdbool.h>

#include "guard.h"

enum cores_state { CORES_OFF, CORES_COMING, CORES_ON };

/* Of the core that asks: 0-3. */
unsigned cores_own_number(void);

/* core: 0-3; core 0 is always on. */
enum cores_state cores_state(unsigned core);

/*
 * Starts core (0-3) at entry in the service, EL1h, MMU off, DAIF masked, x0 = context. Returns
 * the state it was in: CORES_OFF, and it comes now; in the others nothing has changed.
 * entry lies in memory of the service.
 */
enum cores_state cores_start(unsigned core, uint64_t entry, uint64_t context);

/* Parks the core that calls, not core 0. */
_Noreturn void cores_stop(void);

/* For the mailbox's FIQ on a core other than 0: parks it if core 0 has called it back, and does
 * not return then. */
void cores_called_back(void);

/* For a core whose service has come to its end. On core 0 it returns. Another core leaves its
 * registers for core 0, which is interrupted and calls guard_stopped with them, and parks. */
void cores_take_stop(const struct guard_registers *registers);

/* Ends the machine for the service, on any core: the others are parked, then core 0 calls
 * guard_powered(off). */
_Noreturn void cores_power(bool off);

/* For core 0's FIQ: does what another core has left to it by the two above, and does not
 * return then. */
void cores_serve(void);

#endif
