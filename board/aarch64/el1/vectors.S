/*
 * vectors of a service (EL1). Interrupts are never unmasked (include/irq.h), so all that
 * arrives is a fault to be reported.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "vectors.inc"

    fault_vectors el1, 0
