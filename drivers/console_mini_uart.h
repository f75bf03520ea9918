/*
 * console_mini_uart: the BCM2835's auxiliary "mini" UART as a console.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef CONSOLE_MINI_UART_H
#define CONSOLE_MINI_UART_H

#include <stdbool.h>
#include <stdint.h>

#include "console.h"

struct console_mini_uart {
    struct console console;
    uintptr_t base;
    bool returned; /* the CR that belongs before the next LF is sent already */
};

/* Takes the line as the firmware or U-Boot set it up: its clock follows the GPU core's,
 * which only they know (enable_uart=1 fixes it). base: the auxiliary block's first
 * register (AUX_IRQ). Never fails. */
void console_mini_uart_init(struct console_mini_uart *self, uintptr_t base);

#endif
