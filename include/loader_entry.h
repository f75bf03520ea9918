/*
 * loader_entry: where the board's start-up hands over to the loader.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef LOADER_ENTRY_H
#define LOADER_ENTRY_H

#include <stdint.h>

/* The loader, at home: fdt as the firmware passed it (any value), and the memory the
 * loader lies in and keeps. MMU on, bss zero, EL2. */
_Noreturn void loader_main(const void *fdt, uint64_t resident_base, uint64_t resident_bytes);

#endif
