/*
 * status: what the loader tells of itself.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef STATUS_H
#define STATUS_H

#include "loader.h"

/* The file "status" (docs/redeploy.md): "key = value" lines; under a service, the loader's part.
 * Returns its length, at most capacity - 1. */
size_t status_text(const struct loader *loader, char *text, size_t capacity);

#endif
