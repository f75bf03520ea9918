/*
 * sim_log: a console that keeps what the product logged.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "log.h"

#include <string.h>

#include "console.h"
#include "sim.h"
#include "sim_parts.h"

#define CAPACITY (64 * 1024)

static char text[CAPACITY + 1];
static size_t text_length;

/* Takes everything; when the buffer is full its older half goes. */
static size_t capture(struct console *self, const char *bytes, size_t length)
{
    (void)self;
    for (size_t i = 0; i < length; i++) {
        if (text_length == CAPACITY) {
            memmove(text, text + CAPACITY / 2, CAPACITY / 2);
            text_length = CAPACITY / 2;
        }
        text[text_length++] = bytes[i];
    }
    text[text_length] = '\0';
    return length;
}

static int read_nothing(struct console *self)
{
    (void)self;
    return -1;
}

static struct console console = {"sim", capture, read_nothing};
static bool attached;

void sim_log_reset(void)
{
    if (!attached)
        log_add_console(&console);
    attached = true;
    sim_log_clear();
}

const char *sim_log(void)
{
    log_drain();
    return text;
}

void sim_log_clear(void)
{
    log_drain();
    text_length = 0;
    text[0] = '\0';
}
