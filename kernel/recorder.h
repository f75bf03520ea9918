/*
 * recorder: where the lines of the log go besides the consoles.
 *
 * To the loader that stands guard, which keeps them, and to whoever listens over the network.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef RECORDER_H
#define RECORDER_H

/* From now on; after guardian_init. */
void recorder_start(void);

#endif
