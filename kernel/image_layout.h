/*
 * image_layout: what the linker knows of the running program.
 *
 * The one place that touches linker symbols; host tests bring their own version of these
 * functions.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef IMAGE_LAYOUT_H
#define IMAGE_LAYOUT_H

#include <stddef.h>
#include <stdint.h>

struct image_note;

/* The image in memory, stack and zeroed data included: [base, end). */
uintptr_t image_layout_base(void);
uintptr_t image_layout_end(void);

/* Code and constants, the area that image_note.read_only_crc32c covers. */
const void *image_layout_read_only(size_t *bytes);

/* The image's own note as it stands in memory. */
const struct image_note *image_layout_note(void);

/* Calls the constructors of C (and C++) in link order. */
void image_layout_run_constructors(void);

/* Zeroes the unused part of the stack, so that image_layout_stack_peak can tell how much
 * of it was ever used. Called once, early, by the function that never returns. */
void image_layout_clear_stack(void);
size_t image_layout_stack_bytes(void);
size_t image_layout_stack_peak(void);

#endif
