/*
 * console: a serial line for the log.
 *
 * Never waits: at 115,200 baud a line of text takes milliseconds, and a boot should
 * not. The log keeps what does not fit and offers it again from the event loop.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef CONSOLE_H
#define CONSOLE_H

#include <stddef.h>

struct console {
    const char *name; /* for the log and the boot-info block: "pl011", "mini-uart" */

    /* Gives the device as many of the length bytes as it takes at once; returns how
     * many (0 ... length). Never waits, never fails: a dead line takes nothing. */
    size_t (*write)(struct console *self, const char *bytes, size_t length);

    /* Returns the next received byte (0-255), or -1 if there is none. Never waits. */
    int (*read)(struct console *self);
};

#endif
