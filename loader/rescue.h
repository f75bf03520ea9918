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

/* True when whoever fetches something should leave the staging area to a push: one is
 * under way, or has been found good. */
bool rescue_wants_the_loader(const struct loader *loader);

#endif
