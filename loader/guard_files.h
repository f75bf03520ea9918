/*
 * guard_files: the files that can be fetched from the board: log, status, core, slots (enum
 * guard_file).
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef GUARD_FILES_H
#define GUARD_FILES_H

#include "guard_call.h"
#include "loader.h"

/* Of the name that a client asks for; 0: there is no such file. */
enum guard_file guard_file_named(const char *name);

/* Whether there is such a file now, for who reads from position on. At 0 the card is asked for
 * slots, and the answer is what guard_file_read gives from then on. */
bool guard_file_exists(struct loader *loader, enum guard_file file, uint64_t position);

/* Copies up to capacity bytes from *position on and moves it behind them; 0 at the end. */
size_t guard_file_read(struct loader *loader, enum guard_file file, uint64_t *position,
                       void *buffer, size_t capacity);

#endif
