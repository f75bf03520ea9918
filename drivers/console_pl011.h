/*
 * console_pl011: an Arm PL011 UART as a console.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef CONSOLE_PL011_H
#define CONSOLE_PL011_H

#include <stdbool.h>
#include <stdint.h>

#include "console.h"

struct console_pl011 {
    struct console console;
    uintptr_t base;
    bool returned; /* the CR that belongs before the next LF is sent already */
};

/* Sets the line to baud, 8N1, FIFOs on, from an input clock of clock_hz (0: the line is
 * left at the speed it has). base: the first register. If the line is so already, it is left
 * alone, with what is being sent; otherwise that has up to 20 ms to get out. Never fails. */
void console_pl011_init(struct console_pl011 *self, uintptr_t base, uint32_t clock_hz,
                        uint32_t baud);

#endif
