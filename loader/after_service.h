/*
 * after_service: what the loader does when it has the machine back. policy.c decides it.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef AFTER_SERVICE_H
#define AFTER_SERVICE_H

#include "loader.h"

/* Goes on from keep->reason. Returns when nothing could be started that way, or an image was
 * pushed. */
void after_service(struct loader *loader);

/* Starts a kept image, if there is one, no push is arriving, and it is what was kept. Returns if
 * that cannot be, with a line logged unless there simply is none. */
void start_kept(struct loader *loader, int index);

/* Starts the image in the staging area that keep->uploaded describes. Returns if that cannot be,
 * with a line logged. */
void start_pushed(struct loader *loader);

#endif
