/*
 * pilot_folders: tells when a source file below some folders has changed.
 *
 * One set of folders per program.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef PILOT_FOLDERS_H
#define PILOT_FOLDERS_H

#include <stdbool.h>

/* Before all else. Fails when the system gives no inotify. */
void pilot_folders_begin(void);

/* Adds a folder with all below it; hidden ones are left out. What counts there are sources, by
 * the end of their names; what compilers and editors leave beside them does not. Fails. */
void pilot_folders_add(const char *folder);

/* Adds one file in a folder, whether or not it is there yet. Fails. */
void pilot_folders_add_file(const char *folder, const char *name);

/* Waits for a change, timeout_ms (-1: for ever), and then until nothing has changed for
 * quiet_ms, but not longer than quiet_max_ms. Returns false when the time was over
 * first. */
bool pilot_folders_wait(int timeout_ms, int quiet_ms, int quiet_max_ms);

#endif
