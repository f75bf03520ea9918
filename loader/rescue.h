/*
 * rescue: the loader's own TFTP server, for pushes while no service runs.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef RESCUE_H
#define RESCUE_H

#include "loader.h"

/* Opens it, after net_start. */
void rescue_start(struct loader *loader);

/* True while a push is arriving, and when one is complete and found good: the staging area
 * is not for anybody else then. */
bool rescue_has_a_push(const struct loader *loader);

/* True once after a push has begun, even if it has been given up since, within one turn: what was
 * in the staging area may be overwritten. */
bool rescue_took_staging(void);

#endif
