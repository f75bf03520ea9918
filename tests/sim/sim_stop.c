/*
 * sim_stop: the end of a simulated run that went wrong, and the way a test expects one.
 *
 * A stop without a test that waits for it aborts the process: whatever frame was active
 * is then on the debugger's and the sanitizer's stack.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "sim.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "sim_parts.h"

static jmp_buf *expected;
static char message[512];

void sim_reset(void)
{
    sim_clock_reset();
    sim_mmio_reset();
    sim_irq_reset();
    sim_dma_reset();
    sim_power_reset();
    sim_random_reset();
    sim_log_reset();
}

void sim_stop(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(message, sizeof(message), format, arguments);
    va_end(arguments);
    if (expected != NULL)
        longjmp(*expected, 1);
    fprintf(stderr, "sim: stopped: %s\n", message);
    abort();
}

bool sim_expect_stop(void (*body)(void *context), void *context)
{
    jmp_buf here;
    jmp_buf *outer = expected;
    volatile bool stopped = false;

    message[0] = '\0';
    if (setjmp(here) == 0) {
        expected = &here;
        body(context);
    } else {
        stopped = true;
    }
    expected = outer;
    return stopped;
}

const char *sim_stop_message(void)
{
    return message;
}

void check_failed(const char *condition, const char *file, int line)
{
    sim_stop("%s:%d: ASSERT(%s) does not hold", file, line, condition);
}
