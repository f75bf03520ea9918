/*
 * loader_entry: where the board's start-up hands over to the loader.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef LOADER_ENTRY_H
#define LOADER_ENTRY_H

#include <stdbool.h>
#include <stdint.h>

/* x1 when the loader starts itself: after its move to the top of RAM; and anew, to take the
 * machine back from a service (guard_restart). */
#define LOADER_ENTRY_AT_HOME   0x70696c6f74u /* "pilot" */
#define LOADER_ENTRY_RESTARTED 0x616e6577u   /* "anew" */

/* The loader, at home: fdt as the firmware passed it (any value), or as guard_restart was
 * given it; and the memory the loader lies in and keeps. MMU on, bss zero, EL2. */
_Noreturn void loader_main(const void *fdt, uint64_t resident_base, uint64_t resident_bytes,
                           bool restarted);

#endif
