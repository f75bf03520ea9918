/*
 * cores: the other cores under the guard. The loader parks them; a service may have them by PSCI.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef CORES_H
#define CORES_H

#include "guard.h"

/* Of the core that asks: 0-3. */
unsigned cores_own_number(void);

/* What core 0 sent for: parks the core that calls. */
_Noreturn void cores_called_back(void);

/* For a core whose service has come to its end. On core 0 it returns. Another core leaves its registers for
 * core 0, which is interrupted and calls guard_stopped with them, and parks. */
void cores_take_stop(const struct guard_registers *registers);

#endif
