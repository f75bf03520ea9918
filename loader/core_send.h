/*
 * core_send: a crashed service's core file to the boot server.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef CORE_SEND_H
#define CORE_SEND_H

#include "loader.h"

/* Sends the core that is kept to the boot server, if core = send: as core.NAME.NUMBER. Logs
 * how that went. Waits until it is there, 10 s at most, or an image was pushed. */
void core_send(struct loader *loader);

#endif
