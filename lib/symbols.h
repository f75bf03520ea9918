/*
 * symbols: names of functions for fault reports.
 *
 * The table is made from the linked program by host/symbols.c and linked in; it is empty
 * in a program that was linked without.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef SYMBOLS_H
#define SYMBOLS_H

#include <stdint.h>

/* Finds the function that the byte at image_offset (from the image's start) belongs to.
 * Returns its name, valid until the next call, and sets *into to the distance from its
 * beginning, or returns a null pointer: no table, before the first function, or 64 KiB or more
 * behind the last. */
const char *symbols_find(uint64_t image_offset, uint32_t *into);

#endif
