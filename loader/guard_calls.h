/*
 * guard_calls: the loader's answers to a service, and its two clocks.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef GUARD_CALLS_H
#define GUARD_CALLS_H

#include "loader.h"

/* Begins the watch over the service in loader->service: the map, the watchdog, the time to
 * confirm. Right before cpu_enter_service; the calls come while the service runs. */
void guard_calls_begin(struct loader *loader);

#endif
