/*
 * image_accept: whether this loader can give an image what its note asks for.
 *
 * Pure; `pilot info` asks the same.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef IMAGE_ACCEPT_H
#define IMAGE_ACCEPT_H

#include "elf.h"

/* What this loader provides: enum image_feature. */
#define IMAGE_ACCEPT_FEATURES (IMAGE_FEATURE_NETWORK | IMAGE_FEATURE_CARD | IMAGE_FEATURE_GUARD)

/*
 * image: as elf_check accepted it. free_bytes: memory a service could have in all.
 * Returns 0, ERROR_UNSUPPORTED (no note, another ABI, a feature that is missing) or
 * ERROR_NO_MEMORY, with one sentence in reason (ELF_REASON_BYTES).
 */
int image_accept(const struct elf_image *image, uint64_t free_bytes, char *reason);

#endif
