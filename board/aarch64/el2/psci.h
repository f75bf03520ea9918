/*
 * psci: the Power State Coordination Interface (Arm DEN 0022) for services.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef PSCI_H
#define PSCI_H

#include <stdbool.h>

#include "guard.h"

#define PSCI_NOT_SUPPORTED -1

/* Does the call in *registers if it is one of PSCI's: returns true, and its answer. */
bool psci_call(const struct guard_registers *registers, int64_t *answer);

#endif
